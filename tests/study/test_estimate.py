"""Guesses at durations: positive, and larger for more work."""

import pytest

from seedtrial.data.readers import built_in_readers
from seedtrial.models.dense import Dense
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.study.estimate import seconds

FASHION = built_in_readers()["fashion-mnist"].facts
RECIPE = Recipe(model=Dense(widths=(256,)))


@pytest.mark.parametrize("name", sorted(built_in_readers()))
def test_every_built_in_data_set_takes_some_time(name: str) -> None:
    assert seconds(RECIPE, built_in_readers()[name].facts) > 0


@pytest.mark.parametrize(
    "setting", ["training.epochs=20", "training.batch_size=16", "model.widths=[1024]", "training.sam=0.05"]
)
def test_more_work_takes_longer(setting: str) -> None:
    assert seconds(override(RECIPE, [setting]), FASHION) > seconds(RECIPE, FASHION)


@pytest.mark.parametrize("setting", ["data.limit=1000", "data.validation.size=50000", "data.validation.size=0.9"])
def test_fewer_training_images_take_less(setting: str) -> None:
    assert 0 < seconds(override(RECIPE, [setting]), FASHION) < seconds(RECIPE, FASHION)


def test_a_limit_above_the_number_of_images_changes_nothing() -> None:
    assert seconds(override(RECIPE, ["data.limit=1000000"]), FASHION) == seconds(RECIPE, FASHION)
