"""HTTP/1.1 as uvicorn speaks it with httptools, with three things more.

A limit on a request's head: without it a client that never ends its headers fills the memory. An answer leaves by one
system call, head and body together: on a loopback each takes longer than a small network. And a small picture that has
arrived in one piece takes the short way (`lean.py`).
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from seedtrial.human.guard import Message
from seedtrial.serving.lean import PATH, Lean

MAX_HEAD = 64 * 1024  # bytes of the request line and headers, or of the trailers after a body
HEAD_SECONDS = 15.0  # in which a request's head has to arrive, and the first one after the connection


class JoinedTransport:
    """A transport that keeps the head of an answer until its body follows.

    >>> class Sent(list):
    ...     write = list.append
    >>> sent = Sent()
    >>> transport = JoinedTransport(sent)
    >>> transport.write(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
    >>> transport.write(b"body")
    >>> sent
    [b'HTTP/1.1 200 OK\\r\\n\\r\\nbody']
    """

    def __init__(self, transport: Any) -> None:
        self._transport, self._head = transport, b""

    def write(self, data: bytes) -> None:
        """Send, or keep a head. uvicorn writes a head and each part of a body by calls of their own."""
        if not self._head and data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100"):
            self._head = data
        else:
            head, self._head = self._head, b""
            self._transport.write(head + data)

    def flush(self) -> None:
        """Send a head that no body follows, as in an answer to HEAD."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Send what is kept, and close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class LeanCycle:
    """A request on the short way, with all that uvicorn's protocol asks of a request."""

    def __init__(self, protocol: "LimitedProtocol", *, keep_alive: bool) -> None:
        self._protocol, self.keep_alive = protocol, keep_alive
        self.response_complete = self.disconnected = False
        self.message_event = asyncio.Event()

    def send(self, status: int, lines: bytes, body: bytes) -> None:
        """Send the answer. lines: of its head"""
        self.response_complete = True
        if self.disconnected:
            return
        date = b"".join(b"%s: %s\r\n" % line for line in self._protocol.server_state.default_headers)
        close = b"" if self.keep_alive else b"connection: close\r\n"
        self._protocol.transport.write(b"".join((STATUS_LINE[status], date, lines, close, b"\r\n", body)))
        self._protocol.transport.flush()  # type: ignore[attr-defined]
        if not self.keep_alive:
            self._protocol.transport.close()
        self._protocol.on_response_complete()


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Ends it when a request's head is too long or too slow. lean: the short way, if there is one

    >>> LimitedProtocol.head, LimitedProtocol.trailers
    (0, 0)
    """

    head = 0  # bytes received since the last request ended
    trailers = 0  # bytes of headers that came after a request's head
    in_head = True
    begun = False  # whether a part of a head has come
    slow: asyncio.TimerHandle | None = None  # ends the connection unless the head is complete before
    kept: bytes | None = None  # the body, so far, of a request that may take the short way

    def __init__(self, *arguments: Any, lean: Lean | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.lean = lean

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(JoinedTransport(transport))  # type: ignore[arg-type]
        self._expect_head()

    def _expect_head(self) -> None:
        if self.slow is None:
            self.slow = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self.slow is not None:
            self.slow.cancel()
            self.slow = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self.in_head:
            self.head += len(data)
        super().data_received(data)
        if (self.in_head and self.head > MAX_HEAD) or self.trailers > MAX_HEAD:
            self.send_400_response("The head of the request is too long.")
        elif self.begun:
            self._expect_head()
        if self.kept is not None and not self.transport.is_closing():
            self._take_long_way()  # the rest of the body comes later, or never

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self.begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, is complete."""
        if not self.in_head:
            self.trailers += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body begins."""
        self.in_head, self.begun, self.head = False, False, 0
        self._stop_waiting()
        alone = self.cycle is None or self.cycle.response_complete
        if self.lean and alone and self.url == PATH.encode() and not self.expect_100_continue:
            self.kept = b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self.kept is None:
            super().on_body(body)
        else:
            self.kept += body

    def _take_long_way(self) -> None:
        kept, self.kept = self.kept, None
        super().on_headers_complete()
        if kept:
            super().on_body(kept)

    def _take_short_way(self, body: bytes) -> bool:
        """Whether the request is taken."""
        method = self.parser.get_method().decode("ascii")
        self.scope["method"], self.scope["path"] = method, PATH
        if self.lean is None or method != "POST" or not self.lean.takes(cast(Message, self.scope), body):
            return False
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        self.cycle = LeanCycle(self, keep_alive=keep_alive)  # type: ignore[assignment]
        self.lean.ask(body, self.cycle.send)  # type: ignore[arg-type]
        return True

    def on_response_complete(self) -> None:
        """An answer is complete."""
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def on_message_complete(self) -> Any:
        """The request is complete; another one may follow."""
        self.in_head, self.trailers = True, 0
        if self.kept is not None:
            if self._take_short_way(self.kept):
                self.kept = None
                return None
            self._take_long_way()
        return super().on_message_complete()
