"""A study: a question, labelled recipes, seeds, claims; and how a study is varied."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from seedtrial.claims.claim import AnyClaim
from seedtrial.claims.observed import JudgedOn
from seedtrial.data.folds import Fold
from seedtrial.errors import SeedtrialError, unknown
from seedtrial.evaluation.measures import MeasureName
from seedtrial.models.model import Model
from seedtrial.notebook import data_frame, paragraph, table_html
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import Count, Spec, flattened
from seedtrial.study.other_data import SetAside, on_other_data, why_not
from seedtrial.study.published import Published
from seedtrial.study.table import Table
from seedtrial.study.vary import Varied, vary

Label = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


def _known(measure: Any) -> Any:
    if measure == "log_loss":
        raise ValueError(
            "a study cannot be judged by log_loss, of which less is better; auroc takes probabilities into account too."
        )
    return measure


Measure = Annotated[MeasureName, BeforeValidator(_known)]


class Study(Spec):
    """A question, the recipes that are run to answer it, and what is claimed about them.

    >>> from seedtrial import Claim, Recipe, Study
    >>> from seedtrial.models import Dense, Linear
    >>> recipes = {"linear": Recipe(model=Linear()), "dense": Recipe(model=Dense(widths=(64,)))}
    >>> study = Study(name="mine", question="?", recipes=recipes, claims=(Claim.beats("dense", "linear"),))
    >>> study.seeds, study.varied(settings=["training.epochs=2"]).recipes["dense"].training.epochs
    (3, 2)
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$", description="also the name of its ledger file")
    question: str
    recipes: Annotated[dict[Label, Recipe], Field(min_length=1)]
    seeds: Count = Field(3, le=10_000, description="each recipe runs with the seeds 0 to seeds - 1")
    seeds_of: dict[Label, Count] = Field({}, description="recipes that run with fewer seeds, because they are large")
    folds: Annotated[int, Field(strict=True, ge=2, le=1000)] | None = Field(
        None, description="every image is a test image once: each seed runs once per fold; None: the data's test part"
    )
    repeats: Count = Field(1, description="different divisions into folds; the seeds take them in turn")
    claims: tuple[AnyClaim, ...] = ()
    judged_on: JudgedOn = Field(
        "test", description="the images that verdicts rest on; a study judged on validation never opens the test set"
    )
    measure: Measure = Field(
        "accuracy", description="what verdicts compare: accuracy, balanced_accuracy, macro_f1 or auroc"
    )
    published: dict[Label, Published] = Field({}, description="what others reported, by the recipe's label")
    table: Table | None = Field(None, description="rows and columns, where the recipes cross two settings")
    grouped_by: str | None = Field(
        None, description="a setting, such as model.dropout, by whose values a box plot groups the recipes"
    )
    observations: tuple[str, ...] = Field((), description="what follows from the published numbers alone")
    assumptions: tuple[str, ...] = Field(
        (), description="what we assumed where the source is silent; the report lists it"
    )
    set_aside: tuple[SetAside, ...] = Field((), description="claims that are not tested, because the data are others")
    notes: tuple[str, ...] = Field((), description="how it differs from the study that was written, a sentence each")

    @model_validator(mode="after")
    def _fits_together(self) -> "Study":
        self._check_folds()
        for claim in self.claims:
            for label in claim.labels:
                if label not in self.recipes:
                    raise ValueError(str(unknown("recipe", label, self.recipes)))
        for label in (*self.published, *self.seeds_of, *(self.table.cells if self.table else ())):
            if label not in self.recipes:
                raise ValueError(str(unknown("recipe", label, self.recipes)))
        if self.grouped_by and not any(self.grouped_by in flattened(recipe) for recipe in self.recipes.values()):
            raise ValueError(f"no recipe has the setting {self.grouped_by}, by which the study groups them.")
        for label, recipe in self.recipes.items():
            problem = recipe.problem()
            if problem:
                raise ValueError(f"{label}: {problem}")
            if self.judged_on == "test" and recipe.data.whole:
                raise ValueError(f"{label}: data.whole leaves no test images; judge the study on validation images.")
            if self.judged_on == "validation" and recipe.data.validation is None:
                raise ValueError(f"{label}: the study is judged on validation images, but data.validation is null.")
        return self

    def _check_folds(self) -> None:
        if self.folds is None:
            if self.repeats > 1:
                raise ValueError("repeats are of folds; say how many, such as folds=5.")
            return
        fewest = min((self.seeds, *self.seeds_of.values()))
        if self.repeats > fewest:
            raise ValueError(
                f"{self.repeats} repeats need as many seeds, since each seed takes one of them; the study has {fewest}."
            )
        fixed = all(recipe.data.validation and recipe.data.validation.fixed for recipe in self.recipes.values())
        if self.repeats > 1 and self.judged_on == "validation" and not fixed:
            raise ValueError("a study that is judged on validation images takes one division into folds; repeats=1.")
        if self.published:
            raise ValueError("published numbers are of a test part, so a study with them takes no folds.")
        if any(recipe.data.fold is not None or recipe.data.whole for recipe in self.recipes.values()):
            raise ValueError("a recipe has data.fold or data.whole, which the study's own folds would replace.")

    def _repr_html_(self) -> str:
        """What a notebook shows: the question, the recipes and the claims."""
        rows = [
            (label, recipe.model.title, recipe.data.source, recipe.training.epochs, len(self.seeds_for(label)))
            for label, recipe in self.recipes.items()
        ]
        table = table_html(("recipe", "model", "data", "epochs", "seeds"), rows)
        return paragraph(self.question, strong=True) + table + "".join(paragraph(f"Claim: {c}.") for c in self.claims)

    def to_dataframe(self) -> Any:
        """Every setting of every recipe as a data frame of pandas or polars, a row per recipe."""
        return data_frame([{"recipe": label, **flattened(recipe)} for label, recipe in self.recipes.items()])

    def seeds_for(self, label: str) -> range:
        """The seeds that a recipe runs with."""
        return range(min(self.seeds, self.seeds_of.get(label, self.seeds)))

    def folds_for(self, seed: int) -> tuple[Fold | None, ...]:
        """The folds that a seed runs; (None,) where the data have a test part of their own."""
        if self.folds is None:
            return (None,)
        repeat = seed % self.repeats + 1
        return tuple(Fold(number=number, of=self.folds, repeat=repeat) for number in range(1, self.folds + 1))

    def model_like(self, model: Model) -> Model:
        """The model of this study that is the same in all that a digest knows, with its function if it is your own.

        Raises SeedtrialError when there is none.
        """
        for recipe in self.recipes.values():
            if recipe.model.identity() == model.identity():
                return recipe.model
        raise SeedtrialError(f"The study {self.name} has no network with the same settings as the run's.")

    def varied(
        self,
        *,
        settings: Iterable[str] = (),
        seeds: int | None = None,
        only: Iterable[str] = (),
        folds: int | None = None,
        repeats: int | None = None,
        data: str | None = None,
    ) -> "Study":
        """A copy of the study with other settings, data, seeds or folds, or with fewer recipes.

        settings: such as "training.epochs=2", for every recipe that has the setting; "training.epochs=[2,4]" makes a
                  recipe of each value, and claims about it are made at each value
        seeds:    for every recipe, including those that have fewer of their own
        only:     labels of the recipes to keep; claims about the others are dropped
        folds:    every image is a test image once; published numbers, which are of a test part, are dropped
        repeats:  different divisions into folds; there are at least as many seeds
        data:     a built-in data set, a folder or a file, for every recipe

        Where the data change, claims about classes and claimed numbers are not tested (`set_aside`).

        Raises SeedtrialError for a setting that no recipe has, an unknown label, or fewer than one seed.
        """
        if seeds is not None and seeds < 1:
            raise SeedtrialError(f"A study needs at least one seed, not {seeds}.")
        own, notes = (self.recipes, []) if data is None else on_other_data(self.recipes, data)
        only, whole = list(only), vary(own, settings)
        kept_labels = _chosen(whole, only)
        recipes = {label: recipe for label, recipe in whole.recipes.items() if label in kept_labels}
        before = {new: self.recipes[old] for new, (old, _) in whole.values.items()}
        every = [claim for each in self.claims for claim in whole.claims(each) if _still_said(claim, recipes)]
        reasons = [why_not(claim, recipes, before) for claim in every]
        aside = [SetAside(claim=claim, reason=why) for claim, why in zip(every, reasons, strict=True) if why]
        # A number was published for the recipe as it was, not for a changed one.
        published = {label: p for label, p in self.published.items() if recipes.get(label) == self.recipes[label]}
        if self.published and data is not None and not published:
            notes.append("Numbers were published for other images, so they are not compared.")
        if folds is not None:
            published = {}
        if repeats is not None and seeds is None:
            seeds = max(repeats, self.seeds)
        table = whole.table if whole.crossed else self.table
        fewer = {new: self.seeds_of[old] for new, (old, _) in whole.values.items() if old in self.seeds_of}
        changes = {
            "table": table.only(recipes) if table else None,
            "grouped_by": self.grouped_by if len(recipes) == len(whole.recipes) else None,
            "recipes": recipes,
            "seeds": self.seeds if seeds is None else seeds,
            "seeds_of": {} if seeds else {label: n for label, n in fewer.items() if label in recipes},
            "claims": tuple(claim for claim, why in zip(every, reasons, strict=True) if not why),
            "set_aside": (*(each for each in self.set_aside if _still_said(each.claim, recipes)), *aside),
            "notes": (*self.notes, *notes),
            "published": published,
            "folds": self.folds if folds is None else folds,
            "repeats": self.repeats if repeats is None else repeats,
        }
        return self.model_copy(update=changes)


def _still_said(claim: AnyClaim, recipes: Mapping[str, Recipe]) -> bool:
    """Whether a claim's recipes are there, and others where it needs them."""
    return all(label in recipes for label in claim.labels) and not (claim.needs_others and len(recipes) == 1)


def _chosen(varied: Varied, only: Sequence[str]) -> set[str]:
    """The labels to keep; one that was crossed may be named as it was, which means all of its values."""
    chosen: set[str] = set()
    for label in only or varied.recipes:
        of = varied.labels_of(label) or [label]
        if not all(each in varied.recipes for each in of):
            raise unknown("recipe", label, varied.recipes)
        chosen.update(of)
    return chosen
