"""The runs in a folder: looked up by the beginning of a name, and listed with their recipe and scores."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from seedtrial.errors import SeedtrialError


@dataclass(frozen=True)
class Listed:
    """A run in one line. Accuracies are shares in [0, 1]; None where there is none.

    study, recipe: what the run was first trained for; empty for runs of earlier versions
    data:          the source, as the user gave it

    >>> Listed("0123456789ab-s0", "quickstart", "conv", "digits", "conv", 0, "examined", 0.97, 0.96).test
    0.96
    """

    folder: str
    study: str
    recipe: str
    data: str
    model: str
    seed: int
    state: Literal["unfinished", "diverged", "trained", "examined", "unreadable"]
    validation: float | None
    test: float | None


def listing(runs: Path) -> Iterator[Listed]:
    """The runs in a folder, newest last. Files are read, not verified; folders of something else are passed over.

    >>> list(listing(Path("no/such/folder")))
    []
    """
    for _, _, folder in sorted(_begun(runs)):
        try:
            written, metrics, test = (_read(folder / name) for name in ("recipe.json", "metrics.json", "test.json"))
        except OSError:
            yield Listed(folder.name, "", "", "", "", 0, "unreadable", None, None)
            continue
        try:
            recipe = written["recipe"]
            scores = metrics.get("scores", {})
            examined = test.get("scores", {}) or scores.get("test", {})
            yield Listed(
                folder.name,
                written.get("study", ""),
                written.get("label", ""),
                recipe["data"]["source"],
                recipe["model"]["kind"],
                int(written["seed"]),
                _state(metrics, bool(examined)),
                scores.get("validation", {}).get("accuracy"),
                examined.get("accuracy"),
            )
        except (KeyError, TypeError, AttributeError):
            continue


def _begun(runs: Path) -> Iterator[tuple[float, str, Path]]:
    """When each run began, its name and its folder. One that another process begins anew meanwhile is passed over."""
    for path in runs.iterdir() if runs.is_dir() else ():
        try:
            yield (path / "recipe.json").stat().st_mtime, path.name, path
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # no permission; it is listed as unreadable
            yield 0.0, path.name, path


def _state(metrics: dict[str, Any], examined: bool) -> Literal["unfinished", "diverged", "trained", "examined"]:
    if not metrics:
        return "unfinished"
    if metrics.get("status") == "diverged":
        return "diverged"
    return "examined" if examined else "trained"


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def run_folder(name: str, runs: Path) -> Path:
    """The folder of a run: a path, its name in `runs`, or the beginning of that name.

    Raises SeedtrialError when no name begins so, or several do.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "0123456789ab-s0").mkdir()
    ...     run_folder("0123", Path(folder)).name
    '0123456789ab-s0'
    """
    if Path(name).expanduser().is_dir():
        return Path(name).expanduser()
    names = sorted(path.name for path in runs.glob("*-s*") if path.is_dir()) if runs.is_dir() else []
    if name in names:
        return runs / name
    fitting = [each for each in names if each.startswith(name)]
    if len(fitting) == 1:
        return runs / fitting[0]
    if fitting:
        raise SeedtrialError(f"{len(fitting)} runs in {runs} begin with {name}: {', '.join(fitting[:5])}.")
    raise SeedtrialError(f"There is no run folder {runs / name}; `seedtrial runs` lists those that are there.")
