"""Requests wait in a bounded queue and are answered together.

Several pictures at once cost a network little more than one, so a busy server answers more per second than one that
takes each request by itself. What finds the queue full is refused at once, so that the others are answered in time.

Small pictures for a quick network are answered in the event loop itself: handing them to a thread and back takes longer
than the answer, and two threads of Python hold each other up. All others go to one thread.
"""

import asyncio
import queue
import struct
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from seedtrial.data.picture import Unusable
from seedtrial.serving.predictor import NetworkAnswers, Predictor

MOST_WAITING = 256  # requests
MOST_TOGETHER = 64  # pictures
QUICK = 0.002  # seconds for one picture, below which an answer is given in the event loop
SMALL = 1_000_000  # pixels, which are decoded in about 10 ms
SHORT = 200_000  # bytes; a small picture with more may hide a bomb in its other parts
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")  # PNG and JPEG; whatever the name says, nothing else is decoded


class Full(Exception):
    """The queue is full."""


class Late(Exception):
    """A request waited longer than it may."""


@dataclass
class Request:
    """Pictures to be answered together.

    raw:    the files' bytes
    until:  time.monotonic() after which nobody waits any more
    answer: where the answer is put: a future of the event loop, or of a thread
    """

    raw: list[bytes]
    until: float
    answer: Any = field(default_factory=Future)

    def say(self, answer: "tuple[np.ndarray, NetworkAnswers] | Exception") -> None:
        """Give the answer, or what went wrong, unless nobody waits for it any more."""
        if self.answer.cancelled():
            return
        if isinstance(answer, Exception):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


class Desk:
    """Who answers, and the queue before it.

    seconds: how long a request may wait
    """

    def __init__(self, predictor: Predictor, *, waiting: int = MOST_WAITING, seconds: float = 10.0) -> None:
        self.predictor, self.seconds = predictor, seconds
        self.most = waiting
        self.quick = _seconds_for_one(predictor) < QUICK
        self.at_once: list[Request] = []  # answered in the event loop, when it comes round
        self.waiting: queue.Queue[Request | None] = queue.Queue(waiting)
        self.thread = threading.Thread(target=self._work, name="desk", daemon=True)
        self.thread.start()

    async def ask(self, raw: list[bytes]) -> tuple[np.ndarray, NetworkAnswers]:
        """The pixels (N, C, H, W) and answers for picture files.

        Raises Full at once when too many wait, Late when it took too long, and Unusable for a file that is no picture.
        """
        if self.quick and all(map(is_small, raw)):
            return await self._ask_here(raw)
        return await asyncio.wrap_future(self._ask_thread(raw))

    async def _ask_here(self, raw: list[bytes]) -> tuple[np.ndarray, NetworkAnswers]:
        if len(self.at_once) >= self.most:
            raise Full
        loop = asyncio.get_running_loop()
        request = Request(raw, time.monotonic() + self.seconds, loop.create_future())
        self.at_once.append(request)
        if len(self.at_once) == 1:  # whoever comes in the same round of the loop is answered together
            loop.call_soon(self._answer_here)
        return await request.answer

    def _answer_here(self) -> None:
        together, self.at_once = self.at_once, []
        self._answer(together)

    def _ask_thread(self, raw: list[bytes]) -> Any:
        request = Request(raw, time.monotonic() + self.seconds)
        try:
            self.waiting.put_nowait(request)
        except queue.Full:
            raise Full from None
        return request.answer

    def close(self) -> None:
        """Answer what waits, and end."""
        self.waiting.put(None)
        self.thread.join(self.seconds)

    def _work(self) -> None:
        while True:
            first = self.waiting.get()
            if first is None:
                return
            together, ends = [first], False
            while sum(len(request.raw) for request in together) < MOST_TOGETHER:
                try:
                    request = self.waiting.get_nowait()
                except queue.Empty:
                    break
                if request is None:
                    ends = True
                    break
                together.append(request)
            self._answer(together)
            if ends:
                return

    def _answer(self, requests: list[Request]) -> None:
        """Decode and predict some requests; what is wrong with one does not concern the others."""
        ready: list[tuple[Request, np.ndarray]] = []
        for request in requests:
            try:
                ready.append((request, np.stack([self._decode(raw, request.until) for raw in request.raw])))
            except Exception as error:  # Unusable, or whatever a hostile file makes a decoder raise
                request.say(error)
        if not ready:
            return
        try:
            answers = self.predictor.predict(np.concatenate([pixels for _, pixels in ready]))
        except Exception as error:
            for request, _ in ready:
                request.say(error)
            return
        start = 0
        for request, pixels in ready:
            rows = slice(start, start + len(pixels))
            start += len(pixels)
            request.say((pixels, NetworkAnswers(answers.probs[rows], answers.unlike[rows])))

    def _decode(self, raw: bytes, until: float) -> np.ndarray:
        if time.monotonic() > until:
            raise Late
        if not raw.startswith(SIGNATURES):
            raise Unusable("neither PNG nor JPEG")
        return self.predictor.pixels(Path("picture"), BytesIO(raw))


def is_small(raw: bytes) -> bool:
    r"""Whether a PNG file is decoded quickly, by its header; of another kind, by its size.

    >>> is_small(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 28, 28))
    True
    """
    if raw.startswith(SIGNATURES[0]) and len(raw) >= 24:
        width, height = struct.unpack(">II", raw[16:24])
        return bool(width * height <= SMALL and len(raw) <= SHORT)
    return len(raw) <= 20_000  # a JPEG of this size has few pixels, or is so plain that it decodes quickly


def _seconds_for_one(predictor: Predictor) -> float:
    """How long one picture takes, the median of five."""
    picture, times = np.zeros((1, *predictor.shape), np.uint8), []
    for _ in range(5):
        started = time.perf_counter()
        predictor.predict(picture)
        times.append(time.perf_counter() - started)
    return sorted(times)[2]
