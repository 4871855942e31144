"""Folds: sizes, classes, groups, and what cannot be divided."""

import numpy as np
import pytest

from seedtrial.data.dataset import DataSpec, Source, facts, load
from seedtrial.data.folds import Fold, cut, deal, whole
from seedtrial.data.parts import Split
from seedtrial.data.readers import read
from seedtrial.data.seal import Ledger
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError
from seedtrial.models import Linear
from seedtrial.runs.recipe import Recipe
from seedtrial.study.study import Study

GENERATOR = np.random.default_rng


def split(labels: list[int], groups: list[str] | None = None) -> Split:
    """A data set of images without content."""
    size = len(labels)
    images = np.zeros((size, 1, 2, 2), np.uint8)
    named = None if groups is None else np.array(groups)
    return Split("all", images, np.array(labels), groups=named, index=np.arange(size))


@pytest.mark.parametrize("folds", [2, 3, 5, 10])
def test_folds_differ_by_one_image_and_classes_by_one_image_per_fold(folds: int) -> None:
    labels = GENERATOR(0).integers(0, 4, 237)
    fold = deal(labels, folds, GENERATOR(1))
    sizes = np.bincount(fold, minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    for label in range(4):
        each = np.bincount(fold[labels == label], minlength=folds)
        assert each.max() - each.min() <= 1


@pytest.mark.parametrize("folds", [2, 5])
def test_no_group_is_in_two_folds_and_classes_are_spread_evenly(folds: int) -> None:
    generator = GENERATOR(0)
    groups = generator.integers(0, 60, 600)
    labels = (groups + (generator.random(600) < 0.3)) % 3
    fold = deal(labels, folds, GENERATOR(1), groups)
    assert all(len(set(fold[groups == group])) == 1 for group in range(60))
    counts = np.array([np.bincount(labels[fold == number], minlength=3) for number in range(folds)])
    assert (np.abs(counts - counts.mean(axis=0)) < 0.2 * counts.mean(axis=0)).all()


def test_every_image_is_a_test_image_once_and_never_trains_its_own_network(tmp_path) -> None:
    source = Source.read(DataSpec(source="digits"))
    seen = []
    for number in range(1, 6):
        data = source.dataset(DataSpec(source="digits", fold=Fold(number=number, of=5)))
        test = data.test.open(Ledger(tmp_path, "mine"), f"fold {number}")
        assert data.validation is not None
        used = np.concatenate([test.index, data.train.index, data.validation.index])
        assert len(np.unique(used)) == len(used) == 1797
        seen.append(test.index)
    assert sorted(np.concatenate(seen)) == list(range(1797))
    assert len(Ledger(tmp_path, "mine").entries(source.facts.fingerprint)) == 5


def test_a_division_is_always_the_same_and_each_repeat_is_another() -> None:
    every = whole(*read("digits").splits)
    one, again, other = (
        cut(every, Fold(number=1, of=5, repeat=repeat), tuple("0123456789"), "digits")[1].index for repeat in (1, 1, 2)
    )
    assert one.tolist() == again.tolist() != other.tolist()


def test_a_fold_changes_neither_the_fingerprint_nor_the_shape() -> None:
    plain, folded = (facts(DataSpec(source="digits", fold=fold)) for fold in (None, Fold(number=1, of=5)))
    assert (plain.fingerprint, plain.shape, plain.classes) == (folded.fingerprint, folded.shape, folded.classes)
    data = load(DataSpec(source="digits", fold=Fold(number=1, of=5)))
    assert data.facts == folded and len(data.test) == 360


@pytest.mark.parametrize(
    "labels, groups, folds, words",
    [
        ([0, 0, 0, 1], None, 2, "The class 'dog' of here has 1 image; folds need at least 2 of each class"),
        ([0, 0, 1, 1], ["a", "b", "c", "c"], 2, "The class 'dog' of here has 1 group; folds need"),
        ([0, 0, 1, 1], None, 5, "here has 4 images, too few for 5 folds"),
    ],
)
def test_too_few_images_or_groups_are_refused(labels, groups, folds, words) -> None:
    with pytest.raises(SeedtrialError, match=words):
        cut(split(labels, groups), Fold(number=1, of=folds), ("cat", "dog"), "here")


def test_a_fold_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SeedtrialError, match="there is no fold 6 of 5"):
        Fold(number=6, of=5)


def test_as_a_whole_all_images_but_the_validation_images_are_trained_on_and_none_is_a_test_image() -> None:
    digits = DataSpec(source="digits", validation=Validation(size=0.2, fixed=True))
    source = Source.read(digits)
    apart = source.dataset(digits)
    every = source.dataset(digits.model_copy(update={"whole": True}))
    assert len(every.test) == 0 and len(every.train) == len(apart.train) + len(apart.test)
    assert apart.validation is not None and every.validation is not None
    assert np.array_equal(apart.validation.images, every.validation.images)
    assert every.duplicates["train/validation"] == 0 and (every.facts.test, facts(digits).test) == (0, 360)
    assert every.facts.fingerprint == apart.facts.fingerprint


def test_whole_leaves_no_fold_and_nothing_to_judge() -> None:
    with pytest.raises(SeedtrialError, match="whole=true leaves no test part, but fold chooses one"):
        DataSpec(whole=True, fold=Fold(number=1, of=5))
    recipe = Recipe(data=DataSpec(source="digits", whole=True), model=Linear())
    with pytest.raises(SeedtrialError, match="linear: data.whole leaves no test images; judge the study on validation"):
        Study(name="mine", question="", recipes={"linear": recipe})
