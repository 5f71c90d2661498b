"""Numbers that a user gives, as the arrays of an engine."""

from __future__ import annotations

import math
import sys
import warnings
from array import array
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chainrule import arrays
from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor
from chainrule.data import Examples, Numbers, Recipe, is_frame
from chainrule.engines import Engine
from chainrule.errors import ChainruleError, KindError, ShapeError, require_kind, shown
from chainrule.nn import Layout
from chainrule.words import closest, plural

_NOT_NUMBERS = ("<U", ">U", "|S", "[", "(", "object", "datetime", "timedelta")
"""How the kinds of other libraries begin that hold texts, times, records or anything at all."""

_PACKAGE = __name__.partition(".")[0]

_ROWS_LOOKED_AT = 5
_MARGIN = 1.0
"""So many nats a number likelier as cells than as inputs, rows are the table's own."""


def engine_numbers(engine: Engine, values: Any, *, dtype: str | None = None) -> Any:
    """The values as an array of the engine; in one sentence, on every engine, why they are none.

    Args:
        engine: Whose arrays to make.
        values: Numbers, lists of them to any depth, or an array or data frame of any library.
        dtype: The number kind; that of the values if left out.

    Raises:
        KindError: If something else than a number is among them, or one that no float holds.
        ShapeError: If lists that stand side by side differ in length.

    Example:
        >>> from chainrule.engines import choose_engine
        >>> engine_numbers(choose_engine("python"), [[1, 2]], dtype="float64").tolist()
        [[1.0, 2.0]]
    """
    if hasattr(values, "to_numpy") and not hasattr(values, "tolist"):  # frames, polars' columns
        listed = "rows" if hasattr(values, "rows") else "to_list"  # polars is there without NumPy
        values = getattr(values, "to_numpy" if find_spec("numpy") else listed)()
    try:
        numbers = engine.asarray(values)
        kind = str(numbers.dtype)
    except ChainruleError:
        raise
    except (TypeError, ValueError, OverflowError, RuntimeError):
        numbers, kind = values, "object"
    others = kind.startswith(_NOT_NUMBERS)
    if others:
        # Libraries say it in words of their own; the list array's are the same everywhere.
        try:
            numbers = arrays.asarray(values)
        except TypeError as error:
            if isinstance(error, ChainruleError):
                raise
            raise KindError(
                f"a network takes numbers, and none can be read here ({str(error).splitlines()[0]})"
                ": call it outside of jax.jit, vmap and grad, which trace without numbers"
            ) from None
        kind = str(numbers.dtype)
    if kind.startswith("complex"):
        raise KindError("a network takes real numbers and these are complex: give both parts apart")
    if others:
        numbers, dtype = arrays.astype(numbers, arrays.float64), dtype or "float64"
    return numbers if dtype is None else engine.asarray(numbers, dtype=dtype)


def names_rows(x: Any) -> bool:
    """Whether it says which rows of a table are meant: a file of them, or a frame."""
    return is_frame(x) or isinstance(x, str | Path)


def names_of_inputs(x: Any) -> tuple[str, ...]:
    """What the columns of inputs are called, where examples or a frame name them."""
    columns = getattr(x, "columns", ()) if is_frame(x) else ()
    names = tuple(x.feature_names if isinstance(x, Examples) else columns)
    return names if all(isinstance(name, str) for name in names) else ()


def as_plain_rows(
    engine: Engine, x: Any, recipe: Recipe | None, *, dtype: str, columns: int | None
) -> Any:
    """Inputs as a table of the engine, one row an example; a single example may come alone.

    Beside a recipe, what it would read is told from them. A tensor of the engine's arrays stays
    one, so that outputs and loss can be differentiated by their inputs.
    """
    if type(x) is Tensor:
        if namespace_of(x.value) is not engine.xp:
            raise KindError("x is not of the engine's arrays: differentiate at net.as_inputs(x)")
        return x.reshape((1, -1)) if len(x.shape) == 1 else x
    try:
        table = engine_numbers(engine, x, dtype=dtype)
        if len(table.shape) == 0:
            raise ShapeError("x is not a list of numbers; give a list with one for each input")
    except (KindError, ShapeError) as error:
        if recipe is None and names_rows(x):
            raise KindError(
                f"x is {shown(x)}, and only a network that was trained on a table reads files and "
                f"named columns: give an array of shape (rows, {columns}), or train it with "
                "cr.train_on_table"
            ) from None
        if recipe is None:
            raise
        raise type(error)(f"{error}; {with_names(recipe)}") from None
    if len(table.shape) == 1:  # a table without rows has lost its columns as a list
        empty = (0, *(tuple(getattr(x, "shape", ()))[1:] or (columns,)))
        table = engine.xp.reshape(table, (1, -1) if table.shape[0] else empty)
    if recipe is not None:
        warn_of_own_units(recipe, table)
    return table


def as_targets(engine: Engine, y: Any, *, rows: int) -> Any:
    """Targets as an array of the engine; those of a single example may come alone."""
    xp = engine.xp
    try:
        targets = engine_numbers(engine, y)
    except KindError as error:
        raise KindError(f"{error}; targets y are numbers, classes 0, 1 and so on") from None
    if targets.shape == ():
        return xp.reshape(targets, (1,))
    if len(targets.shape) == 1 and rows == 1 and targets.shape != (1,):
        return xp.reshape(targets, (1, -1))
    return targets


def arrays_for(layout: Layout, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that a user gives, as arrays, each of the shape that its name has in the layout.

    Raises:
        KindError: If they are not arrays by name.
        ShapeError: If a name is not one of the layout's, or a shape not the parameter's.
    """
    require_kind(parameters, Mapping, "parameters are arrays by name, in a dict")
    given = {name: arrays.asarray(value) for name, value in parameters.items()}
    for name, value in given.items():
        if name not in layout.shapes:
            raise ShapeError(
                f"there is no parameter {name!r}{closest(name, [*layout.shapes])}; there are "
                f"{', '.join(layout.shapes)}"
            )
        if value.shape != layout.shapes[name]:
            raise ShapeError(f"{name} has shape {layout.shapes[name]}; found {value.shape}")
    return given


def doubles(named: Mapping[str, Any], layout: Layout) -> array[float]:
    """Named arrays in one row of plain doubles, which take a quarter of what lists take.

    Args:
        named: Arrays of any engine, by the names of the layout.
        layout: In which order they lie.

    Raises:
        KindError: If they are of a kind that no float holds.

    Example:
        >>> doubles({"b": [3.0], "w": [[1.0, 2.0]]}, Layout({"w": (1, 2), "b": (1,)}))
        array('d', [1.0, 2.0, 3.0])
    """
    row = array("d")
    for name in layout.shapes:
        numbers = arrays.reshape(arrays.asarray(named[name]), (-1,))
        try:
            row.extend(numbers.tolist())
        except TypeError:
            raise KindError(f"{name} holds real numbers; found {numbers.dtype}") from None
    return row


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
                apart = (value - encoder.mean) / encoder.deviation
                scaled += value * value / 2  # of a very large value infinite, where ** would raise
                own += apart * apart / 2
                own += math.log(encoder.deviation)
                count += 1
    if scaled > own + _MARGIN * count:
        warn(
            "these rows look like cells of the table that the network was trained on, and plain "
            f"rows are taken as they are, not scaled: {with_names(recipe)}."
        )


def warn(sentence: str) -> None:
    """Warn of a sentence at the line that called chainrule, from however deep within."""
    frame, depth = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(f"{_PACKAGE}."):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(sentence, UserWarning, stacklevel=depth)
