"""A folder of pictures is a data set; files that are none are named, and what would leave a class empty is an error."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fruit import TINTS
from seedtrial.data import picture
from seedtrial.data.dataset import DataSpec, facts, load
from seedtrial.data.reader import Form
from seedtrial.data.readers import read as read_source
from seedtrial.data.readers.picture_folder import read
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError

ROOT = Path(__file__).parents[3]
PLACES = [Path(base) / "hotdog" for base in (os.environ.get("SEEDTRIAL_DATA"), ROOT.parent / "shared" / "data") if base]
HOTDOG = next((folder for folder in PLACES if folder.is_dir()), PLACES[-1])


def test_train_val_and_test_are_what_they_are_called(fruit: Path) -> None:
    parts = read(fruit)
    assert parts.classes == ("apple", "kiwi", "plum")
    assert parts.train.images.shape == (30, 3, 9, 12) and parts.train.images.dtype == np.uint8
    assert (len(parts.test), len(parts.validation or ())) == (9, 6)
    assert parts.origin == str(fruit) and parts.skipped == ()


def test_labels_go_with_their_pictures(fruit: Path) -> None:
    for split in read(fruit).splits:
        means = split.images.mean(axis=(2, 3))
        tints = np.array(list(TINTS.values()))
        nearest = np.abs(means[:, None] - tints).sum(axis=2).argmin(axis=1)
        assert nearest.tolist() == split.labels.tolist()


def test_the_val_folder_is_the_validation_split_and_leaves_the_training_part_whole(fruit: Path) -> None:
    for validation in (Validation(size=0.5), None):
        dataset = load(DataSpec(source=str(fruit), validation=validation))
        assert dataset.counts() == {"train": [10] * 3, "validation": [2] * 3, "test": [3] * 3}


def test_a_folder_may_be_called_validation_but_not_both(fruit: Path) -> None:
    shutil.copytree(fruit / "val", fruit / "validation")
    with pytest.raises(SeedtrialError, match=r"has both val and validation; expected one\.$"):
        read(fruit)
    shutil.rmtree(fruit / "val")
    assert len(read(fruit).validation or ()) == 6


def test_without_a_val_folder_the_setting_cuts_the_training_part(fruit: Path) -> None:
    shutil.rmtree(fruit / "val")
    dataset = load(DataSpec(source=str(fruit), validation=Validation(size=6)))
    assert dataset.counts() == {"train": [8] * 3, "validation": [2] * 3, "test": [3] * 3}


def test_without_a_test_folder_a_fifth_of_every_class_is_kept_back(fruit: Path) -> None:
    whole = {image.tobytes() for image in read(fruit).train.images}
    shutil.rmtree(fruit / "test")
    parts = read(fruit)
    assert np.bincount(parts.train.labels).tolist() == [8, 8, 8]
    assert np.bincount(parts.test.labels).tolist() == [2, 2, 2]
    assert np.bincount(parts.validation.labels).tolist() == [2, 2, 2]
    train, test = ({image.tobytes() for image in split.images} for split in (parts.train, parts.test))
    assert train | test == whole and not train & test
    assert not np.shares_memory(parts.train.images, parts.test.images)
    assert parts.train.images.base is None and parts.test.images.base is None
    assert parts.origin == f"{fruit} (20% of the training part, drawn by seed, are the test part)"
    assert (read(fruit).test.images == parts.test.images).all()  # the same share each time


def test_class_folders_alone_are_a_training_part(fruit: Path) -> None:
    parts = read(fruit / "train")
    assert (len(parts.train), len(parts.test), parts.validation) == (24, 6, None)


def test_classes_are_spread_evenly_so_that_any_run_of_images_holds_all(fruit: Path) -> None:
    for number in range(5, 10):  # plum is half as common
        for path in (fruit / "train" / "plum").glob(f"{number:02d}.*"):
            path.unlink()
    labels = read(fruit).train.labels
    for start in range(0, 25, 5):
        assert np.bincount(labels[start : start + 5], minlength=3).min() >= 1
    assert np.bincount(load(DataSpec(source=str(fruit), limit=5)).train.labels).tolist() == [2, 2, 1]


@pytest.mark.parametrize("setting, shape", [({"size": 8}, (3, 8, 8)), ({"size": 8, "channels": 1}, (1, 8, 8))])
def test_size_and_channels_are_as_stated(fruit: Path, setting: dict[str, int], shape: tuple[int, ...]) -> None:
    assert facts(DataSpec(source=str(fruit), **setting)).shape == shape
    assert load(DataSpec(source=str(fruit), **setting)).train.images.shape[1:] == shape


def test_pictures_of_different_sizes_need_a_size(fruit: Path) -> None:
    Image.new("RGB", (20, 30)).save(fruit / "train" / "kiwi" / "big.png")
    with pytest.raises(
        SeedtrialError,
        match=r"differ in size \(train/apple/00\.jpg has 12 x 9 pixels, train/kiwi/big\.png 20 x 30\); set",
    ):
        read(fruit)
    assert len(read(fruit, Form(size=8)).train) == 31


def test_the_val_folder_is_part_of_the_fingerprint(fruit: Path) -> None:
    before = facts(DataSpec(source=str(fruit))).fingerprint
    Image.new("RGB", (12, 9)).save(fruit / "val" / "plum" / "01.png")
    assert facts(DataSpec(source=str(fruit))).fingerprint != before


def test_files_that_are_no_pictures_are_named_counted_and_skipped(fruit: Path, tmp_path: Path) -> None:
    train = fruit / "train"
    (train / "apple" / "notes.jpg").write_text("not a picture\n")
    (train / "apple" / "zero.png").write_bytes(b"")
    (train / "apple" / ".DS_Store").write_bytes(b"the system's")
    (train / "kiwi" / "cut.jpg").write_bytes((train / "kiwi" / "00.jpg").read_bytes()[:-300])
    (train / "plum" / "more").mkdir()
    (train / "README.txt").write_text("about these pictures")
    (fruit / "README.txt").write_text("about all of them")
    Image.new("1", (5001, 5000)).save(fruit / "val" / "kiwi" / "huge.png")
    os.mkfifo(fruit / "test" / "plum" / "pipe.jpg")
    dataset = load(DataSpec(source=str(fruit)))
    assert dict(dataset.skipped) == {
        "train/README.txt": "not in a class folder",
        "train/apple/notes.jpg": picture.KNOWN,
        "train/apple/zero.png": "empty file",
        "train/kiwi/cut.jpg": dict(dataset.skipped)["train/kiwi/cut.jpg"],
        "train/plum/more": "a folder inside a class folder",
        "val/kiwi/huge.png": "5001 x 5000 pixels, the limit is 25 million",
        "test/plum/pipe.jpg": "not a file",
    }
    assert dict(dataset.skipped)["train/kiwi/cut.jpg"].startswith("damaged: ")
    assert dataset.counts() == {"train": [10] * 3, "validation": [2] * 3, "test": [3] * 3}


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def spoil(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_text("text")


def only_one(folder: Path) -> None:
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)


@pytest.mark.parametrize(
    ("harm", "folder", "words"),
    [
        (
            empty,
            "train/kiwi",
            r"^The class folder .*train/kiwi has no pictures; put some into it, or move it elsewhere\.$",
        ),
        (
            spoil,
            "train/plum",
            r"train/plum has no usable picture among 10 files \(train/plum/00\.jpg: not a known picture format\)\.$",
        ),
        (only_one, "train/kiwi", r"train has 1 class folder; expected two or more"),
        (
            shutil.rmtree,
            "train/kiwi",
            r"^.*(val|test) has a class 'kiwi', but the training part does not; it has apple, plum\.$",
        ),
        (shutil.rmtree, "train", r"fruit has a folder val, but none named train\.$"),
    ],
    ids=["empty", "text only", "one class", "only in val", "no train"],
)
def test_a_class_without_pictures_is_an_error(
    fruit: Path, harm: Callable[[Path], None], folder: str, words: str
) -> None:
    harm(fruit / folder)
    with pytest.raises(SeedtrialError, match=words):
        read(fruit)


@pytest.mark.parametrize("part", ["val", "test"])
@pytest.mark.parametrize("harm", [empty, shutil.rmtree])
def test_a_class_may_be_absent_from_validation_or_test_and_is_named(
    fruit: Path, part: str, harm: Callable[[Path], None]
) -> None:
    harm(fruit / part / "kiwi")
    parts = read(fruit)
    assert parts.notes == (f"The {'validation' if part == 'val' else part} part has no image of kiwi.",)


def test_a_class_too_small_for_a_share_is_an_error(fruit: Path) -> None:
    shutil.rmtree(fruit / "test")
    for path in sorted((fruit / "train" / "plum").iterdir())[1:]:
        path.unlink()
    with pytest.raises(
        SeedtrialError, match=r"class 'plum' of .*fruit has 1 image; .* needs at least 5, of which one is"
    ):
        read(fruit)


def test_a_class_whose_name_cannot_be_printed_is_refused(fruit: Path) -> None:
    (fruit / "train" / "fig\n").mkdir()
    with pytest.raises(SeedtrialError, match=r"folder name 'fig\\n' in .* cannot be printed as a class name"):
        read(fruit)


def test_a_folder_with_nothing_in_it_says_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(SeedtrialError, match=r"has neither the four IDX files of MNIST, nor .*DIR/train/CLASS"):
        read_source(str(tmp_path / "bare"))


def test_pillow_s_own_warnings_stay_its_own(fruit: Path) -> None:
    """Warnings are errors in these tests, so this picture would be skipped if one came through."""
    image = Image.open(fruit / "train" / "kiwi" / "01.png").convert("P")
    image.save(fruit / "train" / "kiwi" / "01.png", transparency=bytes(range(256)))
    assert read(fruit).skipped == ()


@pytest.mark.real
def test_two_hundred_and_fifty_photographs_of_hot_dogs_and_other_things() -> None:
    if not HOTDOG.is_dir():
        pytest.skip(f"there are no photographs in {HOTDOG}; SEEDTRIAL_DATA can name another folder")
    dataset = load(DataSpec(source="data-dir", size=64), data_dir=HOTDOG)
    assert dataset.classes == ("hotdog", "not_hotdog") and dataset.facts.shape == (3, 64, 64)
    assert dataset.counts() == {"train": [80, 80], "validation": [25, 25], "test": [20, 20]}
    assert dataset.skipped == () and dataset.duplicates == {
        "train/validation": 0,
        "train/test": 0,
        "validation/test": 0,
    }
    assert 60 < dataset.train.images.mean() < 190 and dataset.train.images.std() > 40
    assert picture.read_picture(sorted((HOTDOG / "val" / "hotdog").iterdir())[0], size=None, channels=3).shape[0] == 3


@pytest.mark.parametrize("below", ["", "unknown"])
def test_pictures_without_classes_in_test_are_set_aside(fruit: Path, below: str) -> None:
    shutil.rmtree(fruit / "test")
    (fruit / "test" / below).mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (12, 9)).save(fruit / "test" / below / f"{number}.png")
    parts = read(fruit)
    assert (len(parts.train), len(parts.test)) == (24, 6)
    assert parts.notes == (
        f"{fruit / 'test'} has 4 pictures without class folders, which are set aside; a share of the training part is "
        "kept back for the test.",
    )


def test_pictures_that_would_not_fit_into_memory_are_refused_before_they_are_read(
    fruit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seedtrial.memory.available", lambda: 10_000)
    with pytest.raises(SeedtrialError, match=r"at 12 x 9 pixels, need about 0\.0 GB .*such as --set data\.size=64\.$"):
        read(fruit)
    assert len(read(fruit, Form(size=1, channels=1)).train) == 30


@pytest.mark.parametrize("suffix", ["webp", "bmp", "gif", "tif"])
def test_other_formats_are_pictures_too(fruit: Path, suffix: str) -> None:
    for path in sorted((fruit / "train" / "kiwi").iterdir()):
        Image.open(path).save(path.with_suffix(f".{suffix}"))
        path.unlink()
    parts = read(fruit)
    assert len(parts.train) == 30 and parts.skipped == ()


def test_folders_in_place_of_pictures_say_which_folder_to_give(fruit: Path) -> None:
    (fruit / "train" / "citrus").mkdir()
    (fruit / "train" / "kiwi").rename(fruit / "train" / "citrus" / "kiwi")
    with pytest.raises(
        SeedtrialError, match=r"train/citrus holds folders \(kiwi\) and no pictures; give the folder whose"
    ):
        read(fruit)


def test_pictures_are_padded_where_the_setting_says_so(fruit: Path) -> None:
    padded = load(DataSpec(source=str(fruit), size=12, fit="pad", background="black")).train.images
    assert (padded[:, :, [0, -1]] == 0).all() and padded[:, :, 6].mean() > 50
    with pytest.raises(SeedtrialError, match=r"fit='pad' says how pictures become squares of data\.size; set"):
        DataSpec(source=str(fruit), fit="pad")
