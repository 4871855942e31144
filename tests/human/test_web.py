"""The game's requests: the page's own are answered, all others are refused."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from human.conftest import CLASSES, Served
from seedtrial.errors import SeedtrialError
from seedtrial.human.guard import HEADERS, MAX_BODY
from seedtrial.human.server import ServerSettings, listen
from seedtrial.human.store import Store

Serve = Callable[..., Served]


def answer(now: dict[str, Any], choice: int | None = 0, **other: Any) -> dict[str, Any]:
    return {"session": now["session"], "position": now["position"], "choice": choice, "seconds": 0.1} | other


def test_a_whole_game_by_requests(serve: Serve, store: Store) -> None:
    served = serve(images=5)
    now = served.join("Ada")
    assert [row["name"] for row in now["classes"]] == list(CLASSES) and now["position"] == 1
    for choice in (0, 1, 2, None, 0):
        status, now, _ = served.ask("/api/answer", answer(now, choice))
        assert status == 200 and now["verdict"]["right"] == (now["verdict"]["label"] == choice)
    assert now["finished"] and now["image"] is None and now["numbers"]["answered"] == 5
    (answers,) = store.answers()
    assert answers.choices.tolist() == [0, 1, 2, -1, 0] and now["result"]["right"] == answers.right.sum()


def test_a_blind_game_shows_no_result_until_it_is_finished(serve: Serve) -> None:
    served = serve(mode="blind", images=3)
    now = served.join("Ada")
    for _ in range(3):
        now = served.ask("/api/answer", answer(now))[1]
        assert now["verdict"] is now["result"] is now["numbers"]["accuracy"] is now["numbers"]["recent"] is None
    assert now["complete"] and not now["finished"]
    session = now["session"]
    now = served.ask("/api/undo", {"session": session, "position": 3})[1]
    assert now["position"] == 3
    served.ask("/api/answer", answer(now, 1))
    status, body, _ = served.ask("/api/finish", {"session": session})
    assert status == 200 and body["result"]["shown"] == 3
    assert served.ask("/api/undo", {"session": session, "position": 3})[0] == 409


def test_no_answer_and_no_row_is_sent_before_its_image_is_answered(serve: Serve) -> None:
    """Rows of the test part may tell classes (pictures of a folder lie class by class), so they stay at the server."""
    served = serve(mode="blind")
    now = served.join("Ada")
    keys = {*now, *now["numbers"], *now["classes"][0]}
    assert not keys & {"label", "labels", "row", "plan", "right"} and now["result"] is None
    again = served.ask("/api/open", {})[1]
    assert again == now  # nothing that could differ by class is added later


def test_every_answer_carries_the_headers_that_keep_others_out(serve: Serve) -> None:
    served = serve()
    for path in ("/", "/play.css", "/play.js", "/requests.js", "/screens.js", "/api/about", "/nowhere", "/favicon.ico"):
        headers = served.ask(path)[2]
        assert {name: headers[name] for name in HEADERS} == HEADERS
        assert "server" not in headers
    assert "unsafe" not in HEADERS["content-security-policy"]
    cookie = served.ask("/api/join", {"nickname": "Ada"})[2]["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie and "domain" not in cookie


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", 'O\'Neil "x"', "日本", "=1+1", "../../etc/passwd", "x" * 64]
)
def test_nicknames_come_back_as_they_were_given(serve: Serve, name: str) -> None:
    assert serve().join(f"  {name} ")["player"] == name


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "x" * 3000, "a\nb", "\u202eb", "a\u200fb", "\x00", "\u2066a"])
def test_other_nicknames_are_refused_with_a_sentence(serve: Serve, name: str) -> None:
    status, body, _ = serve().ask("/api/join", {"nickname": name})
    assert status == 400 and body["error"].startswith("A nickname") and body["error"].endswith(".")


PORT, ORIGIN = "PORT", "http://127.0.0.1:PORT"
GOOD = {"session": 1, "position": 1, "choice": 0, "seconds": 0.1}
# What is sent instead of the good answer to image 1, and the status that it is refused with.
REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "another host": (421, {"headers": {"Host": "evil.example"}}),
    "another host with our port": (421, {"headers": {"Host": "evil.example:PORT"}}),
    "a host that begins like ours": (421, {"headers": {"Host": "127.0.0.1.evil.example:PORT"}}),
    "a host that ends like ours": (421, {"headers": {"Host": "evil.localhost:PORT"}}),
    "an address that is not ours": (421, {"headers": {"Host": "192.168.0.7:PORT"}}),
    "the address of all interfaces": (421, {"headers": {"Host": "0.0.0.0:PORT"}}),
    "another port as host": (421, {"headers": {"Host": "127.0.0.1:1"}}),
    "no port as host": (421, {"headers": {"Host": "127.0.0.1"}}),
    "a host with a user": (421, {"headers": {"Host": "user@127.0.0.1:PORT"}}),
    "an empty host": (421, {"headers": {"Host": ""}}),
    "no host": (400, {"headers": {"Host": None}}),
    "two hosts": (400, {"headers": {"host": "127.0.0.1:PORT"}}),
    "no origin": (403, {"headers": {"Origin": None}}),
    "an empty origin": (403, {"headers": {"Origin": ""}}),
    "another origin": (403, {"headers": {"Origin": "http://evil.example"}}),
    "an opaque origin": (403, {"headers": {"Origin": "null"}}),
    "our origin encrypted": (403, {"headers": {"Origin": "https://127.0.0.1:PORT"}}),
    "an origin of another port": (403, {"headers": {"Origin": "http://127.0.0.1:1"}}),
    "an origin of another of our names": (403, {"headers": {"Origin": "http://localhost:PORT"}}),
    "an origin that begins like ours": (403, {"headers": {"Origin": "http://127.0.0.1:PORT.evil.example"}}),
    "two origins": (400, {"headers": {"origin": ORIGIN}}),
    "a request that another site made": (403, {"headers": {"Sec-Fetch-Site": "cross-site"}}),
    "a request that another port's page made": (403, {"headers": {"Sec-Fetch-Site": "same-site"}}),
    "no content type": (415, {"headers": {"Content-Type": None}}),
    "a form": (415, {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    "a form of parts": (415, {"headers": {"Content-Type": "multipart/form-data; boundary=x"}}),
    "plain text": (415, {"headers": {"Content-Type": "text/plain"}}),
    "almost JSON": (415, {"headers": {"Content-Type": "application/jsonp"}}),
    "two content types": (400, {"headers": {"content-type": "application/json"}}),
    "no cookie": (401, {"headers": {"Cookie": None}}),
    "an empty cookie": (401, {"headers": {"Cookie": "NAME="}}),
    "a cookie without a token": (401, {"headers": {"Cookie": "NAME=1"}}),
    "a cookie with an empty token": (401, {"headers": {"Cookie": "NAME=1."}}),
    "another token": (401, {"headers": {"Cookie": "NAME=1." + "A" * 43}}),
    "half a token": (401, {"headers": {"Cookie": "HALF"}}),
    "the token of another player": (401, {"headers": {"Cookie": "SWAPPED"}}),
    "a player who does not exist": (401, {"headers": {"Cookie": "NAME=99." + "A" * 43}}),
    "a player beyond all numbers": (401, {"headers": {"Cookie": "NAME=" + "9" * 400 + ".x"}}),
    "a player that is no number": (401, {"headers": {"Cookie": "NAME=-1.x"}}),
    "a player in other digits": (401, {"headers": {"Cookie": "NAME=\u00b2.x"}}),
    "a cookie that is SQL": (401, {"headers": {"Cookie": "NAME=1 OR 1=1."}}),
    "the cookie of another game": (401, {"headers": {"Cookie": "seedtrial-0000=1.x"}}),
    "the session of another player": (409, {"content": GOOD | {"session": 2}}),
    "a session that does not exist": (409, {"content": GOOD | {"session": 77}}),
    "a session that is no number": (400, {"content": GOOD | {"session": "1"}}),
    "a later image": (409, {"content": GOOD | {"position": 2}}),
    "an image beyond the end": (409, {"content": GOOD | {"position": 31}}),
    "an image before the first": (400, {"content": GOOD | {"position": 0}}),
    "an image beyond all numbers": (400, {"content": GOOD | {"position": 10**30}}),
    "half an image": (400, {"content": GOOD | {"position": 1.5}}),
    "a class that does not exist": (409, {"content": GOOD | {"choice": 3}}),
    "a negative class": (400, {"content": GOOD | {"choice": -1}}),
    "a class beyond all numbers": (400, {"content": GOOD | {"choice": 2**70}}),
    "a class by name": (400, {"content": GOOD | {"choice": "left"}}),
    "a class that is true": (400, {"content": GOOD | {"choice": True}}),
    "negative seconds": (400, {"content": GOOD | {"seconds": -1}}),
    "seconds that are no number": (400, {"raw": b'{"session":1,"position":1,"choice":0,"seconds":NaN}'}),
    "endless seconds": (400, {"raw": b'{"session":1,"position":1,"choice":0,"seconds":1e999}'}),
    "no seconds": (400, {"content": {name: GOOD[name] for name in ("session", "position", "choice")}}),
    "a field too many": (400, {"content": GOOD | {"player": 2}}),
    "a label of one's own": (400, {"content": GOOD | {"label": 0}}),
    "a list": (400, {"content": [GOOD]}),
    "nothing": (400, {"raw": b""}),
    "no JSON": (400, {"raw": b"session=1&position=1"}),
    "half JSON": (400, {"raw": b'{"session":1,'}),
    "bytes that are no text": (400, {"raw": b"\xff\xfe\x00"}),
    "very deep JSON": (400, {"raw": b"[" * MAX_BODY}),
    "a large request": (413, {"raw": b'{"session":1,"position":1,"choice":0,"seconds":0.1}' + b" " * MAX_BODY}),
    "a request that says it is large": (413, {"headers": {"Content-Length": str(10**12)}, "raw": b"{}"}),
    "another method": (405, {"method": "PUT"}),
    "the method of a preflight": (405, {"method": "OPTIONS"}),
    "a read instead": (405, {"method": "GET", "raw": b""}),
}


@pytest.fixture
def two(serve: Serve) -> tuple[Served, str]:
    """A game that Ada and Bob have joined; the requests are Ada's, and Bob's cookie."""
    served = serve(mode="learn")
    served.join("Ada")
    ada = served.cookies
    served.join("Bob")
    bob, served.cookies = served.cookies, ada
    return served, bob


def test_there_are_many_ways_to_be_refused() -> None:
    assert len(REFUSED) >= 40


@pytest.mark.parametrize("case", REFUSED)
def test_requests_that_no_page_of_ours_makes_are_refused(two: tuple[Served, str], store: Store, case: str) -> None:
    served, bob = two
    status, changed = REFUSED[case]
    name, _, token = served.cookies.partition("=")
    cookies = {"HALF": served.cookies[:-20], "SWAPPED": f"{name}=1.{bob.split('.')[1]}"}

    def filled(text: str | None) -> str | None:
        return text and cookies.get(text, text).replace("PORT", str(served.port)).replace("NAME", name)

    arguments = {"content": GOOD} | changed
    headers = {key: filled(value) for key, value in changed.get("headers", {}).items()}
    before = store.path.read_bytes()
    got, body, _ = served.ask("/api/answer", **arguments | {"headers": headers})
    assert got == status, body
    if isinstance(body, dict):
        assert set(body) == {"error"} and body["error"].endswith(".")
    assert token.split(".")[1] not in str(body)
    assert store.answers() == [] and store.path.read_bytes() == before
    assert served.ask("/api/answer", GOOD)[0] == 200  # and the game goes on


def test_no_answer_counts_twice(two: tuple[Served, str], store: Store) -> None:
    served, _ = two
    assert served.ask("/api/answer", GOOD)[0] == 200
    for choice in (0, 1, None):
        status, body, _ = served.ask("/api/answer", GOOD | {"choice": choice})
        assert status == 409 and "Image 2 comes next" in body["error"]
    assert served.ask("/api/undo", {"session": 1, "position": 1})[0] == 409  # its result was shown
    assert [answers.choices.tolist() for answers in store.answers()] == [[0]]


def test_a_player_cannot_be_taken_over(two: tuple[Served, str]) -> None:
    served, _ = two
    for more in ({}, {"key": "guess"}, {"key": "", "token": "guess"}):
        status, body, headers = served.ask("/api/join", {"nickname": "Bob"} | more)
        assert status == 409 and "This name is taken" in body["error"] and "Set-Cookie" not in headers


def test_a_link_for_a_player_is_a_key(serve: Serve, store: Store) -> None:
    store.add_player("Ada")  # has played in a terminal
    served = serve(player="Ada")
    key = served.link.split("key=")[1]
    assert served.ask("/api/join", {"nickname": "Ada", "key": "x" + key})[0] == 409
    first = served.join("Ada", key=key)
    old = served.cookies
    again = served.join("Ada", key=key)
    assert first == again
    assert served.ask("/api/open", {})[0] == 200
    served.cookies = old  # one browser at a time
    assert served.ask("/api/open", {})[0] == 401


def test_who_leaves_is_let_out_of_this_browser(two: tuple[Served, str]) -> None:
    served, _ = two
    status, _, headers = served.ask("/api/leave", {})
    assert status == 200 and "Max-Age=0" in headers["Set-Cookie"]
    assert served.ask("/api/open", {})[0] == 401


def test_who_is_forgotten_must_join_again(two: tuple[Served, str], store: Store) -> None:
    served, _ = two
    store.forget("Ada")
    assert served.ask("/api/answer", GOOD)[0] == 401


TOKEN = "correct horse battery"


def test_a_game_with_a_token_is_joined_by_who_knows_it(serve: Serve) -> None:
    served = serve(token=TOKEN)
    for token in ("", "wrong", TOKEN + "x", TOKEN.upper(), "\ud800"):
        assert served.ask("/api/join", {"nickname": "Ada", "token": token})[0] in (400, 401)
    assert served.ask("/api/about")[1]["token"] is True
    assert served.join("Ada", token=TOKEN)["player"] == "Ada"
    assert TOKEN.replace(" ", "+") in served.link.split("#")[1]  # not in what is sent for the page


def test_a_game_for_others_goes_by_addresses_and_its_own_names_only(serve: Serve) -> None:
    served = serve(host="0.0.0.0", token=TOKEN)
    for host in ("127.0.0.1", "192.168.0.7", "[fe80::1]", "localhost", socket.gethostname()):
        assert served.ask("/api/about", headers={"Host": f"{host}:{served.port}"})[0] == 200
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        assert served.ask("/api/about", headers={"Host": f"{host}:{served.port}"})[0] == 421


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org", "127.0.0.1.example.org"])
def test_others_can_play_only_with_a_token(host: str) -> None:
    with pytest.raises(SeedtrialError, match="set a --token that others must know"):
        ServerSettings(host)
    assert ServerSettings(host, token=TOKEN).is_public


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_can_play_without_one(host: str) -> None:
    assert not ServerSettings(host).is_public


def test_an_address_that_cannot_be_used_is_reported() -> None:
    with pytest.raises(SeedtrialError, match="--token takes at least 16 characters, not 5"):
        ServerSettings(token="short")
    with pytest.raises(SeedtrialError, match="--port takes a number from 0 to 65535"):
        ServerSettings(port=70_000)
    with pytest.raises(SeedtrialError, match=r"Cannot serve at 203\.0\.113\.7"):
        listen(ServerSettings("203.0.113.7", token=TOKEN))
    taken = listen(ServerSettings())
    with pytest.raises(SeedtrialError, match="Cannot serve at 127.0.0.1:.*in use"):
        listen(ServerSettings(port=taken.getsockname()[1]))
    taken.close()


def test_a_body_that_never_ends_is_cut_off(serve: Serve) -> None:
    served = serve()
    head = f"POST /api/join HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nOrigin: {served.origin}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(head.encode() + b"1000\r\n" + b" " * 4096 + b"\r\n" + b"10\r\n" + b" " * 16 + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    assert served.ask("/api/about")[0] == 200
