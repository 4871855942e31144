"""An exported network behind HTTP: pictures in, answers out, and a page to try it. `queue.Desk` asks the network."""

import asyncio
import base64
import binascii
import json
import secrets
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from seedtrial import __version__
from seedtrial.data.picture import Unusable
from seedtrial.data.png import png
from seedtrial.human.guard import HEADERS, Message, Receive, RequestRules, Send
from seedtrial.serving import try_page
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.heat import occlusion
from seedtrial.serving.predictor import NetworkAnswers
from seedtrial.serving.queue import Desk, Full, Late

MAX_BODY = 10_000_000  # bytes, read before anything is decoded
MOST_PICTURES = 64  # of one request
RULES = RequestRules(
    max_body=MAX_BODY,
    content_types=("image/png", "image/jpeg", "application/json"),
    needs_origin=False,
    headers=HEADERS
    | {
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: blob:; "
        "media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'",
        "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    },
)
PICTURE: dict[str, Any] = {"content": {"image/png": {}, "image/jpeg": {}, "application/json": {}}}
SUMMARIES = {
    "/predict": "Classify a PNG or JPEG picture (the body), or several as {'pictures': [base64, ...]}",
    "/look": "As /predict, with the picture as the network saw it and what mattered",
}


class Server:
    """The whole application: /predict and /look by itself, which is quicker, all else by FastAPI.

    token: what requests must carry as `Authorization: Bearer TOKEN`; None: whoever reaches the server may ask
    """

    def __init__(self, bundle: Bundle, *, token: str | None = None, desk: Desk | None = None) -> None:
        self.bundle, self.token = bundle, token
        self.desk = desk or Desk(bundle.predictor)
        self.numbers: Counter[str] = Counter()
        self.rest = _documented(self)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return await self.rest(scope, receive, send)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.numbers[f'requests_total{{status="{message["status"]}"}}'] += 1
            await send(message)

        headers = dict(scope["headers"])
        path = scope["path"]
        if not self._may(path, headers):
            return await _send(counted, {"error": "This server needs its token."}, 401)
        if path in ("/predict", "/look") and scope["method"] == "POST":
            body = await _body(receive)
            kind = headers.get(b"content-type", b"").decode("latin-1")
            value, status, more = await self.answer(kind, body, looks=path == "/look")
            return await _send(counted, value, status, more)
        await self.rest(scope, receive, counted)

    def _may(self, path: str, headers: dict[bytes, bytes]) -> bool:
        if self.token is None or path in ("/", "/health") or path.lstrip("/") in try_page.SERVED:
            return True
        given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        return secrets.compare_digest(given, self.token.encode())

    async def answer(self, kind: str, body: bytes, *, looks: bool) -> tuple[dict[str, Any], int, dict[str, str]]:
        """What is said about the pictures of a body, with status and headers.

        kind:  content type
        looks: whether to add the picture as the network saw it, and what mattered
        """
        started = time.perf_counter()
        try:
            raw, several = _pictures(kind, body)
            pixels, answers = await self.desk.ask(raw)
        except ValueError as error:
            return {"error": str(error)}, 422, {}
        except Unusable as error:
            return {"error": f"This picture cannot be used: {error}."}, 415, {}
        except Full:
            return {"error": "Too many requests wait; try again in a second."}, 503, {"retry-after": "1"}
        except Late:
            return {"error": "The request waited too long; try again."}, 503, {"retry-after": "2"}
        except Exception:  # whatever a hostile file makes a decoder raise; its words may name files of ours
            return {"error": "This picture cannot be used."}, 415, {}
        shown = _shown(self.bundle, answers)
        if looks:
            for row, each in enumerate(shown):
                each |= await asyncio.to_thread(_look, self.bundle, pixels[row], int(answers.classes[row]))
        self.numbers["pictures_total"] += len(raw)
        self.numbers["microseconds_total"] += round(1e6 * (time.perf_counter() - started))
        return ({"answers": shown} if several else shown[0]), 200, {}


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(send: Send, value: dict[str, Any], status: int = 200, more: Mapping[str, str] | None = None) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), text.encode()) for name, text in (more or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _documented(server: Server) -> FastAPI:
    """The routes that are no hurry, and the description of all of them (/openapi.json)."""
    app = FastAPI(title="seedtrial", version=__version__, docs_url=None, redoc_url=None)
    bundle, asked, numbers = server.bundle, server.desk, server.numbers

    async def ask(request: Request) -> Response:
        """Answers with the likeliest class, calibrated probabilities, and whether it looks like none of the classes."""
        kind, looks = request.headers.get("content-type", ""), request.url.path == "/look"
        value, status, more = await server.answer(kind, await request.body(), looks=looks)
        return Response(json.dumps(value), status, more, "application/json")

    for path, summary in SUMMARIES.items():
        app.add_api_route(path, ask, methods=["POST"], summary=summary, openapi_extra={"requestBody": PICTURE})

    @app.get("/classes")
    def classes() -> dict[str, Any]:
        """The classes, and the shape (C, H, W) of the images that the network takes."""
        return {"classes": list(bundle.classes), "shape": list(bundle.predictor.shape)}

    @app.get("/card", response_class=PlainTextResponse)
    def card() -> str:
        """The model card, Markdown."""
        return bundle.card

    @app.get("/health")
    def health() -> dict[str, Any]:
        """Whether it answers, and how many requests wait."""
        return {"ok": asked.thread.is_alive(), "waiting": asked.waiting.qsize()}

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> str:
        """Counters in Prometheus's text format."""
        lines = [f"seedtrial_{name} {value}" for name, value in sorted(numbers.items())]
        return "\n".join([*lines, f"seedtrial_waiting {asked.waiting.qsize()}", ""])

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> str:
        return try_page.page(bundle.description)

    for name, kind in try_page.SERVED.items():
        app.add_api_route(f"/{name}", _serve(name, kind), include_in_schema=False)
    return app


def _serve(name: str, kind: str) -> Any:
    def file() -> Response:
        return Response(try_page.file(name), media_type=kind)

    return file


def _pictures(content_type: str, body: bytes) -> tuple[list[bytes], bool]:
    """The picture files of a request, and whether it is a list. Raises ValueError with a sentence."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        if not body:
            raise ValueError("The body is empty; send a PNG or JPEG file.")
        return [body], False
    try:
        listed = json.loads(body)["pictures"]
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise TypeError
        raw = [base64.b64decode(each, validate=True) for each in listed]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise ValueError('Expected JSON like {"pictures": ["base64 of a PNG or JPEG file", ...]}.') from None
    if not 0 < len(raw) <= MOST_PICTURES:
        raise ValueError(f"Send 1 to {MOST_PICTURES} pictures at once, not {len(raw)}.")
    return raw, True


def _shown(bundle: Bundle, answers: NetworkAnswers) -> list[dict[str, Any]]:
    """What is said of each picture; "decision" is what `Decision` makes of it, such as "not sure"."""
    decided = bundle.predictor.decision.words(bundle.classes, answers.probs, answers.unlike)
    return [
        {
            "answer": bundle.classes[best],
            "decision": decision,
            "probability": round(float(probs[best]), 6),
            "looks_like_none": bool(unlike),
            "probabilities": {name: round(float(p), 6) for name, p in zip(bundle.classes, probs, strict=True)},
        }
        for probs, best, unlike, decision in zip(answers.probs, answers.classes, answers.unlike, decided, strict=True)
    ]


def _look(bundle: Bundle, pixels: np.ndarray, answer: int) -> dict[str, Any]:
    """The picture as the network saw it, as a PNG in base64, and the heat map of its answer."""
    heat = occlusion(bundle.predictor, pixels, answer)
    return {"seen": base64.b64encode(png(pixels)).decode(), "heat": np.round(heat, 4).tolist()}
