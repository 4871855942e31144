"""Options of the verbs that ask a trained network: which one is meant, and how it answers.

Heavy imports stand inside, so that --help is instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seedtrial.cli.options import RUNS, CrossedSettings, DataDir, OtherData, RunsFolder
from seedtrial.errors import SeedtrialError

if TYPE_CHECKING:
    from seedtrial.runs.trained import Run
    from seedtrial.serving.bundle import Bundle
    from seedtrial.serving.decision import Decision
    from seedtrial.serving.export import Chosen


@dataclass(frozen=True)
class NetworkChoice:
    """Which network is meant by the name of a run or a study."""

    recipe: Annotated[
        str | None,
        typer.Option("--recipe", metavar="LABEL", help="recipe of a study [the best on validation images]"),
    ] = None
    study: Annotated[str | None, typer.Option("--study", help="the study file that builds a network of your own")] = (
        None
    )
    settings: CrossedSettings = None
    data: OtherData = None
    runs: RunsFolder = RUNS
    data_dir: DataDir = None

    def chosen(self, network: str, *, ensemble: bool = False) -> "Chosen":
        """The run, or the runs that answer together, and why these. ensemble: all seeds of the recipe"""
        from seedtrial.serving.choice import chosen, own_model

        return chosen(
            network,
            self.runs,
            recipe=self.recipe,
            ensemble=ensemble,
            settings=self.settings or (),
            data=self.data,
            data_dir=self.data_dir,
            model=own_model(self.study, network, self.runs),
        )


ANY = NetworkChoice()


@dataclass(frozen=True)
class Answering:
    """How probabilities become an answer."""

    threshold: Annotated[
        float | None,
        typer.Option("--threshold", min=0, max=1, help="answer 'not sure' below this probability [0]"),
    ] = None
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="CLASS", help="answer with this class or 'not accepted'")
    ] = None
    false_accepts: Annotated[
        float | None,
        typer.Option("--false-accepts", metavar="SHARE", help="share of other pictures that may be accepted [0.01]"),
    ] = None

    @property
    def is_usual(self) -> bool:
        """Whether none of the options is given."""
        return self == AS_EXPORTED

    def settings(self) -> dict[str, Any]:
        """As `of_run.decision` and `export` take them. Raises SeedtrialError when they do not fit together."""
        from seedtrial.serving.acceptance import USUAL_SHARE

        if self.false_accepts is not None and self.accept is None:
            raise SeedtrialError("--false-accepts needs --accept CLASS, the class to accept.")
        share = USUAL_SHARE if self.false_accepts is None else self.false_accepts
        return {"threshold": self.threshold or 0.0, "accept": self.accept, "false_accepts": share}

    def of_runs(self, runs: "Sequence[Run]", temperature: float) -> "Decision":
        """How runs answer."""
        from seedtrial.serving.of_run import decision

        return decision(runs, temperature, **self.settings())

    def of_bundle(self, bundle: "Bundle") -> "Decision":
        """How a bundle answers: as it was exported, or by another threshold.

        Raises SeedtrialError for a limit of acceptance that was not exported: a bundle has no validation images.
        """
        from seedtrial.serving.decision import Decision

        wanted, exported = self.settings(), bundle.predictor.decision
        if self.is_usual:
            return exported
        if self.accept is None:
            return Decision(wanted["threshold"])
        known = exported.acceptance
        same = known is not None and known.name == self.accept and self.false_accepts in (None, known.share)
        if not same or self.threshold:
            raise SeedtrialError(
                f"{bundle.path} has no limit for accepting {self.accept} with {100 * wanted['false_accepts']:g} % "
                "false accepts; export the run again with --accept and --false-accepts."
            )
        return exported


AS_EXPORTED = Answering()
