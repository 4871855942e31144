"""What a search may try of a candidate: settings with ranges, and choices that stand for several settings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedtrial.errors import SeedtrialError

if TYPE_CHECKING:
    from optuna import Trial


@dataclass(frozen=True)
class Range:
    """A setting and the numbers that it may have; steps are equal on a logarithmic scale.

    >>> Range("training.optimiser.rate", 1e-4, 1e-2, usual=1e-3).settings(0.002)
    ('training.optimiser.rate=0.002',)
    """

    setting: str
    low: float
    high: float
    usual: float
    whole: bool = False

    @property
    def name(self) -> str:
        """What a search calls it."""
        return self.setting

    def suggest(self, trial: "Trial", name: str) -> float:
        """A value that the search proposes."""
        if self.whole:
            return trial.suggest_int(name, round(self.low), round(self.high), log=self.low > 0)
        return trial.suggest_float(name, self.low, self.high, log=self.low > 0)

    def settings(self, value: Any) -> tuple[str, ...]:
        """The value as settings; three digits are more than a rate needs, and can be read."""
        return (f"{self.setting}={int(value) if self.whole else float(f'{value:.3g}')}",)


@dataclass(frozen=True)
class Options:
    """Named choices, each of which stands for some settings.

    >>> Options("width", {"half": ("model.widths=[8]",), "whole": ()}, usual="whole").settings("half")
    ('model.widths=[8]',)
    """

    name: str
    choices: Mapping[str, tuple[str, ...]]
    usual: str

    def suggest(self, trial: "Trial", name: str) -> str:
        """A choice that the search proposes."""
        return str(trial.suggest_categorical(name, list(self.choices)))

    def settings(self, value: str) -> tuple[str, ...]:
        """The settings that it stands for."""
        return self.choices[value]


def parse(text: str) -> Range | Options:
    """A setting with its range, as the command line gives it.

    >>> parse("training.optimiser.rate=0.0001..0.01").high
    0.01
    >>> list(parse("training.batch_size=32,64,128").choices)
    ['32', '64', '128']

    Raises SeedtrialError when it is neither LOW..HIGH nor a list.
    """
    setting, equals, values = text.partition("=")
    if equals and (between := re.fullmatch(r"([-+.\deE]+?)\.\.([-+.\deE]+)", values)):
        try:
            low, high = float(between[1]), float(between[2])
        except ValueError:
            low = high = 0.0
        whole = all(re.fullmatch(r"[-+]?\d+", number) for number in between.groups())
        if low < high:
            usual = (low * high) ** 0.5 if low > 0 else (low + high) / 2
            return Range(setting, low, high, usual=round(usual) if whole else usual, whole=whole)
    elif equals and (listed := _listed(values)):
        return Options(setting, {value: (f"{setting}={value}",) for value in listed}, usual=listed[0])
    raise SeedtrialError(
        f"A setting with a range looks like training.optimiser.rate=0.0001..0.01 or training.batch_size=32,64,128, not "
        f"'{text}'."
    )


def _listed(values: str) -> list[str]:
    """The items of a,b,c; commas within brackets belong to an item."""
    try:
        whole = json.loads(f"[{values}]")
    except ValueError:
        return [value.strip() for value in values.split(",") if value.strip()]
    return [value if isinstance(value, str) else json.dumps(value) for value in whole]
