"""A served network answers pictures, refuses everything else in a sentence, and is not overrun."""

import base64
import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from command_line import Shell
from seedtrial.errors import SeedtrialError
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.decision import NOT_SURE, UNLIKE, Decision
from seedtrial.serving.heat import occlusion
from seedtrial.serving.server import Address
from serving.served import Served

TOKEN = "correct horse battery staple"


@pytest.fixture(scope="module")
def served(bundle: Bundle) -> Iterator[Served]:
    server = Served(bundle)
    yield server
    server.close()


def test_a_picture_is_answered_as_python_answers_it(
    served: Served, bundle: Bundle, folder: Path, picture: bytes
) -> None:
    status, said, headers = served.ask("/predict", picture)
    expected = bundle.predict([folder / "sample.png"])
    assert status == 200 and said["answer"] == bundle.classes[int(expected.classes[0])]
    np.testing.assert_allclose(list(said["probabilities"].values()), expected.probs[0], atol=1e-5)
    assert said["looks_like_none"] == bool(expected.unlike[0])
    assert said["decision"] in (said["answer"], UNLIKE)
    assert headers["content-security-policy"].startswith("default-src 'none'") and "server" not in headers


def test_the_servers_decision_is_that_of_the_bundle(bundle: Bundle, picture: bytes) -> None:
    unsure = replace(bundle, predictor=replace(bundle.predictor, decision=Decision(threshold=1.0)))
    served = Served(unsure)
    try:
        said = served.ask("/predict", picture)[1]
        assert said["decision"] in (NOT_SURE, UNLIKE) and said["answer"] in bundle.classes
    finally:
        served.close()


def test_several_pictures_come_as_json(served: Served, picture: bytes) -> None:
    body = json.dumps({"pictures": [base64.b64encode(picture).decode()] * 3}).encode()
    status, said, _ = served.ask("/predict", body, "application/json")
    assert status == 200 and len(said["answers"]) == 3 and said["answers"][0] == served.ask("/predict", picture)[1]


def test_what_the_network_saw_and_what_mattered_can_be_asked_for(served: Served, picture: bytes) -> None:
    status, said, _ = served.ask("/look", picture)
    assert status == 200 and base64.b64decode(said["seen"]).startswith(b"\x89PNG")
    heat = np.array(said["heat"])
    assert heat.shape == (7, 7) and np.isfinite(heat).all()


def test_classes_card_health_and_counters_are_there(served: Served, bundle: Bundle, picture: bytes) -> None:
    assert served.ask("/classes")[1] == {"classes": list(bundle.classes), "shape": [1, 8, 8]}
    assert served.ask("/card")[1] == bundle.card
    assert served.ask("/health")[1] == {"ok": True, "waiting": 0}
    before = served.ask("/metrics")[1]
    served.ask("/predict", picture)
    after = served.ask("/metrics")[1]
    assert "seedtrial_pictures_total" in after and after != before
    description = served.ask("/openapi.json")[1]
    assert {"/predict", "/look", "/classes", "/card", "/health", "/metrics"} == set(description["paths"])
    page = served.ask("/")[1]
    assert "<title>Try the network</title>" in page and "http" not in page.replace("http-equiv", "")


def tiff() -> bytes:
    file = BytesIO()
    Image.new("L", (8, 8)).save(file, "TIFF")
    return file.getvalue()


