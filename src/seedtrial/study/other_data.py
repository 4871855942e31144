"""A study on other images than it was written for: what is replaced, and which claims say nothing there."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from seedtrial.claims.claim import AnyClaim
from seedtrial.data import readers
from seedtrial.data.dataset import DataSpec
from seedtrial.data.reader import FOR
from seedtrial.data.splits import Validation
from seedtrial.runs.recipe import Recipe
from seedtrial.spec import Spec
from seedtrial.words import printable


class SetAside(Spec):
    """A claim that is not tested, and why.

    >>> from seedtrial import Claim
    >>> SetAside(claim=Claim.reaches("conv", 92), reason="It is about other images.").claim.a
    'conv'
    """

    claim: AnyClaim
    reason: str = Field(description="a sentence")


def shown_source(source: str) -> str:
    """The name of a source, without the folders that it lies in.

    >>> shown_source("/home/ada/photos"), shown_source("digits"), shown_source("data-dir")
    ('photos', 'digits', 'your own images')
    """
    return "your own images" if source == readers.NAMED_DIR else printable(Path(source).name or source)


def on_other_data(recipes: Mapping[str, Recipe], source: str) -> tuple[dict[str, Recipe], list[str]]:
    """Recipes with another source of images, and what of their settings does not apply to it, a sentence each.

    source: a built-in data set, a folder or a file

    >>> from seedtrial.models import Linear
    >>> recipes = {"linear": Recipe(data=DataSpec(source="photos", size=64), model=Linear())}
    >>> changed, notes = on_other_data(recipes, "digits")
    >>> changed["linear"].data.source, notes
    ('digits', ['data.size is for pictures, so it does not apply to digits.'])

    Raises SeedtrialError when there is no such source.
    """
    reader = readers.reader_for(readers.resolved(source, None)[0])
    changed, notes = {}, []
    for label, recipe in recipes.items():
        gone = [name for name in FOR if getattr(recipe.data, name) is not None and name not in reader.takes]
        update: dict[str, object] = {"source": source} | {name: None for name in gone}
        notes += [f"data.{name} is for {FOR[name]}, so it does not apply to {shown_source(source)}." for name in gone]
        validation = _validation(recipe.data)
        if validation != recipe.data.validation and validation is not None:
            update["validation"] = validation
            notes.append(
                f"Validation images are {100 * float(validation.size):.3g} % of the training images, of every class; "
                "the study's own choice of them is of other data."
            )
        changed[label] = recipe.model_copy(update={"data": recipe.data.model_copy(update=update)})
    return changed, list(dict.fromkeys(notes))


def _validation(data: DataSpec) -> Validation | None:
    """Validation images that other data have too: a share of every class, where the study has a number or a place."""
    own = data.validation
    if own is None or (isinstance(own.size, float) and own.take in ("random", "stratified")):
        return own
    known = readers.built_in_readers().get(data.source)
    images = known.facts.train if known and known.facts else 0
    share = own.size if isinstance(own.size, float) else own.size / images if images > own.size else Validation().size
    return own.model_copy(update={"take": "stratified", "size": float(share)})


def why_not(claim: AnyClaim, now: Mapping[str, Recipe], before: Mapping[str, Recipe]) -> str:
    """Why a claim says nothing about the images that its recipes have now; empty where it can be tested.

    before: the recipes that it was made for, by the same labels
    """
    moved = [
        label for label in claim.labels if before[label].data.source not in (now[label].data.source, readers.NAMED_DIR)
    ]
    if not moved:
        return ""
    was, present = (shown_source(recipes[moved[0]].data.source) for recipes in (before, now))
    if claim.class_names:
        return f"It is about classes of {was}; these images are {present}."
    if claim.of_one_data_set:
        return f"It claims a number for {was}; these images are {present}."
    return ""
