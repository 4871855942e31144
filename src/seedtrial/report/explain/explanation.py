"""What is inside a trained network, gathered from a run's record: its first weights, and every layer's view of images.

N images, K classes. The test part stays sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.dataset import load
from seedtrial.data.parts import Split
from seedtrial.errors import SeedtrialError
from seedtrial.models.inside import FirstLayer, Stage
from seedtrial.runs.trained import Run

USUAL = 3  # images shown when none is asked for, of as many classes
MOST_IMAGES = 12
SPLITS = {"train": "training"}


@dataclass(frozen=True)
class ExplainedImage:
    """An image to explain.

    pixels: (C, H, W) uint8, as the network takes them
    label:  its true class, if that is known
    seen:   whether the network was trained on it

    >>> ExplainedImage("shoe.jpg", np.zeros((1, 28, 28), np.uint8)).label is None
    True
    """

    name: str
    pixels: np.ndarray
    label: int | None = None
    seen: bool = False


@dataclass(frozen=True)
class Explanation:
    """A trained network, its first weights, and what its stages and its answers are for the images.

    probs: (N, K) float32, exactly what the learner predicts in float32 on the CPU
    """

    run: Run
    images: tuple[ExplainedImage, ...]
    first: FirstLayer
    stages: tuple[Stage, ...]
    probs: np.ndarray

    @property
    def name(self) -> str:
        """What the run's folder is called."""
        return self.run.folder.path.resolve().name


def images_of(
    run: Run, *, indices: Sequence[int] = (), pictures: Sequence[Path] = (), data_dir: Path | None = None
) -> tuple[ExplainedImage, ...]:
    """The images to explain: some of the run's validation split, or training split without one, and pictures of yours.

    indices:  of images in that split
    pictures: PNG or JPEG files, brought to the size and channels that the network takes
    data_dir: as `load` has it; without pictures and indices, the first images of different classes are taken

    Raises SeedtrialError when an index is out of range, a picture cannot be used, or the run's data are not there.

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Majority
    >>> from seedtrial.runs.recipe import Recipe
    >>> from seedtrial.runs.run import run
    >>> from seedtrial.training.prepare import usual
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Majority(), training=usual(Majority()))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     images = images_of(run(recipe, runs=folder), indices=[0, 1])
    >>> [(image.name, image.pixels.shape) for image in images]
    [('validation image 0', (1, 8, 8)), ('validation image 1', (1, 8, 8))]
    """
    if len(indices) + len(pictures) > MOST_IMAGES:
        raise SeedtrialError(f"A page explains at most {MOST_IMAGES} images, not {len(indices) + len(pictures)}.")
    explained = [ExplainedImage(path.name, run.pixels(path)) for path in pictures]  # the data take longer
    if indices or not pictures:
        split = _split(run, data_dir)
        name = SPLITS.get(split.name, split.name)
        wrong = next((index for index in indices if not 0 <= index < len(split)), None)
        if wrong is not None:
            raise SeedtrialError(f"The {name} split has the images 0 to {len(split) - 1}; there is no {wrong}.")
        chosen = list(indices) or _of_different_classes(split)
        seen = split.name == "train"
        own = [ExplainedImage(f"{name} image {i}", split.images[i], int(split.labels[i]), seen) for i in chosen]
        explained = own + explained
    return tuple(explained)


def _split(run: Run, data_dir: Path | None) -> Split:
    try:
        dataset = load(run.recipe.data, data_dir=data_dir)
    except SeedtrialError as error:
        raise SeedtrialError(f"{str(error).rstrip('.')}; --picture FILE explains a picture without the data.") from None
    run.check_images(dataset)
    return dataset.validation or dataset.train


def _of_different_classes(split: Split) -> list[int]:
    firsts = np.sort(np.unique(split.labels, return_index=True)[1])
    return [int(index) for index in firsts[:USUAL]]


def explain(run: Run, images: tuple[ExplainedImage, ...]) -> Explanation:
    """Build the network from its record and look at what is inside, in float32 on the CPU.

    >>> import tempfile
    >>> from seedtrial.data.dataset import DataSpec
    >>> from seedtrial.models import Linear
    >>> from seedtrial.runs.recipe import Recipe
    >>> from seedtrial.runs.run import run
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(epochs=1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     trained = run(recipe, runs=folder)
    ...     explanation = explain(trained, images_of(trained, indices=[0, 1]))
    >>> explanation.first.weights.shape, explanation.probs.shape
    ((10, 1, 8, 8), (2, 10))
    """
    learner = run.learner()
    pixels = np.stack([image.pixels for image in images])
    look = learner.inside(pixels)
    return Explanation(run, images, look.first, look.stages, learner.predict(pixels))


def explanation_json(explanation: Explanation, page: Path) -> dict[str, Any]:
    """The run, the page's path, and every image's probabilities by class."""
    classes = explanation.run.facts.classes
    images = [
        {
            "image": image.name,
            "label": None if image.label is None else classes[image.label],
            "probabilities": {name: float(p) for name, p in zip(classes, probs, strict=True)},
        }
        for image, probs in zip(explanation.images, explanation.probs, strict=True)
    ]
    return {"run": str(explanation.run.folder.path), "page": str(page), "images": images}
