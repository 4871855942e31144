"""seedtrial trains image classifiers, compares them honestly and writes the comparison up.

The public names are Recipe, Study, Claim, cross, run, examine, compare, choose, open_run, load, export_run and Bundle.
They are imported when first used, so that the command line can say --help at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedtrial.choosing.choose import choose
    from seedtrial.claims.claim import Claim
    from seedtrial.data.dataset import load
    from seedtrial.report.comparison import compare
    from seedtrial.runs.examine import examine
    from seedtrial.runs.recipe import Recipe
    from seedtrial.runs.run import run
    from seedtrial.runs.trained import open_run
    from seedtrial.serving.bundle import Bundle
    from seedtrial.serving.export import export_run
    from seedtrial.study.cross import cross
    from seedtrial.study.study import Study

__version__ = "0.1.0"
__all__ = [
    "Bundle", "Claim", "Recipe", "Study", "choose", "compare", "cross", "examine", "export_run", "load", "open_run",
    "run",
]  # fmt: skip

_WHERE = {
    "Bundle": "seedtrial.serving.bundle",
    "Claim": "seedtrial.claims.claim",
    "Recipe": "seedtrial.runs.recipe",
    "Study": "seedtrial.study.study",
    "choose": "seedtrial.choosing.choose",
    "compare": "seedtrial.report.comparison",
    "cross": "seedtrial.study.cross",
    "examine": "seedtrial.runs.examine",
    "export_run": "seedtrial.serving.export",
    "load": "seedtrial.data.dataset",
    "open_run": "seedtrial.runs.trained",
    "run": "seedtrial.runs.run",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'seedtrial' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
