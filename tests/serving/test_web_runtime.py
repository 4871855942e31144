"""ONNX Runtime Web is fetched by npm, and checked; without it our own JavaScript does what it can."""

from pathlib import Path

import pytest

from seedtrial.errors import SeedtrialError
from seedtrial.serving import graph, web_runtime
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.offline import offline_page
from serving.networks import Upwards


@pytest.fixture
def no_runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and no npm; the folder where one may be put."""
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def test_without_npm_a_network_of_other_operators_gets_no_page(no_runtime: Path, bundle: Bundle, folder: Path) -> None:
    raw, _ = graph.onnx_bytes(Upwards().eval(), (1, 8, 8))
    sample = (folder / "sample.png").read_bytes()
    with pytest.raises(SeedtrialError, match=r"npm, which fetches it, is not installed .* Export a bundle instead"):
        offline_page(raw, sample, bundle.description)
    with pytest.raises(SeedtrialError, match="Our own JavaScript cannot run this network: it has ConvTranspose"):
        offline_page(raw, sample, bundle.description, own=True)


@pytest.mark.parametrize("limit", ["MOST_PARAMETERS", "MOST_WORK"])
def test_without_npm_a_large_network_runs_by_our_own_script(
    no_runtime: Path, bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(f"seedtrial.serving.offline.{limit}", 10)
    model, sample = ((folder / name).read_bytes() for name in ("model.onnx", "sample.png"))
    assert offline_page(model, sample, bundle.description).engine == "JavaScript in the page"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'npm error network is unreachable' >&2; exit 1", r"npm could not fetch it \(npm error network is unrea"),
        ('/bin/tar czf "$6/a.tgz" -C "$0.d" package', "has another checksum than expected"),
    ],
)
def test_what_npm_does_not_deliver_is_said(no_runtime: Path, script: str, words: str) -> None:
    npm = no_runtime / "npm"
    npm.write_text(f"#!/bin/sh\nPATH=/bin:/usr/bin\n{script}\n", encoding="utf-8")
    npm.chmod(0o755)
    other = no_runtime / "npm.d" / "package" / "dist"
    other.mkdir(parents=True)
    for name in web_runtime.SHA256:
        (other / name).write_text("something else", encoding="utf-8")
    with pytest.raises(SeedtrialError, match=words):
        web_runtime.runtime()
