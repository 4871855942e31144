"""What training minimises: the cross-entropy of each image of a batch.

N images of a batch, K classes.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from seedtrial.training.mixing import Mixed
from seedtrial.training.spec import TrainSpec


class Loss:
    """Cross-entropy with smoothed labels, weighted by class if the settings say so.

    labels: (all,) int64 of all training images, which the weights are counted from

    >>> loss = Loss(TrainSpec(balance="weights"), torch.tensor([0, 0, 0, 1]))
    >>> [round(each, 3) for each in loss(torch.zeros(2, 2), torch.tensor([0, 1])).tolist()]
    [0.462, 1.386]
    """

    def __init__(self, spec: TrainSpec, labels: Tensor) -> None:
        self.smoothing = spec.label_smoothing
        self.weights = class_weights(labels) if spec.balance == "weights" else None

    def __call__(self, logits: Tensor, target: Tensor, mixed: Mixed | None = None) -> Tensor:
        """The loss of each image, (N,) float32, for logits (N, K) and labels (N,) int64.

        mixed: how the images were mixed; the labels are those of the images themselves
        """
        own = self._of(logits, target)
        if mixed is None:
            return own
        # Cross-entropy is linear in the target, so this is the loss of the mixed and smoothed labels.
        return mixed.share * own + (1 - mixed.share) * self._of(logits, target[mixed.partner])

    def _of(self, logits: Tensor, target: Tensor) -> Tensor:
        # One loss per image, since skipping has to know which images are easy; it costs nothing more.
        each = cross_entropy(logits, target, label_smoothing=self.smoothing, reduction="none")
        return each if self.weights is None else each * self.weights[target]


def class_weights(labels: Tensor) -> Tensor:
    """A weight per class, inverse to its share of the images, with mean 1 over the images; 0 for one without images.

    labels: (all,) int64

    Source: King and Zeng 2001, Logistic regression in rare events data; scikit-learn calls it "balanced".

    >>> class_weights(torch.tensor([0, 0, 0, 1])).tolist()
    [0.6666666865348816, 2.0]
    """
    counts = torch.bincount(labels)
    weights = len(labels) / (counts.clamp(min=1) * (counts > 0).sum())
    return torch.where(counts > 0, weights, 0.0)
