"""Fashion-MNIST: where its files are looked for, and the checksums of the current version.

Mirrors compress the files again, so the *decompressed* bytes are verified. The version from before 31 August 2017 has
test images among the training images and is refused.

Source: Xiao, Rasul, Vollgraf 2017, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from seedtrial.data.idx import read_bytes
from seedtrial.data.parts import Parts
from seedtrial.data.reader import Facts, Form, Reader
from seedtrial.data.readers import idx_folder
from seedtrial.errors import SeedtrialError
from seedtrial.files import cache_folder, write_atomic

NAME = "fashion-mnist"
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
TIMEOUT = 15  # seconds to wait for a mirror's answer


def cache() -> Path:
    """Where the verified, decompressed files are kept: in $SEEDTRIAL_CACHE or the user's cache folder.

    >>> cache().name
    'fashion-mnist'
    """
    return cache_folder(NAME)


def read(source: str = NAME, data_dir: Path | None = None, form: Form | None = None) -> Parts:
    """Fashion-MNIST from the first location that has it.

    A folder given by `data_dir`, or else $SEEDTRIAL_DATA/fashion-mnist, is the only location tried. Otherwise: the
    cache, Debian's package, two mirrors, and a download of Debian's package.

    Raises SeedtrialError when a checksum does not match, or with all that was tried when no location has it.

        read(data_dir=Path("data/fashion"))
    """
    if data_dir is not None:
        return _parts(_verified(data_dir), str(data_dir))
    named = os.environ.get("SEEDTRIAL_DATA")
    if named and (Path(named).expanduser() / "fashion-mnist").is_dir():
        folder = Path(named).expanduser() / "fashion-mnist"
        return _parts(_verified(folder), str(folder))
    if all((cache() / name).exists() for name in SHA256):
        try:
            return _parts(_verified(cache()), f"the cache, {_home(cache())}")
        except SeedtrialError:
            pass  # a damaged copy is overwritten below; other files in that folder are not ours to delete
    files, origin = _fetch()
    _keep(files)
    return _parts(files, origin)


def _fetch() -> tuple[dict[str, bytearray], str]:
    tried = []
    for origin, folders in (
        (f"the folder of the package {DEBIAN_PACKAGE}", _debian_folder()),
        *((mirror, _download(mirror)) for mirror in MIRRORS),
        (f"apt-get download {DEBIAN_PACKAGE}", _apt_download()),
    ):
        try:
            for folder in folders:  # a generator, so that temporary folders live until the bytes are read
                return _verified(folder), origin
        except SeedtrialError as error:
            tried.append(f"{origin} ({str(error).rstrip('.')})")
    raise SeedtrialError(
        f"Fashion-MNIST could not be found or downloaded; tried {'; '.join(tried)}. "
        f"Install the Debian package {DEBIAN_PACKAGE}, or give the folder with its four files (--data-dir DIR), "
        "or use scikit-learn's digits, which need no download (--data digits)."
    )


def _debian_folder() -> Iterator[Path]:
    if not DEBIAN.is_dir():
        raise SeedtrialError(f"there is no {DEBIAN}")
    yield DEBIAN


def _download(mirror: str) -> Iterator[Path]:
    import logging

    import pooch  # inside, since it is slow to import and needed only once
    import requests

    pooch.get_logger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="seedtrial-") as folder:
        try:
            for name in SHA256:
                fetch = pooch.HTTPDownloader(timeout=TIMEOUT)
                pooch.retrieve(f"{mirror}{name}.gz", known_hash=None, fname=f"{name}.gz", path=folder, downloader=fetch)
        except (requests.RequestException, OSError, ValueError) as error:
            raise SeedtrialError(f"no answer: {type(error).__name__}") from None
        yield Path(folder)


def _apt_download() -> Iterator[Path]:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise SeedtrialError("there is no apt-get")
    with tempfile.TemporaryDirectory(prefix="seedtrial-") as folder:
        os.chmod(folder, 0o755)  # apt downloads as another user, who must be able to enter it
        try:
            quiet = {"cwd": folder, "check": True, "capture_output": True, "timeout": 120}
            subprocess.run(["apt-get", "download", DEBIAN_PACKAGE], **quiet)  # type: ignore[call-overload]
            for package in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package.name, "."], **quiet)  # type: ignore[call-overload]
        except (subprocess.SubprocessError, OSError) as error:
            raise SeedtrialError(f"it failed: {type(error).__name__}") from None
        yield Path(folder) / DEBIAN.relative_to("/")


def _verified(folder: Path) -> dict[str, bytearray]:
    """The decompressed bytes of the four files. Raises SeedtrialError when one is missing or of another version."""
    files = {}
    for role, path in idx_folder.find(folder).items():
        name = f"{role.replace('test', 't10k')}-idx{3 if 'images' in role else 1}-ubyte"
        files[name] = read_bytes(path)
        checksum = hashlib.sha256(files[name]).hexdigest()
        if checksum != SHA256[name]:
            raise SeedtrialError(
                f"{path} is not the current Fashion-MNIST: the SHA-256 of its decompressed bytes is {checksum[:12]}... "
                f"instead of {SHA256[name][:12]}...; use --data {folder} to read these files as another data set."
            )
    return files


def _home(path: Path) -> str:
    """A path with ~ for the user's own folder, since others will read the report."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


def _keep(files: dict[str, bytearray]) -> None:
    try:
        cache().mkdir(parents=True, exist_ok=True)
        for name, raw in files.items():
            write_atomic(cache() / name, raw)
    except OSError:
        pass  # without a cache the next call only takes a second longer


def _parts(files: dict[str, bytearray], origin: str) -> Parts:
    paths = {role: Path(name) for role, name in zip(idx_folder.NAMES, SHA256, strict=True)}
    train_images, train_labels, test_images, test_labels = (files[name] for name in SHA256)
    return Parts(
        idx_folder.split("train", train_images, train_labels, paths),
        idx_folder.split("test", test_images, test_labels, paths),
        classes=CLASSES,
        origin=origin,
    )


READER = Reader(
    name=NAME,
    title="70,000 grey 28x28 images of clothing in 10 classes (Xiao et al. 2017)",
    claims=lambda source: source == NAME,
    read=read,
    facts=Facts(
        fingerprint="b42e0f3189f494f730119201c9e1a41654a875ffd564ea07b7cf8032d5327c02",
        classes=CLASSES,
        shape=(1, 28, 28),
        train=60_000,
        test=10_000,
    ),
    takes_dir=True,
)
