"""The words for a value on the tape: its name, or what was written to get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule import ops
from chainrule.autodiff import Tensor
from chainrule.nn import entry_name

LONGEST = 40
"""An expression of more letters is called after the op that made it."""

DEEPEST = 8
"""So many ops stand inside one another in an expression; values used often would fill pages."""

_TOO_LONG = "…" * (LONGEST + 1)

_OPERATORS: dict[Any, tuple[str, int]] = {
    ops.add: (" + ", 1),
    ops.subtract: (" - ", 1),
    ops.multiply: ("·", 2),
    ops.divide: ("/", 2),
    ops.matmul: (" @ ", 2),
    ops.pow: ("^", 3),
}
"""How an op with two inputs is written, and how tightly it binds."""

_TIGHTEST = 4


def label(x: Any) -> str:
    """The words for a value on the tape: its name, or the expression that gave it.

    Args:
        x: A tensor, or the plain array or number that was given in its place.

    Example:
        >>> from chainrule.autodiff import Tensor
        >>> w = Tensor([2.0, 3.0], name="w")
        >>> label(0.1 * w[0] * (w[1] + 1))
        '0.1·w[0]·(w[1] + 1)'
    """
    if type(x) is not Tensor:
        return "the input x" if getattr(x, "shape", ()) else _number(x)
    if x.name or x.origin is None:
        return x.name or "an input"
    text, _ = _expression(x)
    return text if len(text) <= LONGEST else f"the result of {x.origin.primitive.name}"


def _expression(x: Any, depth: int = 0) -> tuple[str, int]:
    """The text of a value, and how tightly its outermost operator binds."""
    if depth > DEEPEST:
        return _TOO_LONG, _TIGHTEST
    if type(x) is not Tensor:
        return _number(x), _TIGHTEST
    if x.name or x.origin is None:
        return x.name or "…", _TIGHTEST
    if picked := picked_from(x):
        return _picked(*picked, depth), _TIGHTEST
    inputs, primitive = x.origin.inputs, x.origin.primitive
    if primitive is ops.add and any(type(i) is not Tensor and _number(i) == "0" for i in inputs):
        return _expression(next(i for i in inputs if type(i) is Tensor), depth + 1)
    if primitive in _OPERATORS:
        sign, strength = _OPERATORS[primitive]
        left = _expression(inputs[0], depth + 1)
        if len(left[0]) > LONGEST:  # in a recurrence every half would be as deep as the whole
            return left
        right = _expression(inputs[1], depth + 1)
        loose = strength + (sign not in (" + ", "·"))
        return f"{_bound(*left, strength)}{sign}{_bound(*right, loose)}", strength
    if primitive is ops.negative:
        return f"-{_bound(*_expression(inputs[0], depth + 1), 2)}", 1
    if primitive in (ops.reshape, ops.expand_dims, ops.broadcast_to, ops.identity):
        return _expression(inputs[0], depth + 1)
    return f"{primitive.name}({', '.join(_expression(i, depth + 1)[0] for i in inputs)})", _TIGHTEST


def picked_from(x: Tensor) -> tuple[Tensor, list[int], tuple[int, ...]] | None:
    """The tensor of which `x` is `tensor[key]`, which entries it is, and their shape."""
    picked = _input_of(x, ops.reshape)
    whole = _input_of(picked, ops.take)
    source = _input_of(whole, ops.reshape)
    if picked is None or source is None:
        return None
    return source, list(picked.origin.options["indices"]), x.shape  # type: ignore[union-attr]  # made by take


def _input_of(x: Tensor | None, op: Callable[..., Any]) -> Tensor | None:
    """The input of a value that this op has made."""
    if x is None or x.origin is None or x.origin.primitive is not op:
        return None
    source = x.origin.inputs[0]
    return source if type(source) is Tensor else None


def _picked(source: Tensor, entries: list[int], shape: tuple[int, ...], depth: int) -> str:
    name, strength = _expression(source, depth + 1)
    name = _bound(name, strength, _TIGHTEST)
    if len(entries) == 1 and not shape:
        return entry_name(name, source.shape, entries[0])
    if len(source.shape) == 1 and entries == list(range(entries[0], entries[-1] + 1)):
        return f"{name}[{entries[0]}:{entries[-1] + 1}]"
    return f"{name}[…]"


def _bound(text: str, strength: int, needed: int) -> str:
    return text if strength >= needed else f"({text})"


def _number(x: Any) -> str:
    if getattr(x, "shape", ()):
        return "…"
    number = x.item() if hasattr(x, "item") else x
    return f"{number:.6g}" if isinstance(number, int | float) else str(number)
