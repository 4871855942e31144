"""The game in a browser: one page, and a few requests in JSON. No right answer is sent before its image is answered.

A player is known by a cookie that no script can read: the player's number and a random token. The store keeps the
token's SHA-256. An image is named by its position in the session; its row in the test part, which may tell its class,
stays here.
"""

import base64
import hashlib
import hmac
import io
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any, TypeVar

import numpy as np
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.game import KEYS, Refused
from seedtrial.human.session import Playing, Sessions, nickname

YEAR = 365 * 24 * 3600  # seconds that a browser keeps the cookie
PAGES = {
    "/": ("play.html", "text/html; charset=utf-8"),
    "/play.css": ("play.css", "text/css; charset=utf-8"),
    "/play.js": ("play.js", "text/javascript; charset=utf-8"),
}


class Body(BaseModel):
    """What a request may say, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Nothing(Body):
    """No content."""


class Join(Body):
    """Who wants to play; the token of the game if it asks for one; the key of a link that speaks for a player."""

    nickname: str
    token: str = ""
    key: str = ""


class Move(Body):
    """Which session is meant."""

    session: int = Field(ge=1, le=2**53)


class Undo(Move):
    """The answer that is taken back."""

    position: int = Field(ge=1, le=2**53)


class Answered(Undo):
    """An answer: a class, or null for who can't tell."""

    choice: int | None = Field(ge=0, le=2**53)
    seconds: float = Field(ge=0)


SomeBody = TypeVar("SomeBody", bound=Body)


class Stranger(SeedtrialError):
    """Who asks is no player of this game."""


@dataclass(frozen=True)
class Access:
    """Who may join.

    token: what everybody must know, None: nothing
    keys:  nickname -> a key that lets its holder play as that player, even one who has begun elsewhere
    """

    token: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)


def same(a: str, b: str) -> bool:
    """Whether two secrets are equal, found in a time that does not say how much of them is."""
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass"))


def png_uri(image: np.ndarray) -> str:
    """An image (C, H, W) uint8, grey or colour, as a data: URI of a PNG that has its pixels and nothing else."""
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, format="png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


class Desk:
    """Answers the requests of all players. Its methods are called by one thread at a time."""

    def __init__(self, sessions: Sessions, access: Access) -> None:
        self.sessions, self.access, self.store = sessions, access, sessions.store
        self.cookie = f"seedtrial-{self.store.id()}"  # another game on this machine has another cookie

    def about(self, cookies: Mapping[str, str]) -> dict[str, Any]:
        """What may be known before joining; `known`: whether the cookie is a player's."""
        try:
            self.player(cookies)
            known = True
        except Stranger:
            known = False
        rules, data = self.sessions.rules, self.sessions.material.data
        images = min(rules.images, data.images)
        told = {"data": data.name, "mode": rules.mode, "images": images, "token": self.access.token is not None}
        return told | {"classes": len(data.classes), "known": known}

    def player(self, cookies: Mapping[str, str]) -> int:
        """Whose request it is. Raises Stranger when the cookie is no player's."""
        number, _, token = cookies.get(self.cookie, "").partition(".")
        player = int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0
        known = self.store.known(player)
        secret = known[1] if known and known[1] else b""
        if not hmac.compare_digest(_digest(token), secret):
            raise Stranger("Join the game first.")
        return player

    def join(self, body: Join) -> tuple[dict[str, Any], str]:
        """Begin as a new player, or as one whose key is shown: what to show, and the cookie."""
        name = nickname(body.nickname)
        vouched = name in self.access.keys and same(body.key, self.access.keys[name])
        if self.access.token is not None and not vouched and not same(body.token, self.access.token):
            raise Stranger("This game asks for the token that it was started with.")
        player = self.store.add_player(name)
        if player is None and vouched:
            player = self.store.player(name)
        if player is None:
            raise Refused(
                "There is a player of this name already. If it is you, go on in the browser that you began in, "
                "or start the game with --player and your name; else choose another name."
            )
        token = secrets.token_urlsafe(32)
        self.store.set_secret(player, _digest(token))
        return self.view(self.sessions.open(player)), f"{player}.{token}"

    def open(self, player: int, body: Nothing) -> dict[str, Any]:
        """Begin the session, or go on with it."""
        return self.view(self.sessions.open(player))

    def answer(self, player: int, body: Answered) -> dict[str, Any]:
        """Commit an answer; in learn mode with the right one, which may be told now."""
        before = self.sessions.playing(player, body.session)
        choice = CANNOT_TELL if body.choice is None else body.choice
        after = self.sessions.answer(before, body.position, choice, body.seconds)
        verdict = None
        if after.game.mode == "learn":
            label = after.game.labels[body.position - 1]
            verdict = {"right": choice == label, "label": label}
        return self.view(after) | {"verdict": verdict}

    def undo(self, player: int, body: Undo) -> dict[str, Any]:
        """Take the last answer back."""
        return self.view(self.sessions.undo(self.sessions.playing(player, body.session), body.position))

    def finish(self, player: int, body: Move) -> dict[str, Any]:
        """End a blind session."""
        return self.view(self.sessions.finish(self.sessions.playing(player, body.session)))

    def leave(self, player: int) -> None:
        """Let the cookie speak for nobody any more."""
        self.store.set_secret(player, secrets.token_bytes(32))

    def view(self, playing: Playing) -> dict[str, Any]:
        """All that the page may show now."""
        game, material = playing.game, self.sessions.material
        known = self.store.known(playing.player)
        keys = [*KEYS, *[""] * len(material.data.classes)]
        return {
            "player": known[0] if known else "",
            "session": playing.session,
            "mode": game.mode,
            "data": material.data.name,
            "classes": [{"name": name, "key": key} for name, key in zip(material.data.classes, keys, strict=False)],
            "position": game.position,
            "image": None if game.image is None else png_uri(material.images[game.image]),
            "complete": game.complete,
            "finished": game.finished,
            "undoable": game.undoable,
            "numbers": asdict(game.numbers),
            "result": asdict(self.sessions.result(playing)) if game.finished else None,
        }


