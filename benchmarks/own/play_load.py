"""Many people at one game: 50 simulated players answer 20,000 images of the web game, as their browsers would.

    python benchmarks/own/play_load.py               a few minutes on 2 cores; writes benchmarks/results/play_load.json
    python benchmarks/own/play_load.py --pause 0     every player answers at once, without a look at the image

The server is a process of its own, `seedtrial play --web` on scikit-learn's digits. The players are threads of this
process, each with one connection kept open, as a browser keeps it; so both share the cores. A player looks at an image
for a time drawn from an exponential distribution (mean --pause seconds; people take one to two), sends the answer and
waits for what comes next. Milliseconds are those from the first byte sent to the last received. Afterwards the store
must have every answer that was sent, once, in its position.
"""

import argparse
import http.client
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from seedtrial.data import idx
from seedtrial.files import write_json
from seedtrial.human.store import NAME, Store
from seedtrial.runs import machine
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "play_load.json"
PLAYERS = 50
IMAGES = 400  # per player
AIM = 100.0  # milliseconds, the 99th percentile at most
FIRST = 50  # answers of each player before which nothing is measured: a player joins while others play


class Player(threading.Thread):
    """A browser with somebody before it."""

    def __init__(self, port: int, number: int, pause: float) -> None:
        super().__init__()
        self.port, self.pause, self.random = port, pause, random.Random(number)
        self.nickname = f"player {number:02d}"
        self.milliseconds: list[float] = []
        self.sent: list[int] = []
        self.problem: str | None = None

    def run(self) -> None:
        try:
            self._play()
        except Exception as error:
            self.problem = f"{self.nickname}: {error!r}"

    def _play(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        cookie = ""

        def ask(path: str, content: dict[str, Any]) -> dict[str, Any]:
            nonlocal cookie
            headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}", "Cookie": cookie}
            connection.request("POST", path, json.dumps(content), headers)
            response = connection.getresponse()
            result = json.loads(response.read())
            if response.status != 200:
                raise RuntimeError(f"{response.status}: {result}")
            cookie = (response.headers["Set-Cookie"] or cookie).split(";")[0]
            return dict(result)

        now = ask("/api/join", {"nickname": self.nickname})
        while now["position"] is not None:
            seen = self.random.expovariate(1 / self.pause) if self.pause else 0.0
            time.sleep(seen)
            choice = self.random.randrange(10)
            content = {"session": now["session"], "position": now["position"], "choice": choice, "seconds": seen}
            began = time.perf_counter()
            now = ask("/api/answer", content)
            self.milliseconds.append(1000 * (time.perf_counter() - began))
            self.sent.append(choice)
        connection.close()


def write_images(folder: Path) -> None:
    """As many digits as a player needs, and a few to train on, which nobody does."""
    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    for part, rows in (("train", slice(0, 100)), ("t10k", slice(100, 100 + 2 * IMAGES))):
        idx.write_idx(folder / f"{part}-images-idx3-ubyte", images[rows])
        idx.write_idx(folder / f"{part}-labels-idx1-ubyte", digits.target[rows].astype(np.uint8))


def measure(folder: Path, pause: float) -> dict[str, Any]:
    """One game of all players: what was lost or doubled, and how long answers took."""
    write_images(folder)
    runs = folder / "runs"
    words = [str(Path(sys.executable).parent / "seedtrial"), "play", "--web", "--mode", "blind"]
    words += ["--data", str(folder), "--images", str(IMAGES), "--runs", str(runs)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        port = next(int(line.split(":")[2].strip("/\n")) for line in server.stderr if line.startswith("Open "))
        players = [Player(port, number, pause) for number in range(PLAYERS)]
        began = time.perf_counter()
        for player in players:
            player.start()
        for player in players:
            player.join()
        seconds = time.perf_counter() - began
        server.terminate()
    problems = [player.problem for player in players if player.problem]
    if problems:
        raise SystemExit("\n".join(problems))
    store = Store(runs / NAME)
    kept = {answers.player: answers for answers in store.answers()}
    store.close()
    lost = sum(len(player.sent) - len(kept[player.nickname]) for player in players)
    twice = sum(len(answers) - len(set(answers.images.tolist())) for answers in kept.values())
    changed = sum(kept[player.nickname].choices.tolist() != player.sent for player in players)
    taken = np.concatenate([player.milliseconds[FIRST:] for player in players])
    percentiles = {name: round(float(np.percentile(taken, q)), 1) for name, q in PERCENTILES.items()}
    return {
        "mean_pause_seconds": pause,
        "players": PLAYERS,
        "answers": sum(len(answers) for answers in kept.values()),
        "lost": lost,
        "doubled": twice,
        "players_whose_answers_differ": changed,
        "milliseconds": percentiles,
        "answers_per_second": round(sum(map(len, kept.values())) / seconds, 1),
    }


PERCENTILES = {"median": 50, "p90": 90, "p99": 99, "p99.9": 99.9, "most": 100}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pause", type=float, nargs="*", default=[0.5, 0.0], help="mean seconds that an image is seen")
    measured = []
    for pause in parser.parse_args().pause:
        with tempfile.TemporaryDirectory() as folder:
            measured.append(measure(Path(folder), pause))
        print(json.dumps(measured[-1]), flush=True)
    result = {"aim_p99_milliseconds": AIM, "games": measured, "machine": machine.describe(choose_engine("cpu")).plain()}
    OUT.parent.mkdir(exist_ok=True)
    write_json(OUT, result)
    print(f"Written: {OUT}")


if __name__ == "__main__":
    main()
