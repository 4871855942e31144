"""A served network in this process, and requests to it: proper ones, and bytes as they are."""

import http.client
import json
import socket
import threading
from typing import Any

from seedtrial.serving.bundle import Bundle
from seedtrial.serving.server import Address, make_server


class Served:
    """A server in a thread of this process, and what its answers are."""

    def __init__(self, bundle: Bundle, token: str | None = None) -> None:
        address = Address(token=token)
        self.socket = address.listen(shared=False)
        self.port = self.socket.getsockname()[1]
        self.server = make_server(bundle, address, self.port)
        self.app = self.server.app
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)
        self.thread.start()

    def ask(
        self, path: str, body: bytes | None = None, kind: str = "image/png", **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON or text, and headers of an answer."""
        return ask(self.port, path, body, {"content-type": kind} | headers)

    def say(self, raw: bytes, *, host: str = "127.0.0.1:PORT") -> bytes:
        """All that the server sends until it closes the connection. raw: HOST in it becomes the Host header's line"""
        line = f"Host: {host}".replace("PORT", str(self.port)).encode()
        with self.connect() as connection:
            try:
                connection.sendall(raw.replace(b"HOST", line))
            except OSError:  # it was refused while it was still being sent
                pass
            return said(connection)

    def connect(self) -> socket.socket:
        """A connection that has said nothing."""
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def close(self) -> None:
        """End it."""
        self.server.should_exit = True
        self.thread.join(10)


def ask(port: int, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON or text, and headers of an answer of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if body is None else "POST", path, body, named)
        response = connection.getresponse()
        raw, got = response.read(), {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()
    return response.status, json.loads(raw) if "json" in got.get("content-type", "") else raw.decode(), got


def said(connection: socket.socket) -> bytes:
    """All bytes until the other side closes the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
