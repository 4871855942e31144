"""A look at the data before anything is trained: how large the pictures should be, and whether they have colours."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seedtrial.data import readers
from seedtrial.data.dataset import Dataset, DataSpec, load
from seedtrial.data.groups import ALIKE
from seedtrial.data.readers import picture_folder
from seedtrial.data.tree import all_files, of_folder, of_zip
from seedtrial.errors import SeedtrialError
from seedtrial.models.backbone import weights_available
from seedtrial.spec import override

USUAL_SIDE = 64  # pixels that pictures are brought to, where they are larger or differ
PHOTOGRAPH = 128  # pixels of the shorter side, from which a picture shows more than a network from scratch can use
KNOWN_SIDE = 160  # pixels that photographs are brought to for a pretrained network; see docs/choose.md
AFFORDABLE = 3_000  # photographs, up to which a search has the time for pictures of that size
LOOKED_AT = 300  # files whose size is read
IMAGES = 20  # fewer training images are refused
EACH = 2  # of each class


def look(
    source: str, *, settings: Sequence[str] = (), data_dir: Path | None = None
) -> tuple[DataSpec, Dataset, list[str]]:
    """The data as they will be used, loaded once, and what was decided about them, a sentence each.

    settings: such as "data.size=96"; what they say is not decided here

    Raises SeedtrialError for data that nothing can be chosen on: too few images, or a class with one.
    """
    spec = override(DataSpec(source=source), [_own(setting) for setting in settings])
    decided = []
    given = {setting.split("=")[0].removeprefix("data.") for setting in settings}
    if "size" not in given and (side := _side(source, data_dir)) is not None:
        spec = spec.model_copy(update={"size": side})
        decided.append(f"Pictures are resized to {side} x {side} pixels; --set data.size=96 changes that.")
    dataset = load(spec, data_dir=data_dir)
    if "channels" not in given and _grey(dataset.train.images) and dataset.facts.shape[0] == 3:
        try:
            spec = spec.model_copy(update={"channels": 1})
            dataset = load(spec, data_dir=data_dir)
            decided.append("All pictures are grey, so they have one channel; --set data.channels=3 changes that.")
        except SeedtrialError:  # a file of arrays, which stay as they are
            spec = spec.model_copy(update={"channels": None})
    if "groups" not in given:
        spec, dataset = _together(spec, dataset, decided, data_dir)
    _refuse_hopeless(dataset)
    return spec, dataset, decided


def _together(spec: DataSpec, dataset: Dataset, decided: list[str], data_dir: Path | None) -> tuple[DataSpec, Dataset]:
    """The data with images that are nearly the same in one part, if there are such images and enough others."""
    if not dataset.twins:
        return spec, dataset
    alike = spec.model_copy(update={"groups": ALIKE})
    try:
        together = load(alike, data_dir=data_dir)
    except SeedtrialError:  # built in, or hardly any others
        return spec, dataset
    decided.append("Images that are nearly the same stay in one part; --set data.groups=null changes that.")
    return alike, together


def _own(setting: str) -> str:
    if not setting.startswith("data."):
        raise SeedtrialError(f"Only settings of the data can be set here, such as data.size=96, not '{setting}'.")
    return setting.removeprefix("data.")


def _side(source: str, data_dir: Path | None) -> int | None:
    """The side that pictures are brought to; None where they are small and all alike, or no pictures."""
    sizes, count = picture_sizes(source, data_dir)
    if not sizes or (len(set(sizes)) == 1 and max(sizes[0]) <= USUAL_SIDE):
        return None
    shorter = statistics.median(min(size) for size in sizes)
    if shorter >= PHOTOGRAPH and count <= AFFORDABLE and weights_available():
        return KNOWN_SIDE
    return min(USUAL_SIDE, min(sizes[0])) if len(set(sizes)) == 1 else USUAL_SIDE


def picture_sizes(source: str, data_dir: Path | None = None) -> tuple[list[tuple[int, int]], int]:
    """Width and height of some hundred pictures of a folder or .zip, and how many there are; none of other sources.

    >>> picture_sizes("digits")
    ([], 0)
    """
    name, _ = readers.resolved(source, data_dir)
    path = Path(name)
    if not path.exists() or not picture_folder.has_pictures(path):
        return [], 0
    tree = of_zip(path) if path.is_file() else of_folder(path)
    files = [
        file for file in all_files(tree) if not file.problem and file.path.suffix.lower() in picture_folder.SUFFIXES
    ]
    some = files[:: max(1, len(files) // LOOKED_AT)]
    return [size for file in some if (size := picture_folder.size_of(file))], len(files)


def _grey(images: np.ndarray) -> bool:
    """Whether red, green and blue are equal everywhere, in a thousand images."""
    some = images[:: max(1, len(images) // 1000)]
    return bool(some.shape[1] == 3 and (some[:, 0] == some[:, 1]).all() and (some[:, 0] == some[:, 2]).all())


def _refuse_hopeless(dataset: Dataset) -> None:
    counts = dataset.counts()["train"]
    least = min(counts)
    if sum(counts) < IMAGES:
        raise SeedtrialError(
            f"{dataset.name} has {sum(counts)} training images; a choice needs at least {IMAGES}, better some hundreds."
        )
    if least < EACH:
        raise SeedtrialError(
            f"The class '{dataset.classes[counts.index(least)]}' of {dataset.name} has {least} training image"
            f"{'s' * (least != 1)}; each class needs at least {EACH}. Add pictures, or leave the class out."
        )
    if dataset.validation is None:
        raise SeedtrialError("A choice is made on validation images; leave data.validation as it is.")
