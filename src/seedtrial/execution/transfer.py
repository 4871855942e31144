"""A run's folder as bytes, for executors on other machines: trained there, checked, stored and examined here."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from seedtrial.errors import SeedtrialError
from seedtrial.files import write_atomic
from seedtrial.runs.record import Folder

WHOLE = ("trained", "finished", "diverged")


def folder_files(folder: Folder) -> dict[str, bytes]:
    """All files of a trained run by name. Raises SeedtrialError when the run is unfinished or damaged.

    >>> try:
    ...     folder_files(Folder(Path("no-such-folder")))
    ... except SeedtrialError as error:
    ...     print(error)
    no-such-folder is not a finished run.
    """
    if folder.state() not in WHOLE:
        raise SeedtrialError(f"{folder.path} is not a finished run.")
    return {path.name: path.read_bytes() for path in sorted(folder.path.iterdir())}


def put_folder(folder: Folder, files: Mapping[str, bytes]) -> None:
    """Write a run that was trained elsewhere into its folder, all of it or nothing.

    files: name -> bytes, as `folder_files` gives them

    A run that is finished here already stays as it is. Raises SeedtrialError when the files are not a finished run of
    this recipe and seed, and OSError when they cannot be written.
    """
    # Written beside the runs and renamed when it is checked: a kill leaves an unfinished copy that nobody counts, and
    # the folder's own name from the start lets the usual check tell whether it is the run that was asked for.
    arriving = Folder(folder.path.parent / ".arriving" / folder.path.name)
    with folder.claim(wait=True):
        if folder.metrics.exists():
            return
        shutil.rmtree(arriving.path, ignore_errors=True)
        arriving.path.mkdir(parents=True)
        try:
            for name, content in files.items():
                if Path(name).name != name:
                    raise SeedtrialError(f"'{name}' is not the name of a file in a run's folder.")
                write_atomic(arriving.path / name, content)
            if arriving.state() not in WHOLE:
                raise SeedtrialError(f"What came back for {folder.path} is not that run, finished and undamaged.")
            shutil.rmtree(folder.path, ignore_errors=True)  # what an unfinished attempt left
            arriving.path.rename(folder.path)
        finally:
            shutil.rmtree(arriving.path, ignore_errors=True)
