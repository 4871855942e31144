"""What a search remembers: Optuna's study in an SQLite file. Optuna proposes settings; who trains them is elsewhere."""

import errno
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seedtrial.choosing.candidates import Candidate
from seedtrial.choosing.trial import LAST, Trial
from seedtrial.errors import SeedtrialError
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import digest

SEED = 0  # of the sampler
CANDIDATE = "candidate"
REFUSED = {  # by SQLite -> as the operating system says it
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_READONLY": errno.EROFS,
    "SQLITE_CANTOPEN": errno.EACCES,
    "SQLITE_IOERR": errno.EIO,
    "SQLITE_BUSY": errno.EBUSY,
}


class Memory:
    """Trials of some candidates, in a file that survives the process.

    trials: those of earlier searches in the same file, as far as they were trained

    Raises SeedtrialError when Optuna is not installed, or the file is not one of its own.
    """

    def __init__(self, file: Path, candidates: Sequence[Candidate]) -> None:
        try:
            import optuna
        except ModuleNotFoundError:
            raise SeedtrialError("A search needs Optuna: pip install 'seedtrial[choose]'.") from None
        self.optuna, self.candidates = optuna, {each.name: each for each in candidates}
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.file = file
        with _sentences(file):
            self.study = optuna.create_study(
                storage=f"sqlite:///{file.absolute()}",
                study_name=f"seedtrial {_kinds(candidates)}",
                direction="maximize",
                sampler=optuna.samplers.TPESampler(seed=SEED),
                load_if_exists=True,
            )
            self.study.set_user_attr("sampler", f"TPE, seed {SEED}, Optuna {optuna.__version__}")
            self.asked: dict[int, Any] = {}
            self.trials = [trial for frozen in self.study.trials if (trial := self._past(frozen)) is not None]

    def ask(self, candidate: Candidate, given: Mapping[str, Any] | None = None) -> tuple[int, tuple[str, ...]]:
        """The number and the settings of a new trial of a candidate. given: values of its ranges; None: proposed"""
        named = {f"{candidate.name}: {name}": value for name, value in (given or {}).items()}
        with _sentences(self.file):
            self.study.enqueue_trial({CANDIDATE: candidate.name} | named)
            asked = self.study.ask()
            asked.suggest_categorical(CANDIDATE, list(self.candidates))
            values = {each.name: each.suggest(asked, f"{candidate.name}: {each.name}") for each in candidate.ranges}
        self.asked[asked.number] = asked
        return asked.number, candidate.settings(values)

    def tell(self, trial: Trial) -> None:
        """Write down how a trial ended: a stopped one is pruned, a failed one has failed."""
        asked = self.asked.pop(trial.number)
        record = {
            "settings": trial.settings,
            "recipe": trial.recipe.canonical(),
            "accuracies": trial.accuracies,
            "seconds": trial.seconds,
            "failure": trial.failure,
        }
        with _sentences(self.file):
            asked.set_user_attr("trial", json.dumps(record))
            for rung, accuracy in sorted(trial.accuracies.items()):
                asked.report(accuracy, rung)
            states = self.optuna.trial.TrialState
            state = states.FAIL if not trial.accuracies else states.COMPLETE if trial.rung == LAST else states.PRUNED
            self.study.tell(asked, trial.accuracy if state == states.COMPLETE else None, state=state)

    def _past(self, frozen: Any) -> Trial | None:
        """A trial of an earlier search; one that was cut off counts as failed, and its runs go on when asked again."""
        if not frozen.state.is_finished():
            self.study.tell(frozen.number, state=self.optuna.trial.TrialState.FAIL)
            return None
        record = json.loads(frozen.user_attrs.get("trial", "{}"))
        candidate = self.candidates.get(frozen.params.get(CANDIDATE, ""))
        if candidate is None or not record.get("accuracies"):
            return None
        return Trial(
            frozen.number,
            candidate,
            tuple(record["settings"]),
            Recipe.model_validate(record["recipe"]),
            {int(rung): accuracy for rung, accuracy in record["accuracies"].items()},
            {int(rung): seconds for rung, seconds in record["seconds"].items()},
            record["failure"],
        )


def _kinds(candidates: Sequence[Candidate]) -> str:
    """A short digest of what may be proposed: Optuna's studies keep their choices, so others are another study.

    What was trained before counts all the same, as runs.
    """
    return digest(
        {each.name: [(r.name, sorted(getattr(r, "choices", ()))) for r in each.ranges] for each in candidates}
    )[:12]


@contextmanager
def _sentences(file: Path) -> Iterator[None]:
    """Say what is wrong with the file; Optuna and SQLAlchemy wrap SQLite's errors in several kinds of their own.

    Raises OSError where the system refuses, as on a full disk, and SeedtrialError for a file of another kind.
    """
    try:
        yield
    except SeedtrialError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, sqlite3.Error):
            cause = cause.__cause__ or cause.__context__
        name = getattr(cause, "sqlite_errorname", "")
        for beginning, number in REFUSED.items():
            if name.startswith(beginning):
                raise OSError(number, os.strerror(number), str(file)) from None
        raise SeedtrialError(f"{file} cannot be read as the record of a search; move it away.") from error
