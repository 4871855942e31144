"""Serves an exported network: the address it listens on, who may ask, and how it ends."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from seedtrial.human.guard import Guard, host_names, is_loopback
from seedtrial.human.server import ServerSettings, check_address, listen, own_address
from seedtrial.serving.app import RULES, Server
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.protocol import LimitedProtocol


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


def serve_bundle(bundle: Bundle, address: Address, *, ready: Callable[[str], object] = print) -> None:
    """Serve until the process is told to end; what was accepted is answered first. ready: hears the page's address

    Raises SeedtrialError when the address cannot be used.
    """
    listening = listen(ServerSettings(address.host, address.port, address.token))
    port = listening.getsockname()[1]
    app = Server(bundle, token=address.token)
    public = not is_loopback(address.host)
    guarded = Guard(app, names=host_names(address.host), addresses=public, port=port, rules=RULES)
    config = uvicorn.Config(
        guarded,
        http=LimitedProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=15,
        backlog=1024,
        timeout_graceful_shutdown=5,
    )
    if threading.current_thread() is threading.main_thread():
        # uvicorn stops gracefully and then raises the signal again; by that time it has done its work.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
    ready(address.link(port))
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        app.desk.close()
