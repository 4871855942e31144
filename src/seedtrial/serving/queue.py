"""Requests wait in a bounded queue and are answered together.

Several pictures at once cost a network little more than one, so a busy server answers more per second than one that
takes each request by itself. What would have to wait longer than a second is refused at once, so that the others are
answered in time and the server is free again a second after the last of too many requests.

Small pictures for a quick network are answered in the event loop itself: handing them to a thread and back takes longer
than the answer, and two threads of Python hold each other up. All others go to one thread.
"""

import asyncio
import logging
import math
import queue
import threading
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.picture import quiet
from seedtrial.serving import uploads
from seedtrial.serving.predictor import NetworkAnswers, Predictor

MOST_WAITING = 256  # pictures
MOST_TOGETHER = 64  # pictures
PATIENCE = 1.0  # seconds that a request may have to wait for those before it; longer ones are refused at once
QUICK = 0.002  # seconds for one picture, below which an answer is given in the event loop
LATEST = 0.2  # weight of the latest pictures in the mean time for one
NAME = Path("picture")
LOG = logging.getLogger(__name__)


class Full(Exception):
    """Too many pictures wait. seconds: in which those are answered, at the pace of the latest"""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = max(1, math.ceil(seconds))


class Late(Exception):
    """A request waited longer than it may."""


class NetworkFailed(Exception):
    """The network could not answer, which is no fault of the pictures; the log has the reason."""


@dataclass
class Request:
    """Pictures to be answered together.

    raw:    the files' bytes
    until:  time.monotonic() after which nobody waits any more
    answer: where the answer is put: a future of the event loop, of a thread, or a request that `lean` answers

    >>> request = Request([b"..."], until=time.monotonic() + 1)
    >>> request.say(Full(2.5))
    >>> request.answer.exception().seconds
    3
    """

    raw: list[bytes]
    until: float
    answer: Any = field(default_factory=Future)

    def say(self, answer: "tuple[np.ndarray, NetworkAnswers] | Exception") -> None:
        """Give the answer, or what went wrong, unless nobody waits for it any more."""
        try:
            if isinstance(answer, Exception):
                self.answer.set_exception(answer)
            else:
                self.answer.set_result(answer)
        except (InvalidStateError, asyncio.InvalidStateError):  # it was given up, perhaps in this very moment
            pass


class Desk:
    """Who answers, and the queue before it. Used from one event loop.

    seconds: how long a request may take
    waiting: pictures that are accepted before their answers are given

    >>> brightness = lambda images: np.stack([images.mean((1, 2, 3)), 100 - images.mean((1, 2, 3))], 1)
    >>> from seedtrial.data.png import png
    >>> desk = Desk(Predictor(("bright", "dark"), (1, 2, 2), brightness))
    >>> pixels, answers = asyncio.run(desk.ask([png(np.full((1, 2, 2), 200, np.uint8))]))
    >>> desk.close()
    >>> answers.classes.tolist()
    [0]
    """

    def __init__(self, predictor: Predictor, *, waiting: int = MOST_WAITING, seconds: float = 10.0) -> None:
        self.predictor, self.seconds = predictor, seconds
        self.most, self.waiting = waiting, 0
        self.pace = _seconds_for_one(predictor)  # of the thread, for one picture with its decoding
        self.quick = self.pace < QUICK
        self.at_once: list[Request] = []  # answered in the event loop, when it comes round
        self.requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self.thread.start()

    async def ask(self, raw: list[bytes]) -> tuple[np.ndarray, NetworkAnswers]:
        """The pixels (N, C, H, W) and answers for picture files.

        Raises Full at once when too many wait, Late when it took too long, and Unusable for a file that is no picture.
        """
        here = self.quick and uploads.are_small(raw)
        self._refuse_if_full(len(raw), 0.0 if here else self.waiting * self.pace)
        self.waiting += len(raw)
        try:
            if here:
                answer = asyncio.get_running_loop().create_future()
                self.ask_at_once(raw, answer)
                return await answer
            async with asyncio.timeout(self.seconds):
                return await asyncio.wrap_future(self._ask_thread(raw))
        except TimeoutError:
            raise Late from None
        finally:
            self.waiting -= len(raw)

    def takes_at_once(self, raw: list[bytes]) -> bool:
        """Whether pictures are answered in the event loop, and not too many are already."""
        return self.quick and self.waiting + len(self.at_once) < self.most and uploads.are_small(raw)

    def ask_at_once(self, raw: list[bytes], answer: Any) -> None:
        """Answer small pictures when the event loop comes round. answer: has set_result and set_exception"""
        self.at_once.append(Request(raw, time.monotonic() + self.seconds, answer))
        if len(self.at_once) == 1:  # whoever comes in the same round of the loop is answered together
            asyncio.get_running_loop().call_soon(self._answer_here)

    def _refuse_if_full(self, pictures: int, wait: float) -> None:
        """Raise Full unless nothing waits, or little enough to be answered soon. wait: seconds"""
        if self.waiting and (self.waiting + pictures > self.most or wait > PATIENCE):
            raise Full(wait)

    def _answer_here(self) -> None:
        together, self.at_once = self.at_once, []
        self._answer(together)

    def _ask_thread(self, raw: list[bytes]) -> "Future[tuple[np.ndarray, NetworkAnswers]]":
        request = Request(raw, time.monotonic() + self.seconds)
        self.requests.put(request)
        return request.answer

    def close(self) -> None:
        """Answer what waits, and end."""
        self.requests.put(None)
        self.thread.join(self.seconds)

    def _work(self) -> None:
        ends = False
        while not ends:
            first = self.requests.get()
            if first is None:
                return
            together = [first]
            while sum(len(request.raw) for request in together) < MOST_TOGETHER and not ends:
                try:
                    request = self.requests.get_nowait()
                except queue.Empty:
                    break
                ends = request is None
                together += [request] if request is not None else []
            started = time.perf_counter()
            self._answer(together)
            pictures = sum(len(request.raw) for request in together)
            self.pace += LATEST * ((time.perf_counter() - started) / pictures - self.pace)

    def _answer(self, requests: list[Request]) -> None:
        """Decode and predict some requests; what is wrong with one does not concern the others."""
        ready: list[tuple[Request, np.ndarray]] = []
        with quiet():
            for request in requests:
                try:
                    uploads.check_uploads(request.raw)
                    ready.append((request, np.stack([self._decode(raw, request.until) for raw in request.raw])))
                except Exception as error:  # Unusable, or whatever a hostile file makes a decoder raise
                    request.say(error)
        if not ready:
            return
        try:
            answers = self.predictor.predict(np.concatenate([pixels for _, pixels in ready]))
        except Exception:
            LOG.exception("The network could not answer.")
            for request, _ in ready:
                request.say(NetworkFailed())
            return
        start = 0
        for request, pixels in ready:
            rows = slice(start, start + len(pixels))
            start += len(pixels)
            request.say((pixels, NetworkAnswers(answers.probs[rows], answers.unlike[rows])))

    def _decode(self, raw: bytes, until: float) -> np.ndarray:
        if time.monotonic() > until:
            raise Late
        return self.predictor.pixels(NAME, BytesIO(raw))


def _seconds_for_one(predictor: Predictor) -> float:
    """How long one picture takes, the median of five."""
    picture, times = np.zeros((1, *predictor.shape), np.uint8), []
    for _ in range(5):
        started = time.perf_counter()
        predictor.predict(picture)
        times.append(time.perf_counter() - started)
    return sorted(times)[2]
