"""Writes docs/settings.md from the specifications: `make settings`."""

from collections.abc import Sequence
from pathlib import Path

from seedtrial.files import write_atomic
from seedtrial.models import ARCHITECTURES, Conv
from seedtrial.runs.settings import Setting, settings

PAGE = Path(__file__).parent / "settings.md"
HEAD = """# Settings

Every setting of a recipe, for `--set SETTING=VALUE` and for Python. `seedtrial settings ARCHITECTURE` prints those of
one architecture, with its defaults.

```sh
seedtrial train conv --set training.epochs=20 --set 'training.augment={"flip":true,"crop":2}'
seedtrial settings conv
```

The kind of a group decides its settings: `training.optimiser=sgd`, then `training.optimiser.momentum=0.9`. A list of
values makes a recipe of each: `training.epochs=[10,20]`. A number in a path is the position in a list, from 0.
"none" stands for a setting that is off, or that seedtrial chooses as its meaning says; `null` means the same.

<!-- written by `make settings` -->
"""


def page() -> str:
    """The document: a table of the data, one of the training, and one for each architecture."""
    common = settings(Conv)
    parts = [HEAD]
    parts += [f"## {part.capitalize()}\n\n{_table(_of(common, part))}" for part in ("data", "training")]
    for name, architecture in ARCHITECTURES.items():
        known = {setting.path: setting for setting in common}
        own = settings(architecture)
        differs = [s for s in _of(own, "training") if s.path in known and s.usual != known[s.path].usual and not s.of]
        words = (architecture.__doc__ or "").strip().split("\n")[0]
        parts.append(f"## {name}\n\n{words}\n")
        if model := _of(own, "model"):
            parts.append(_table(model))
        if differs:
            usual = ", ".join(f"`{each.path}={each.usual}`" for each in differs)
            parts.append(f"Defaults that differ here: {usual}.\n")
    return "\n".join(parts)


def _of(found: Sequence[Setting], part: str) -> list[Setting]:
    return [each for each in found if each.path.startswith(f"{part}.")]


def _table(found: Sequence[Setting]) -> str:
    lines = ["| setting | meaning | values | unit | default | example |", "|---|---|---|---|---|---|"]
    for each in found:
        of = f" (of {', '.join(each.of)})" if each.of else ""
        cells = (f"`{each.path}`{of}", each.meaning, each.values, each.unit, f"`{each.usual}`", f"`{each.example}`")
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;').replace('*', '&#42;') for cell in cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    write_atomic(PAGE, page())
