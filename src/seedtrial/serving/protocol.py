"""HTTP/1.1 as uvicorn speaks it with httptools, with two things more.

A limit on a request's head: without it a client that never ends its headers fills the memory. And an answer leaves by
one system call, head and body together: on a loopback each takes longer than a small network.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Ends it when a request's head is too long or too slow.

    >>> LimitedProtocol.head, LimitedProtocol.trailers
    (0, 0)
    """

    head = 0  # bytes received since the last request ended
    trailers = 0  # bytes of headers that came after a request's head
    in_head = True
    begun = False  # whether a part of a head has come
    slow: asyncio.TimerHandle | None = None  # ends the connection unless the head is complete before

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
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer is complete."""
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def on_message_complete(self) -> Any:
        """The request is complete; another one may follow."""
        self.in_head, self.trailers = True, 0
        return super().on_message_complete()
