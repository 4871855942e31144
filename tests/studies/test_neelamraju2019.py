"""The study has the networks that the report prints."""

from pathlib import Path

from seedtrial.study.load import load_study
from seedtrial.study.plan import plan


def test_its_networks_have_the_parameters_that_the_report_prints(tmp_path: Path) -> None:
    planned = plan(load_study("neelamraju2019"), tmp_path / "runs")
    layers = {
        label: [row.parameters for row in counted.layers if row.parameters]
        for label, counted in planned.summaries.items()
    }
    assert layers == {
        "one hidden layer (NumPy)": [100_480, 1_290],
        "multi-layer": [401_920, 131_328, 32_896, 1_290],
        "conv": [640, 18_464, 401_664, 2_570],
    }
    assert len(planned.missing) == 9


def test_it_trains_on_the_whole_training_part_as_the_report_does() -> None:
    study = load_study("neelamraju2019")
    assert all(recipe.data.validation is None and recipe.data.limit is None for recipe in study.recipes.values())
    training = {label: (r.training.epochs, r.training.batch_size) for label, r in study.recipes.items()}
    assert training == {"one hidden layer (NumPy)": (50, 32), "multi-layer": (15, 256), "conv": (10, 64)}
    groups = "{T-shirt/top, Pullover, Coat, Shirt} or {Sandal, Sneaker, Ankle boot}"
    assert [str(claim) for claim in study.claims] == [
        "conv beats multi-layer",
        "multi-layer beats one hidden layer (NumPy)",
        "conv separates Coat and Pullover better than multi-layer",
        "conv separates Coat and Pullover better than one hidden layer (NumPy)",
        *(f"most of {label}'s mistakes lie within {groups}" for label in study.recipes),
    ]
