"""The game in a browser: one page and a few JSON requests. No true class is sent before its image is answered."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from seedtrial.errors import SeedtrialError
from seedtrial.human.game import Refused
from seedtrial.human.handler import (
    Access,
    AnswerBody,
    Body,
    EmptyBody,
    JoinBody,
    RequestHandler,
    SessionBody,
    Unauthorised,
    UndoBody,
)
from seedtrial.human.session import Sessions

YEAR = 365 * 24 * 3600  # seconds; the browser keeps the cookie this long
PAGES = {
    "/": ("play.html", "text/html; charset=utf-8"),
    "/play.css": ("play.css", "text/css; charset=utf-8"),
    **{f"/{name}": (name, "text/javascript; charset=utf-8") for name in ("requests.js", "screens.js", "play.js")},
}

SomeBody = TypeVar("SomeBody", bound=Body)


def make_app(sessions: Sessions, access: Access) -> FastAPI:
    """The web application, without the Guard that checks requests before they reach it."""
    handler = RequestHandler(sessions, access)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    # One request at a time, first come, first served. All requests wait for the same file anyway. With more threads,
    # they compete for its lock, and some waited for a minute.
    one_at_a_time = CapacityLimiter(1)

    async def in_turn(work: Callable[[], Response]) -> Response:
        return await to_thread.run_sync(work, limiter=one_at_a_time)

    for path, (name, kind) in PAGES.items():
        content = (files("seedtrial.human") / "templates" / name).read_bytes()
        app.get(path)(_page(content, kind))

    @app.get("/api/about")
    async def about(request: Request) -> Response:
        return await in_turn(lambda: JSONResponse(handler.about(request.cookies)))

    @app.post("/api/join")
    async def join(request: Request) -> Response:
        content = await request.body()

        def work() -> Response:
            view, cookie = handler.join(_parsed(JoinBody, content))
            response = JSONResponse(view)
            response.set_cookie(handler.cookie, cookie, max_age=YEAR, httponly=True, samesite="strict")
            return response

        return await in_turn(work)

    @app.post("/api/leave")
    async def leave(request: Request) -> Response:
        content = await request.body()

        def work() -> Response:
            _parsed(EmptyBody, content)
            handler.leave(handler.player(request.cookies))
            response = JSONResponse({})
            response.delete_cookie(handler.cookie, httponly=True, samesite="strict")
            return response

        return await in_turn(work)

    def move(path: str, kind: type[SomeBody], method: Callable[[int, SomeBody], dict[str, Any]]) -> None:
        """Serves a move of a known player."""

        @app.post(path)
        async def answered(request: Request) -> Response:
            content = await request.body()
            return await in_turn(lambda: JSONResponse(method(handler.player(request.cookies), _parsed(kind, content))))

    move("/api/open", EmptyBody, handler.open)
    move("/api/answer", AnswerBody, handler.answer)
    move("/api/undo", UndoBody, handler.undo)
    move("/api/finish", SessionBody, handler.finish)

    @app.exception_handler(SeedtrialError)
    def refused(request: Request, error: Exception) -> Response:
        status = 401 if isinstance(error, Unauthorised) else 409 if isinstance(error, Refused) else 400
        return JSONResponse({"error": str(error)}, status)

    @app.exception_handler(HTTPException)
    def missing(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"error": "There is no such page."}, error.status_code)

    return app


def _page(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def _parsed(kind: type[SomeBody], content: bytes) -> SomeBody:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        names = sorted({str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]})
        named = [name for name in names if name in kind.model_fields]
        raise SeedtrialError(f"The request is not valid{': ' if named else ''}{', '.join(named)}.") from None
