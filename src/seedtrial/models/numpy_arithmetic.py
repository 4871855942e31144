"""The arithmetic of a network with one hidden layer in NumPy: forward, backward, first weights.

N images of a batch, D pixels, H hidden units, K classes. Images are rows: x is (N, D).
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from seedtrial.models.learner import Weights

TRAINED = ("hidden.kernel", "hidden.bias", "output.kernel", "output.bias")


def first_weights(pixels: int, hidden: int, classes: int, generator: np.random.Generator, dtype: DTypeLike) -> Weights:
    """Glorot-uniform kernels (inputs, outputs), biases 0, and pixels / 255 until the scaler has seen images.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.

    >>> weights = first_weights(4, 2, 3, np.random.default_rng(0), np.float32)
    >>> [array.shape for name, array in weights.items() if name.endswith("kernel")]
    [(4, 2), (2, 3)]
    """
    weights = {"pixels.mean": np.zeros(pixels, dtype), "pixels.scale": np.full(pixels, 255, dtype)}
    for layer, inputs, outputs in (("hidden", pixels, hidden), ("output", hidden, classes)):
        limit = math.sqrt(6 / (inputs + outputs))
        weights[f"{layer}.kernel"] = generator.uniform(-limit, limit, (inputs, outputs)).astype(dtype)
        weights[f"{layer}.bias"] = np.zeros(outputs, dtype)
    return weights


def scaled(learnt: Weights, pixels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Pixels (N, D) uint8 as numbers with mean 0 and deviation 1, (N, D) of the weights' dtype.

    >>> weights = first_weights(4, 2, 3, np.random.default_rng(0), np.float32)
    >>> scaled(weights, np.array([[0, 51, 102, 255]], np.uint8)).round(1).tolist()
    [[0.0, 0.20000000298023224, 0.4000000059604645, 1.0]]
    """
    x = np.subtract(pixels, learnt["pixels.mean"], out=out)
    return np.divide(x, learnt["pixels.scale"], out=x)


def forward(learnt: Weights, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the hidden units say (N, H), and the logits (N, K).

    >>> weights = first_weights(4, 2, 3, np.random.default_rng(0), np.float32)
    >>> [values.shape for values in forward(weights, np.zeros((5, 4), np.float32))]
    [(5, 2), (5, 3)]
    """
    hidden = x @ learnt["hidden.kernel"]
    hidden += learnt["hidden.bias"]
    hidden = sigmoid(hidden)
    return hidden, hidden @ learnt["output.kernel"] + learnt["output.bias"]


def gradients(learnt: Weights, x: np.ndarray, labels: np.ndarray, *, divisor: int, out: Weights) -> tuple[float, int]:
    """Write into `out` how sum(cross-entropy) / divisor changes with every trained weight.

    x:      (N, D) standardised
    labels: (N,) int64, in [0, K)

    Returns the summed cross-entropy of the batch, and how many answers were right.

    >>> weights = first_weights(4, 2, 3, np.random.default_rng(0), np.float64)
    >>> slopes = {name: np.empty_like(weights[name]) for name in TRAINED}
    >>> loss, right = gradients(weights, np.zeros((2, 4)), np.array([0, 1]), divisor=2, out=slopes)
    >>> slopes["output.kernel"].shape, right <= 2
    ((2, 3), True)
    """
    hidden, logits = forward(learnt, x)
    probs, log_total = softmax(logits)
    images = np.arange(len(labels))
    loss = float((log_total - logits[images, labels]).sum())
    right = int((logits.argmax(axis=1) == labels).sum())

    delta = probs  # (N, K): of the loss with the logits, probabilities - one-hot labels
    delta[images, labels] -= 1
    delta /= divisor
    np.matmul(hidden.T, delta, out=out["output.kernel"])
    np.sum(delta, axis=0, out=out["output.bias"])

    back = delta @ learnt["output.kernel"].T  # (N, H): of the loss with the hidden units' values
    back *= hidden
    back *= 1 - hidden  # the sigmoid's own slope is a * (1 - a)
    np.matmul(x.T, back, out=out["hidden.kernel"])
    np.sum(back, axis=0, out=out["hidden.bias"])
    return loss, right


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), in place; by tanh, which cannot overflow.

    >>> sigmoid(np.array([0.0])).tolist()
    [0.5]
    """
    z *= 0.5
    np.tanh(z, out=z)
    z += 1
    z *= 0.5
    return z


def softmax(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, K), and the log of what they were divided by, (N,); moves each row's largest logit to 0.

    >>> softmax(np.array([[0.0, 0.0]]))[0].tolist()
    [[0.5, 0.5]]
    """
    logits -= logits.max(axis=1, keepdims=True)
    probs = np.exp(logits)
    total = probs.sum(axis=1, keepdims=True)
    probs /= total
    return probs, np.log(total[:, 0])
