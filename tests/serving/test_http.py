"""HTTP as strangers speak it to a served network: wrong, slow, without end, under another name; and how it ends."""

import dataclasses
import secrets
import socket
import struct
import threading
from typing import Any

import numpy as np
import pytest

from seedtrial.human import guard
from seedtrial.serving import protocol
from seedtrial.serving.app import MAX_BODY
from seedtrial.serving.bundle import Bundle
from serving.served import Served, said

POST = b"POST /predict HTTP/1.1\r\nHOST\r\nContent-Type: image/png\r\n"
pytestmark = pytest.mark.usefixtures("goes_on")


def test_a_body_without_end_is_cut_off(served: Served) -> None:
    part, sent = b"10000\r\n" + b"x" * 65536 + b"\r\n", 0
    with served.connect() as connection:
        line = f"Host: 127.0.0.1:{served.port}".encode()
        connection.sendall(POST.replace(b"HOST", line) + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 10 * MAX_BODY:
                sent += connection.send(part)
        except OSError:  # refused
            pass
    assert sent < 3 * MAX_BODY  # with what lies in the buffers of both sides


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
def test_a_body_that_does_not_come_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT", 0.05)
    answer = served.say(POST + head)
    assert answer.startswith(b"HTTP/1.1 408") and b"connection: close" in answer


@pytest.mark.parametrize("first", [b"", b"GET /health HTTP/1.1\r\nHOST\r\n\r\n"])
def test_a_head_that_does_not_come_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch, first: bytes) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    answer = served.say(first + b"GET /health HTTP/1.1\r\nX-Slow: a")
    assert answer.count(b"HTTP/1.1 200") == bool(first) and b"408" not in answer


