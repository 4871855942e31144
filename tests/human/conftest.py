"""A few images to label, a store, and a server for players."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Page

from chromium import browse
from conftest import bright_blocks
from seedtrial.human.answers import Mode
from seedtrial.human.records import LabelledData
from seedtrial.human.server import ServerSettings, listen, make_game_server
from seedtrial.human.session import Material, Playing, Rules, Sessions
from seedtrial.human.store import Store

__all__ = ["browse"]  # a fixture

CLASSES = ("left", "<script>alert(1)</script>", 'a "quoted" \u200fname')


@pytest.fixture
def material() -> Material:
    """60 grey images of 8x8 pixels, in three classes with awkward names."""
    images, labels = bright_blocks(60, seed=3)
    data = LabelledData("f" * 64, "blocks", CLASSES, len(labels))
    return Material(data, images[:, None], labels.astype(np.int64))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "runs" / "play.sqlite")
    yield opened
    opened.close()


Begin = Callable[..., tuple[Sessions, Playing]]


@pytest.fixture
def begin(store: Store, material: Material) -> Begin:
    """Opens a session of a player."""

    def opened(name: str = "Ada", *, mode: Mode = "learn", images: int = 5, seed: int = 0) -> tuple[Sessions, Playing]:
        sessions = Sessions(store, material, Rules(mode, seed, images))
        player = store.player(name) or store.add_player(name)
        assert player is not None
        return sessions, sessions.open(player)

    return opened


@dataclass
class Served:
    """The game's server in this process, and plain requests to it."""

    port: int
    link: str
    sessions: Sessions
    cookies: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        content: Any = None,
        *,
        method: str | None = None,
        raw: bytes | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, JSON and headers of an answer; a header of None is left out."""
        body = raw if raw is not None else None if content is None else json.dumps(content).encode()
        usual = {"Host": f"127.0.0.1:{self.port}", "Cookie": self.cookies}
        if body is not None:
            usual |= {"Origin": self.origin, "Content-Type": "application/json", "Content-Length": str(len(body))}
        lines = {name: value for name, value in (usual | (headers or {})).items() if value is not None}
        try:
            return self._send(path, method or ("GET" if body is None else "POST"), lines, body)
        except ConnectionResetError:  # refused by its head, before all of the body had left: the answer may be lost
            return self._send(path, method or ("GET" if body is None else "POST"), lines, body)

    def _send(
        self, path: str, method: str, lines: dict[str, str], body: bytes | None
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in lines.items():
                connection.putheader(name, *value.split("\n"))
            connection.endheaders(body)
            response = connection.getresponse()
            text = response.read()
            is_json = response.headers.get_content_type() == "application/json"
            return response.status, json.loads(text) if is_json else text.decode(), response.headers
        finally:
            connection.close()

    def join(self, name: str, **more: str) -> dict[str, Any]:
        """A new player, whose cookie the next requests carry."""
        status, body, headers = self.ask("/api/join", {"nickname": name, **more})
        assert status == 200, body
        self.cookies = headers["Set-Cookie"].split(";")[0]
        return body


@pytest.fixture
def serve(store: Store, material: Material) -> Iterator[Callable[..., Served]]:
    """Serves the game in a thread of this process."""
    running: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def begin(*, mode: Mode = "learn", images: int = 30, of: Material = material, **where: Any) -> Served:
        sessions = Sessions(store, of, Rules(mode, 0, images))
        settings = ServerSettings(**where)
        listening = listen(settings)
        port = listening.getsockname()[1]
        server = make_game_server(sessions, settings, port)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread, listening))
        return Served(port, settings.link(port), sessions)

    yield begin
    for server, thread, listening in running:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def page(browse: Page) -> Iterator[Page]:
    """A page that says nothing on its console, unless a request was refused."""
    said: list[str] = []
    browse.on("console", lambda message: said.append(message.text))
    browse.on("pageerror", lambda error: said.append(str(error)))
    yield browse
    assert [text for text in said if not text.startswith("Failed to load resource")] == []
