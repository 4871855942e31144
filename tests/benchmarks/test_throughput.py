"""The parts of benchmarks/peers/throughput.py fit together; Keras is not needed for that."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks" / "peers"


@pytest.fixture
def throughput(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import throughput

    return throughput


def side(pace: float, peak: float, **others: Any) -> dict[str, Any]:
    return {"images_per_second": pace, "peak_mb": peak, **others}


def network(*ratios: float) -> dict[str, Any]:
    """A network whose rounds have these ratios to Keras, at different speeds of the machine."""
    rounds = [
        {
            "seedtrial": side(100 * n * ratio, 300, evaluation={"seconds": 1.0}, floor_flops=900e9 * n),
            "keras": side(100 * n, 600, evaluation={"seconds": 4.0}),
            "keras best": side(200 * n, 500, evaluation={"seconds": 2.0}),
        }
        for n, ratio in enumerate(ratios, start=1)
    ]
    return {"rounds": rounds, "convolutional": True, "multiply_adds": 10**9}


def test_ratios_are_of_sides_that_ran_one_after_the_other(throughput: Any) -> None:
    numbers = throughput.ratios(network(3, 2, 4))
    assert (numbers["ratio"], numbers["ratio_to_best"], numbers["evaluation_ratio"]) == (3, 1.5, 4)
    assert (numbers["memory_ratio"], numbers["memory_ratio_to_best"]) == (300 / 600, 300 / 500)
    assert numbers["floor_share"] == pytest.approx(300 * 1e9 * 6 / 900e9)


def test_the_table_has_a_line_for_each_network_and_each_aim(throughput: Any) -> None:
    networks = {name: network(*ratios) for name, ratios in {"quick": (4.0,), "slow": (1.0,)}.items()}
    for one in networks.values():
        one["summary"] = throughput.ratios(one)
    assert throughput.overall(networks)["mean_ratio"] == pytest.approx(2)
    lines = throughput.table(networks).splitlines()
    assert [line.split()[0] for line in lines] == ["images/s", "quick", "slow", *throughput.overall(networks)]
    assert set(throughput.overall(networks)) == set(throughput.AIMS)
    assert [line.split()[0] for line in lines if line.endswith("MISSED")] == [
        *("mean_ratio", "least_ratio", "least_ratio_to_best"),
    ]


def test_a_round_of_seedtrial_measures_its_pace_and_its_memory(throughput: Any, tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    np.save(tmp_path / "images.npy", chance.integers(0, 256, (1000, *throughput.SHAPE), dtype=np.uint8))
    np.save(tmp_path / "labels.npy", chance.integers(0, throughput.CLASSES, 1000))
    numbers = throughput.turn(tmp_path, "boetticher DNN 1", None, python=sys.executable, threads=1, seconds=0.05)
    assert numbers["images_per_second"] == pytest.approx(numbers["images"] / numbers["seconds"])
    assert numbers["images"] % 100 == 0 and numbers["peak_mb"] > 50 and numbers["engine"]["threads"] == 1
    job = json.loads((tmp_path / "job.json").read_text())
    assert job["model"]["kind"] == "dense" and job["optimiser"]["kind"] == "adam" and job["batch_size"] == 100


def test_every_network_has_a_recipe_that_keras_side_can_build(throughput: Any) -> None:
    kinds = {name: throughput.recipe_of(name).model.kind for name in throughput.NETWORKS}
    assert set(kinds.values()) == {"dense", "conv"} and throughput.EVALUATED in kinds


def test_the_measured_training_takes_about_as_long_as_asked(throughput: Any) -> None:
    seen: list[tuple[int, int]] = []
    numbers = throughput.pace(
        lambda images, passes: seen.append((images, passes)) or sum(range(2000 * images * passes)),
        batch_size=10,
        available=95,
        seconds=0.05,
    )
    assert numbers["seconds"] >= 0.035 and numbers["images"] == seen[-1][0] * seen[-1][1]
    assert all(images % 10 == 0 and images <= 90 for images, _ in seen)
