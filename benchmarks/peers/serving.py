"""Requests per second: `seedtrial serve` beside a plain server of PyTorch and FastAPI; and how long `predict` takes.

    python benchmarks/peers/serving.py    4 minutes on 2 cores; writes benchmarks/results/serving.json

Needs the runs of `make study`, and wrk (Debian's package of that name) as the load: one thread, which shares the cores
with the server. Both servers are measured with one process and with two; PyTorch has all cores, divided among its
processes. They take turns, in several rounds; numbers are medians. Every request is one 28 x 28 PNG file. Processor
time counts all processes of a server, and says more than throughput where other work goes on.
"""

import argparse
import json
import os
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
SERVERS = {"seedtrial": 8765, "plain": 8766, "seedtrial, 2 processes": 8767, "plain, 2 processes": 8768}
CONNECTIONS = (1, 8, 50)
ROUNDS, SECONDS, WARM_UP = 5, 3, 15
POST = """
local f = io.open("{picture}", "rb"); wrk.body = f:read("*all"); f:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = "image/png"
"""


def load(port: int, connections: int, script: Path, process: int) -> dict[str, float]:
    """Requests per second, milliseconds of the median and the 99th percentile, processor microseconds a request."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script)]
    before = processor_seconds(process)
    said = subprocess.run(
        [*words, f"http://127.0.0.1:{port}/predict"], capture_output=True, text=True, check=True
    ).stdout
    used = processor_seconds(process) - before
    assert "Non-2xx" not in said, said
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    requests = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]
    return {
        "per_second": rate,
        "p50": _milliseconds(said, "50%"),
        "p99": _milliseconds(said, "99%"),
        "processor_microseconds": 1e6 * used / requests,
    }


def processor_seconds(process: int) -> float:
    """Of a process and of those that it has started."""
    ticks = 0
    for each in family(process):
        fields = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(process: int) -> list[int]:
    """A process and all that come from it."""
    found = [process]
    for each in found:
        for file in Path(f"/proc/{each}/task").glob("*/children"):
            found += map(int, file.read_text(encoding="utf-8").split())
    return found


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
        plain = [sys.executable, str(Path(__file__).parent / "plain_server.py"), str(picked.runs[0].folder.path)]
        ours = [sys.executable, "-m", "seedtrial", "serve", str(folder / "bundle"), "--port"]
        servers = {}
        for server, port in SERVERS.items():
            words = [*(ours if server.startswith("seedtrial") else plain), str(port), "--workers"]
            servers[server] = subprocess.Popen([*words, "2" if "2" in server else "1"], stderr=subprocess.DEVNULL)
        try:
            time.sleep(WARM_UP)
            for _ in range(ROUNDS):
                for connections in CONNECTIONS:
                    for server, port in SERVERS.items():
                        measured[server][connections].append(load(port, connections, script, servers[server].pid))
        finally:
            for process in servers.values():
                process.terminate()
    write_json(
        OUT,
        {
            "machine": machine.describe(choose_engine("cpu")).plain(),
            "other_work": os.getloadavg()[0],  # processes that wanted a core, the servers and wrk included
            "rounds": ROUNDS,
            "seconds": SECONDS,
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
