"""A small picture in one piece takes the short way, and gets what the long way gives."""

import json
from collections.abc import Iterator

import pytest

from seedtrial.serving.bundle import Bundle
from seedtrial.serving.lean import Lean
from seedtrial.serving.protocol import LeanCycle
from serving.served import Served, said


@pytest.fixture
def served(bundle: Bundle) -> Iterator[Served]:
    server = Served(bundle)
    yield server
    server.close()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that have taken the short way."""
    taken: list[bytes] = []
    real = Lean.ask
    monkeypatch.setattr(Lean, "ask", lambda self, body, send: taken.append(body) or real(self, body, send))
    return taken


def post(body: bytes, *more: bytes, version: bytes = b"1.1", path: bytes = b"/predict") -> bytes:
    lines = [b"POST %s HTTP/%s" % (path, version), b"HOST", b"Content-Length: %d" % len(body), *more]
    kind = [] if any(line.lower().startswith(b"content-type") for line in more) else [b"Content-Type: image/png"]
    return b"\r\n".join([*lines, *kind, b"", body])


CLOSE = b"Connection: close"


def parts(answer: bytes) -> tuple[list[bytes], bytes]:
    """Lines of the head without the date, sorted, and the body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return sorted(line for line in head.split(b"\r\n") if not line.startswith(b"date: ")), body


@pytest.mark.parametrize("rubbish", [False, True])
def test_both_ways_give_the_same_answer(served: Served, picture: bytes, short: list[bytes], rubbish: bool) -> None:
    body = b"rubbish" if rubbish else picture
    in_one = served.say(post(body, CLOSE))
    assert short == [body]
    by_query = served.say(post(body, CLOSE, path=b"/predict?"))  # not the address of the short way
    assert short == [body] and parts(in_one) == parts(by_query)
    assert in_one.startswith(b"HTTP/1.1 415" if rubbish else b"HTTP/1.1 200") and b"\r\ndate: " in in_one


LONG = {
    "JSON": lambda picture: post(b'{"pictures": []}', CLOSE, b"Content-Type: application/json"),
    "no body": lambda picture: post(b"", CLOSE),
    "a long file": lambda picture: post(picture + b"x" * 200_000, CLOSE),
    "another origin": lambda picture: post(picture, CLOSE, b"Origin: http://evil.example"),
    "who waits to be asked for the body": lambda picture: post(picture, CLOSE, b"Expect: 100-continue"),
    "another address": lambda picture: post(picture, CLOSE, path=b"/look"),
    "a read": lambda picture: post(picture, CLOSE).replace(b"POST", b"GET"),
}


@pytest.mark.parametrize("case", LONG)
def test_all_others_take_the_long_way(served: Served, picture: bytes, short: list[bytes], case: str) -> None:
    answer = served.say(LONG[case](picture))
    assert short == [] and answer.startswith(b"HTTP/1.1 ") and answer.count(b"content-security-policy") == 1


def test_a_body_in_two_pieces_is_put_together(served: Served, picture: bytes, short: list[bytes]) -> None:
    raw = post(picture, CLOSE).replace(b"HOST", b"Host: 127.0.0.1:%d" % served.port)
    with served.connect() as connection:
        connection.sendall(raw[:-100])
        for _ in range(2):  # an answer to another request: by then the first piece has been read
            assert served.ask("/health")[0] == 200
        connection.sendall(raw[-100:])
        answer = said(connection)
    assert short == [] and json.loads(parts(answer)[1])["answer"] == served.ask("/predict", picture)[1]["answer"]


def test_what_is_sent_while_another_is_answered_waits_for_its_turn(
    served: Served, picture: bytes, short: list[bytes]
) -> None:
    answer = served.say(post(picture) + post(b"rubbish") + post(picture, CLOSE))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"415", b"200"]
    assert short == [picture]  # the others were queued behind it


def test_answers_are_counted_on_both_ways(served: Served, picture: bytes, short: list[bytes]) -> None:
    for raw in (post(picture, CLOSE), post(picture, CLOSE, path=b"/predict?"), post(b"x", CLOSE)):
        served.say(raw)
    text = served.app.metrics.text()
    assert 'requests_total{status="200"} 2' in text and 'requests_total{status="415"} 1' in text
    assert "pictures_total 2" in text and "in_progress 0" in text and len(short) == 2


def test_an_old_client_gets_an_answer_and_an_end(served: Served, picture: bytes, short: list[bytes]) -> None:
    answer = served.say(post(picture, version=b"1.0"))
    assert short == [picture] and b"connection: close" in answer and b'"answer"' in answer


def test_who_has_left_gets_nothing(bundle: Bundle) -> None:
    cycle = LeanCycle(None, keep_alive=True)  # type: ignore[arg-type]
    cycle.disconnected = True
    cycle.send(200, b"", b"body")
    assert cycle.response_complete
