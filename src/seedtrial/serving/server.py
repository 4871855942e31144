"""Serves an exported network: the address it listens on, who may ask, and how it ends."""

import logging
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import uvicorn

from seedtrial.human.guard import Guard, host_names, is_loopback
from seedtrial.human.server import ServerSettings, check_address, listen, own_address
from seedtrial.serving.app import RULES, Server
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.lean import Lean
from seedtrial.serving.metrics import ServerMetrics
from seedtrial.serving.protocol import LimitedProtocol
from seedtrial.serving.workers import Workers, check_workers


@dataclass(frozen=True)
class Address:
    """Where a network is served, and what requests must carry.

    port:  0 takes any free port
    token: required if other machines can connect

    Raises SeedtrialError for a port out of range, a short token, or a missing one.

    >>> Address().link(8000)
    'http://127.0.0.1:8000/'
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None

    def __post_init__(self) -> None:
        check_address(self.host, self.port, self.token, purpose="serve")

    def link(self, port: int) -> str:
        """The page's address; a token follows #, which browsers send to nobody."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = own_address() if host in ("0.0.0.0", "[::]") else host
        return f"http://{host}:{port}/" + (f"#{self.token}" if self.token else "")

    def listen(self, *, shared: bool) -> socket.socket:
        """A socket at this address. shared: with further processes. Raises SeedtrialError when it cannot be used."""
        settings = ServerSettings(self.host, self.port, self.token)
        if not shared:
            return listen(settings)
        with listen(settings) as alone:  # a port that is shared would be shared with another server's, too
            port = alone.getsockname()[1]
        return listen(ServerSettings(self.host, port, self.token), shared=True)


def make_server(bundle: Bundle, address: Address, port: int, metrics: ServerMetrics | None = None) -> "Ending":
    """A server of a network, for a socket on `port`. metrics: where it counts"""
    app = Server(bundle, token=address.token, metrics=metrics)
    guarded = Guard(
        app,
        names=host_names(address.host),
        addresses=not is_loopback(address.host),
        port=port,
        rules=RULES,
        answered=app.metrics.answered,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(
        guarded,
        http=partial(LimitedProtocol, lean=Lean(guarded, app)),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        backlog=1024,
        timeout_graceful_shutdown=5,
    )
    return Ending(config, app)


class Ending(uvicorn.Server):
    """A server that tells others when it ends, and whose desk answers what was accepted.

    >>> issubclass(Ending, uvicorn.Server)
    True
    """

    def __init__(self, config: uvicorn.Config, app: Server) -> None:
        super().__init__(config)
        self.app = app
        self.ends: Callable[[], object] = lambda: None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted; new connections are refused."""
        self.ends()
        await super().shutdown(sockets)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until the process is told to end."""
        if threading.current_thread() is threading.main_thread():
            # uvicorn stops gracefully and then raises the signal again; by that time it has done its work.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: None)
        try:
            super().run(sockets)
        finally:
            self.app.desk.close()


def serve_bundle(bundle: Bundle, address: Address, *, workers: int = 1, ready: Callable[[str], object] = print) -> None:
    """Serve until the process is told to end; what was accepted is answered first.

    workers: processes that answer, this one included
    ready:   hears the page's address

    Raises SeedtrialError when the address cannot be used.
    """
    check_workers(workers)
    listening = address.listen(shared=workers > 1)
    port = listening.getsockname()[1]
    others = Workers(bundle.path, address.host, port, address.token, workers)
    server = make_server(bundle, address, port, others.metrics(0))
    server.ends = others.tell_end
    try:
        others.start()
        ready(address.link(port))
        server.run(sockets=[listening])
    finally:
        others.end()


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's is for the person at the keyboard; what strangers send that is no HTTP is not."""
    return "Invalid HTTP request" not in record.getMessage() and "upgrade" not in record.getMessage().lower()
