"""Requests to a served network wait in a queue: one concerns no other."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seedtrial.errors import SeedtrialError
from seedtrial.serving.app import refusal
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.queue import Desk, Late
from seedtrial.serving.uploads import are_small


def test_one_bad_picture_among_others_concerns_itself_alone(bundle: Bundle, picture: bytes) -> None:
    async def ask() -> list[Any]:
        desk = Desk(bundle.predictor)
        answers = await asyncio.gather(*(desk.ask([raw]) for raw in (picture, b"bad", picture)), return_exceptions=True)
        desk.close()
        return answers

    first, bad, last = asyncio.run(ask())
    assert isinstance(bad, SeedtrialError) and np.array_equal(first[1].probs, last[1].probs)


def test_a_network_that_fails_is_no_fault_of_the_picture(
    bundle: Bundle, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(images: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of memory at /secret/path")

    async def ask() -> Any:
        desk = Desk(bundle.predictor)
        desk.predictor = replace(bundle.predictor, logits=broken)
        (answer,) = await asyncio.gather(desk.ask([picture]), return_exceptions=True)
        desk.close()
        return answer

    said, status, _ = refusal(asyncio.run(ask()))
    assert status == 500 and "/secret" not in said
    assert "out of memory at /secret/path" in caplog.text


@pytest.mark.parametrize("quick", [True, False])
def test_a_request_that_is_given_up_does_not_stop_the_others(bundle: Bundle, picture: bytes, quick: bool) -> None:
    async def ask() -> Any:
        desk = Desk(bundle.predictor)
        desk.quick = quick
        given_up = asyncio.create_task(desk.ask([picture]))
        await asyncio.sleep(0)
        given_up.cancel()
        answers = await asyncio.wait_for(desk.ask([picture]), 10)
        assert desk.thread.is_alive()
        desk.close()
        return answers

    assert len(asyncio.run(ask())[1].probs) == 1


def test_pictures_that_take_too_long_are_given_up_between_two_of_them(bundle: Bundle, picture: bytes) -> None:
    async def ask() -> None:
        desk = Desk(bundle.predictor, seconds=-1.0)
        try:
            await desk.ask([picture] * 3)
        finally:
            desk.close()

    with pytest.raises(Late):
        asyncio.run(ask())


def test_a_small_picture_in_a_long_file_is_not_decoded_in_the_event_loop(picture: bytes) -> None:
    assert are_small([picture]) and not are_small([picture + b"x" * 200_000]) and not are_small([picture] * 2000)
