"""`seedtrial serve` under twice the load that it can carry, and its memory over two minutes of load.

    python benchmarks/own/serving_load.py    3 minutes; writes benchmarks/results/serving_load.json

Needs a run of `make study`. Overload: photographs of 12 megapixels, whose decoding takes most of the time, are sent at
twice the rate that the server answers, each by a connection of its own, whatever becomes of those before. Memory: fifty
clients ask about pictures of 28 x 28 pixels as fast as they are answered; half of their bodies are refused.
"""

import argparse
import asyncio
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from seedtrial.files import write_json
from seedtrial.runs import machine
from seedtrial.serving.choice import chosen
from seedtrial.serving.export import export
from seedtrial.training.device import choose_engine

OUT = Path(__file__).parent.parent / "results" / "serving_load.json"
PORT, WORKERS = 8770, 2
OVERLOAD_SECONDS, MEMORY_SECONDS = 15.0, 120.0


@dataclass(frozen=True)
class Answered:
    """One request. status: 0 where the connection was refused or broke; seconds: from its beginning to its answer"""

    status: int
    seconds: float
    retry_after: bool


async def ask(body: bytes, *, kind: str = "image/jpeg") -> Answered:
    """Send a picture by a connection of its own."""
    started = time.perf_counter()
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nContent-Type: {kind}\r\nConnection: close\r\n"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        answer = await reader.read()
        writer.close()
    except OSError:
        answer = b""
    status = int(answer[9:12] or 0)
    return Answered(status, time.perf_counter() - started, b"retry-after" in answer)


async def capacity(body: bytes, seconds: float = 8.0) -> float:
    """Answers per second to four clients that wait for each of theirs."""
    until, answered = time.perf_counter() + seconds, 0

    async def client() -> None:
        nonlocal answered
        while time.perf_counter() < until:
            status = (await ask(body)).status  # apart: what stands before an await is read before it
            answered += status == 200

    await asyncio.gather(*(client() for _ in range(4)))
    return answered / seconds


async def overload(body: bytes) -> dict[str, Any]:
    """What becomes of requests at twice the capacity, and how long afterwards until one is answered as usual."""
    most = await capacity(body)
    usual = statistics.median([(await ask(body)).seconds for _ in range(10)])
    count = math.ceil(2 * most * OVERLOAD_SECONDS)
    started, tasks = time.perf_counter(), []
    for number in range(count):
        await asyncio.sleep(started + number / (2 * most) - time.perf_counter())
        tasks.append(asyncio.create_task(ask(body)))
    ended = time.perf_counter()
    after = await ask(body)
    while after.status != 200 or after.seconds > 2 * usual:
        after = await ask(body)
    recovered = time.perf_counter() - ended - after.seconds
    all_ = await asyncio.gather(*tasks)
    accepted = [each.seconds for each in all_ if each.status == 200]
    refused = [each.seconds for each in all_ if each.status == 503]
    return {
        "capacity_per_second": most,
        "usual_seconds": usual,
        "sent": count,
        "sent_per_second": count / (ended - started),
        "accepted": len(accepted),
        "accepted_seconds": spread(accepted),
        "refused": len(refused),
        "refused_seconds": spread(refused),
        "refused_with_retry_after": sum(each.retry_after for each in all_ if each.status == 503),
        "anything_else": len(all_) - len(accepted) - len(refused),
        "recovered_after_seconds": recovered,
    }


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 99th percentile and most."""
    if not seconds:
        return {}
    median, late = np.quantile(seconds, [0.5, 0.99])
    return {"median": float(median), "p99": float(late), "most": max(seconds)}


async def memory(server: int, picture: bytes) -> dict[str, Any]:
    """Megabytes of the server's processes while fifty connections ask without pause."""
    until, answered = time.perf_counter() + MEMORY_SECONDS, 0
    bodies = (picture, picture, picture, picture[:100], b"{}", b"x" * 100_000)

    async def client(number: int) -> None:
        nonlocal answered
        while time.perf_counter() < until:
            number += 1
            body = bodies[number % len(bodies)]
            status = (await ask(body, kind="application/json" if body == b"{}" else "image/png")).status
            answered += status > 0

    clients = [asyncio.create_task(client(number)) for number in range(50)]
    samples = []
    while time.perf_counter() < until:
        await asyncio.sleep(10)
        samples.append(round(resident(server), 1))
    await asyncio.gather(*clients)
    return {"answered": answered, "seconds": MEMORY_SECONDS, "megabytes_every_10_s": samples}


def resident(process: int) -> float:
    """Megabytes of a process and of those that it has started."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    kilobytes = int(re.search(r"VmRSS:\s+(\d+)", text)[1])  # type: ignore[index]
    files = Path(f"/proc/{process}/task").glob("*/children")
    children = [int(each) for file in files for each in file.read_text(encoding="utf-8").split()]
    return kilobytes / 1000 + sum(map(resident, children))


def photograph() -> bytes:
    """A JPEG file of 12 megapixels."""
    generator = np.random.default_rng(0)
    small = Image.fromarray(generator.integers(0, 256, (30, 40, 3), dtype=np.uint8))
    file = BytesIO()
    small.resize((4000, 3000), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


async def measured(server: int, bundle: Path) -> dict[str, Any]:
    """Both measurements."""
    picture, photo = (bundle / "sample.png").read_bytes(), photograph()
    return {
        "machine": machine.describe(choose_engine("cpu")).plain(),
        "workers": WORKERS,
        "photograph_megabytes": len(photo) / 1e6,
        "overload": await overload(photo),
        "memory": await memory(server, picture),
    }


def main() -> None:
    """Measure and write."""
    with tempfile.TemporaryDirectory() as name:
        bundle = Path(name) / "bundle"
        export(chosen("quickstart", Path("runs")), bundle)
        command = [sys.executable, "-m", "seedtrial", "serve", str(bundle), "--port", str(PORT)]
        server = subprocess.Popen([*command, "--workers", str(WORKERS)], stderr=subprocess.DEVNULL)
        try:
            time.sleep(15)
            write_json(OUT, asyncio.run(measured(server.pid, bundle)))
        finally:
            server.terminate()
    print(json.dumps(json.loads(OUT.read_text(encoding="utf-8")), indent=1))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
