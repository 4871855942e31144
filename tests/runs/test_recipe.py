"""A recipe's digest: it names all that was chosen, and nothing else."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from seedtrial.data.dataset import DataSpec, facts
from seedtrial.data.reader import Facts
from seedtrial.data.readers import built_in_readers
from seedtrial.data.splits import Validation
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.training.spec import Stopping, TrainSpec

DIGITS = built_in_readers()["digits"].facts
DENSE = Recipe(model=Dense(widths=(32, 16)), training=TrainSpec(stopping=Stopping()))
CONV = Recipe(model=Conv(blocks=(ConvBlock(filters=8), ConvBlock(filters=16))))
OTHER_SETTINGS = [
    (DENSE, "data.validation=null"),
    (DENSE, "data.validation.take=last"),
    (DENSE, "data.validation.size=0.2"),
    (DENSE, "data.validation.size=100"),
    (DENSE, "data.validation.seed=1"),
    (DENSE, "data.limit=500"),
    (DENSE, "data.scaling=standard"),
    (DENSE, "data.size=64"),
    (DENSE, "data.channels=1"),
    (DENSE, "data.channels=3"),
    (DENSE, "model.widths=[16,32]"),
    (DENSE, "model.widths=[32]"),
    (DENSE, "model.activation=tanh"),
    (DENSE, "model.batch_norm=before"),
    (DENSE, "model.dropout=0.1"),
    (DENSE, "model.l2=1e-5"),
    (DENSE, "model=linear"),
    (CONV, "model.blocks.0.filters=9"),
    (CONV, "model.blocks.1.kernel=5"),
    (CONV, "model.blocks.1.padding=valid"),
    (CONV, "model.blocks.1.repeat=2"),
    (CONV, "model.blocks.1.dropout=0.1"),
    (CONV, "model.blocks.1.pool=average"),
    (CONV, "model.blocks.1.pool=null"),
    (CONV, "model.blocks.1.pool_size=3"),
    (CONV, "model.blocks.1.pool_dropout=0.1"),
    (CONV, "model.dense=[64]"),
    (CONV, "model.dense=[]"),
    (CONV, "model.dense_activation=tanh"),
    (CONV, "model.dense_dropout=0.1"),
    (CONV, "model.dense_l2=0.1"),
    (DENSE, "training.epochs=11"),
    (DENSE, "training.batch_size=127"),
    (DENSE, "training.optimiser=sgd"),
    (DENSE, "training.optimiser.rate=0.002"),
    (DENSE, "training.optimiser.beta1=0.8"),
    (DENSE, "training.optimiser.beta2=0.99"),
    (DENSE, "training.optimiser.epsilon=1e-8"),
    (DENSE, "training.schedule=cosine"),
    (DENSE, "training.label_smoothing=0.1"),
    (DENSE, "training.stopping=null"),
    (DENSE, "training.stopping.monitor=val_loss"),
    (DENSE, "training.stopping.patience=11"),
    (DENSE, "training.stopping.patience=null"),
    (DENSE, "training.stopping.keep=last"),
    (DENSE, "training.precision=fp32"),
    (DENSE, "training.augment.rotation=10"),
    (DENSE, "training.augment.shift=0.1"),
    (DENSE, "training.augment.shear=10"),
    (DENSE, "training.augment.zoom=0.1"),
    (DENSE, "training.augment.flip=true"),
]


@pytest.mark.parametrize("recipe, setting", OTHER_SETTINGS, ids=[setting for _, setting in OTHER_SETTINGS])
def test_any_other_setting_gives_another_digest(recipe: Recipe, setting: str) -> None:
    assert override(recipe, [setting]).digest(DIGITS) != recipe.digest(DIGITS)


def test_no_two_of_all_these_recipes_share_a_digest() -> None:
    varied = [override(recipe, [setting]) for recipe, setting in OTHER_SETTINGS]
    assert len({recipe.digest(DIGITS) for recipe in varied}) == len(OTHER_SETTINGS)


@pytest.mark.parametrize(
    "change",
    [{"fingerprint": "0" * 64}, {"classes": ("nought", *DIGITS.classes[1:])}, {"classes": DIGITS.classes[::-1]}],
    ids=["fingerprint", "class names", "order of classes"],
)
def test_other_data_or_class_names_give_another_digest(change: dict[str, object]) -> None:
    other: Facts = dataclasses.replace(DIGITS, **change)  # type: ignore[arg-type]
    assert DENSE.digest(other) != DENSE.digest(DIGITS)


def test_the_same_images_in_another_folder_make_the_same_recipe(idx_folder: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(idx_folder, tmp_path / "elsewhere")
    here, there = (Recipe(data=DataSpec(source=str(f)), model=Dense(widths=(4,))) for f in (idx_folder, elsewhere))
    assert here.digest(facts(here.data)) == there.digest(facts(there.data))


def test_a_changed_pixel_makes_another_recipe(idx_folder: Path) -> None:
    recipe = Recipe(data=DataSpec(source=str(idx_folder)), model=Dense(widths=(4,)))
    before = recipe.digest(facts(recipe.data))
    file = idx_folder / "t10k-images-idx3-ubyte"
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    assert recipe.digest(facts(recipe.data)) != before


def test_a_default_that_is_written_out_changes_nothing() -> None:
    assert Recipe(model="linear").digest(DIGITS) == Recipe(model={"kind": "linear", "l2": 0}).digest(DIGITS)
    assert Recipe(model="linear", training={"epochs": 10}).digest(DIGITS) == Recipe(model="linear").digest(DIGITS)


def test_what_is_not_set_leaves_no_trace_so_that_a_new_optional_setting_renames_nothing() -> None:
    written = Recipe(model="linear", data=DataSpec(validation=None)).canonical()
    assert "validation" not in written["data"] and "limit" not in written["data"]
    assert "size" not in written["data"] and "channels" not in written["data"]
    assert "stopping" not in written["training"] and "augment" not in written["training"]


def test_the_digest_stays_the_same_for_ever() -> None:
    """A change of this number renames every run that anybody has; it needs a reason and a line in the changelog."""
    plain = Facts("f" * 64, ("a", "b"), (1, 8, 8), 10, 5)
    recipe = Recipe(data=DataSpec(validation=Validation(size=2)), model=Dense(widths=(8,)))
    assert recipe.digest(plain)[:12] == "e01d41dd9e65"


def test_early_stopping_without_validation_images_is_a_problem() -> None:
    problem = Recipe(data=DataSpec(validation=None), model="linear", training=TrainSpec(stopping=Stopping())).problem()
    assert problem is not None and "data.validation is null" in problem
    assert DENSE.problem() is None
