"""The short way for the request that a busy server gets most: one small picture, which has arrived in one piece.

It passes the same checks and the same desk as all others, but no task, no ASGI and no future, which together cost as
much as a small network. Whatever is unusual about a request, such as a token that is wrong, a body that is not complete
or one that was sent while another is answered, takes the long way.
"""

import time
from collections.abc import Callable

import numpy as np

from seedtrial.human.guard import Guard, Message
from seedtrial.serving.app import Said, Server, refusal
from seedtrial.serving.predictor import NetworkAnswers

PATH = "/predict"
KINDS = (b"image/png", b"image/jpeg")
Send = Callable[[int, bytes, bytes], object]  # status, lines of the head, body


class Lean:
    """The short way of one server.

    guard:  checks the head of every request
    server: the application behind it
    """

    def __init__(self, guard: Guard, server: Server) -> None:
        self._guard, self.server = guard, server
        lines = [(b"content-type", b"application/json"), *guard.headers]
        self._head = b"".join(b"%s: %s\r\n" % line for line in lines)

    def takes(self, scope: Message, body: bytes) -> bool:
        """Whether a request may go the short way. scope: of ASGI"""
        headers = dict(scope["headers"])
        return (
            body != b""
            and headers.get(b"content-type") in KINDS
            and self._guard.problem(scope) is None
            and self.server.may(PATH, headers)
            and self.server.desk.takes_at_once([body])
        )

    def ask(self, body: bytes, send: Send) -> None:
        """Ask about a picture; `send` gets the answer when the event loop comes round."""
        self.server.metrics.begun(1)
        self.server.desk.ask_at_once([body], _Asked(self, send))

    def say(self, said: Said, send: Send) -> None:
        """Send an answer."""
        text, status, more = said
        self.server.metrics.begun(-1)
        self.server.metrics.answered(status)
        body = text.encode()
        further = "".join(f"{name}: {value}\r\n" for name, value in more.items()).encode()
        send(status, b"%s%scontent-length: %d\r\n" % (self._head, further, len(body)), body)


class _Asked:
    """One request, where a desk puts its answer."""

    def __init__(self, lean: Lean, send: Send) -> None:
        self._lean, self._send, self._started = lean, send, time.perf_counter()

    def set_result(self, answered: tuple[np.ndarray, NetworkAnswers]) -> None:
        _, answers = answered
        server = self._lean.server
        server.metrics.predicted(1, int(answers.unlike[0]), time.perf_counter() - self._started)
        self._lean.say((server.reply.of(answers)[0], 200, {}), self._send)

    def set_exception(self, error: Exception) -> None:
        self._lean.say(refusal(error), self._send)
