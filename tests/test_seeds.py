"""One seed gives independent streams."""

import pytest
import torch

from seedtrial.seeds import STREAMS, Seeds


def test_every_stream_of_every_seed_has_a_number_of_its_own() -> None:
    numbers = {Seeds(seed).number(stream) for seed in range(20) for stream in STREAMS}
    assert len(numbers) == 20 * len(STREAMS)
    assert all(0 <= number < 2**63 for number in numbers)


def test_the_numbers_stay_what_they_are() -> None:
    """Run folders of today are found tomorrow, and their weights can be computed again."""
    assert {stream: Seeds(0).number(stream) for stream in STREAMS} == {
        "split": 3769940940748469125,
        "weights": 133441691874178746,
        "batches": 2312056721596985416,
        "augmentation": 7033547830291986484,
        "dropout": 7938499265082287326,
        "skipping": 2563515365394892490,
        "mixing": 6758240183086204932,
        "game": 1560196107247678470,
    }


def test_a_stream_begins_anew_each_time_it_is_asked_for() -> None:
    seeds = Seeds(3)
    first, second = (torch.rand(5, generator=seeds.torch("dropout")) for _ in range(2))
    assert torch.equal(first, second)
    assert (seeds.numpy("split").random(5) == seeds.numpy("split").random(5)).all()


def test_streams_and_seeds_differ_in_what_they_draw() -> None:
    draws = {tuple(torch.rand(3, generator=Seeds(seed).torch(s)).tolist()) for seed in (0, 1) for s in STREAMS}
    assert len(draws) == 2 * len(STREAMS)


def test_drawing_leaves_global_randomness_alone() -> None:
    before = torch.get_rng_state()
    torch.rand(5, generator=Seeds(0).torch("weights"))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_stream_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no stream 'weight'"):
        Seeds(0).number("weight")
