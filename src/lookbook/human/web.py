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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Annotated, Any, TypeVar

import numpy as np
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException

from lookbook.errors import LookbookError
from lookbook.human.answers import CANNOT_TELL
from lookbook.human.game import KEYS, Refused
from lookbook.human.session import Playing, Sessions, nickname

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


class Stranger(LookbookError):
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
    """Answers the requests of all players. Its methods are called by many threads."""

    def __init__(self, sessions: Sessions, access: Access) -> None:
        self.sessions, self.access, self.store = sessions, access, sessions.store
        self.cookie = f"lookbook-{self.store.id()}"  # another game on this machine has another cookie

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

    def open(self, player: int) -> dict[str, Any]:
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
    """The application, without what stands before it (`guard.Guard`)."""
    desk = Desk(sessions, access)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    texts = {path: (files("lookbook.human") / "templates" / name).read_bytes() for path, (name, _) in PAGES.items()}

    async def raw(request: Request) -> bytes:
        return await request.body()

    Raw = Annotated[bytes, Depends(raw)]

    def page(request: Request) -> Response:
        return Response(texts[request.url.path], media_type=PAGES[request.url.path][1])

    for path in PAGES:
        app.get(path)(page)

    @app.get("/api/about")
    def about(request: Request) -> Response:
        return JSONResponse(desk.about(request.cookies))

    @app.post("/api/join")
    def join(content: Raw) -> Response:
        told, cookie = desk.join(_parsed(Join, content))
        response = JSONResponse(told)
        response.set_cookie(desk.cookie, cookie, max_age=YEAR, httponly=True, samesite="strict")
        return response

    @app.post("/api/open")
    def open_session(request: Request, content: Raw) -> Response:
        _parsed(Nothing, content)
        return JSONResponse(desk.open(desk.player(request.cookies)))

    @app.post("/api/answer")
    def answer(request: Request, content: Raw) -> Response:
        return JSONResponse(desk.answer(desk.player(request.cookies), _parsed(Answered, content)))

    @app.post("/api/undo")
    def undo(request: Request, content: Raw) -> Response:
        return JSONResponse(desk.undo(desk.player(request.cookies), _parsed(Undo, content)))

    @app.post("/api/finish")
    def finish(request: Request, content: Raw) -> Response:
        return JSONResponse(desk.finish(desk.player(request.cookies), _parsed(Move, content)))

    @app.post("/api/leave")
    def leave(request: Request, content: Raw) -> Response:
        _parsed(Nothing, content)
        desk.leave(desk.player(request.cookies))
        response = JSONResponse({})
        response.delete_cookie(desk.cookie, httponly=True, samesite="strict")
        return response

    @app.exception_handler(LookbookError)
    def refused(request: Request, error: Exception) -> Response:
        status = 401 if isinstance(error, Stranger) else 409 if isinstance(error, Refused) else 400
        return JSONResponse({"error": str(error)}, status)

    @app.exception_handler(HTTPException)
    def missing(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": "There is nothing here."}, error.status_code)

    return app


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _parsed(kind: type[SomeBody], content: bytes) -> SomeBody:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        names = sorted({str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]})
        named = [name for name in names if name in kind.model_fields]
        raise LookbookError(f"The request is not understood{': ' if named else ''}{', '.join(named)}.") from None
