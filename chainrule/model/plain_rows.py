"""Plain rows beside a recipe: whether they look like a table's own numbers, not yet scaled."""

from __future__ import annotations

import math
import warnings
from typing import Any

from chainrule.data import Numbers, Recipe
from chainrule.errors import ShapeError
from chainrule.words import plural

_ROWS_LOOKED_AT = 5
_MARGIN = 1.0
"""So many nats a number likelier as cells than as inputs, rows are the table's own."""


def with_names(recipe: Recipe) -> str:
    """How rows of the table are given, so that the recipe reads them."""
    more = " and so on" if len(recipe.columns) > 3 else ""
    columns = ", ".join(list(recipe.columns)[:3])
    return f"give a data frame or a dictionary of columns, named {columns}{more}"


def warn_of_own_units(recipe: Recipe, rows: Any) -> None:
    """Warn when rows fit the columns of the training table, and not what the recipe makes of them.

    Formula:
        Σ x²/2 > Σ [((x − mean) / deviation)²/2 + log deviation] + n, over the n numbers of the
        first rows: normal distributions, of inputs on the left, of the table's cells on the right

    Args:
        recipe: What made inputs of the training table.
        rows: An array of plain rows that are about to be taken for inputs.

    Raises:
        ShapeError: If they are not as wide as inputs are.
    """
    encoders = {e.column: e for e in recipe.encoders if isinstance(e, Numbers)}
    scaled = own = 0.0
    count = 0
    for row in rows[:_ROWS_LOOKED_AT].tolist():
        if len(row) != len(recipe.feature_names):
            raise ShapeError(
                f"the network takes {plural(len(recipe.feature_names), 'input')}, and a row has "
                f"{len(row)}; {with_names(recipe)}"
            )
        for name, value in zip(recipe.feature_names, row, strict=True):
            if encoder := encoders.get(name):
                scaled += value**2 / 2
                own += ((value - encoder.mean) / encoder.deviation) ** 2 / 2
                own += math.log(encoder.deviation)
                count += 1
    if scaled > own + _MARGIN * count:
        warnings.warn(
            "these rows look like cells of the table that the network was trained on, and plain "
            f"rows are taken as they are, not scaled: {with_names(recipe)}.",
            UserWarning,
            stacklevel=4,
        )
