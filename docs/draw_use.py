"""Uses a network for real: quickstart's best run is exported, served, asked by a program and in a browser.

python docs/draw_use.py [RUNS] [FOLDER]    # runs, docs/images/use; needs runs of quickstart, Fashion-MNIST, Chromium
"""

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from seedtrial.data.dataset import DataSpec, load

COLOURS = 96  # of a screenshot
HOME = Path(__file__).parent
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SURE, UNSURE = 8, 132  # validation images: an ankle boot, a coat that could be a pullover


def seedtrial(*arguments: str | Path) -> None:
    """Run a command, and show it."""
    print("$ seedtrial", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "seedtrial", *map(str, arguments)], check=True)


@contextmanager
def served(bundle: Path) -> Iterator[str]:
    """The address of a bundle's server, which ends with the block."""
    command = [sys.executable, "-m", "seedtrial", "serve", str(bundle)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://\S+", line)
        try:
            if found is None:
                raise SystemExit(line)
            yield found[0]
        finally:
            process.terminate()


def photograph(row: int) -> bytes:
    """A validation image of Fashion-MNIST as a JPEG file of 336 x 336 pixels."""
    validation = load(DataSpec(source="fashion-mnist")).validation
    assert validation is not None
    file = io.BytesIO()
    Image.fromarray(validation.images[row, 0]).resize((336, 336), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def post(address: str, picture: bytes) -> dict[str, object]:
    """What the server answers to a picture."""
    request = urllib.request.Request(address + "predict", picture, {"content-type": "image/jpeg"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as response:
        return dict(json.load(response))


def opened(browser: Browser, address: str, *, width: int, height: int, scheme: str = "light") -> Page:
    """The page in a window of this size."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(address)
    expect(page.locator("#about")).not_to_be_empty(timeout=30_000)
    return page


def choose(page: Page, picture: bytes) -> None:
    """Choose a picture, and wait for what mattered in it."""
    page.set_input_files("#file", FilePayload(name="shoe.jpg", mimeType="image/jpeg", buffer=picture))
    answered(page)


def answered(page: Page) -> None:
    """Wait until the answer is complete."""
    expect(page.locator("#mattered")).to_have_text(re.compile("blue|orange|nothing"), timeout=30_000)


def draw_trousers(page: Page) -> None:
    """Draw by hand, as on a phone."""
    page.get_by_role("button", name="Draw", exact=True).click()
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    waist = [(x, y) for y in (30, 46, 62, 78) for x in ((96, 184) if y in (30, 62) else (184, 96))]
    left = [(96, 90), (84, 250), (102, 250), (110, 90), (124, 90), (118, 250)]
    right = [(156, 90), (162, 250), (178, 250), (170, 90), (184, 90), (196, 250)]
    page.mouse.move(box["x"] + waist[0][0], box["y"] + waist[0][1])
    page.mouse.down()  # one stroke, after which the network is asked once
    for x, y in [*waist, *left, (118, 90), *right]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    answered(page)


def save(page: Page, out: Path) -> None:
    """The whole page as a small PNG file."""
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)
    print(f"{out}: {taken.width} x {taken.height}, {out.stat().st_size / 1000:.0f} kB")


def demo(runs: Path, out: Path) -> None:
    """Export, serve, ask, and take the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bundle, offline = Path(folder, "network.zip"), Path(folder, "shoes.html")
        seedtrial("export", "quickstart", "--runs", runs, "--out", bundle, "--page", offline)
        with served(bundle) as address, sync_playwright() as playwright:
            said = post(address, photograph(SURE))
            print(f"POST {address}predict: {json.dumps(said)}")
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
            page = opened(browser, address, width=760, height=700)
            choose(page, photograph(SURE))
            save(page, out / "wide.png")
            page = opened(browser, offline.as_uri(), width=390, height=844)
            draw_trousers(page)
            save(page, out / "phone.png")
            page = opened(browser, offline.as_uri(), width=640, height=700, scheme="dark")
            choose(page, photograph(UNSURE))
            page.locator("#threshold").fill("80")
            page.locator("#threshold").blur()
            save(page, out / "dark.png")
            browser.close()


if __name__ == "__main__":
    runs, out = (*map(Path, sys.argv[1:]), *(Path("runs"), HOME / "images" / "use")[len(sys.argv) - 1 :])
    demo(runs, out)