def make_app(sessions: Sessions, access: Access) -> FastAPI:
    """The application, without what stands before it (`guard.Guard`).

    The desk is asked by one thread at a time, first come, first served: all wait for the same file anyway, and threads
    that fight for its lock let some wait for a minute.
    """
    desk = Desk(sessions, access)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    one_at_a_time = CapacityLimiter(1)

    async def alone(work: Callable[[], Response]) -> Response:
        return await to_thread.run_sync(work, limiter=one_at_a_time)

    for path, (name, kind) in PAGES.items():
        content = (files("seedtrial.human") / "templates" / name).read_bytes()
        app.get(path)(_page(content, kind))

    @app.get("/api/about")
    async def about(request: Request) -> Response:
        return await alone(lambda: JSONResponse(desk.about(request.cookies)))

    @app.post("/api/join")
    async def join(request: Request) -> Response:
        content = await request.body()

        def work() -> Response:
            told, cookie = desk.join(_parsed(Join, content))
            response = JSONResponse(told)
            response.set_cookie(desk.cookie, cookie, max_age=YEAR, httponly=True, samesite="strict")
            return response

        return await alone(work)

    @app.post("/api/leave")
    async def leave(request: Request) -> Response:
        content = await request.body()

        def work() -> Response:
            _parsed(Nothing, content)
            desk.leave(desk.player(request.cookies))
            response = JSONResponse({})
            response.delete_cookie(desk.cookie, httponly=True, samesite="strict")
            return response

        return await alone(work)

    def move(path: str, kind: type[SomeBody], made: Callable[[int, SomeBody], dict[str, Any]]) -> None:
        """Serve what a known player does."""

        @app.post(path)
        async def answered(request: Request) -> Response:
            content = await request.body()
            return await alone(lambda: JSONResponse(made(desk.player(request.cookies), _parsed(kind, content))))

    move("/api/open", Nothing, desk.open)
    move("/api/answer", Answered, desk.answer)
    move("/api/undo", Undo, desk.undo)
    move("/api/finish", Move, desk.finish)

    @app.exception_handler(SeedtrialError)
    def refused(request: Request, error: Exception) -> Response:
        status = 401 if isinstance(error, Stranger) else 409 if isinstance(error, Refused) else 400
        return JSONResponse({"error": str(error)}, status)

    @app.exception_handler(HTTPException)
    def missing(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": "There is nothing here."}, error.status_code)

    return app


def _page(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _parsed(kind: type[SomeBody], content: bytes) -> SomeBody:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        names = sorted({str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]})
        named = [name for name in names if name in kind.model_fields]
        raise SeedtrialError(f"The request is not understood{': ' if named else ''}{', '.join(named)}.") from None