def test_200_connections_that_say_nothing_hold_nobody_up(served: Served, picture: bytes) -> None:
    idle = [served.connect() for _ in range(200)]
    try:
        assert served.ask("/predict", picture)[0] == 200
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.parametrize("count", [50, 100_000])
def test_many_headers(served: Served, count: int) -> None:
    flood = b"".join(b"x-%d: y\r\n" % number for number in range(count))
    answer = served.say(b"GET /health HTTP/1.1\r\nHOST\r\nConnection: close\r\n" + flood + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200") if count == 50 else b" 200 " not in answer


WRONG = {
    "a length that is negative": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "a length that is no number": (POST + b"Content-Length: many\r\n\r\n", 400),
    "a length in other digits": (POST + "Content-Length: ٣\r\n\r\nabc".encode(), 400),
    "two lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
    "a length and chunks": (
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        400,
    ),
    "a length beyond the limit": (POST + b"Content-Length: 10000001\r\n\r\n", 413),
    "a length beyond all numbers": (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
    "a chunk of no size": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "no path": (b"GET HTTP/1.1\r\nHOST\r\n\r\n", 400),
    "a path that is no text": (b"GET /\xff\xfe HTTP/1.1\r\nHOST\r\n\r\n", 400),
    "HTTP/1.0 without a host": (b"GET /health HTTP/1.0\r\n\r\n", 421),
    "HTTP/0.9": (b"GET /health\r\n\r\n", 421),
    "another method": (b"DELETE /card HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", 405),
    "a tunnel": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", 400),
    "a way out of the folder": (b"GET /../../etc/passwd HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", 404),
    "an encoded way out": (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", 404),
    "a line end in the path": (b"GET /a%0d%0ax:y HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", 404),
    "an answer instead of a request": (b"HTTP/1.1 200 OK\r\n\r\n", 400),
}


@pytest.mark.parametrize("case", WRONG)
def test_requests_that_are_wrong(served: Served, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT", 0.05)
    raw, status = WRONG[case]
    answer = served.say(raw)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"Traceback" not in answer and b"site-packages" not in answer and answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:PORT", "127.0.0.1.evil.example:PORT", "127.0.0.1:1", "x@127.0.0.1:PORT", "", "::1"],
)
def test_other_names_are_refused(served: Served, host: str) -> None:
    answer = served.say(b"GET /classes HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", host=host)
    assert answer.startswith(b"HTTP/1.1 421") and b"left" not in answer


def test_another_name_in_the_request_line_does_not_replace_the_host(served: Served) -> None:
    answer = served.say(
        b"GET http://evil.example/classes HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n", host="evil.example"
    )
    assert answer.startswith(b"HTTP/1.1 421")


def test_a_forwarded_address_changes_nothing(served: Served) -> None:
    more = b"X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: evil.example\r\nConnection: close\r\n\r\n"
    assert served.say(b"GET /health HTTP/1.1\r\nHOST\r\n" + more).startswith(b"HTTP/1.1 200")


def request(picture: bytes, last: bool = False, version: bytes = b"1.1") -> bytes:
    close = b"Connection: close\r\n" if last else b""
    return POST.replace(b"1.1", version) + close + b"Content-Length: %d\r\n\r\n" % len(picture) + picture


def test_requests_in_one_go_are_answered_in_their_order(served: Served, picture: bytes) -> None:
    answer = served.say(request(picture) + request(b"rubbish") + request(picture, last=True))
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"415", b"200"]


def test_http_1_0_is_answered_and_closed(served: Served, picture: bytes) -> None:
    answer = served.say(request(picture, version=b"1.0"))
    assert answer.startswith(b"HTTP/1.1 200") and b"connection: close" in answer and b'"answer"' in answer


def test_who_asks_whether_to_send_a_body_is_answered(served: Served, picture: bytes) -> None:
    with served.connect() as connection:
        head, body = request(picture, last=True).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n", 1), picture
        line = f"Host: 127.0.0.1:{served.port}".encode()
        connection.sendall(head.replace(b"HOST", line).removesuffix(body))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert said(connection).startswith(b"HTTP/1.1 200")


def test_who_uses_another_method_learns_which_are_allowed(served: Served) -> None:
    for method, path, allowed in (
        (b"TRACE", b"/card", b"GET"),
        (b"POST", b"/card", b"GET"),
        (b"PUT", b"/look", b"POST"),
    ):
        answer = served.say(POST.replace(b"POST /predict", method + b" " + path) + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 405") and b"\r\nallow: " + allowed + b"\r\n" in answer


def test_only_the_head_of_an_answer_can_be_asked_for(served: Served) -> None:
    answer = served.say(b"HEAD / HTTP/1.1\r\nHOST\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405") and b"\r\n\r\n" in answer


def test_who_leaves_in_the_middle_is_forgotten(served: Served, picture: bytes) -> None:
    for cut in (20, 90, -1):
        with served.connect() as connection:
            line = f"Host: 127.0.0.1:{served.port}".encode()
            connection.sendall(request(picture).replace(b"HOST", line)[:cut])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end


def test_tokens_are_compared_in_constant_time(bundle: Bundle, picture: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = secrets.compare_digest
    monkeypatch.setattr(secrets, "compare_digest", lambda *pair: compared.append(pair) or real(*pair))
    token = "a token of some length"
    server = Served(bundle, token)
    try:
        for given in (token, "wrong", "", "é" * 40, token + "x"):
            status = server.ask("/predict", picture, authorization=f"Bearer {given}".encode())[0]  # type: ignore[arg-type]
            assert status == (200 if given == token else 401)
    finally:
        server.close()
    assert set(compared) == {(given.encode(), token.encode()) for given in (token, "wrong", "", "é" * 40, token + "x")}


def test_who_stops_the_server_gets_what_was_accepted(bundle: Bundle, picture: bytes) -> None:
    begun, open_ = threading.Event(), threading.Event()

    def slow(images: np.ndarray) -> np.ndarray:
        begun.set()
        assert open_.wait(30)
        return bundle.predictor.logits(images)

    open_.set()
    server = Served(dataclasses.replace(bundle, predictor=dataclasses.replace(bundle.predictor, logits=slow)))
    server.app.desk.quick = False
    begun.clear()
    open_.clear()
    got: list[Any] = []
    asking = threading.Thread(target=lambda: got.append(server.ask("/predict", picture)))
    asking.start()
    assert begun.wait(30)
    server.server.should_exit = True
    open_.set()
    asking.join(30)
    server.close()
    assert got[0][0] == 200 and not server.thread.is_alive()
    with pytest.raises(OSError):
        server.connect()
