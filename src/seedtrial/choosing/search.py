"""Successive halving on validation images: many short trainings, the better ones longer, the best at full length.

Source: Jamieson and Talwalkar 2016, Non-stochastic best arm identification and hyperparameter optimization.
"""

import math
from collections.abc import Sequence

from seedtrial.choosing.bench import Bench
from seedtrial.choosing.candidates import Candidate
from seedtrial.choosing.deadline import Budget
from seedtrial.choosing.memory import Memory
from seedtrial.choosing.trial import LAST, RUNGS, Trial
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import override
from seedtrial.study import estimate
from seedtrial.words import duration

MOST = 9  # trials that begin together
LEAST = 3  # trials that go on to the second rung
GUESSED = 2.0  # a guess of the seconds may be wrong by this factor
LENGTHS = ("short trainings", "longer trainings", "full trainings")
BRACKET = 3.0  # full lengths that a bracket of nine costs: a ninth of nine, a third of three, one


class Search:
    """The search over some candidates.

    most: seconds that one training at full length may take
    jobs: runs at a time
    """

    def __init__(
        self, candidates: Sequence[Candidate], bench: Bench, memory: Memory, *, most: float, jobs: int
    ) -> None:
        self.candidates, self.bench, self.memory = candidates, bench, memory
        self.most, self.jobs = most, jobs
        self.trials = list(memory.trials)
        self.skipped: dict[str, str] = {}  # candidates that were not tried, and why

    def run(self, budget: Budget, share: float, *, trials: int | None = None) -> None:
        """Search until this share of the budget is used: all candidates once, then more settings of the best ones.

        trials: at most so many, those of earlier searches included; None: as many as the time allows
        """
        self._bracket(self._first(), budget, share)
        while (promising := self.promising()) and budget.left(share) > 0 and not self.bench.stopped:
            cost = BRACKET / MOST * sum(map(self.full_seconds, promising)) / len(promising)  # of a trial
            count = min(MOST, math.floor(budget.left(share) * self.jobs / max(cost, 0.1)))
            count = min(count, trials - len(self.trials)) if trials is not None else count
            if count < 1:
                return
            self._bracket([self._proposed(promising[i % len(promising)]) for i in range(count)], budget, share)

    def best(self) -> list[Trial]:
        """The best trial of each candidate, the most accurate first."""
        best: dict[str, Trial] = {}
        for trial in sorted(self.trials, key=lambda trial: trial.accuracy):
            if trial.accuracies:
                best[trial.candidate.name] = trial
        return sorted(best.values(), key=lambda trial: trial.accuracy, reverse=True)

    def promising(self) -> list[Candidate]:
        """The two best candidates that have something to vary."""
        return [trial.candidate for trial in self.best() if trial.candidate.ranges][:2]

    def full_seconds(self, candidate: Candidate) -> float:
        """Of a training at full length, at most `most`: measured where one was trained, else guessed."""
        recipe = self._in_time(candidate)
        return self.most if recipe is None else self._per_epoch(candidate) * recipe.training.epochs

    def _first(self) -> list[Trial]:
        """Every candidate with each of its starts, except those that an earlier search began with."""
        trials = []
        tried = {trial.candidate.name for trial in self.trials}
        for candidate in sorted(self.candidates, key=lambda each: not each.early):
            if self._in_time(candidate) is None and candidate.name in tried:
                continue
            if self._in_time(candidate) is None:
                seconds = self._per_epoch(candidate) * (1 if candidate.grows else candidate.recipe.training.epochs)
                self.skipped[candidate.name] = (
                    f"a training would take about {duration(seconds)}, and {duration(self.most)} are allowed"
                )
                continue
            for number in range(len(candidate.starts)):
                start = candidate.start(number)
                settings = candidate.settings(start)
                recipe = self._recipe(candidate, settings)
                if all((settings, recipe) != (other.settings, other.recipe) for other in self.trials):
                    trials.append(Trial(self.memory.ask(candidate, start)[0], candidate, settings, recipe))
        self.trials += trials
        return trials

    def _proposed(self, candidate: Candidate) -> Trial:
        number, settings = self.memory.ask(candidate)
        trial = Trial(number, candidate, settings, self._recipe(candidate, settings))
        self.trials.append(trial)
        return trial

    def _recipe(self, candidate: Candidate, settings: Sequence[str]) -> Recipe:
        """With these settings, as long as the time allows."""
        return override(self._in_time(candidate) or candidate.recipe, settings)

    def _in_time(self, candidate: Candidate) -> Recipe | None:
        """The candidate's recipe, shortened so that a training ends in time; None where that cannot be."""
        recipe, most = candidate.recipe, self.most
        epochs = min(recipe.training.epochs, math.floor(most / self._per_epoch(candidate)))
        if epochs < (1 if candidate.grows else recipe.training.epochs):
            return None
        return override(recipe, [f"training.epochs={epochs}"])

    def _per_epoch(self, candidate: Candidate) -> float:
        """Seconds of an epoch, start and scoring included: measured where one was trained, else guessed."""
        measured = [
            seconds / trial.at(rung).training.epochs
            for trial in self.trials
            if trial.candidate is candidate
            for rung, seconds in trial.seconds.items()
        ]
        if measured:
            return min(measured)
        recipe = candidate.recipe
        return GUESSED * estimate.seconds(recipe, self.bench.dataset.facts) / recipe.training.epochs

    def _bracket(self, trials: Sequence[Trial], budget: Budget, share: float) -> None:
        """Train all of them shortly, the better third longer, the best of those at full length."""
        going = list(trials)
        for rung in range(len(RUNGS)):
            for trial in going:
                if trial.candidate.grows and rung:  # how long an epoch takes is known now
                    trial.recipe = trial.no_shorter(
                        override(self._in_time(trial.candidate) or trial.recipe, trial.settings), rung
                    )
            if going and budget.left(share) > 0 and not self.bench.stopped:
                self.bench.watch.note(f"{duration(budget.used)}: {LENGTHS[rung]} of {_named(going)}")
                scored = self.bench.train({t.label: t.at(rung) for t in going}, seconds=budget.left(share))
                for trial in going:
                    if trial.label in scored:
                        trial.note(rung, scored[trial.label])
            if rung < LAST:
                going = _better([t for t in going if t.rung == rung], max(LEAST - rung, len(trials) // 3 ** (rung + 1)))
        for trial in trials:
            self.memory.tell(trial)


def _named(trials: Sequence[Trial]) -> str:
    """The candidates of some trials, each once, with the number of their settings."""
    names = [trial.candidate.name for trial in trials]
    return ", ".join(
        name if names.count(name) == 1 else f"{name} ({names.count(name)} settings)" for name in dict.fromkeys(names)
    )


def _better(trials: Sequence[Trial], count: int) -> list[Trial]:
    """The most accurate ones, at most two of the same candidate."""
    chosen: list[Trial] = []
    for trial in sorted(trials, key=lambda trial: trial.accuracy, reverse=True):
        if sum(other.candidate is trial.candidate for other in chosen) < 2 and len(chosen) < count:
            chosen.append(trial)
    return chosen
