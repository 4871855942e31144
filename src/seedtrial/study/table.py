"""Two settings crossed: where each recipe of a study stands in a table of rows and columns."""

from collections.abc import Container

from pydantic import Field, model_validator

from seedtrial.spec import Spec


class Grid(Spec):
    """A study's recipes as cells. Rows and columns appear in the order in which the cells first name them."""

    rows: str = Field(description="what differs from row to row, such as learning rate")
    columns: str = Field(description="what differs from column to column, such as batch size")
    cells: dict[str, tuple[str, str]] = Field(min_length=1, description="recipe label -> its row and its column")

    @model_validator(mode="after")
    def _one_recipe_per_cell(self) -> "Grid":
        if len(set(self.cells.values())) < len(self.cells):
            raise ValueError("two recipes stand in the same cell.")
        return self

    @property
    def row_names(self) -> tuple[str, ...]:
        """The rows from top to bottom."""
        return tuple(dict.fromkeys(row for row, _ in self.cells.values()))

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns from left to right."""
        return tuple(dict.fromkeys(column for _, column in self.cells.values()))

    def of(self, labels: Container[str]) -> "Grid | None":
        """The cells of some recipes, in the same order; None if fewer than two are left."""
        cells = {label: place for label, place in self.cells.items() if label in labels}
        return self.model_copy(update={"cells": cells}) if len(cells) > 1 else None
