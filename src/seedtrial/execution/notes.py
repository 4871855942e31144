"""What users may want to know before their study is trained, a sentence each. None of it stops the study."""

from collections.abc import Iterator, Sequence

from seedtrial.data.dataset import Dataset
from seedtrial.models.fast import kernels
from seedtrial.runs.recipe import Recipe
from seedtrial.study.plan import Planned
from seedtrial.training.device import Engine
from seedtrial.words import counted


def hardware_notes(todo: Sequence[Planned], engine: Engine) -> Iterator[str]:
    """Where this machine trains more slowly, or less exactly, than the recipes could be trained.

    >>> from seedtrial.training.device import choose_engine
    >>> list(hardware_notes([], choose_engine("cpu")))
    []
    """
    if engine.precision == "fp32" and any(item.recipe.training.precision == "auto" for item in todo):
        yield "Note: this hardware does not compute in bf16, so training is in float32."
    if engine.device == "cpu" and kernels.LIBRARY is None and any(item.recipe.model.has_kernels for item in todo):
        yield f"Note: convolutional networks train more slowly without compiled kernels: {kernels.REASON}."


def data_notes(dataset: Dataset) -> Iterator[str]:
    """Which images these are and from where, what is odd about them, and which files could not be read.

    >>> from seedtrial.data.dataset import load
    >>> next(data_notes(load("digits")))
    'Data: digits (embedded in scikit-learn): 1,293 train, 144 validation, 360 test images, 10 classes'
    """
    counts = ", ".join(f"{sum(numbers):,} {name}" for name, numbers in dataset.counts().items())
    whence = dataset.origin if dataset.origin.startswith(dataset.name) else f"{dataset.name} ({dataset.origin})"
    yield f"Data: {whence}: {counts} images, {len(dataset.classes)} classes"
    for note in dataset.notes:
        yield f"Note: {note}"
    for pair, count in dataset.duplicates.items():
        if count:
            first, second = pair.split("/")
            yield f"Note: {first} and {second} share {counted(count, 'image')} of {dataset.name}."
    if dataset.skipped:
        first_file, more = dataset.skipped[0], len(dataset.skipped) - 1
        rest = f" and {counted(more, 'more file')}" if more else ""
        yield f"Note: skipped {first_file.path} ({first_file.reason}){rest}; `seedtrial data` lists them."


def batch_notes(label: str, recipe: Recipe, dataset: Dataset) -> Iterator[str]:
    """A batch that is larger than the data, which is allowed.

    >>> from seedtrial.data.dataset import DataSpec, load
    >>> from seedtrial.models import Linear
    >>> from seedtrial.training.spec import TrainSpec
    >>> recipe = Recipe(data=DataSpec(source="digits"), model=Linear(), training=TrainSpec(batch_size=5000))
    >>> list(batch_notes("linear", recipe, load(recipe.data)))
    ["Note: linear's batch of 5,000 is larger than the 1,293 training images; each epoch is one step."]
    """
    size, images = recipe.training.batch_size, len(dataset.train)
    if size > images:
        yield (
            f"Note: {label}'s batch of {size:,} is larger than the {images:,} training images; each epoch is one step."
        )
