"""A built-in data set of four IDX files: looked for in one location after the other, known by its checksums.

Mirrors compress the files again, so the *decompressed* bytes are verified.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seedtrial.data.idx import read_bytes
from seedtrial.data.parts import Parts
from seedtrial.data.readers import idx_folder
from seedtrial.errors import SeedtrialError
from seedtrial.files import cache_folder, write_atomic

FILES = (  # in the order of idx_folder.NAMES
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
Location = tuple[str, Iterable[Path]]  # what it is called, and a generator of its folder


@dataclass(frozen=True)
class KnownFiles:
    """Which files a data set has.

    name:    of the data set, and of its folder in the cache and in $SEEDTRIAL_DATA
    title:   as sentences call it
    classes: the name of each label
    sha256:  of the decompressed bytes of each file

    >>> KnownFiles("mnist", "MNIST", tuple("0123456789"), {}).cache().name
    'mnist'
    """

    name: str
    title: str
    classes: tuple[str, ...]
    sha256: Mapping[str, str]

    def read(self, data_dir: Path | None, locations: Iterable[Location], ways_out: str) -> Parts:
        """The data set from the first location that has it.

        A folder given by `data_dir`, or else the one in $SEEDTRIAL_DATA, is the only location tried; then the cache.

        ways_out: what helps where no location has it
        Raises SeedtrialError when a checksum does not match, or with all that was tried when no location has it.
        """
        named = os.environ.get("SEEDTRIAL_DATA")
        mine = Path(named).expanduser() / self.name if named else None
        folder = data_dir or (mine if mine is not None and mine.is_dir() else None)
        if folder is not None:
            return self._parts(self._verified(folder), str(folder))
        try:
            if all((self.cache() / name).exists() for name in self.sha256):
                return self._parts(self._verified(self.cache()), f"the cache, {_home(self.cache())}")
        except (SeedtrialError, PermissionError):
            pass  # a damaged copy is overwritten below, and a cache that cannot be read is as none
        files, origin = self._fetch(locations, ways_out)
        self._keep(files)
        return self._parts(files, origin)

    def cache(self) -> Path:
        """Where the verified, decompressed files are kept: in $SEEDTRIAL_CACHE or the user's cache folder."""
        return cache_folder(self.name)

    def _fetch(self, locations: Iterable[Location], ways_out: str) -> tuple[dict[str, bytearray], str]:
        tried = []
        for origin, folders in locations:
            try:
                for folder in folders:  # a generator, so that temporary folders live until the bytes are read
                    return self._verified(folder), origin
            except SeedtrialError as error:
                tried.append(f"{origin} ({str(error).rstrip('.')})")
        raise SeedtrialError(f"{self.title} could not be found or downloaded; tried {'; '.join(tried)}. {ways_out}")

    def _verified(self, folder: Path) -> dict[str, bytearray]:
        """The decompressed bytes of the four files. Raises SeedtrialError when one is missing or another version."""
        files = {}
        for name, path in zip(FILES, idx_folder.find(folder).values(), strict=True):
            files[name] = read_bytes(path)
            checksum = hashlib.sha256(files[name]).hexdigest()
            if checksum != self.sha256[name]:
                raise SeedtrialError(
                    f"{path} is not the current {self.title}: the SHA-256 of its decompressed bytes is "
                    f"{checksum[:12]}... instead of {self.sha256[name][:12]}...; use --data {folder} to read these "
                    "files as another data set."
                )
        return files

    def _keep(self, files: dict[str, bytearray]) -> None:
        try:
            self.cache().mkdir(parents=True, exist_ok=True)
            for name, raw in files.items():
                write_atomic(self.cache() / name, raw)
        except OSError:
            pass  # without a cache the next call only takes a second longer

    def _parts(self, files: dict[str, bytearray], origin: str) -> Parts:
        paths = {role: Path(name) for role, name in zip(idx_folder.NAMES, FILES, strict=True)}
        train_images, train_labels, test_images, test_labels = (files[name] for name in FILES)
        return Parts(
            idx_folder.split("train", train_images, train_labels, paths),
            idx_folder.split("test", test_images, test_labels, paths),
            classes=self.classes,
            origin=origin,
        )


def installed(folder: Path) -> Iterator[Path]:
    """A folder that a package installs. Raises SeedtrialError when it is not there.

    >>> list(installed(Path("/"))) == [Path("/")]
    True
    """
    if not folder.is_dir():
        raise SeedtrialError(f"there is no {folder}")
    yield folder


def _home(path: Path) -> str:
    """A path with ~ for the user's own folder, since others will read the report."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
