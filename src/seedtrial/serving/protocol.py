"""HTTP/1.1 as uvicorn speaks it with httptools, with a limit on a request's head, which httptools has not.

Without it a client that never ends its headers fills the memory.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024  # bytes of the request line and headers, or of the trailers after a body
HEAD_SECONDS = 15.0  # in which the first request's head has to arrive


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Ends it when a request's head is too long or the first one does not come.

    >>> LimitedProtocol.head, LimitedProtocol.trailers
    (0, 0)
    """

    head = 0  # bytes received since the last request ended
    trailers = 0  # bytes of headers that came after a request's head
    in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.silent = self.loop.call_later(HEAD_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self.silent.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self.in_head:
            self.head += len(data)
        super().data_received(data)
        if (self.in_head and self.head > MAX_HEAD) or self.trailers > MAX_HEAD:
            self.send_400_response("The head of the request is too long.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, is complete."""
        if not self.in_head:
            self.trailers += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The body begins."""
        self.in_head, self.head = False, 0
        self.silent.cancel()
        super().on_headers_complete()

    def on_message_complete(self) -> Any:
        """The request is complete; another one may follow."""
        self.in_head, self.trailers = True, 0
        return super().on_message_complete()
