"""Images that nothing can be learnt from are noticed behind every reader, with the numbers and what helps."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import bright_blocks
from seedtrial.data.dataset import DataSpec, load

IMAGES, LABELS = bright_blocks(60, seed=1)


def notes(path: Path, **settings: object) -> tuple[str, ...]:
    return load(DataSpec(source=str(path), **settings)).notes


def arrays(path: Path, images: np.ndarray, labels: np.ndarray = LABELS) -> Path:
    np.savez(path, images=images, labels=labels)
    return path


def pictures(folder: Path, images: np.ndarray) -> Path:
    for number, (image, label) in enumerate(zip(images, LABELS, strict=True)):
        (folder / "abc"[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "abc"[label] / f"{number:02d}.png")
    return folder


def test_usual_images_need_no_note(tmp_path: Path) -> None:
    assert notes(arrays(tmp_path / "a.npz", IMAGES)) == ()
    assert load("digits").notes == ()


@pytest.mark.parametrize("top", [1, 16])
def test_a_narrow_range_is_named_and_can_be_widened(tmp_path: Path, top: int) -> None:
    dark = np.rint(IMAGES / IMAGES.max() * top).astype(np.uint8)
    path = arrays(tmp_path / "a.npz", dark)
    words = f"All pixels lie between 0 and {top} of 0 to 255: if {top} means white, set data.range=[0,{top}]"
    assert notes(path)[0].startswith(words)
    wide = load(DataSpec(source=str(path), range=(0, top)))
    assert wide.train.images.max() == 255 and not any("data.range" in note for note in wide.notes)


def test_twelve_bits_in_sixteen_are_black_unless_the_range_is_given(tmp_path: Path) -> None:
    deep = pictures(tmp_path / "deep", IMAGES.astype(np.uint16) * 16)  # 0..4095
    assert notes(deep)[0].startswith("All pixels lie between 0 and ")
    wide = load(DataSpec(source=str(deep), range=(0, 4095), channels=1))
    assert wide.notes == () and wide.train.images.max() > 200


def test_fractions_are_refused_until_their_range_is_given(tmp_path: Path) -> None:
    path = arrays(tmp_path / "a.npz", IMAGES / 255)
    plain = load(str(arrays(tmp_path / "b.npz", IMAGES)))
    np.testing.assert_array_equal(load(DataSpec(source=str(path), range=(0, 1))).train.images, plain.train.images)


def test_shapes_drawn_on_a_transparent_ground_can_be_seen_on_black(tmp_path: Path) -> None:
    white = np.full((60, 8, 8, 4), 255, np.uint8)
    white[..., 3] = IMAGES  # white shapes: all of the picture is in how solid it is
    path = pictures(tmp_path / "white", white)
    assert "100% of the training images are of one colour, such as all 255; " in " ".join(
        notes(path)
    ) or "Every pixel" in " ".join(notes(path))
    on_black = load(DataSpec(source=str(path), background="black", channels=1))
    assert on_black.notes == () and on_black.train.images.std() > 20


def test_equal_images_of_different_classes_are_counted(tmp_path: Path) -> None:
    images = IMAGES.copy()
    first, second = np.flatnonzero(LABELS == 0)[0], np.flatnonzero(LABELS == 1)[0]
    images[second] = images[first]
    np.savez(tmp_path / "a.npz", images=images, labels=LABELS, test_images=IMAGES[:6], test_labels=LABELS[:6])
    assert "2 training images have an exact duplicate in another class" in " ".join(notes(tmp_path / "a.npz"))


def test_a_built_in_name_that_is_a_folder_too_is_read_as_the_built_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path / "digits", IMAGES)
    monkeypatch.chdir(tmp_path)
    assert load("digits").notes == ("'digits' is the built-in data set; for the folder of that name say ./digits.",)
    assert len(load("./digits").classes) == 3


def test_a_range_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a low and a higher value"):
        DataSpec(range=(5, 5))


@pytest.mark.parametrize("take", ["first", "last", "random", "stratified"])
def test_a_class_that_validation_takes_whole_is_named(tmp_path: Path, take: str) -> None:
    labels = np.array([2] + [0, 1] * 29 + [3])
    path = tmp_path / "a.npz"
    np.savez(path, images=IMAGES, labels=labels, test_images=IMAGES[:3], test_labels=labels[:3])
    data = load(DataSpec(source=str(path), validation={"take": take, "size": 0.5}))
    gone = [name for name, count in zip(data.classes, data.counts()["train"], strict=True) if not count]
    assert not gone if take == "stratified" else bool(gone) == any("No training image of" in n for n in data.notes)
