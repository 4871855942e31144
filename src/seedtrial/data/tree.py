"""The folders and files of a source as one tree, whether they lie in a folder or in a .zip. Nothing is unpacked.

Names are compared in Unicode's normal form C, since a Mac writes "é" as two letters and others as one. What systems
and notebooks leave behind (.DS_Store, __MACOSX, Thumbs.db, ...) is not in the tree.
"""

import lzma
import os
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from seedtrial.errors import SeedtrialError

JUNK = {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir"}
DEEPEST = 6  # folders below the root; a whole home folder given by mistake is not walked through
MOST_FILES = 5_000_000  # in a .zip, whose list of names alone would fill the memory
MOST_BYTES = 2**28  # of one file in a .zip, unpacked; a picture of 25 million pixels has less


@dataclass(frozen=True)
class File:
    """A file of the tree.

    path:    from the root of the source, as users read it
    where:   the file itself; None inside a .zip
    archive: the .zip, and the name inside it
    problem: why it is not to be read, in a few words; empty if nothing is known against it

    >>> File(PurePosixPath("cat/1.png"), where=Path("pictures/cat/1.png")).open() is None
    True
    """

    path: PurePosixPath
    where: Path | None = None
    archive: tuple[zipfile.ZipFile, zipfile.ZipInfo] | None = None
    problem: str = ""

    def open(self) -> BinaryIO | None:
        """The opened content of a file in a .zip; None for a file that has a path of its own.

        Raises SeedtrialError, in a few words without the file's name, when it is damaged.
        """
        if self.archive is None:
            return None
        archive, info = self.archive
        try:
            with archive.open(info) as file:
                return BytesIO(file.read(MOST_BYTES))
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
            raise SeedtrialError(f"damaged: {str(error).rstrip('.')}") from None


@dataclass
class Tree:
    """A folder: its files and folders by name, sorted.

    path:    from the root of the source
    problem: why nothing in it may be read; empty if nothing is known against it

    >>> tree = Tree(PurePosixPath("train"))
    >>> tree.folders, tree.files
    ({}, {})
    """

    path: PurePosixPath
    folders: dict[str, "Tree"] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    problem: str = ""


def junk(name: str) -> bool:
    """Whether a name belongs to the system or to a tool, not to the data.

    >>> junk(".ipynb_checkpoints"), junk("Thumbs.db"), junk("cat")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in JUNK


def of_folder(root: Path, *, links: bool = False) -> Tree:
    """The tree of a folder.

    links: whether links that lead out of it are followed

    Raises SeedtrialError for a folder that cannot be read, and for a link to a folder outside unless `links`.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     (Path(folder) / "cat").mkdir()
    ...     (Path(folder) / "cat" / "1.png").touch()
    ...     tree = of_folder(Path(folder))
    >>> sorted(tree.folders), sorted(tree.folders["cat"].files)
    (['cat'], ['1.png'])
    """
    return _folder(root, PurePosixPath(), root, os.path.realpath(root), links, ())


def _folder(path: Path, name: PurePosixPath, root: Path, inside: str, links: bool, above: tuple[str, ...]) -> Tree:
    tree = Tree(name)
    real = os.path.realpath(path)
    if not links and name.parts and not leads_inside(path, inside):
        tree.problem = (
            f"{path} is a link that leads out of {root}; such links are not followed. Copy the folder there, or set "
            "data.links=true."
        )
        return tree
    if len(name.parts) > DEEPEST:
        return tree
    if real in above:
        tree.problem = f"{path} is a link to a folder that it lies in."
        return tree
    try:
        entries = sorted(os.scandir(path), key=lambda entry: _key(entry.name))
        for entry in entries:
            if junk(entry.name):
                continue
            key, child, below = _key(entry.name), path / entry.name, name / entry.name
            if _is(entry.is_dir):
                if key in tree.folders:
                    raise SeedtrialError(_twice(path, key))
                tree.folders[key] = _folder(child, below, root, inside, links, (*above, real))
            else:
                leaves = entry.is_symlink() and not links and not leads_inside(child, inside)
                problem = (
                    "a link that leads out of the folder" if leaves else "" if _is(entry.is_file) else "not a file"
                )
                tree.files[entry.name if key in tree.files else key] = File(below, where=child, problem=problem)
    except OSError as error:
        raise SeedtrialError(f"Cannot read {path}: {error.strerror or error}.") from None
    return tree


def _is(what: Callable[[], bool]) -> bool:
    """What a directory entry says of itself; links that lead round in a circle are nothing."""
    try:
        return what()
    except OSError:
        return False


def of_zip(path: Path) -> Tree:
    """The tree of a .zip. Its files are read where they are, one at a time.

    Raises SeedtrialError when it is damaged, encrypted, or has names that lead out of it.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(Path(folder, "a.zip"), "w") as archive:
    ...         archive.writestr("cat/1.png", b"")
    ...     sorted(of_zip(Path(folder, "a.zip")).folders)
    ['cat']
    """
    try:
        archive = zipfile.ZipFile(path)
        infos = archive.infolist()
    except zipfile.BadZipFile as error:
        raise SeedtrialError(f"{path} is a damaged .zip file ({str(error).rstrip('.').lower()}).") from None
    except (OSError, NotImplementedError, ValueError) as error:
        raise SeedtrialError(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from None
    if len(infos) > MOST_FILES:
        raise SeedtrialError(f"{path} has {len(infos):,} files; at most {MOST_FILES:,} can be read.")
    tree = Tree(PurePosixPath())
    for info in sorted(infos, key=lambda info: _key(info.filename)):
        names = tuple(name for name in info.filename.replace("\\", "/").split("/") if name)
        if info.flag_bits & 1:
            raise SeedtrialError(f"{path} is encrypted; unpack it with its password and give the folder.")
        if info.filename.startswith(("/", "\\")) or ".." in names or (names and ":" in names[0]):
            raise SeedtrialError(f"{path} has a file whose name leads out of it: {info.filename!a}.")
        if names and not any(map(junk, names)):
            _insert(tree, names, info, archive)
    return tree


def _twice(path: Path, key: str) -> str:
    return f"{path} has two folders whose names look the same, '{key}', and differ in their letters' code; rename one."


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _insert(tree: Tree, names: tuple[str, ...], info: zipfile.ZipInfo, archive: zipfile.ZipFile) -> None:
    for name in names if info.is_dir() else names[:-1]:
        tree = tree.folders.setdefault(_key(name), Tree(tree.path / name))
        if tree.path.name != name:
            raise SeedtrialError(_twice(Path(archive.filename or ""), _key(name)))
    if not info.is_dir():
        problem = f"{info.file_size:,} bytes unpacked, the limit is {MOST_BYTES:,}" * (info.file_size > MOST_BYTES)
        tree.files[names[-1]] = File(tree.path / names[-1], archive=(archive, info), problem=problem)


def leads_inside(path: Path, root: str) -> bool:
    """Whether a path stays inside a folder when links are followed.

    root: the folder as `os.path.realpath` gives it

    >>> leads_inside(Path("/data/train"), "/data"), leads_inside(Path("/data/../etc"), "/data")
    (True, False)
    """
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def all_files(tree: Tree) -> Iterator[File]:
    """Every file of a tree and of the folders in it.

    >>> tree = Tree(PurePosixPath(), files={"1.png": File(PurePosixPath("1.png"))})
    >>> [str(file.path) for file in all_files(tree)]
    ['1.png']
    """
    yield from tree.files.values()
    for folder in tree.folders.values():
        yield from all_files(folder)
