"""How to cite seedtrial and the data of a study or a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seedtrial import __version__
from seedtrial.data import dataset
from seedtrial.data.citation import Citation
from seedtrial.data.dataset import DataSpec
from seedtrial.data.reader import Facts
from seedtrial.data.readers import NAMED_DIR, cited_work
from seedtrial.errors import SeedtrialError
from seedtrial.runs.recipe import Recipe
from seedtrial.words import printable

YEAR = 2026  # of this version


@dataclass(frozen=True)
class CitedData:
    """A data set to cite.

    source:      as the recipe names it
    fingerprint: empty where the images are not at hand
    work:        who published it; None: the user's own, or not known

    >>> CitedData("photos", "0123456789abcdef", None).text
    'Your own data; say who made the images, and where they can be had.'
    """

    source: str
    fingerprint: str
    work: Citation | None

    @property
    def name(self) -> str:
        """The source without the folders that it lies in, and its fingerprint."""
        if self.source == NAMED_DIR and not self.fingerprint:
            return "the images in --data-dir"
        name = printable(Path(self.source).name or self.source)
        return f"{name} (fingerprint {self.fingerprint[:12]})" if self.fingerprint else name

    @property
    def text(self) -> str:
        """The work, or what to say of data of one's own."""
        if self.work is not None:
            return self.work.text
        return "Your own data; say who made the images, and where they can be had."

    @property
    def bibtex(self) -> str:
        """The work as an entry; of data of one's own a comment, as BibTeX takes all text between entries."""
        return self.work.bibtex if self.work is not None else f"{self.name}. {self.text}"


@dataclass(frozen=True)
class Citations:
    """What to cite: seedtrial itself, the data, and whose weights a network began with.

    >>> [what for what, _ in Citations(tool(), (CitedData("digits", "", None),)).lines]
    ['software', 'data: digits']
    """

    tool: Citation
    data: tuple[CitedData, ...] = ()
    weights: tuple[str, ...] = ()

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What it is and how it is cited, a pair each."""
        data = [(f"data: {each.name}", each.text) for each in self.data]
        return [("software", self.tool.text), *data, *(("weights", terms) for terms in self.weights)]

    @property
    def bibtex(self) -> str:
        """All works as BibTeX; equal ones once."""
        entries = dict.fromkeys([self.tool.bibtex, *(each.bibtex for each in self.data), *self.weights])
        return "\n\n".join(entries)


def tool() -> Citation:
    """seedtrial in this version.

    >>> tool().text
    'The seedtrial authors (2026). seedtrial: train image classifiers, compare them honestly. Version 0.1.0.'
    """
    title = "seedtrial: train image classifiers, compare them honestly"
    return Citation(
        "seedtrial", "misc", (("The seedtrial authors", ""),), title, YEAR, {"note": f"Version {__version__}"}
    )


def citations(used: Iterable[tuple[Recipe, Facts | None]] = ()) -> Citations:
    """What to cite for recipes.

    used: recipes, each with what identifies its images; None where they are not at hand

    >>> from seedtrial.models import Linear
    >>> digits = Recipe(data=DataSpec(source="digits"), model=Linear())
    >>> citations([(digits, dataset.facts(digits.data))]).data[0].work.key
    'alpaydin1998optical'
    """
    data: dict[str, CitedData] = {}
    weights: dict[str, None] = {}
    for recipe, facts in used:
        fingerprint = facts.fingerprint if facts is not None else ""
        source = recipe.data.source
        data.setdefault(fingerprint or source, CitedData(source, fingerprint, cited_work(source, facts)))
        if recipe.model.terms:
            weights[recipe.model.terms] = None
    return Citations(tool(), tuple(data.values()), tuple(weights))


def of_recipes(recipes: Mapping[str, Recipe], *, data_dir: Path | None = None) -> Citations:
    """What to cite for the recipes of a study; images that cannot be read have no fingerprint.

    >>> from seedtrial.study.load import load_study
    >>> [each.source for each in of_recipes(load_study("quickstart").recipes).data]
    ['fashion-mnist']
    """
    known: dict[DataSpec, Facts | None] = {}
    for recipe in recipes.values():
        if recipe.data not in known:
            try:
                known[recipe.data] = dataset.facts(recipe.data, data_dir=data_dir)
            except SeedtrialError:
                known[recipe.data] = None
    return citations((recipe, known[recipe.data]) for recipe in recipes.values())
