"""Serving the game: where it listens, who may join, and the links to it."""

import errno
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvicorn

from seedtrial.errors import SeedtrialError
from seedtrial.human.guard import Guard, host_names, is_loopback
from seedtrial.human.session import Sessions
from seedtrial.human.web import Access, make_app

SHORTEST_TOKEN = 16  # characters; it may be guessed at over a network


@dataclass(frozen=True)
class Place:
    """Where the game is served.

    port:   0: one that is free
    token:  what everybody must know to join; needed where other machines can connect
    player: whoever opens the told link plays as this player
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    player: str | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SeedtrialError(f"--port takes 0 to 65535, where 0 is any free port, not {self.port}.")
        if self.token is not None and len(self.token) < SHORTEST_TOKEN:
            raise SeedtrialError(
                f"--token takes at least {SHORTEST_TOKEN} characters, not {len(self.token)}; "
                f"for instance {secrets.token_urlsafe(18)}"
            )
        if self.token is None and self.beyond:
            raise SeedtrialError(
                f"Other machines could play at {self.host}; give a --token that players must know, "
                "or leave --host out to play on this machine only."
            )

    @property
    def beyond(self) -> bool:
        """Whether other machines can connect."""
        return not is_loopback(self.host)

    @property
    def access(self) -> Access:
        """Who may join."""
        return Access(self.token, {} if self.player is None else {self.player: self.key})

    def link(self, port: int, *, invites: bool = False) -> str:
        """The address to open. What comes after # is not sent over the network when the page is asked for.

        invites: for anybody who knows the token; else for the player, if there is one
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = own_address() if host in ("0.0.0.0", "[::]") else host
        told = {"player": self.player, "key": self.key} if self.player is not None and not invites else {}
        told |= {"token": self.token} if self.token is not None else {}
        return f"http://{host}:{port}/" + (f"#{urlencode(told)}" if told else "")


def own_address() -> str:
    """The address that others on the network reach this machine at, which phones can use where they know no names.

    Its name where there is no network. Nothing is sent: connecting a UDP socket only chooses the way.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation (RFC 5737), so it lies beyond any gateway
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def listen(place: Place) -> socket.socket:
    """A socket that takes connections from now on. Raises SeedtrialError when the address cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SeedtrialError(f"Cannot serve at {place.host}: {error.strerror or error}.") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait for old connections
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        hint = "; --port 0 takes a free one" if error.errno in (errno.EADDRINUSE, errno.EACCES) else ""
        raise SeedtrialError(f"Cannot serve at {place.host}:{place.port}: {error.strerror or error}{hint}.") from None
    return listening


def make_server(sessions: Sessions, place: Place, port: int) -> uvicorn.Server:
    """The game's server for a socket on `port`."""
    guarded = Guard(
        make_app(sessions, place.access),
        names=host_names(place.host),
        addresses=place.beyond,
        port=port,
    )
    config = uvicorn.Config(
        guarded,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=16 * 1024,  # bytes of a request's head
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def serve(sessions: Callable[[], Sessions], place: Place, ready: Callable[[int], None]) -> None:
    """Serve until interrupted.

    sessions: makes what is played; called once the address is had, so that nothing is opened for a server without one
    ready:    is called with the port when the page can be opened
    """
    listening = listen(place)
    try:
        port = listening.getsockname()[1]
        server = make_server(sessions(), place, port)
        ready(port)
        server.run(sockets=[listening])
    finally:
        listening.close()