def bomb() -> bytes:
    file = BytesIO()
    Image.new("1", (6000, 6000)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"hello", "image/png", 415, "cannot be used: neither PNG nor JPEG"),
        (tiff(), "image/png", 415, "neither PNG nor JPEG"),
        (bomb(), "image/png", 415, "6000 x 6000 pixels, the limit is 25 million"),
        (b"\x89PNG\r\n\x1a\n", "image/png", 415, "cannot be used"),
        (b"", "image/png", 422, "The body is empty"),
        (b"{}", "application/json", 422, "Expected JSON like"),
        (b'{"pictures": []}', "application/json", 422, "Send 1 to 64 pictures at once, not 0."),
        (b'{"pictures": ["&"]}', "application/json", 422, "Expected JSON like"),
        (b'{"pictures": [3]}', "application/json", 422, "Expected JSON like"),
        (b"[" * 10_000, "application/json", 422, "Expected JSON like"),
        (b"x" * 10_000_001, "image/png", 413, "larger than 10,000,000 bytes"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "The content type must be image/png or"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_other_bodies_are_refused_in_a_sentence(
    served: Served, picture: bytes, body: bytes, kind: str, status: int, words: str
) -> None:
    try:
        got, said, _ = served.ask("/predict", body, kind)
    except OSError:  # it was refused by its length, while it was still being sent
        assert status == 413
        return
    assert (got, words in said["error"]) == (status, True), said
    assert "/" not in said["error"].replace("image/png", "").replace("image/jpeg", "").replace("application/json", "")
    assert served.ask("/predict", picture)[0] == 200  # the next one is answered


def test_requests_of_other_sites_are_refused(served: Served, picture: bytes) -> None:
    assert served.ask("/predict", picture, origin="http://evil.example")[0] == 403
    assert served.ask("/predict", picture, host="evil.example:80")[0] == 421
    assert served.ask("/predict", picture, origin=f"http://127.0.0.1:{served.port}")[0] == 200


def test_a_token_is_needed_where_there_is_one(bundle: Bundle, picture: bytes) -> None:
    guarded = Served(bundle, TOKEN)
    try:
        for path in ("/predict", "/look", "/classes", "/card", "/metrics", "/openapi.json"):
            body = picture if path in ("/predict", "/look") else None
            assert guarded.ask(path, body)[0] == 401
            assert guarded.ask(path, body, authorization="Bearer wrong")[0] == 401
            assert guarded.ask(path, body, authorization=f"Bearer {TOKEN}")[0] == 200
        assert guarded.ask("/")[0] == guarded.ask("/health")[0] == 200
    finally:
        guarded.close()


@pytest.mark.parametrize("trailers", [False, True])
def test_headers_without_end_are_refused(served: Served, picture: bytes, trailers: bool) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 10) as connection:
        head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nContent-Type: image/png\r\n"
        connection.sendall(head.encode() + (b"Transfer-Encoding: chunked\r\n\r\n0\r\n" if trailers else b""))
        sent = 0
        try:
            while sent < 5_000_000:
                sent += connection.send(b"x-more: " + b"x" * 10_000 + b"\r\n")
        except OSError:  # the server has closed the connection
            pass
    assert sent < 5_000_000
    assert served.ask("/predict", picture)[0] == 200


def test_a_served_network_ends_with_0_and_frees_its_port(folder: Path) -> None:
    command = [sys.executable, "-m", "seedtrial", "serve", str(folder)]
    for number in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        port = int(process.stderr.readline().split("127.0.0.1:")[1].split("/")[0])
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"http://127.0.0.1:{port}/health", timeout=20
        ) as response:
            assert response.status == 200
        process.send_signal(number)
        assert (process.wait(20), process.stderr.read()) == (0, "")
        process.stderr.close()
        socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "0.0.0.0"}, "Other machines can connect to 0.0.0.0; set a --token"),
        ({"token": "short"}, "--token takes at least 16 characters, not 5"),
        ({"port": 70000}, "--port takes a number from 0 to 65535"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SeedtrialError, match=words):
        Address(**settings)


def test_hiding_what_matters_lowers_the_answer(bundle: Bundle, folder: Path) -> None:
    pixels = bundle.predictor.pixels(folder / "sample.png")
    answer = int(bundle.predict(pixels[None]).classes[0])
    assert occlusion(bundle.predictor, pixels, answer).max() > 0.01


def test_what_is_no_bundle_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answered = Shell(capsys, monkeypatch)("serve", tmp_path)
    assert answered.code == 1 and "is no bundle: it has no bundle.json" in answered.err
