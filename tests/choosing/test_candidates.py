"""The ladder: whatever is proposed can be trained on such images."""

import pytest

from seedtrial.choosing.candidates import Seen, ladder
from seedtrial.choosing.ranges import Options, Range, parse
from seedtrial.data.dataset import DataSpec
from seedtrial.errors import SeedtrialError
from seedtrial.spec import override

KINDS = [Seen(40, (1, 8, 8), 3), Seen(800, (3, 64, 64), 5), Seen(54_000, (1, 28, 28), 10), Seen(300, (3, 96, 40), 2)]


@pytest.mark.parametrize("seen", KINDS, ids=str)
def test_every_setting_that_may_be_tried_gives_a_recipe_without_a_problem(seen: Seen) -> None:
    for candidate in ladder(DataSpec(), seen):
        assert candidate.recipe.problem() is None
        for each in candidate.ranges:
            values = [each.low, each.high] if isinstance(each, Range) else list(each.choices)
            for value in values:
                recipe = override(candidate.recipe, each.settings(value))  # type: ignore[arg-type]
                assert recipe.problem() is None
                recipe.model.summary(seen.shape, seen.classes)


@pytest.mark.parametrize("seen", KINDS, ids=str)
def test_starts_are_values_that_the_ranges_have(seen: Seen) -> None:
    for candidate in ladder(DataSpec(), seen):
        for number in range(len(candidate.starts)):
            for each in candidate.ranges:
                value = candidate.start(number)[each.name]
                assert value in each.choices if isinstance(each, Options) else each.low <= value <= each.high


def test_names_differ_and_the_simplest_comes_first() -> None:
    names = [candidate.name for candidate in ladder(DataSpec(), KINDS[1])]
    assert len(set(names)) == len(names) and names[0] == "majority"


def test_fewer_images_are_passed_over_more_often_in_smaller_batches() -> None:
    few, many = (
        next(each for each in ladder(DataSpec(), seen) if each.name == "resnet 32-64-128").recipe.training
        for seen in (KINDS[1], KINDS[2])
    )
    assert few.epochs > many.epochs and few.batch_size < many.batch_size


def test_ranges_are_read_from_the_command_line() -> None:
    rate, batch, widths = map(
        parse, ("training.optimiser.rate=1e-4..0.01", "training.batch_size=16..64", "model.widths=[8,8],[16]")
    )
    assert isinstance(rate, Range) and rate.settings(0.0012345) == ("training.optimiser.rate=0.00123",)
    assert isinstance(batch, Range) and batch.settings(32) == ("training.batch_size=32",)
    assert isinstance(widths, Options) and widths.settings("[16]") == ("model.widths=[16]",)


@pytest.mark.parametrize("text", ["", "training.epochs", "training.epochs=", "training.optimiser.rate=2..1", "a=x..y"])
def test_what_is_no_range_is_shown_one(text: str) -> None:
    if text == "a=x..y":
        assert isinstance(parse(text), Options)  # a list of one
        return
    with pytest.raises(SeedtrialError, match=r"looks like training.optimiser.rate=0.0001..0.01 or"):
        parse(text)
