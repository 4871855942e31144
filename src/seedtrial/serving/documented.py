"""The routes that are no hurry, by FastAPI, and the description of all routes: /openapi.json."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from seedtrial import __version__
from seedtrial.serving import try_page
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.metrics import ServerMetrics
from seedtrial.serving.queue import Desk

ASKED = {
    "/predict": "Classify a PNG or JPEG picture (the body), or several as {'pictures': [base64, ...]}",
    "/look": "As /predict, with the picture as the network saw it and what mattered",
}
LISTED = {
    "type": "object",
    "required": ["pictures"],
    "properties": {
        "pictures": {
            "type": "array",
            "minItems": 1,
            "maxItems": 64,
            "items": {"type": "string", "format": "byte", "description": "a PNG or JPEG file in base64"},
        }
    },
}
FILE = {"schema": {"type": "string", "format": "binary"}}
BODY = {
    "required": True,
    "content": {"image/png": FILE, "image/jpeg": FILE, "application/json": {"schema": LISTED}},
}
ANSWER = {
    "type": "object",
    "required": ["answer", "decision", "probability", "looks_like_none", "probabilities"],
    "properties": {
        "answer": {"type": "string", "description": "the likeliest class"},
        "decision": {"type": "string", "description": "a class, or why there is none, such as: not sure"},
        "probability": {"type": "number"},
        "looks_like_none": {"type": "boolean"},
        "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
        "seen": {"type": "string", "format": "byte", "description": "a PNG file; of /look alone"},
        "heat": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    },
}
ANSWERS = {"type": "object", "required": ["answers"], "properties": {"answers": {"type": "array", "items": ANSWER}}}
ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
REFUSED = {
    400: "The request is no HTTP, or repeats a header",
    401: "The token is missing",
    403: "It comes from another site",
    405: "The method is not allowed",
    408: "The body took too long to arrive",
    413: "The body is too large",
    415: "The content type is another, or a picture cannot be used",
    421: "The Host header is not this server's",
    422: "The body has no picture",
    500: "The network could not answer",
    503: "Too many requests wait; Retry-After says for how long",
}


def documented(bundle: Bundle, desk: Desk, metrics: ServerMetrics) -> FastAPI:
    """Everything but the answers of /predict and /look, which are described here and given by `app.Server`."""
    refused: dict[int | str, dict[str, Any]] = {
        status: {"description": words, "content": {"application/json": {"schema": ERROR}}}
        for status, words in REFUSED.items()
    }
    app = FastAPI(title="seedtrial", version=__version__, docs_url=None, redoc_url=None, responses=refused)
    app.add_exception_handler(HTTPException, _refused)  # type: ignore[arg-type]

    async def asked() -> Response:
        """Answers with the likeliest class, calibrated probabilities, and whether it looks like none of the classes."""
        raise AssertionError("app.Server answers before")

    answered = {
        "description": "The answer, or answers",
        "content": {"application/json": {"schema": {"anyOf": [ANSWER, ANSWERS]}}},
    }
    for path, summary in ASKED.items():
        app.add_api_route(
            path,
            asked,
            methods=["POST"],
            summary=summary,
            responses={200: answered},
            openapi_extra={"requestBody": BODY},
        )

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
        return {"ok": desk.thread.is_alive(), "waiting": metrics.in_progress}

    @app.get("/metrics", response_class=PlainTextResponse)
    def counters() -> Response:
        """Counters in Prometheus's text format."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> str:
        return try_page.page(bundle.description)

    for name, kind in try_page.SERVED.items():
        app.add_api_route(f"/{name}", _serve(name, kind), include_in_schema=False)
    return app


async def _refused(request: Request, problem: HTTPException) -> JSONResponse:
    """What FastAPI refuses, in the same form as all else."""
    sentence = {404: "There is no such address here.", 405: "This method is not allowed."}
    text = sentence.get(problem.status_code, "The request cannot be answered.")
    return JSONResponse({"error": text}, problem.status_code, problem.headers)


def _serve(name: str, kind: str) -> Any:
    def file() -> Response:
        return Response(try_page.file(name), media_type=kind)

    return file
