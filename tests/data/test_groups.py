"""Images that belong together are never in two parts, whatever says that they do."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seedtrial.choosing.look import look
from seedtrial.data.dataset import DataSpec, Source, load
from seedtrial.data.folds import Fold
from seedtrial.data.groups import grouped, of_names, suggestion
from seedtrial.data.parts import Parts, Split
from seedtrial.data.reader import Form
from seedtrial.data.readers import read
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError

SIDE = 20


def scene(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """20 people in 2 classes, 4 different pictures of each: cat/p03_2.png."""
    for person in range(20):
        for shot in range(4):
            path = tmp_path / "people" / ("cat", "dog")[person % 2] / f"p{person:02d}_{shot}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            scene(10 * person + shot).save(path)
    return tmp_path / "people"


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """30 scenes in 2 classes, 3 shots of each, which differ in brightness only; names say nothing."""
    for shot in range(3):
        for number in range(30):
            path = tmp_path / "series" / ("cat", "dog")[number % 2] / f"{31 * number + 997 * shot:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            scene(number).point([int(value * (1 - 0.1 * shot)) for value in range(256)] * 3).save(path)
    return tmp_path / "series"


def parted(*splits: Split | None) -> set[str]:
    """The groups that are in more than one of these splits."""
    groups = [set(split.groups.tolist()) for split in splits if split is not None and split.groups is not None]
    assert len(groups) == len(splits)
    return {group for n, one in enumerate(groups) for other in groups[n + 1 :] for group in one & other}


def test_file_names_say_what_belongs_together(people: Path) -> None:
    spec = DataSpec(source=str(people), groups="{group}_*", validation=Validation(size=0.2))
    parts = read(str(people), form=spec.form)
    assert not parted(parts.train, parts.test)
    assert (len(parts.train), len(parts.test)) == (64, 16)
    dataset = load(spec)
    assert not parted(dataset.train, dataset.validation)
    assert dataset.groups == 20 and dataset.counts()["test"] == [8, 8]
    assert dataset.notes[0] == (
        "The images form 20 groups (data.groups={group}_*), the largest of 4 images. Intervals over images ignore "
        "groups."
    )


def test_images_that_are_nearly_the_same_are_groups(series: Path) -> None:
    spec = DataSpec(source=str(series))
    alone = load(spec)
    assert alone.groups is None and "90 images are nearly the same as another one" in alone.notes[0]
    spec = DataSpec(source=str(series), groups="alike")
    parts, dataset = read(str(series), form=spec.form), load(spec)
    assert dataset.groups == 30 and not parted(parts.train, parts.test)
    assert not parted(dataset.train, dataset.validation)
    assert "no test images have such a twin in another part." in dataset.notes[1]


def test_groups_are_in_one_fold_only(people: Path) -> None:
    spec = DataSpec(source=str(people), groups="{group}_*")
    source = Source.read(spec)
    tested = 0
    for number in range(1, 6):
        dataset = source.dataset(spec.in_fold(Fold(number=number, of=5)))
        assert not parted(dataset.train, dataset.validation)
        assert dataset.validation is not None and dataset.validation.groups is not None
        there = {*np.unique(dataset.train.groups), *np.unique(dataset.validation.groups)}
        tested += 20 - len(there)
    assert tested == 20  # every group is missing from exactly one


def test_a_group_of_a_given_test_part_is_not_trained_on(people: Path) -> None:
    for part, shots in {"train": "012", "test": "3"}.items():
        for path in [*people.glob(f"*/p*_[{shots}].png")]:
            if part == "train" or int(path.stem[1:3]) < 4:
                target = people.parent / "given" / part / path.parent.name / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
    source = str(people.parent / "given")
    assert sum(load(DataSpec(source=source, validation=None)).counts()["train"]) == 60
    dataset = load(DataSpec(source=source, groups="{group}_*", validation=None))
    assert dataset.counts() == {"train": [24, 24], "test": [2, 2]}
    assert (
        "12 images to train or validate on are left out, since others of their groups are in a later part."
        in dataset.notes
    )


def test_names_that_do_not_fit_stand_alone(people: Path) -> None:
    (people / "cat" / "p00_0.png").rename(people / "cat" / "portrait.png")
    assert load(DataSpec(source=str(people), groups="{group}_*")).groups == 21


def test_groups_make_other_data_and_none_leaves_them_as_they_were(people: Path) -> None:
    plain = load(DataSpec(source=str(people))).facts.fingerprint
    named = load(DataSpec(source=str(people), groups="{group}_*")).facts.fingerprint
    assert plain != named
    assert "groups" not in DataSpec(source="digits").canonical()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("subject", "data.groups=subject groups nothing in {}; expected alike, a pattern of file names such as"),
        ("{group}-*", "data.groups={group}-* fits no file name of {}, such as p00_0.png."),
    ],
)
def test_what_groups_nothing_is_an_error(people: Path, pattern: str, words: str) -> None:
    with pytest.raises(SeedtrialError, match=re.escape(words.replace("{}", str(people)))):
        load(DataSpec(source=str(people), groups=pattern))


def renamed(people: Path, name: str) -> None:
    for path in people.glob("*/*.png"):
        path.rename(path.with_name(name.format(path.stem, half="ab"[path.stem > "p10"]) + ".png"))


def test_one_group_of_all_images_is_an_error(people: Path) -> None:
    renamed(people, "photo-{}")
    with pytest.raises(SeedtrialError, match=r"\{group\}-\* makes one group of all images of .*; expected"):
        load(DataSpec(source=str(people), groups="{group}-*"))


def test_too_few_groups_are_an_error(people: Path) -> None:
    renamed(people, "{half}-{}")
    with pytest.raises(SeedtrialError, match="there are 2 groups, and at least 5 are needed so that none is parted"):
        load(DataSpec(source=str(people), groups="{group}-*"))


def test_built_in_data_have_no_groups() -> None:
    with pytest.raises(SeedtrialError, match=r"data\.groups is for pictures, tables and arrays of your own"):
        load(DataSpec(source="digits", groups="alike"))


def test_small_images_cannot_be_compared(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, images=np.zeros((20, 8, 8), np.uint8), labels=np.arange(20) % 2)
    with pytest.raises(SeedtrialError, match=r"at most 10,000 images of at least 16 pixels; .* has 20 of 8 x 8\.$"):
        load(DataSpec(source=str(path), groups="alike"))
    with pytest.raises(SeedtrialError, match=r"needs pictures with file names, which .* does not have\.$"):
        load(DataSpec(source=str(path), groups="{group}_*"))


def test_a_column_of_a_table_says_what_belongs_together(tmp_path: Path) -> None:
    path, generator = tmp_path / "a.csv", np.random.default_rng(0)
    rows = ["label,patient,p0,p1,p2,p3"]
    rows += [f"{n % 2},{n // 4},{','.join(map(str, generator.integers(0, 256, 4)))}" for n in range(80)]
    path.write_text("\n".join(rows), encoding="utf-8")
    parts = read(str(path), form=Form(groups="patient"))
    assert parts.train.images.shape == (64, 1, 2, 2) and not parted(parts.train, parts.test)
    words = [row.replace(",", ",patient ", 1) for row in rows[1:]]
    path.write_text("\n".join([rows[0], *words]), encoding="utf-8")
    assert load(DataSpec(source=str(path), groups="patient")).groups == 20
    with pytest.raises(SeedtrialError, match="no column 'person'; the columns are label, patient, p0"):
        read(str(path), form=Form(groups="person"))


def test_a_column_of_a_parquet_file_says_what_belongs_together(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    files = []
    for number in range(40):
        file = io.BytesIO()
        scene(number).save(file, "PNG")
        files.append({"bytes": file.getvalue(), "path": None})
    columns = {"image": files, "label": [n % 2 for n in range(40)], "patient": [n // 4 for n in range(40)]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    parts = read(str(tmp_path / "a.parquet"), form=Form(groups="patient"))
    assert len(parts.test) == 8 and not parted(parts.train, parts.test)
    assert set(parts.train.groups.tolist()) | set(parts.test.groups.tolist()) == {str(n) for n in range(10)}
    with pytest.raises(SeedtrialError, match="no column 'person'; the columns are image, label, patient"):
        read(str(tmp_path / "a.parquet"), form=Form(groups="person"))


def test_a_column_beside_file_names_says_what_belongs_together(people: Path) -> None:
    files = sorted(people.glob("*/*.png"))
    rows = [f"{path.relative_to(people)},{path.parent.name},person {path.stem[1:3]}" for path in files]
    (people / "metadata.csv").write_text("\n".join(["file_name,label,person", *rows]), encoding="utf-8")
    dataset = load(DataSpec(source=str(people), groups="person"))
    assert dataset.groups == 20 and not parted(dataset.train, dataset.validation)
    assert load(DataSpec(source=str(people), groups="{group}_*")).groups == 20
    with pytest.raises(SeedtrialError, match="no column 'patient'; the columns are file_name, label, person"):
        load(DataSpec(source=str(people), groups="patient"))


def test_names_are_read_as_patterns() -> None:
    names = ["a/IMG_tim_03.jpg", "b/IMG_ann_1.jpg", "b/other.jpg"]
    assert of_names(names, "IMG_{group}_*") == ["tim", "ann", None]
    assert of_names(["x/a.b(1)_2.png"], "{group}_*") == ["a.b(1)"]


@pytest.mark.parametrize("name", ["{n}", "cat_{n}", "IMG_{n}", "{n}_{n}"])
def test_names_that_only_count_suggest_no_groups(name: str) -> None:
    names = np.array([f"a/{name.format(n=n)}.png" for n in range(30)])
    split = Split("train", np.zeros((30, 1, 2, 2), np.uint8), np.arange(30) % 2, names)
    assert suggestion(split, 2) == ""


def test_names_that_look_like_groups_are_told(people: Path) -> None:
    words = "File names look like 20 groups, such as"
    assert [note for note in load(DataSpec(source=str(people))).notes if words in note]
    assert not [note for note in load(DataSpec(source=str(people), groups="{group}_*")).notes if words in note]


def test_groups_given_by_a_reader_are_kept() -> None:
    images, labels = np.zeros((4, 1, 2, 2), np.uint8), np.arange(4) % 2
    split = Split("train", images, labels, groups=np.array(["a", "a", "b", "b"]))
    splits, note = grouped({"train": split, "test": split}, "patient", "here")
    assert splits["test"].groups is not None and splits["test"].groups.tolist() == ["a", "a", "b", "b"]
    assert "2 groups (data.groups=patient), the largest of 4 images" in note
    assert Parts(splits["train"], splits["test"], ("0", "1"), "here").train.groups is not None


def test_a_choice_keeps_images_that_are_nearly_the_same_together(series: Path, people: Path) -> None:
    spec, dataset, said = look(str(series))
    assert spec.groups == "alike" and not parted(dataset.train, dataset.validation)
    assert "Images that are nearly the same stay in one part; --set data.groups=null changes that." in said
    assert look(str(series), settings=["data.groups=null"])[0].groups is None
    assert look(str(people))[0].groups is None
