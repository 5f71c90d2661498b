"""Numbers that a user gives, as the arrays of an engine."""

from __future__ import annotations

from typing import Any

from chainrule import arrays
from chainrule.engines import Engine
from chainrule.errors import ChainruleError, KindError

_NOT_NUMBERS = ("<U", ">U", "|S", "object")
"""How the number kinds of other libraries begin that hold texts or anything at all."""


def as_numbers(engine: Engine, values: Any, *, dtype: str | None = None) -> Any:
    """The values as an array of the engine; in one sentence, on every engine, why they are none.

    Args:
        engine: Whose arrays to make.
        values: Numbers, lists of them to any depth, or an array of any library.
        dtype: The number kind; that of the values if left out.

    Raises:
        KindError: If something else than a number is among them, or one that no float holds.
        ShapeError: If lists that stand side by side differ in length.

    Example:
        >>> from chainrule.engines import choose_engine
        >>> as_numbers(choose_engine("python"), [[1, 2]], dtype="float64").tolist()
        [[1.0, 2.0]]
    """
    try:
        made = engine.asarray(values, dtype=dtype)
    except ChainruleError:
        raise
    except (TypeError, ValueError, OverflowError):
        made = None
    if made is not None and not str(made.dtype).startswith(_NOT_NUMBERS):
        return made
    # Libraries say it in words of their own; the list array's are the same everywhere.
    arrays.asarray(values)
    raise KindError("one of the numbers is too large for a float: scale them down")
