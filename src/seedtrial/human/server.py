"""Serves the game: the address it listens on, who may join, and the links to it."""

import errno
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import uvicorn

from seedtrial.errors import SeedtrialError
from seedtrial.human.guard import Guard, host_names, is_loopback
from seedtrial.human.handler import Access
from seedtrial.human.session import Sessions
from seedtrial.human.web import make_app

SHORTEST_TOKEN = 16  # characters; others on the network can try to guess it


@dataclass(frozen=True)
class ServerSettings:
    """Where the game is served, and who may join.

    port:   0 takes any free port
    token:  password that players need to join; required if other machines can connect
    player: nickname of the player who plays by opening the printed link
    key:    secret in that link, which stands for the player

    Raises SeedtrialError for a port out of range, a short token, or a missing one.

    >>> ServerSettings().is_public, ServerSettings("0.0.0.0", token="correct horse battery").is_public
    (False, True)
    >>> ServerSettings().link(8000)
    'http://127.0.0.1:8000/'
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    player: str | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def __post_init__(self) -> None:
        check_address(self.host, self.port, self.token, purpose="play")

    @property
    def is_public(self) -> bool:
        """Whether other machines can connect."""
        return not is_loopback(self.host)

    @property
    def access(self) -> Access:
        """Who may join."""
        return Access(self.token, {} if self.player is None else {self.player: self.key})

    def link(self, port: int, *, invites: bool = False) -> str:
        """The link to open in a browser.

        invites: a link for other players, without the key of `player`
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = own_address() if host in ("0.0.0.0", "[::]") else host
        secret = {"player": self.player, "key": self.key} if self.player is not None and not invites else {}
        secret |= {"token": self.token} if self.token is not None else {}
        # Browsers do not send what follows # when they request the page, so the secrets stay out of the network and of
        # proxy logs until the page's script sends them in a request of its own.
        return f"http://{host}:{port}/" + (f"#{urlencode(secret)}" if secret else "")


def check_address(host: str, port: int, token: str | None, *, purpose: str) -> None:
    """Raise SeedtrialError for a port out of range, a short token, or none where other machines can connect.

    purpose: what one does there, such as "play"

    >>> check_address("127.0.0.1", 0, None, purpose="play")
    """
    if not 0 <= port <= 65535:
        raise SeedtrialError(f"--port takes a number from 0 to 65535 (0 takes any free port), not {port}.")
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise SeedtrialError(
            f"--token takes at least {SHORTEST_TOKEN} characters, not {len(token)}; "
            f"for example {secrets.token_urlsafe(18)}"
        )
    if token is None and not is_loopback(host):
        raise SeedtrialError(
            f"Other machines can connect to {host}; set a --token that others must know, or leave --host out to "
            f"{purpose} on this machine only."
        )


def own_address() -> str:
    """This machine's IP address on the local network, which phones reach without name resolution.

    Without a network, the machine's name.

    >>> isinstance(own_address(), str)
    True
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket sends nothing; it only selects the network interface. The address is reserved for
            # documentation (RFC 5737), so it is never on the local network itself.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def listen(settings: ServerSettings, *, shared: bool = False) -> socket.socket:
    """A socket that accepts connections. Raises SeedtrialError when the address cannot be used.

    shared: other processes of this user may listen at the same port, and the system deals connections out (Linux)

    >>> listening = listen(ServerSettings("127.0.0.1", 0, None, None))
    >>> listening.getsockname()[0]
    '127.0.0.1'
    >>> listening.close()
    """
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise SeedtrialError(f"Cannot serve at {settings.host}: {error.strerror or error}.") from None
    try:
        # A restart need not wait until the system has forgotten old connections.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        listening.close()
        hint = "; --port 0 takes a free port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else ""
        raise SeedtrialError(
            f"Cannot serve at {settings.host}:{settings.port}: {error.strerror or error}{hint}."
        ) from None
    return listening


def make_game_server(sessions: Sessions, settings: ServerSettings, port: int) -> uvicorn.Server:
    """The game's server, for a socket on `port`."""
    guarded = Guard(
        make_app(sessions, settings.access),
        names=host_names(settings.host),
        addresses=settings.is_public,
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


def serve_game(sessions: Callable[[], Sessions], settings: ServerSettings, ready: Callable[[int], None]) -> None:
    """Serves the game until it is interrupted.

    sessions: loads the images and returns the sessions; called after the address is taken, so that the test part stays
              sealed if the server cannot start
    ready:    called with the port as soon as the page can be opened
    """
    listening = listen(settings)
    try:
        port = listening.getsockname()[1]
        server = make_game_server(sessions(), settings, port)
        ready(port)
        server.run(sockets=[listening])
    finally:
        listening.close()
