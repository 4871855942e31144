"""A network as a scikit-learn estimator, for pipelines, searches and cross-validation.

N images, C channels, H x W pixels, K classes.
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from seedtrial.data.parts import Split
from seedtrial.models import architecture_named
from seedtrial.models.learner import Learner
from seedtrial.runs.recipe import Recipe
from seedtrial.seeds import Seeds
from seedtrial.spec import override
from seedtrial.training.prepare import engine_for, prepare, usual

STEPS = 600  # at least, where neither epochs nor settings say how long
SMALL = 8  # pixels of a side, below which convolutions have nothing to slide over


class ImageClassifier(ClassifierMixin, BaseEstimator):
    """A network for images, trained as `seedtrial train` trains it, with scikit-learn's interface.

    architecture: one that `seedtrial models` lists; None: conv, or dense where a side has fewer than 8 pixels
    epochs:       passes over the images; None: as usual, and at least 600 steps
    settings:     as --set takes them, such as ("model.widths=[64]", "training.batch_size=32")
    shape:        (H, W) or (C, H, W) of an image, for rows of pixels; None: a square if that fits, else one line
    seed:         of all random numbers

    X is (N, H, W), (N, H, W, C) or rows of pixels (N, D). Numbers of type uint8 are taken as they are; others are
    brought to 0 to 255 by the least and the largest number of the training images.

    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> images, labels = load_digits(return_X_y=True)
    >>> classifier = ImageClassifier("dense", epochs=20).fit(images[:1000], labels[:1000])
    >>> bool(classifier.score(images[1000:], labels[1000:]) > 0.8)
    True
    """

    def __init__(
        self,
        architecture: str | None = None,
        *,
        epochs: int | None = None,
        settings: Sequence[str] = (),
        shape: Sequence[int] | None = None,
        seed: int = 0,
    ) -> None:
        self.architecture = architecture
        self.epochs = epochs
        self.settings = settings
        self.shape = shape
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Train on images and their labels, which may be numbers or names.

        Raises ValueError when the images cannot be used, and SeedtrialError when the settings do not fit.
        """
        X, y = validate_data(self, X, y, allow_nd=True, ensure_min_samples=2, dtype="numeric")
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        if len(self.classes_) < 2:
            raise ValueError(f"A classifier needs two classes or more; y has one class, {self.classes_[0]!r}.")
        self.image_shape_ = _shape(X, self.shape)
        self.span_ = None if X.dtype == np.uint8 else (float(X.min()), float(X.max()))
        split = Split("train", self._pixels(X), encoder.transform(y).astype(np.int64))
        self.recipe_ = self._recipe(len(split))
        learner = self._learner(split.images)
        for _ in learner.fit(split):
            pass
        self.weights_ = learner.weights()
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (N, K), in the order of `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, allow_nd=True, dtype="numeric")
        learner = self._learner(None)
        learner.restore(self.weights_)
        probs = learner.predict(self._pixels(X)).astype(np.float64)
        return probs / probs.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each image."""
        probs = self.predict_proba(X)
        return self.classes_[probs.argmax(axis=1)]

    def _recipe(self, images: int) -> Recipe:
        small = min(self.image_shape_[1:]) < SMALL
        model = architecture_named(self.architecture or ("dense" if small else "conv"))()
        recipe = override(Recipe(model=model, training=usual(model)), list(self.settings))
        if self.epochs is not None:
            return override(recipe, [f"training.epochs={self.epochs}"])
        if any(setting.startswith("training.epochs=") for setting in self.settings) or recipe.training.epochs == 1:
            return recipe
        batch = min(recipe.training.batch_size, images)
        return override(recipe, [f"training.epochs={max(recipe.training.epochs, math.ceil(STEPS * batch / images))}"])

    def _learner(self, train: np.ndarray | None) -> Learner:
        """A learner for such images; train: training images, if it is to be trained"""
        recipe, shape, classes = self.recipe_, self.image_shape_, len(self.classes_)
        return prepare(
            recipe.model,
            recipe.training,
            shape=shape,
            classes=classes,
            engine=engine_for(recipe.model, recipe.training, "cpu", shape=shape, classes=classes),
            seeds=Seeds(int(self.seed)),
            standardise_on=train if recipe.data.scaling == "standard" else None,
        )

    def _pixels(self, X: np.ndarray) -> np.ndarray:
        """Images (N, C, H, W) uint8."""
        channels, height, width = self.image_shape_
        if self.span_ is not None:
            low, high = self.span_
            X = np.clip((X.astype(np.float64) - low) * (255 / ((high - low) or 1)), 0, 255).round().astype(np.uint8)
        if X.ndim == 4:  # channels last, as scikit-image and Keras have them
            X = np.moveaxis(X, -1, 1)
        return np.ascontiguousarray(X.reshape(len(X), channels, height, width))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = True
        return tags


def _shape(X: np.ndarray, given: Sequence[int] | None) -> tuple[int, int, int]:
    """(C, H, W) of the images in X."""
    if given is not None:
        shape = (1, *given) if len(given) == 2 else tuple(given)
        if len(shape) != 3 or math.prod(shape) != math.prod(X.shape[1:]):
            raise ValueError(f"shape should be (H, W) or (C, H, W) with {math.prod(X.shape[1:])} numbers, not {given}.")
        return shape[0], shape[1], shape[2]
    if X.ndim == 2:
        side = math.isqrt(X.shape[1])
        return (1, side, side) if side * side == X.shape[1] and side >= SMALL else (1, 1, X.shape[1])
    if X.ndim == 3:
        return 1, X.shape[1], X.shape[2]
    if X.ndim == 4 and X.shape[3] in (1, 3):
        return X.shape[3], X.shape[1], X.shape[2]
    raise ValueError(f"Images should be (N, H, W), (N, H, W, C) with 1 or 3 channels, or rows (N, D), not {X.shape}.")
