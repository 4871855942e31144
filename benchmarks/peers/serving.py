"""Requests per second: `seedtrial serve` beside a plain server of PyTorch and FastAPI; and how long `predict` takes.

    python benchmarks/peers/serving.py    3 minutes on 2 cores; writes benchmarks/results/serving.json

Needs the runs of `make study`, and wrk (Debian's package of that name) as the load: one thread, which shares the cores
with the server. The servers take turns, in three rounds; numbers are medians. Every request is one 28 x 28 PNG file.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from seedtrial.data.readers import read
from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.serving.choice import chosen
from seedtrial.serving.export import export
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "serving.json"
SERVERS = {"seedtrial": 8765, "plain": 8766}
CONNECTIONS = (1, 8, 50)
ROUNDS, SECONDS = 3, 4
POST = """
local f = io.open("{picture}", "rb"); wrk.body = f:read("*all"); f:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = "image/png"
"""


def load(port: int, connections: int, script: Path) -> dict[str, float]:
    """What wrk measures: requests per second, and milliseconds of the median and of the 99th percentile."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script)]
    said = subprocess.run(
        [*words, f"http://127.0.0.1:{port}/predict"], capture_output=True, text=True, check=True
    ).stdout
    assert "Non-2xx" not in said, said
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    return {"per_second": rate, "p50": _milliseconds(said, "50%"), "p99": _milliseconds(said, "99%")}


def _milliseconds(said: str, percentile: str) -> float:
    number, unit = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def files_per_second(bundle: Path, folder: Path) -> dict[str, float]:
    """Seconds of the whole command for 10,000 files and for 10,000 rows of an .npz file, the medians of three."""
    parts = read("fashion-mnist")
    np.savez(folder / "test.npz", images=parts.test.images[:, 0])
    (folder / "pictures").mkdir()
    for number, image in enumerate(parts.test.images):
        Image.fromarray(image[0]).save(folder / "pictures" / f"{number:05}.png")
    seconds = {}
    for name in ("pictures", "test.npz"):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            command = [sys.executable, "-m", "seedtrial", "predict", str(bundle), str(folder / name)]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            times.append(time.perf_counter() - started)
        seconds[name] = statistics.median(times)
    return seconds


def main() -> None:
    """Measure and write."""
    picked = chosen("quickstart", Path("runs"))
    measured: dict[str, dict[int, list[dict[str, float]]]] = {name: defaultdict(list) for name in SERVERS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(picked, folder / "bundle")
        seconds = files_per_second(folder / "bundle", folder)
        script = folder / "post.lua"
        script.write_text(POST.format(picture=folder / "bundle" / "sample.png"), encoding="utf-8")
        ours = [sys.executable, "-m", "seedtrial", "serve", str(folder / "bundle"), "--port", str(SERVERS["seedtrial"])]
        plain = [sys.executable, str(Path(__file__).parent / "plain_server.py"), str(picked.runs[0].folder.path)]
        servers = [subprocess.Popen(ours), subprocess.Popen([*plain, str(SERVERS["plain"])])]
        try:
            time.sleep(8)
            for _ in range(ROUNDS):
                for connections in CONNECTIONS:
                    for server, port in SERVERS.items():
                        measured[server][connections].append(load(port, connections, script))
        finally:
            for process in servers:
                process.terminate()
    write_json(
        OUT,
        {
            "machine": machine.describe(choose_engine("cpu")).plain(),
            "predict_seconds": seconds,
            "load": medians(measured),
        },
    )
    print(json.dumps(json.loads(OUT.read_text(encoding="utf-8")), indent=1))


def medians(measured: dict[str, dict[int, list[dict[str, float]]]]) -> dict[str, Any]:
    """By server and number of connections."""
    return {
        server: {
            str(connections): {name: round(statistics.median(each[name] for each in rounds), 2) for name in rounds[0]}
            for connections, rounds in by_connections.items()
        }
        for server, by_connections in measured.items()
    }


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
