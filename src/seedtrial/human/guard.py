"""What stands before the web game: requests that no honest page of ours would make are refused here.

Against other sites in the same browser: Host (a foreign name that resolves to this machine), Origin and Sec-Fetch-Site,
JSON as content type. Against accidents and malice: a small body, a time to send it in, answers that no cache keeps.
"""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LARGEST = 4096  # bytes of a request's body
PATIENCE = 10.0  # seconds for it to arrive
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
    """Whether a name or address means this machine and cannot be reached from another."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_names(host: str) -> frozenset[str]:
    """What a Host header may name, besides addresses where others may connect, for a server that listens on `host`."""
    if is_loopback(host):
        return frozenset({"localhost", "127.0.0.1", "[::1]"})
    name = socket.gethostname().lower()
    return frozenset({host.lower(), name, name.split(".")[0], "localhost"})


class Guard:
    """An ASGI application around another. It answers what it refuses itself, with one sentence as JSON.

    names:     names that the Host header may have
    addresses: whether it may be any IP address: then another site cannot have made a name of its own lead here
    """

    def __init__(self, app: App, *, names: frozenset[str], addresses: bool, port: int) -> None:
        self._app, self._names, self._addresses, self._port = app, names, addresses, port

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *ours]
            await send(message)

        problem = self._problem(scope)
        body = b""
        if problem is None and scope["method"] == "POST":
            try:
                body = await asyncio.wait_for(_read(receive), PATIENCE)
            except TimeoutError:
                problem = (408, "The request took too long.")
            except _TooLarge:
                problem = (413, f"A request has at most {LARGEST:,} bytes.")
            except _Gone:
                return
        if problem is not None:
            return await _refuse(protected, *problem)
        waiting = [body]

        async def replayed() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            return await receive()

        await self._app(scope, replayed, protected)

    def _problem(self, scope: Message) -> tuple[int, str] | None:
        """Status and sentence for a request that is refused by its head, None for a good one."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        once = ("host", "origin", "content-type", "content-length", "cookie")
        if any(len(headers.get(name, [])) > 1 for name in once):
            return 400, "A header came twice."
        told = {name: values[0] for name, values in headers.items()}
        if not self._is_ours(told.get("host", "")):
            return 421, "This server does not go by that name."
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return 405, "This is not done here."
        if told.get("sec-fetch-site", "none") not in ("none", "same-origin") and scope["path"] != "/":
            return 403, "Another site cannot play."
        if scope["method"] != "POST":
            return None
        if told.get("origin") != f"http://{told['host']}":
            return 403, "Another site cannot play."
        if told.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            return 415, "A request is JSON, and says so."
        length = told.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > LARGEST:
            return 413, f"A request has at most {LARGEST:,} bytes."
        return None

    def _is_ours(self, host: str) -> bool:
        name, colon, port = host.rpartition(":")
        if not colon or port != str(self._port):
            return self._port == 80 and self._is_named(host)
        return self._is_named(name)

    def _is_named(self, name: str) -> bool:
        if name.lower() in self._names:
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return self._addresses


class _TooLarge(Exception):
    pass


class _Gone(Exception):
    pass


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += message.get("body", b"")
        if len(body) > LARGEST:
            raise _TooLarge
        if not message.get("more_body", False):
            return body


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what was not read of the request must not be taken for the next one
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
