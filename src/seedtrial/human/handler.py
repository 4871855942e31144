"""What the requests of the web game do, without the server: join, answer, undo, finish, leave.

A cookie identifies the player. It holds the player's number and a random token, and no script can read it. The store
keeps the SHA-256 of the token. A request names an image by its position in the session. The image's row in the test
part could reveal its class, so it is never sent.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seedtrial.data.png import png_uri
from seedtrial.errors import SeedtrialError
from seedtrial.human.answers import CANNOT_TELL
from seedtrial.human.game import KEYS, Refused
from seedtrial.human.session import Playing, Sessions, nickname


class Body(BaseModel):
    """The body of a request. Unknown fields are refused.

    >>> EmptyBody().model_dump()
    {}
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class EmptyBody(Body):
    """No content.

    >>> EmptyBody.model_validate({}) == EmptyBody()
    True
    """


class JoinBody(Body):
    """A request to join.

    token: the game's token, if it has one
    key:   the key in a player's link

    >>> JoinBody(nickname="Ada").token
    ''
    """

    nickname: str
    token: str = ""
    key: str = ""


class SessionBody(Body):
    """A request about a session.

    >>> SessionBody(session=1).session
    1
    """

    session: int = Field(ge=1, le=2**53)


class UndoBody(SessionBody):
    """A request to take the answer at `position` back.

    >>> UndoBody(session=1, position=3).position
    3
    """

    position: int = Field(ge=1, le=2**53)


class AnswerBody(UndoBody):
    """An answer to the image at `position`.

    choice: a class, or null for "I can't tell"

    >>> AnswerBody(session=1, position=3, choice=None, seconds=1.5).choice is None
    True
    """

    choice: int | None = Field(ge=0, le=2**53)
    seconds: float = Field(ge=0)


class Unauthorised(SeedtrialError):
    """The request does not come from a player of this game.

    >>> try:
    ...     raise Unauthorised("Join the game first.")
    ... except SeedtrialError as error:
    ...     print(error)
    Join the game first.
    """


@dataclass(frozen=True)
class Access:
    """Who may join.

    token: password that players need to join; None if there is none
    keys:  nickname -> key of a link that plays as this player, even if the player already exists

    >>> Access(token="tulip").keys
    {}
    """

    token: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)


def same(a: str, b: str) -> bool:
    """Whether two secrets are equal, compared in constant time.

    >>> same("secret", "secret"), same("secret", "guess")
    (True, False)
    """
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass"))


class RequestHandler:
    """Answers the requests of all players. Only one thread at a time calls its methods.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from seedtrial.human.records import LabelledData
    >>> from seedtrial.human.session import Material, Rules
    >>> from seedtrial.human.store import Store
    >>> data = LabelledData("f" * 64, "boots", ("left", "right"), 3)
    >>> material = Material(data, np.zeros((3, 1, 8, 8), np.uint8), np.zeros(3, int))
    >>> with TemporaryDirectory() as folder:
    ...     store = Store(Path(folder) / "play.sqlite")
    ...     handler = RequestHandler(Sessions(store, material, Rules("learn", seed=0, images=2)), Access())
    ...     view, _ = handler.join(JoinBody(nickname="Ada"))
    ...     store.close()
    >>> view["player"], view["position"]
    ('Ada', 1)
    """

    def __init__(self, sessions: Sessions, access: Access) -> None:
        self.sessions, self.access, self.store = sessions, access, sessions.store
        # Cookies do not distinguish ports, so each game on this machine needs a name of its own.
        self.cookie = f"seedtrial-{self.store.id()}"

    def about(self, cookies: Mapping[str, str]) -> dict[str, Any]:
        """What anybody may know before joining; `known` says whether the cookie belongs to a player."""
        try:
            self.player(cookies)
            known = True
        except Unauthorised:
            known = False
        rules, data = self.sessions.rules, self.sessions.material.data
        images = min(rules.images, data.images)
        return {
            "data": data.name,
            "mode": rules.mode,
            "images": images,
            "token": self.access.token is not None,
            "classes": len(data.classes),
            "known": known,
        }

    def player(self, cookies: Mapping[str, str]) -> int:
        """The player that the cookie identifies. Raises Unauthorised when it identifies nobody."""
        number, _, token = cookies.get(self.cookie, "").partition(".")
        player = int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0
        known = self.store.known(player)
        secret = known[1] if known and known[1] else b""
        if not hmac.compare_digest(_digest(token), secret):
            raise Unauthorised("Join the game first.")
        return player

    def join(self, body: JoinBody) -> tuple[dict[str, Any], str]:
        """Joins as a new player, or as the player whose key is given; returns what the page shows, and the cookie."""
        name = nickname(body.nickname)
        has_key = name in self.access.keys and same(body.key, self.access.keys[name])
        if self.access.token is not None and not has_key and not same(body.token, self.access.token):
            raise Unauthorised("This game needs the token that it was started with.")
        player = self.store.add_player(name)
        if player is None and has_key:
            player = self.store.player(name)
        if player is None:
            raise Refused(
                "This name is taken. If it is yours, continue in the browser you started in, "
                "or start the game with --player and your name. Otherwise choose another name."
            )
        # A new token ends the access of the browser that the player used before: one browser at a time.
        token = secrets.token_urlsafe(32)
        self.store.set_secret(player, _digest(token))
        return self.view(self.sessions.open(player)), f"{player}.{token}"

    def open(self, player: int, body: EmptyBody) -> dict[str, Any]:
        """Starts or continues the session."""
        return self.view(self.sessions.open(player))

    def answer(self, player: int, body: AnswerBody) -> dict[str, Any]:
        """Commits an answer; in learn mode the reply holds the true class."""
        before = self.sessions.playing(player, body.session)
        choice = CANNOT_TELL if body.choice is None else body.choice
        after = self.sessions.answer(before, body.position, choice, body.seconds)
        verdict = None
        if after.game.mode == "learn":
            label = after.game.labels[body.position - 1]
            verdict = {"right": choice == label, "label": label}
        return self.view(after) | {"verdict": verdict}

    def undo(self, player: int, body: UndoBody) -> dict[str, Any]:
        """Takes the last answer back."""
        return self.view(self.sessions.undo(self.sessions.playing(player, body.session), body.position))

    def finish(self, player: int, body: SessionBody) -> dict[str, Any]:
        """Ends a blind session."""
        return self.view(self.sessions.finish(self.sessions.playing(player, body.session)))

    def leave(self, player: int) -> None:
        """Makes the player's cookie invalid."""
        self.store.set_secret(player, secrets.token_bytes(32))

    def view(self, playing: Playing) -> dict[str, Any]:
        """Everything that the page may show in this state."""
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


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
