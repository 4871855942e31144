"""The page to try a network as one file: it has the network inside and needs no server.

A small network of usual operators runs in JavaScript of our own; any other in ONNX Runtime Web, which adds 5 MB.
"""

import base64
import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from PIL import Image

from seedtrial.errors import SeedtrialError
from seedtrial.files import check_output
from seedtrial.report.html import PAGES, save
from seedtrial.serving import session, web_runtime
from seedtrial.serving.program import Program, Unsupported, program
from seedtrial.serving.try_page import SHOWN, Embedded, as_data, file, page

MOST_PARAMETERS = 1_000_000  # of a network that our own JavaScript runs
MOST_WORK = 20_000_000  # multiply-adds for an image, which take it about 15 ms, and the heat map 3 s
MOST_BYTES = 250_000_000  # of a graph; browsers refuse text of 512 MB
TALL_FIRST = int(PIL.__version__.split(".")[0]) >= 13  # from then on Pillow resizes tall pictures' columns before rows


@dataclass(frozen=True)
class OfflinePage:
    """A page to try a network without a server.

    engine: what runs the network, in words

    >>> OfflinePage("<!doctype html>", "JavaScript in the page").engine
    'JavaScript in the page'
    """

    html: str
    engine: str

    def write(self, out: Path) -> None:
        """Write it, atomically. Raises SeedtrialError when it cannot be written."""
        save(self.html, check_output(out, "--page", *PAGES))


def offline_page(
    model: bytes, sample: bytes, description: Mapping[str, Any], *, own: bool | None = None
) -> OfflinePage:
    """The page of an exported network.

    model, sample, description: model.onnx, sample.png and bundle.json of its bundle
    own:                        whether our own JavaScript runs it; None: if it can, and the network is small or ONNX
                                Runtime Web is not to be had

    Raises SeedtrialError when the network is too large, or ONNX Runtime Web is needed and not to be had.
    """
    if len(model) > MOST_BYTES:
        raise SeedtrialError(
            f"The network has {len(model) / 1e6:,.0f} MB, the limit for a page is {MOST_BYTES / 1e6:.0f} MB; export a "
            "bundle instead (--out) and serve it."
        )
    short = _program(model, own)
    runtime = None
    if short is None or (own is None and _is_large(short)):
        try:
            runtime = web_runtime.runtime()
        except SeedtrialError:
            if short is None:  # else our own JavaScript does it, only slower
                raise
    data = {"description": as_data(_described(model, sample, description, None if runtime else short))}
    if runtime is not None:
        module, wasm = runtime
        data |= {"weights": _base64(model), "runtime": _base64(gzip.compress(wasm, mtime=0))}
        return OfflinePage(page(description, Embedded(_code("runtime.js"), data, module)), web_runtime.PACKAGE)
    assert short is not None
    data["weights"] = _base64(short.weights.tobytes())
    return OfflinePage(page(description, Embedded(_code("graph.js"), data)), "JavaScript in the page")


def _is_large(network: Program) -> bool:
    return network.weights.size >= MOST_PARAMETERS or network.multiply_adds > MOST_WORK


def _code(engine: str) -> str:
    """The page's JavaScript. engine: the file of what runs the network"""
    return "".join(map(file, ("tensor.js", "png.js", "pixels.js", engine, "local.js", *SHOWN)))


def _program(model: bytes, own: bool | None) -> Program | None:
    """What our own JavaScript would run; None where it cannot, or is not to."""
    if own is False:
        return None
    try:
        return program(model)
    except Unsupported as error:
        if own:
            raise SeedtrialError(f"Our own JavaScript cannot run this network: it has {error}.") from None
        return None


def _described(model: bytes, sample: bytes, description: Mapping[str, Any], short: Program | None) -> dict[str, Any]:
    """What local.js has to know."""
    with Image.open(BytesIO(sample)) as image:
        array = np.asarray(image)
    pixels = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)  # (C, H, W)
    logits = session.run_graph(session.session(model), pixels[None])[0]
    return {
        **{name: description[name] for name in ("classes", "shape", "temperature", "familiar", "input", "output")},
        "range": description["pixels"]["range"],
        "background": description["pixels"]["background"],
        "fit": description["pixels"].get("fit", "crop"),
        "tall_first": TALL_FIRST,
        "sample": {"pixels": _base64(pixels.tobytes()), "logits": logits.tolist()},
        "program": short.plain() if short else None,
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
