"""A network as something that answers: pictures in, class and calibrated probabilities out, or "none of these".

N images, C channels, H x W pixels, K classes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from seedtrial.data import picture
from seedtrial.errors import SeedtrialError
from seedtrial.evaluation.calibration import at_temperature
from seedtrial.serving.decision import Decision
from seedtrial.serving.familiar import Familiar

AT_ONCE = 1000  # images


@dataclass(frozen=True)
class NetworkAnswers:
    """What a network says of N images.

    probs:  (N, K) float32, calibrated, rows sum to 1
    unlike: (N,) bool, whether it looks like none of the classes; all False where that is not known

    >>> NetworkAnswers(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([False, True])).classes.tolist()
    [0, 1]
    """

    probs: np.ndarray
    unlike: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """(N,) int64, the likeliest class of each."""
        return self.probs.argmax(axis=1)


@dataclass(frozen=True)
class Predictor:
    """A network and all that it takes to ask it.

    classes:     names, in the order of the labels
    shape:       (C, H, W) of the images that it takes
    logits:      (N, C, H, W) uint8 -> (N, K) float32
    temperature: by which logits are divided, so that probabilities mean what they say
    familiar:    what tells pictures that look like none of the classes; None: not known
    span, background, fit: how pictures become pixels, as when it was trained
    decision:    how probabilities become an answer

    >>> brightness = lambda images: np.stack([images.mean((1, 2, 3)), 100 - images.mean((1, 2, 3))], 1)
    >>> predictor = Predictor(("bright", "dark"), (1, 2, 2), brightness)
    >>> predictor.predict(np.full((1, 1, 2, 2), 200, np.uint8)).classes.tolist()
    [0]
    """

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    logits: Callable[[np.ndarray], np.ndarray]
    temperature: float = 1.0
    familiar: Familiar | None = None
    span: tuple[float, float] | None = None
    background: Literal["white", "black"] = "white"
    fit: Literal["crop", "pad"] = "crop"
    decision: Decision = Decision()

    def predict(self, images: np.ndarray) -> NetworkAnswers:
        """Answers for images (N, C, H, W) uint8. Raises SeedtrialError for another shape."""
        if images.shape[1:] != self.shape:
            raise SeedtrialError(f"This network takes images of shape {self.shape}, not {images.shape[1:]}.")
        parts = [self.logits(images[start : start + AT_ONCE]) for start in range(0, len(images), AT_ONCE)]
        logits = np.concatenate(parts) if parts else np.empty((0, len(self.classes)), np.float32)
        known = self.familiar
        unlike = np.zeros(len(logits), bool) if known is None else known.score(images, logits) < known.threshold
        return NetworkAnswers(at_temperature(logits, self.temperature), unlike)

    def pixels(self, path: Path, file: BinaryIO | None = None) -> np.ndarray:
        """A picture as the network takes it, (C, H, W) uint8, by the steps that its training pictures went through.

        file: the content, where the picture has no path of its own; the path then only has its name

        Raises picture.Unusable when it cannot be used.
        """
        channels, height, width = self.shape
        return picture.read_picture(
            path,
            size=(width, height),
            channels=channels,
            span=self.span,
            background=self.background,
            fit=self.fit,
            file=file,
        )
