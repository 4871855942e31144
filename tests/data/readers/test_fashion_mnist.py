"""Fashion-MNIST comes from the first source that has the current version, and from no other."""

import gzip
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from seedtrial.data.dataset import DataSpec, load
from seedtrial.data.readers import built_in_readers, fashion_mnist
from seedtrial.data.splits import Validation
from seedtrial.errors import SeedtrialError

CONTROL = "Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: tiny\n"


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """None of the known places is there; the cache is empty and this test's own."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "no-package")
    monkeypatch.setattr(fashion_mnist, "MIRRORS", ())
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def current(nowhere: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny images, with the checksums that make them the current version."""
    sums = {name: hashlib.sha256((idx_folder / name).read_bytes()).hexdigest() for name in fashion_mnist.SHA256}
    monkeypatch.setattr(fashion_mnist, "SHA256", sums)
    return idx_folder


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(nowhere: Path, idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server that has the tiny images, compressed."""
    site = nowhere / "site"
    site.mkdir()
    for path in idx_folder.iterdir():
        (site / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_when_all_sources_fail_one_sentence_gives_three_ways_out(nowhere: Path) -> None:
    with pytest.raises(SeedtrialError) as caught:
        load("fashion-mnist")
    words = str(caught.value)
    assert words.startswith(
        "Fashion-MNIST could not be found or downloaded; tried the folder of the package dataset-fashion-mnist (the"
    )
    assert "apt-get download dataset-fashion-mnist (there is no apt-get)" in words
    for way in ("Install the Debian package dataset-fashion-mnist", "--data-dir DIR", "--data digits"):
        assert way in words
    assert "\n" not in words
    assert not (nowhere / "cache").exists()


def test_a_mirror_that_is_down_is_named_and_the_next_source_is_tried(
    nowhere: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fashion_mnist, "MIRRORS", (f"{mirror}missing/",))
    with pytest.raises(SeedtrialError, match=rf"tried .*; {mirror}missing/ \(no answer: HTTPError\); apt-get download"):
        fashion_mnist.read()


def test_a_mirror_with_other_images_is_not_taken(nowhere: Path, mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "MIRRORS", (mirror,))
    with pytest.raises(SeedtrialError, match=r"is not the current Fashion-MNIST"):
        fashion_mnist.read()
    assert not (nowhere / "cache").exists()


def test_a_mirror_fills_the_cache_and_the_next_call_reads_it(
    current: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fashion_mnist, "MIRRORS", (f"{mirror}missing/", mirror))
    assert fashion_mnist.read().origin == mirror
    monkeypatch.setattr(fashion_mnist, "MIRRORS", ())
    again = fashion_mnist.read()
    assert again.origin.startswith("the cache, ")
    assert (len(again.train), len(again.test)) == (64, 24)


def test_the_folder_of_the_debian_package_is_taken(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN", current)
    assert fashion_mnist.read().origin == "the folder of the package dataset-fashion-mnist"


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
def test_where_there_is_apt_the_package_is_downloaded_and_unpacked(
    current: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, programs = current.parent / "package", current.parent / "programs"
    shutil.copytree(current, root / fashion_mnist.DEBIAN.relative_to("/"))
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(CONTROL)
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    subprocess.run(["dpkg-deb", "-b", root, current.parent / "tiny.deb"], check=True, capture_output=True)
    (programs / "apt-get").write_text(
        f'#!/bin/sh\n[ "$*" = "download dataset-fashion-mnist" ] && cp {root}/../*.deb .\n'
    )
    (programs / "apt-get").chmod(0o755)
    assert fashion_mnist.read().origin == "apt-get download dataset-fashion-mnist"


def test_a_damaged_cache_is_written_again(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN", current)
    fashion_mnist.read()
    damaged = fashion_mnist.cache() / "t10k-labels-idx1-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert fashion_mnist.read().origin.startswith("the folder of the package")
    assert fashion_mnist.read().origin.startswith("the cache")


def test_a_cache_that_cannot_be_written_stops_nobody(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN", current)
    (current.parent / "file").write_text("in the way")
    monkeypatch.setenv("SEEDTRIAL_CACHE", str(current.parent / "file"))
    assert len(fashion_mnist.read().train) == 64


def test_the_users_folder_comes_before_the_cache(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN", current)
    fashion_mnist.read()
    monkeypatch.setenv("SEEDTRIAL_DATA", str(current.parent / "mine"))
    shutil.copytree(current, current.parent / "mine" / "fashion-mnist")
    assert fashion_mnist.read().origin == str(current.parent / "mine" / "fashion-mnist")


def test_a_folder_that_the_user_named_is_the_only_source_tried(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN", current)
    with pytest.raises(SeedtrialError, match=r"^There is no folder .*/nothing\.$"):
        fashion_mnist.read(data_dir=current / "nothing")


def test_files_of_another_version_are_refused_by_their_checksum(idx_folder: Path) -> None:
    with pytest.raises(
        SeedtrialError, match=r"blocks/train-images-idx3-ubyte is not the current Fashion-MNIST: the SHA-"
    ):
        load("fashion-mnist", data_dir=idx_folder)


def test_other_images_with_fitting_checksums_are_not_the_version_that_is_known(current: Path) -> None:
    with pytest.raises(SeedtrialError, match=r"'fashion-mnist' from .*blocks is not the version that seedtrial knows"):
        load("fashion-mnist", data_dir=current)


@pytest.mark.real
def test_fashion_mnist_is_what_its_facts_say() -> None:
    try:
        dataset = load(DataSpec(source="fashion-mnist", validation=Validation(take="last", size=10_000)))
    except SeedtrialError as error:
        if "could not be found or downloaded" not in str(error):
            raise
        pytest.skip(str(error))
    assert dataset.facts == built_in_readers()["fashion-mnist"].facts
    assert dataset.facts.fingerprint == "b42e0f3189f494f730119201c9e1a41654a875ffd564ea07b7cf8032d5327c02"
    assert dataset.classes == (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )
    assert dataset.train.images.shape == (50_000, 1, 28, 28)
    assert dataset.counts()["test"] == [1000] * 10
    assert np.add(dataset.counts()["train"], dataset.counts()["validation"]).tolist() == [6000] * 10
    assert dataset.duplicates == {"train/validation": 0, "train/test": 0, "validation/test": 0}


def test_a_damaged_cache_costs_no_other_file_of_its_folder(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "DEBIAN", current)
    fashion_mnist.read()
    (fashion_mnist.cache() / "mine.txt").write_text("the user's")
    (fashion_mnist.cache() / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    fashion_mnist.read()
    assert (fashion_mnist.cache() / "mine.txt").read_text() == "the user's"
