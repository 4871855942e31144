"""Specifications refuse nonsense, are varied by copying or by text, and are named by a digest."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seedtrial.data.dataset import DataSpec
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError, Wrong
from seedtrial.models.convnet import Conv, ConvBlock
from seedtrial.models.dense import Dense, Linear
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import check, digest, flattened, override
from seedtrial.study.study import Study
from seedtrial.training.optimiser import SGD, Adam
from seedtrial.training.schedule import OneCycle
from seedtrial.training.spec import Stopping, TrainSpec

CONV = Recipe(model=Conv(blocks=(ConvBlock(filters=8, kernel=5), ConvBlock(filters=16))))


def test_a_specification_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        TrainSpec().epochs = 3  # type: ignore[misc]


def test_a_copy_with_nonsense_is_refused_like_a_new_one() -> None:
    with pytest.raises(Wrong):
        Dense().model_copy(update={"dropout": 5.0})


def test_a_copy_is_equal_to_a_new_one() -> None:
    assert Dense().model_copy(update={"widths": (3,)}).canonical() == Dense(widths=(3,)).canonical()


@pytest.mark.parametrize(
    "setting, path, value",
    [
        ("training.epochs=2", ("training", "epochs"), 2),
        ("training.optimiser.rate=0.5", ("training", "optimiser", "rate"), 0.5),
        ("training.optimiser.rate=1e-4", ("training", "optimiser", "rate"), 1e-4),
        ("training.optimiser.rate=1", ("training", "optimiser", "rate"), 1.0),
        ("training.precision=bf16", ("training", "precision"), "bf16"),
        ("data.source=some/folder", ("data", "source"), "some/folder"),
        ("data.source=a=b", ("data", "source"), "a=b"),
        ("data.validation=null", ("data", "validation"), None),
        ("data.validation=none", ("data", "validation"), None),
        ("data.validation.size=0.25", ("data", "validation", "size"), 0.25),
        ("data.validation.size=10", ("data", "validation", "size"), 10),
        ("model.dense=[20,10]", ("model", "dense"), (20, 10)),
        ("model.dense.0=7", ("model", "dense"), (7,)),
        ("training.optimiser=sgd", ("training", "optimiser"), SGD()),
        ("training.optimiser.kind=sgd", ("training", "optimiser"), SGD()),
        ("training.optimiser.kind=adam", ("training", "optimiser"), Adam()),
        ("training.schedule=one-cycle", ("training", "schedule"), OneCycle()),
        ("model=linear", ("model",), Linear()),
        ('model={"kind":"dense","widths":[5]}', ("model",), Dense(widths=(5,))),
        ("training.stopping.patience=3", ("training", "stopping"), Stopping(patience=3)),
    ],
)
def test_a_setting_changes_its_field_and_no_other(setting: str, path: tuple[str, ...], value: object) -> None:
    changed = override(CONV, [setting])
    before, after = CONV, changed
    for name in path:
        others = set(type(before).model_fields) - {name}
        if type(before) is type(after):
            assert all(getattr(before, other) == getattr(after, other) for other in others)
        before, after = getattr(before, name, None), getattr(after, name)
    assert after == value and type(after) is type(value)


def test_a_setting_inside_a_list_goes_by_its_position() -> None:
    blocks = override(CONV, ["model.blocks.1.filters=32", "model.blocks.0.dropout=0.5"]).model.blocks
    assert blocks == (ConvBlock(filters=8, kernel=5, dropout=0.5), ConvBlock(filters=32))


def test_a_setting_inside_a_list_of_defaults_leaves_the_rest_of_it() -> None:
    recipe = override(Recipe(model=Conv()), ["model.blocks.0.kernel=5"])
    assert recipe.model.blocks == (ConvBlock(filters=32, kernel=5), ConvBlock(filters=64))


def test_another_kind_drops_what_was_set_for_the_old_one() -> None:
    recipe = Recipe(model=Linear(), training=TrainSpec(optimiser=Adam(rate=0.1, beta1=0.5)))
    assert override(recipe, ["training.optimiser.kind=sgd"]).training.optimiser == SGD()


def test_settings_apply_in_order() -> None:
    settings = ["training.optimiser=sgd", "training.optimiser.momentum=0.9", "training.optimiser.rate=0.3"]
    assert override(CONV, settings).training.optimiser == SGD(momentum=0.9, rate=0.3)
    assert override(CONV, ["training.epochs=2", "training.epochs=3"]).training.epochs == 3


@pytest.mark.parametrize(
    "settings",
    [
        ["training.optimiser.rate=0.5", "training.optimiser.kind=sgd"],
        ["training.optimiser.rate=0.5", "training.optimiser=sgd"],
        ["training.schedule.warmup=0.5", "training.schedule.kind=cosine"],
        ["model.widths=[7]", "model.kind=dense"],
    ],
    ids=lambda settings: settings[0],
)
def test_a_kind_is_applied_before_its_settings_in_any_order(settings: list[str]) -> None:
    changed = override(CONV, settings)
    assert changed == override(CONV, settings[::-1])
    path, _, value = settings[0].partition("=")
    assert flattened(changed)[path] == value
    study = Study(name="s", question="Which?", recipes={"conv": CONV})
    assert study.varied(settings=settings).recipes["conv"] == changed


def test_a_setting_that_the_new_kind_does_not_have_is_an_error() -> None:
    with pytest.raises(SeedtrialError, match=r"There is no setting 'training\.optimiser\.beta1'"):
        override(CONV, ["training.optimiser.beta1=0.5", "training.optimiser.kind=sgd"])


def test_what_was_set_before_stays_when_its_neighbour_changes() -> None:
    recipe = Recipe(data=DataSpec(validation=Validation(take="last", size=5000)), model=Linear())
    validation = override(recipe, ["data.validation.size=10"]).data.validation
    assert validation == Validation(take="last", size=10)


def test_no_settings_give_the_same_recipe() -> None:
    assert override(CONV, []) == CONV


@pytest.mark.parametrize(
    "setting, words",
    [
        ("training.epoch=2", r"no setting 'training\.epoch'\. Did you mean 'training\.epochs'\? Known: .*batch_size"),
        ("trainin.epochs=2", r"no setting 'trainin'\. Did you mean 'training'\? Known: data, model, training\."),
        ("model.blocks.0.filtrs=1", r"Did you mean 'model\.blocks\.0\.filters'\?"),
        ("training.optimiser.momentum=0.9", r"no setting 'training\.optimiser\.momentum'.*training\.optimiser\.beta1"),
        ("data.validation.sise=3", r"Did you mean 'data\.validation\.size'\?"),
        ("a.b.c=3", r"no setting 'a'\. Known: data, model, training\."),
        ("training.optimiser=sgdd", r"training\.optimiser.*'sgdd'.*Did you mean 'sgd'\?"),
        ("model=danse", r"Did you mean 'dense'\?"),
        ("model.kind=danse", r"Did you mean 'dense'\?"),
        ("training.epochs=two", r"^training\.epochs should be a valid integer, not \"two\"\.$"),
        ("training.epochs=1.5", r"^training\.epochs should be a valid integer.*, not 1\.5\.$"),
        ("training.epochs=true", r"^training\.epochs\b.* true\b"),
        ("training.epochs=", r"^training\.epochs should be a valid integer.*, not \"\"\.$"),
        ("training.epochs=0", r"^training\.epochs should be greater than or equal to 1, not 0\.$"),
        ("training.epochs.x=3", r"^training\.epochs should be a valid integer"),
        ("training.precision=fp16", r"^training\.precision should be 'auto', 'fp32' or 'bf16', not \"fp16\"\.$"),
        ("training.optimiser.rate=NaN", r"^training\.optimiser\.rate should be a finite number"),
        ("training.optimiser.rate=1e999", r"^training\.optimiser\.rate should be a finite number"),
        ("training.optimiser.rate=-1", r"^training\.optimiser\.rate should be greater than 0, not -1\.$"),
        ("training.schedule.kind=cosin", r"training\.schedule.*'cosin'.*Did you mean 'cosine'\?"),
        ("model.blocks.0.dropout=1", r"^model\.blocks\.0\.dropout should be less than 1, not 1\.$"),
        ("model.blocks.0=3", r"^model\.blocks\.0 should be .*ConvBlock, not 3\.$"),
        ("model.blocks.2.filters=3", r"^model\.blocks\.2\.filters: expected a position from 0 to 1, not '2'\.$"),
        ("model.blocks.last.filters=3", r"expected a position from 0 to 1, not 'last'\.$"),
        ("model.dense.0.x=3", r"^model\.dense\.0"),
        ("model.dense.0.x.y=3", r"^model\.dense\.0"),
        ("model.blocks=[]", r"^model\.blocks .*at least 1 item"),
        ("data.validation.size=1.5", r"^data\.validation\.size:? .*\b1\.5\b"),
        ("data.validation.size=0", r"^data\.validation\.size:? .*\b0\b"),
        ("data.validation.size=half", r"^data\.validation\.size:? .*\bhalf\b"),
        ("training", r"^A setting looks like training\.epochs=2, not 'training'\.$"),
        ("=2", r"^A setting looks like training\.epochs=2, not '=2'\.$"),
    ],
)
def test_a_wrong_setting_is_one_sentence_with_its_path(setting: str, words: str) -> None:
    with pytest.raises(SeedtrialError, match=words) as caught:
        override(CONV, [setting])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [1.0, 2.0, True])
def test_a_validation_size_is_a_number_of_images_or_a_share_and_never_in_between(size: float) -> None:
    with pytest.raises(Wrong):
        Validation(size=size)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SeedtrialError, match=r"^filters is missing\.$"):
        check(ConvBlock, {})


def test_the_words_of_a_rule_are_kept() -> None:
    with pytest.raises(SeedtrialError, match=r"4 units cannot be halved 4 times"):
        check(Recipe, {"model": {"kind": "dense", "first": 4}})
    with pytest.raises(SeedtrialError, match=r"give either widths, or first and layers"):
        check(Recipe, {"model": {"kind": "dense", "widths": [3], "layers": 2}})


@pytest.mark.parametrize(
    "recipe",
    [
        CONV,
        Recipe(model=Dense(widths=(5, 3), batch_norm="after")),
        Recipe(model=Dense(first=8, layers=2)),
        Recipe(model=Linear(), data=DataSpec(validation=Validation(size=5)), training=TrainSpec(schedule=OneCycle())),
    ],
    ids=["conv", "widths", "halving", "linear"],
)
def test_a_recipe_comes_back_from_its_json(recipe: Recipe) -> None:
    again = check(Recipe, json.loads(json.dumps(recipe.canonical())))
    assert again.canonical() == recipe.canonical()


def test_what_is_none_is_left_out_of_the_canonical_form() -> None:
    assert "stopping" not in TrainSpec().canonical()
    assert "batch_norm" not in Recipe(model=Dense()).canonical()["model"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text("abø"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", max_size=3), values))
def test_the_digest_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


def test_every_setting_changes_the_digest() -> None:
    settings = ["training.epochs=2", "model.blocks.0.filters=9", "data.validation.seed=1", "training.optimiser=sgd"]
    digests = {digest(override(CONV, chosen).canonical()) for chosen in ([], *([setting] for setting in settings))}
    assert len(digests) == 5


def test_a_default_that_is_spelt_out_has_the_same_digest() -> None:
    assert digest(TrainSpec(epochs=10).canonical()) == digest(TrainSpec().canonical())


def test_the_digest_is_the_same_in_another_process() -> None:
    code = "from seedtrial.spec import digest; print(digest({'b': [1, 0.1, 'ø'], 'a': None}))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert printed == digest({"a": None, "b": [1, 0.1, "ø"]})


def test_settings_have_the_paths_that_set_takes(tiny_recipe: Recipe) -> None:
    flat = flattened(tiny_recipe)
    assert flat["training.optimiser.rate"] == "0.01"
    assert flat["model.kind"] == "dense" and flat["model.widths"] == "[16]"
    assert flat["training.stopping"] == "null"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("lr=0.1", r"Did you mean 'training\.optimiser\.rate'\?"),
        ("training.lr=0.1", r"Did you mean 'training\.optimiser\.rate'\?"),
        ("training.optimiser.learning_rate=0.1", r"Did you mean 'training\.optimiser\.rate'\?"),
        ("batch=64", r"Did you mean 'training\.batch_size'\?"),
        ("epochs=3", r"Did you mean 'training\.epochs'\?"),
        ("widths=[3]", r"Did you mean 'model\.widths'\?"),
        ("training.optimizer=sgd", r"Did you mean 'training\.optimiser'\?"),
        ("device=gpu", r"There is no setting 'device'; it is an option: --device cpu"),
        ("training.seeds=3", r"it is an option: --seeds N"),
        ("shade=1", r"^There is no setting 'shade'\. Known: data, model, training\.$"),
        ("model.widths=256", r"^model\.widths should be a list, such as \[256\], not 256\.$"),
    ],
)
def test_settings_are_found_by_the_names_that_others_use(setting: str, words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        override(Recipe(model=Dense()), [setting])


def test_a_mistake_in_python_is_one_sentence_as_on_the_command_line() -> None:
    for mistake, words in (
        (lambda: Dense(width=3), "There is no setting 'width'. Did you mean 'widths'?"),
        (lambda: Dense(widths=256), "widths should be a list, such as [256], not 256."),
        (lambda: Recipe(Dense()), "Recipe takes its settings by name, such as Recipe(data=...)."),
        (lambda: Recipe(model=Dense(), traning=3), "There is no setting 'traning'. Did you mean 'training'?"),
        (lambda: Study(name="a b", question="?", recipes={"a": CONV}), "name may have letters, digits, dots, dashes"),
        (lambda: Dense().model_copy(update={"dropout": 5}), "dropout should be less than 1, not 5."),
    ):
        with pytest.raises(SeedtrialError) as caught:
            mistake()
        assert str(caught.value).startswith(words) and "http" not in str(caught.value)
