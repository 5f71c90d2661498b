"""The functions a program is made of: the array API standard's, and how each takes its arguments.

Operators count under the standard's names: `x + y` is `add(x, y)`, `x[key]` is `getitem(x, key)`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.errors import KindError

OPERATORS: dict[str, tuple[str, Callable[..., Any]]] = {
    "add": ("+", operator.add),
    "subtract": ("-", operator.sub),
    "multiply": ("*", operator.mul),
    "divide": ("/", operator.truediv),
    "floor_divide": ("//", operator.floordiv),
    "remainder": ("%", operator.mod),
    "pow": ("**", operator.pow),
    "matmul": ("@", operator.matmul),
    "less": ("<", operator.lt),
    "less_equal": ("<=", operator.le),
    "greater": (">", operator.gt),
    "greater_equal": (">=", operator.ge),
    "equal": ("==", operator.eq),
    "not_equal": ("!=", operator.ne),
}
"""Functions of two operands that Python writes as an operator."""

# Plain numbers meet these functions too, and stay plain numbers.
_BY_OPERATOR = {name: function for name, (_, function) in OPERATORS.items() if name != "matmul"} | {
    "negative": operator.neg,
    "positive": operator.pos,
    "abs": operator.abs,
}
_KEYWORDS = {"axis", "keepdims", "dtype"}


@final
@dataclass(frozen=True)
class Function:
    """How a function takes its arguments.

    Attributes:
        name: Its name in the standard.
        family: "elementwise", "reduction", "view" (the same numbers under another shape),
            "creation" or "other".
        operands: How many arrays it takes, which come first; None if it takes a list of them.
        options: The names of its other arguments, in order of position.
    """

    name: str
    family: str
    operands: int | None
    options: tuple[str, ...] = ()

    def bind(
        self, arguments: Sequence[Any], options: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Part a call's arguments into arrays and options."""
        if self.operands is None:
            operands, rest = tuple(arguments[0]), arguments[1:]
        else:
            operands, rest = tuple(arguments[: self.operands]), arguments[self.operands :]
        return operands, dict(zip(self.options, rest, strict=False)) | dict(options)

    def call(self, xp: Any, operands: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Run it in an array namespace; arithmetic of plain numbers stays plain."""
        if self.name == "getitem":
            return operands[0][options["key"]]
        if self.name == "constant":  # an array that the recorded function brought along
            value = options["value"]
            return xp.asarray(value if namespace_of(value) is xp else value.tolist())
        if self.name in _BY_OPERATOR:
            return _BY_OPERATOR[self.name](*operands)
        given = {
            name: getattr(xp, value) if name in ("dtype", "to") else value
            for name, value in options.items()
            if value is not None or name == "axis"
        }
        positional = [given.pop(name) for name in self.options if name in given.keys() - _KEYWORDS]
        first = [list(operands)] if self.operands is None else operands
        return getattr(xp, self.name)(*first, *positional, **given)


def _family(family: str, operands: int | None, names: str, *options: str) -> list[Function]:
    return [Function(name, family, operands, options) for name in names.split()]


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in [
        *_family(
            "elementwise",
            1,
            "abs ceil cos cosh exp expm1 floor imag isfinite isinf isnan log log1p logical_not "
            "negative positive real round sign sin sinh sqrt square tan tanh trunc",
        ),
        *_family("elementwise", 2, "maximum minimum logical_and logical_or"),
        *_family("elementwise", 2, " ".join(name for name in OPERATORS if name != "matmul")),
        *_family("elementwise", 3, "where clip"),
        *_family("elementwise", 1, "astype", "to"),
        *_family("reduction", 1, "all any max mean min prod sum argmax argmin", "axis", "keepdims"),
        *_family("view", 1, "reshape broadcast_to", "shape"),
        *_family("view", 1, "permute_dims", "axes"),
        *_family("view", 1, "expand_dims squeeze", "axis"),
        *_family("view", 1, "matrix_transpose"),
        *_family("view", 1, "getitem", "key"),
        *_family("creation", 0, "constant", "value"),
        *_family("creation", 0, "arange", "start", "stop", "step"),
        *_family("creation", 0, "zeros ones", "shape", "dtype"),
        *_family("creation", 0, "full", "shape", "fill_value", "dtype"),
        *_family("creation", 0, "eye", "rows", "columns"),
        *_family("creation", 0, "linspace", "start", "stop", "num"),
        *_family("creation", 1, "zeros_like ones_like", "dtype"),
        *_family("creation", 1, "full_like", "fill_value", "dtype"),
        *_family("other", 2, "matmul"),
        *_family("other", 2, "tensordot", "axes"),
        *_family("other", 2, "vecdot take take_along_axis", "axis"),
        *_family("other", 1, "argsort sort cumulative_sum flip", "axis"),
        *_family("other", None, "concat stack", "axis"),
    ]
}
"""Every function that can be recorded, by name."""


def function(name: str) -> Function:
    """The function of that name.

    Raises:
        KindError: If it cannot be recorded.
    """
    if name not in FUNCTIONS:
        raise KindError(
            f"{name} was called while recording and is none of the functions that can be recorded; "
            f"write it with these: {', '.join(FUNCTIONS)}"
        )
    return FUNCTIONS[name]
