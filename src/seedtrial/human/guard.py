"""Checks every request before it reaches a local server, and refuses those that its own page never sends.

Checks against other sites in the same browser: Host, Origin, Sec-Fetch-Site, and JSON as content type. Checks against
overload: the size of the body, and the time in which it arrives. Responses carry headers that forbid caching, framing
and foreign content.
"""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_BODY = 4096  # bytes
BODY_TIMEOUT = 10.0  # seconds
METHODS = ("GET", "HEAD", "POST")
ONCE = frozenset({"host", "origin", "content-type", "content-length", "cookie"})
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether a name or address belongs to this machine and cannot be reached from another machine.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("192.168.0.7")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_names(host: str) -> frozenset[str]:
    """The names that a Host header may have for a server that listens on `host`.

    >>> sorted(host_names("127.0.0.1"))
    ['127.0.0.1', '[::1]', 'localhost']
    """
    if is_loopback(host):
        return frozenset({"localhost", "127.0.0.1", "[::1]"})
    name = socket.gethostname().lower()
    return frozenset({host.lower(), name, name.split(".")[0], "localhost"})


@dataclass(frozen=True)
class RequestRules:
    """What a server accepts.

    max_body:      bytes of a request's body
    content_types: of a POST; none of them can be sent by a form of another site
    needs_origin:  whether a POST without Origin is refused; browsers always send it, programs do not
    headers:       of every response
    methods:       that a path may be asked with

    >>> RequestRules(needs_origin=False).content_types
    ('application/json',)
    """

    max_body: int = MAX_BODY
    content_types: tuple[str, ...] = ("application/json",)
    needs_origin: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: HEADERS)
    methods: Callable[[str], Sequence[str]] = lambda path: METHODS


class Guard:
    """An ASGI application that checks requests for another one. It answers a refused request with one sentence as JSON.

    names:     names that the Host header may have
    addresses: whether the Host header may be any IP address, as for a server that other machines connect to
    port:      port that the Host header must have
    rules:     what it accepts; the game's, if nothing else is said
    answered:  hears the status of every answer

    >>> async def app(scope, receive, send): ...
    >>> guarded = Guard(app, names=frozenset({"localhost"}), addresses=False, port=8000)
    >>> async def show(message): print(message.get("status", message.get("body")))
    >>> scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"evil.example")]}
    >>> asyncio.run(guarded(scope, None, show))
    421
    b'{"error": "This server does not have that name."}'
    """

    def __init__(
        self,
        app: App,
        *,
        names: frozenset[str],
        addresses: bool,
        port: int,
        rules: RequestRules | None = None,
        answered: Callable[[int], object] = lambda status: None,
    ) -> None:
        self._app, self._names, self._addresses, self._port = app, names, addresses, port
        self._rules, self._answered = rules or RequestRules(), answered
        self.headers = [(name.encode(), value.encode()) for name, value in self._rules.headers.items()]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered(message["status"])
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        problem = self.problem(scope)
        body = b""
        if problem is None and scope["method"] == "POST":
            try:
                async with asyncio.timeout(BODY_TIMEOUT):
                    body = await _read(receive, self._rules.max_body)
            except TimeoutError:
                problem = (408, "The request took too long.")
            except _TooLarge:
                problem = (413, f"The request is larger than {self._rules.max_body:,} bytes.")
            except _Disconnected:
                return
        if problem is not None:
            return await _refuse(protected, *problem, self._rules.methods(scope["path"]))
        # The body is read here, where its size and time are limited, and handed to the application as one message.
        unread = [body]

        async def replayed() -> Message:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            return await receive()

        await self._app(scope, replayed, protected)

    def problem(self, scope: Message) -> tuple[int, str] | None:
        """Status and sentence if a request's headers are not acceptable, otherwise None. scope: of ASGI"""
        header: dict[str, str] = {}
        for raw_name, value in scope["headers"]:
            name = raw_name.decode("latin-1").lower()
            # A header that comes twice can be read differently by a proxy and by the application.
            if name in ONCE and name in header:
                return 400, "The request repeats a header."
            header.setdefault(name, value.decode("latin-1"))
        # DNS rebinding: another site lets its own name resolve to this machine, so that the browser takes the game for
        # a part of that site. The Host header still shows the other site's name.
        if not self._is_ours(header.get("host", "")):
            return 421, "This server does not have that name."
        if scope["method"] not in self._rules.methods(scope["path"]):
            return 405, "This method is not allowed."
        # A link on another site may open the page, but nothing else; the page then asks for everything itself.
        if header.get("sec-fetch-site", "none") not in ("none", "same-origin") and scope["path"] != "/":
            return 403, "Requests from another site are not allowed."
        if scope["method"] != "POST":
            return None
        # Cross-site request forgery: browsers add Origin to every POST, and a page cannot change it. A form cannot send
        # JSON as content type.
        origin = header.get("origin")
        if origin != f"http://{header['host']}" and (self._rules.needs_origin or origin is not None):
            return 403, "Requests from another site are not allowed."
        accepted = self._rules.content_types
        if header.get("content-type", "").split(";")[0].strip().lower() not in accepted:
            return 415, f"The content type must be {' or '.join(accepted)}."
        length = header.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > self._rules.max_body:
            return 413, f"The request is larger than {self._rules.max_body:,} bytes."
        return None

    def _is_ours(self, host: str) -> bool:
        name, colon, port = host.rpartition(":")
        if not colon or port != str(self._port):
            return self._port == 80 and self._is_named(host)
        return self._is_named(name)

    def _is_named(self, name: str) -> bool:
        # An IP address as Host is safe where other machines connect: no other site can have it as its own name.
        if name.lower() in self._names:
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return self._addresses


class _TooLarge(Exception):
    pass


class _Disconnected(Exception):
    pass


async def _read(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body += message.get("body", b"")
        if len(body) > most:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


async def _refuse(send: Send, status: int, sentence: str, methods: Sequence[str]) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        # The unread rest of the body must not be parsed as the next request.
        (b"connection", b"close"),
    ]
    if status == 405:
        headers.append((b"allow", ", ".join(methods).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
