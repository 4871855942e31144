"""A study's recipes as a table of rows and columns, such as learning rate by batch size."""

from collections.abc import Container

from pydantic import Field, model_validator

from seedtrial.spec import Spec


class Table(Spec):
    """A study's recipes as cells of a table. Rows and columns appear in the order in which the cells first name them.

    >>> table = Table(rows="layers", columns="width", cells={"a": ("1", "64"), "b": ("1", "128"), "c": ("2", "64")})
    >>> table.row_names, table.column_names
    (('1', '2'), ('64', '128'))
    """

    rows: str = Field(description="what differs from row to row, such as learning rate")
    columns: str = Field(description="what differs from column to column, such as batch size")
    cells: dict[str, tuple[str, str]] = Field(min_length=1, description="recipe label -> its row and its column")

    @model_validator(mode="after")
    def _one_recipe_per_cell(self) -> "Table":
        if len(set(self.cells.values())) < len(self.cells):
            raise ValueError("two recipes are in the same cell.")
        return self

    @property
    def row_names(self) -> tuple[str, ...]:
        """The rows from top to bottom."""
        return tuple(dict.fromkeys(row for row, _ in self.cells.values()))

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns from left to right."""
        return tuple(dict.fromkeys(column for _, column in self.cells.values()))

    def only(self, labels: Container[str]) -> "Table | None":
        """The table with only these recipes, in the same order; None if fewer than two are left."""
        cells = {label: cell for label, cell in self.cells.items() if label in labels}
        return self.model_copy(update={"cells": cells}) if len(cells) > 1 else None
