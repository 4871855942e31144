"""A server with too much to do refuses at once, answers what it has accepted, and then goes on."""

import asyncio
import dataclasses
import threading
from typing import Any

import numpy as np
import pytest

from seedtrial.serving.app import MOST_LOOKS, Server
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.queue import Desk, Full, Late


class Gate:
    """A network that answers when it is opened, and a desk before it that has a thread."""

    def __init__(self, bundle: Bundle, **settings: Any) -> None:
        self.open = threading.Event()
        self.open.set()
        self.logits = bundle.predictor.logits
        self.desk = Desk(dataclasses.replace(bundle.predictor, logits=self._wait), **settings)
        self.desk.quick = False
        self.open.clear()

    def _wait(self, images: np.ndarray) -> np.ndarray:
        assert self.open.wait(30)
        return self.logits(images)

    async def ask(self, raw: list[bytes], times: int) -> list[Any]:
        """What is said to so many requests at once, which wait until all of them were asked."""
        tasks = [asyncio.create_task(self.desk.ask(raw)) for _ in range(times)]
        await asyncio.sleep(0)
        self.open.set()
        said = await asyncio.gather(*tasks, return_exceptions=True)
        self.open.clear()
        return said


def is_full(said: Any) -> bool:
    return isinstance(said, Full)


def test_what_finds_the_queue_full_is_refused_at_once_and_the_others_are_answered(
    bundle: Bundle, picture: bytes
) -> None:
    gate = Gate(bundle, waiting=4)
    said = asyncio.run(gate.ask([picture], 12))
    assert [is_full(each) for each in said] == [False] * 4 + [True] * 8
    assert all(len(each[1].probs) == 1 for each in said[:4])
    gate.desk.close()


def test_what_would_wait_longer_than_a_second_is_refused_with_the_time(bundle: Bundle, picture: bytes) -> None:
    gate = Gate(bundle)
    gate.desk.pace = 0.25  # seconds for a picture: twenty requests are four times the capacity of a second
    said = asyncio.run(gate.ask([picture], 20))
    assert [is_full(each) for each in said] == [False] * 5 + [True] * 15
    assert {each.seconds for each in said[5:]} == {2}
    gate.desk.close()


def test_after_too_much_the_next_request_is_answered(bundle: Bundle, picture: bytes) -> None:
    async def ask() -> list[Any]:
        first = await gate.ask([picture], 10)
        return first + await gate.ask([picture], 1)

    gate = Gate(bundle, waiting=2)
    said = asyncio.run(ask())
    assert sum(map(is_full, said[:-1])) == 8 and not is_full(said[-1]) and gate.desk.waiting == 0
    gate.desk.close()


def test_a_request_of_many_pictures_is_answered_where_nothing_waits(bundle: Bundle, picture: bytes) -> None:
    gate = Gate(bundle, waiting=4)
    first, second = asyncio.run(gate.ask([picture] * 9, 2))
    assert len(first[1].probs) == 9 and is_full(second)
    gate.desk.close()


def test_a_request_ends_at_its_deadline_whatever_the_network_does(bundle: Bundle, picture: bytes) -> None:
    gate = Gate(bundle, seconds=0.05)
    with pytest.raises(Late):
        asyncio.run(gate.desk.ask([picture]))
    gate.open.set()
    gate.desk.seconds = 30
    assert len(asyncio.run(gate.desk.ask([picture]))[1].probs) == 1
    gate.desk.close()


def test_the_pace_follows_the_latest_pictures(bundle: Bundle, picture: bytes) -> None:
    gate = Gate(bundle)
    gate.desk.pace = 1e6
    asyncio.run(gate.ask([picture], 1))
    gate.desk.close()
    assert gate.desk.pace == pytest.approx(0.8e6, rel=1e-3)


@pytest.mark.parametrize("looks", [False, True])
def test_a_refusal_is_a_503_that_says_when_to_come_again(bundle: Bundle, picture: bytes, looks: bool) -> None:
    gate = Gate(bundle)
    server = Server(bundle, desk=gate.desk)
    server.looking = MOST_LOOKS * looks
    gate.desk.pace, gate.desk.waiting = 0.3, 10
    said, status, headers = asyncio.run(server.answer("image/png", picture, looks=looks))
    assert (status, headers) == (503, {"retry-after": "3"}) and "Too many requests wait" in said
    assert server.metrics.in_progress == 0
    gate.desk.close()
