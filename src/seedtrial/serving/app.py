"""An exported network behind HTTP: pictures in, answers out, and a page to try it. `queue.Desk` asks the network."""

import asyncio
import base64
import binascii
import json
import secrets
import time
from collections.abc import Mapping

from seedtrial.data.picture import Unusable
from seedtrial.human.guard import HEADERS, Message, Receive, RequestRules, Send
from seedtrial.serving import try_page
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.documented import ASKED, documented
from seedtrial.serving.metrics import ServerMetrics
from seedtrial.serving.queue import Desk, Full, Late, NetworkFailed
from seedtrial.serving.reply import Reply, looked

MAX_BODY = 10_000_000  # bytes, read before anything is decoded
MOST_PICTURES = 64  # of one request
MOST_PARTS = 1000  # commas and brackets in JSON; base64 has none
MOST_LOOKS = 8  # requests at once that ask what mattered, which takes two hundred predictions
RULES = RequestRules(
    max_body=MAX_BODY,
    content_types=("image/png", "image/jpeg", "application/json"),
    needs_origin=False,
    methods=lambda path: ("POST",) if path in ASKED else ("GET",),
    headers=HEADERS
    | {
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: blob:; "
        "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'",
        "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    },
)


class NoPictures(ValueError):
    """A body in which there are no pictures; the message is a sentence for the sender.

    >>> sent_pictures("image/png", b"")
    Traceback (most recent call last):
        ...
    seedtrial.serving.app.NoPictures: The body is empty; send a PNG or JPEG file.
    """


Said = tuple[str, int, Mapping[str, str]]  # JSON, status and further headers


class Server:
    """The whole application: /predict and /look by itself, which is quicker, all else by FastAPI.

    token: what requests must carry as `Authorization: Bearer TOKEN`; None: whoever reaches the server may ask
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        token: str | None = None,
        desk: Desk | None = None,
        metrics: ServerMetrics | None = None,
    ) -> None:
        self.bundle, self.token = bundle, token
        self.desk = desk or Desk(bundle.predictor)
        self.metrics = metrics or ServerMetrics()
        self.reply = Reply(bundle.predictor)
        self.looking = 0
        self.rest = documented(bundle, self.desk, self.metrics)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return await self.rest(scope, receive, send)
        path = scope["path"]
        headers = dict(scope["headers"])
        if not self.may(path, headers):
            return await _send(send, _error("This server needs its token."), 401)
        if path in ASKED and scope["method"] == "POST":
            body = await _body(receive)
            kind = headers.get(b"content-type", b"").decode("latin-1")
            return await _send(send, *await self.answer(kind, body, looks=path == "/look"))
        await self.rest(scope, receive, send)

    def may(self, path: str, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a request has the token, or needs none."""
        if self.token is None or path in ("/", "/health") or path.lstrip("/") in try_page.SERVED:
            return True
        given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        return secrets.compare_digest(given, self.token.encode())  # the time tells nothing about where they differ

    async def answer(self, kind: str, body: bytes, *, looks: bool) -> Said:
        """What is said about the pictures of a body.

        kind:  content type
        looks: whether to add the picture as the network saw it, and what mattered
        """
        started = time.perf_counter()
        self.metrics.begun(1)
        try:
            raw, several = sent_pictures(kind, body)
            shown, unlike = await (self._looked(raw) if looks else self._predicted(raw))
        except Exception as error:
            return refusal(error)
        finally:
            self.metrics.begun(-1)
        self.metrics.predicted(len(raw), unlike, time.perf_counter() - started)
        return (f'{{"answers": [{", ".join(shown)}]}}' if several else shown[0]), 200, {}

    async def _predicted(self, raw: list[bytes]) -> tuple[list[str], int]:
        """JSON of each answer, and how many pictures look like none of the classes."""
        _, answers = await self.desk.ask(raw)
        return self.reply.of(answers), int(answers.unlike.sum())

    async def _looked(self, raw: list[bytes]) -> tuple[list[str], int]:
        """As `_predicted`, with what the network saw and what mattered."""
        if self.looking >= MOST_LOOKS:
            raise Full(self.looking * self.desk.pace)
        self.looking += 1
        try:
            async with asyncio.timeout(self.desk.seconds):
                pixels, answers = await self.desk.ask(raw)
                more = [
                    await asyncio.to_thread(looked, self.bundle.predictor, each, int(label))
                    for each, label in zip(pixels, answers.classes, strict=True)
                ]
                return self.reply.of(answers, more), int(answers.unlike.sum())
        finally:
            self.looking -= 1


def refusal(error: Exception) -> Said:
    """What is said where there is no answer.

    >>> refusal(Full(3.0))
    ('{"error": "Too many requests wait; try again in 3 s."}', 503, {'retry-after': '3'})
    """
    match error:
        case Unusable():
            return _error(f"This picture cannot be used: {error}."), 415, {}
        case Full():
            return (
                _error(f"Too many requests wait; try again in {error.seconds} s."),
                503,
                {"retry-after": str(error.seconds)},
            )
        case Late() | TimeoutError():
            return _error("The request waited too long; try again."), 503, {"retry-after": "2"}
        case NoPictures():
            return _error(str(error)), 422, {}
        case NetworkFailed():
            return _error("The network could not answer; the server's log has the reason."), 500, {}
    # Whatever a hostile file makes a decoder raise; its words may name files of ours.
    return _error("This picture cannot be used."), 415, {}


def sent_pictures(content_type: str, body: bytes) -> tuple[list[bytes], bool]:
    """The picture files of a request, and whether it is a list. Raises NoPictures.

    >>> sent_pictures("application/json", b'{"pictures": ["aGVsbG8="]}')
    ([b'hello'], True)
    """
    if content_type.split(";")[0].strip().lower() != "application/json":
        if not body:
            raise NoPictures("The body is empty; send a PNG or JPEG file.")
        return [body], False
    try:
        if sum(map(body.count, (b"[", b"{", b","))) > MOST_PARTS:  # parsing them would take seconds and much memory
            raise ValueError
        listed = json.loads(body)["pictures"]
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise TypeError
        if not 0 < len(listed) <= MOST_PICTURES:
            raise OverflowError
        raw = [base64.b64decode(each, validate=True) for each in listed]
    except OverflowError:
        raise NoPictures(f"Send 1 to {MOST_PICTURES} pictures at once, not {len(listed)}.") from None
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise NoPictures('Expected JSON like {"pictures": ["base64 of a PNG or JPEG file", ...]}.') from None
    return raw, True


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _error(sentence: str) -> str:
    return json.dumps({"error": sentence})


async def _send(send: Send, text: str, status: int = 200, more: Mapping[str, str] | None = None) -> None:
    body = text.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    headers += [(name.encode(), text.encode()) for name, text in (more or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
