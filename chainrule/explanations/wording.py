"""Numbers and names as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from textwrap import fill
from typing import Any

from chainrule.errors import OptionError

FAINT = 0.02
"""Below this part of the gradient a neuron's gate counts as almost shut."""

WIDTH = 80
"""Columns of a screen, which no line of text goes beyond."""

_NAME = re.compile(r"^\s*([\w.]+)\s*\[\s*(\d{1,18}(?:\s*,\s*\d{1,18})*)\s*\]\s*$")


def number(value: Any, digits: int = 6) -> str:
    """A number with a few significant digits; exact kinds as they are; anything odd by its name.

    Example:
        >>> number(-2.0), number(0.000438567723), number(-0.0), number(float("nan"))
        ('-2', '0.000438568', '0', 'nan')
    """
    if isinstance(value, float | int):
        return f"{value:.{digits}g}" if value else "0"
    return str(value)


def factor(value: Any, digits: int = 6) -> str:
    """A number as a factor of a product: brackets around a minus sign or a fraction bar."""
    text = number(value, digits)
    return f"({text})" if text[0] in "-+" or "/" in text else text


def plural(count: int, what: str, *, many: str | None = None) -> str:
    """A count with its noun.

    Example:
        >>> plural(1, "row"), plural(3000, "row"), plural(2, "loss", many="losses")
        ('1 row', '3,000 rows', '2 losses')
    """
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def paragraph(text: str) -> str:
    """A line that stands in a text of 80 columns, broken where it is longer.

    Example:
        >>> print(paragraph("  " + "so " * 30 + "on"))
          so so so so so so so so so so so so so so so so so so so so so so so so so so
            so so so so on
    """
    indent = " " * (len(text) - len(text.lstrip()))
    return fill(
        text.strip(),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def answer_text(answer: Any) -> str:
    """What a network says: a class, or its first values.

    Example:
        >>> answer_text("setosa"), answer_text([1.5]), answer_text([1.0, 2.0, 3.0, 4.0])
        ('setosa', '1.5', '1, 2, 3, …')
    """
    values = answer if isinstance(answer, list) else [answer]
    shown = ", ".join(number(value, 4) for value in values[:3])
    return f"{shown}, …" if len(values) > 3 else shown


def gate_note(a: Any, z: Any, slope: Any) -> str:
    """What is remarkable about how much gradient a neuron lets through; empty if nothing is.

    Args:
        a: What the neuron says.
        z: Its weighted sum.
        slope: `da/dz` there.

    Example:
        >>> gate_note(0.0, -0.3, 0), gate_note(0.5, 0.5, 1)
        ('the neuron is silent: z = -0.3, so no gradient passes', '')
    """
    if slope == 0:
        state = "saturated" if a else "silent"
        return f"the neuron is {state}: z = {number(z)}, so no gradient passes"
    if abs(slope) < FAINT:
        return f"the gate is almost shut at z = {number(z)}: only {number(slope, 3)} passes"
    return ""


def weight_name(parameter: str, index: tuple[int, ...]) -> str:
    """The name of one entry, such as `dense1.weight[3,2]`."""
    return f"{parameter}[{','.join(map(str, index))}]"


def find_weight(name: str, shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, tuple[int, ...]]:
    """The parameter and the index that a name such as `dense1.weight[3,2]` stands for.

    Raises:
        OptionError: If there is no such weight; says which there are.

    Example:
        >>> find_weight("dense1.weight[3,2]", {"dense1.weight": (4, 3)})
        ('dense1.weight', (3, 2))
    """
    if not isinstance(name, str):
        raise OptionError(
            f"a weight is called by its name, such as 'dense1.weight[3,2]'; found {name!r}"
        )
    match = _NAME.match(name)
    parameter = match.group(1) if match else name.split("[")[0].strip()
    if parameter not in shapes:
        near = get_close_matches(parameter, shapes, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(shapes)}"
        raise OptionError(f"no parameter is called {parameter!r}; {hint}")
    shape = shapes[parameter]
    ranges = ", ".join(f"0 to {size - 1}" for size in shape)
    wanted = f"{parameter} takes {len(shape)} numbers in brackets: {ranges}"
    if match is None:
        raise OptionError(f"{name!r} does not name one weight; {wanted}")
    index = tuple(int(part) for part in match.group(2).split(","))
    if len(index) != len(shape) or any(i >= n for i, n in zip(index, shape, strict=False)):
        raise OptionError(f"there is no weight {name!r}; {wanted}")
    return parameter, index
