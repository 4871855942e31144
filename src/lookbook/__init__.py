"""lookbook trains image classifiers, compares them honestly and writes the comparison up.

The public names are Recipe, Study, Claim, run, load and open_run; they are imported when first used, so that the
command line can say --help at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lookbook.data.dataset import load
    from lookbook.study.claims import Claim
    from lookbook.study.recipe import Recipe
    from lookbook.study.record import open_run
    from lookbook.study.run import run
    from lookbook.study.study import Study

__version__ = "0.1.0"
__all__ = ["Claim", "Recipe", "Study", "load", "open_run", "run"]

_WHERE = {
    "Claim": "lookbook.study.claims",
    "Recipe": "lookbook.study.recipe",
    "Study": "lookbook.study.study",
    "load": "lookbook.data.dataset",
    "open_run": "lookbook.study.record",
    "run": "lookbook.study.run",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'lookbook' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
