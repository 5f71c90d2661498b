"""How a gradient that was given is asked for, and read in the form of the point."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from inspect import signature
from typing import Any

from chainrule.autodiff import Tensor
from chainrule.checking.checked_function import CANNOT, flat, is_tensor, like
from chainrule.checking.forms import leaves_of, parts_of, rebuilt, shape_of
from chainrule.checking.gradient_verdicts import given_numbers
from chainrule.errors import KindError, ShapeError
from chainrule.words import a_or_an


def is_float32_array(array: Any) -> bool:
    """Whether it is an array, or a single number, of float32."""
    return str(getattr(array, "dtype", "")).endswith("float32")


def doubled(leaves: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays with float64 in place of float32, where their library has it at hand."""
    return {
        n: v.double() if is_tensor(v) else like(v, flat(v)) if is_float32_array(v) else v
        for n, v in leaves.items()
    }


def asked_closely(
    gradient: Any, x: Any, leaves: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The same in float64 where a function answers in it: then no rounding stands beside it."""
    as_given = asked(gradient, x, leaves)
    if callable(gradient) and any(map(is_float32_array, leaves.values())):
        with suppress(CANNOT):
            closely = asked(gradient, x, doubled(leaves))
            if not any(map(is_float32_array, closely[0].values())):
                return closely
    return as_given


def asked(gradient: Any, x: Any, leaves: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A given gradient by the names of the point's arrays, and those that it overwrites.

    Args:
        gradient: The gradient, or a function that gives it.
        x: The point's dicts and lists.
        leaves: The arrays to put there; a function is given copies of them.
    """
    overwritten: list[str] = []
    if callable(gradient):
        require_takes(gradient, "the gradient function", x)
        copies = {name: _copy(leaf) for name, leaf in leaves.items()}
        gradient = gradient(rebuilt(x, copies))
        overwritten = [n for n, leaf in leaves.items() if _differ(flat(copies[n]), flat(leaf))]
    if gradient is None:
        raise KindError("the gradient function returned None; end it with `return`")
    arrays_given = _by_place(x, _alone(gradient, x))
    if arrays_given.keys() != leaves.keys():
        alike = isinstance(gradient, Mapping) == isinstance(x, Mapping)
        found = ", ".join(leaves_of(gradient)) if alike else a_or_an(type(gradient).__name__)
        raise ShapeError(
            f"the gradient must have the form of the point, {', '.join(leaves)}; found {found}"
        )
    return arrays_given, overwritten


def require_takes(function: Any, name: str, *arguments: Any) -> None:
    """Refuse a function that cannot be called with so many arguments.

    Args:
        function: The function.
        name: What it goes by in the error.
        *arguments: What it is called with.

    Raises:
        KindError: If it asks for more of them, or for fewer.
    """
    try:
        parameters = signature(function, follow_wrapped=False)  # a wrapper has its own
    except (TypeError, ValueError):  # one written in C may not tell
        return
    try:
        parameters.bind(*arguments)
    except TypeError:
        if len(arguments) == 1:
            asks = "is called with the point alone"
            do = "put all arrays into one dict or list, as in lambda p: f(p['w'], p['b'])"
        elif len(arguments) == 3:
            asks, do = "is called with net, x, y", "give it three parameters"
        else:
            asks, do = "is called with w, g, state, step", "give it four parameters"
        raise KindError(f"{name} {asks}; found the parameters {parameters}: {do}") from None


@contextmanager
def asking_every_backward() -> Iterator[None]:
    """Refuse an `autograd.Function` of PyTorch that meets tensors of ours.

    These run through its `forward`, and its `backward`, which may be wrong, is never asked.
    """
    torch = sys.modules.get("torch.autograd")
    if torch is None:
        yield
        return
    apply, met = torch.Function.apply.__func__.__code__, set()

    def look(frame: Any, _event: str, _: Any) -> None:
        if frame.f_code is apply and any(isinstance(a, Tensor) for a in frame.f_locals["args"]):
            met.add(frame.f_locals["cls"].__name__)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
    if met:
        raise KindError(
            f"{', '.join(sorted(met))} is an autograd.Function of PyTorch, and its backward would "
            "never be asked: check chainrule.interop.torch.through_torch(function)"
        )


def _alone(gradient: Any, x: Any) -> Any:
    """A gradient out of a tuple of one, as `torch.autograd.grad` returns it."""
    if not isinstance(gradient, tuple) or parts_of(x, ""):
        return gradient
    if len(gradient) == 1 and shape_of(gradient[0]) == shape_of(x):
        return gradient[0]
    if any(getattr(part, "shape", None) == shape_of(x) != () for part in gradient):
        raise ShapeError(
            f"the gradient is one array of shape {shape_of(x)}; found a tuple of {len(gradient)}: "
            "give the gradient alone, without the value beside it"
        )
    return gradient


def _by_place(tree: Any, given: Any, name: str = "") -> dict[str, Any]:
    """What stands in a gradient where the point has its arrays, by their names, as far as it goes.

    A list of numbers may be an array there, and an array a list of a library's single numbers.
    """
    parts = parts_of(tree, name)
    if not parts:
        return {name or "x": given}
    if isinstance(tree, Mapping) != isinstance(given, Mapping) or not hasattr(given, "__len__"):
        return {}
    if isinstance(given, Mapping):
        theirs = dict(parts_of(given, name))
    else:
        theirs = {f"{name or 'x'}[{place}]": part for place, part in enumerate(given)}
    if theirs.keys() != dict(parts).keys():
        return {}
    by_place: dict[str, Any] = {}
    for key, part in parts:
        by_place |= _by_place(part, theirs[key], key)
    return by_place


def _copy(leaf: Any) -> Any:
    try:
        return deepcopy(leaf)
    except CANNOT:  # PyTorch copies no tensor that was computed from others
        return leaf


def _differ(one: Sequence[float], other: Sequence[float]) -> bool:
    return any(a != b and b == b for a, b in zip(one, other, strict=False))


def numbers_of(
    gradient: Any, arrays_given: Mapping[str, Any], leaves: Mapping[str, Any]
) -> dict[str, list[float]]:
    """The numbers of a given gradient, its shapes checked."""
    try:
        return {
            name: given_numbers(name, g, shape_of(leaves[name])) for name, g in arrays_given.items()
        }
    except ShapeError as error:
        if callable(gradient) and any(isinstance(leaf, list) for leaf in leaves.values()):
            raise ShapeError(
                f"{error}; it was asked with the list that was given, which 2 * x repeats: give an "
                "array, of NumPy or chainrule.arrays.asarray(x)"
            ) from None
        raise
