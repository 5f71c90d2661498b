"""Check the gradient of any function of numbers and arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chainrule import arrays
from chainrule.arrays import namespace_of
from chainrule.autodiff import grad
from chainrule.errors import KindError, ShapeError
from chainrule.explanations.checking.check import ENTRYWISE
from chainrule.explanations.checking.examples_inside import row_counts, with_rows
from chainrule.explanations.checking.judge import as_floats, given_numbers, judge, judge_opaque
from chainrule.explanations.checking.subject import CANNOT, Flat, Opaque, Subject, flat
from chainrule.explanations.checking.verdict import Check

MOST_MEASURED = 100
"""So many slopes are measured once more for each set of examples."""

SOME_EXAMPLES: tuple[tuple[str, Callable[[int], slice]], ...] = (
    ("last", lambda rows: slice(rows - 1, rows)),
    ("first", lambda rows: slice(0, 1)),
    ("last", lambda rows: slice(0, rows - 1)),
    ("first", lambda rows: slice(1, rows)),
)
"""Which examples a wrong gradient may be of alone, or without."""


def check_function(function: Callable[[Any], Any], x: Any, gradient: Any = None) -> Check:
    """Check a gradient of a function at a point.

    Written with operators and chainrule's ops, a function is recorded and complex steps prove its
    slopes; one that uses `math` or NumPy's own functions is checked by h-sweeps.

    Args:
        function: Takes a number, an array, or dicts and lists of them; returns one number.
        x: The point, in that form.
        gradient: The gradient in the form of x, or a function that gives it; chainrule's own if
            left out.

    Raises:
        ShapeError: If the gradient does not have the form of the point.
        KindError: If none is given and chainrule cannot differentiate the function.

    Example:
        >>> from math import exp
        >>> check_function(exp, 1.0, gradient=exp).passed
        True
    """
    leaves = _leaves(x)
    subject = _recorded(function, x, leaves)
    if gradient is None and subject is None:
        grad(function)(x)  # a function that cannot be recorded says why, and what to use instead
        raise KindError("chainrule cannot differentiate this function; give the gradient to check")
    own = subject.walk() if subject else {}
    given = own
    if gradient is not None:
        given = _given(gradient(x) if callable(gradient) else gradient, leaves)
    size = sum(map(len, given.values()))
    title = f"gradient of {size} {'number' if size == 1 else 'numbers'}"

    def moved_to(numbers: Flat) -> Any:
        return _rebuilt(x, {name: _like(leaves[name], moved) for name, moved in numbers.items()})

    given_at = None
    if callable(gradient):
        given_at = lambda numbers: _given(gradient(moved_to(numbers)), leaves)  # noqa: E731 - one line, two cases
    if subject:
        judged = judge(subject, own, given, entrywise=size <= ENTRYWISE, given_at=given_at)
        return Check(title, judged.verdicts)

    def only_called(called: Callable[[Any], Any]) -> Opaque:
        return Opaque(
            lambda numbers: called(moved_to(numbers)),
            {name: flat(leaf) for name, leaf in leaves.items()},
            {name: _shape(leaf) for name, leaf in leaves.items()},
        )

    verdicts = judge_opaque(
        only_called(function),
        given,
        row_counts=row_counts(function),
        partial=_with_some_examples(function, only_called) if size <= MOST_MEASURED else None,
        given_at=given_at,
    )
    return Check(title, verdicts)


def _given(gradient: Any, leaves: Mapping[str, Any]) -> dict[str, list[float]]:
    """A given gradient by the names of the point's arrays."""
    parts = _leaves(gradient)
    if parts.keys() != leaves.keys():
        raise ShapeError(
            f"the gradient must have the form of the point, {', '.join(leaves)}; "
            f"found {', '.join(parts)}"
        )
    return {name: given_numbers(name, g, _shape(leaves[name])) for name, g in parts.items()}


def _with_some_examples(
    function: Callable[[Any], Any], only_called: Callable[[Callable[[Any], Any]], Opaque]
) -> dict[str, tuple[Opaque, float]]:
    """The function with its last, its first, or all other examples, by the mistake that does so."""
    partial = {}
    for which, keep in SOME_EXAMPLES:
        if with_fewer := with_rows(function, keep):
            called, rows = with_fewer
            fewer = only_called(called)
            kept = len(range(rows)[keep(rows)])
            if keep(3).stop - keep(3).start == 1:
                words = (
                    f"only the {which} example's gradient arrived",
                    (f"only the {which} example's part of the mean arrived"),
                )
            else:
                words = (
                    f"the {which} example is left out, and the mean is over the others",
                    (f"the {which} example is left out"),
                )
            for sentence, factor in zip(words, (1.0, kept / rows), strict=True):
                partial[sentence] = fewer, factor
    return partial


def _recorded(function: Callable[[Any], Any], x: Any, leaves: dict[str, Any]) -> Subject | None:
    """The function on list arrays, else on the arrays it was given; None if it takes no tensors."""
    lists = {name: as_floats(leaf) for name, leaf in leaves.items()}
    kept = {name: v if hasattr(v, "shape") else lists[name] for name, v in leaves.items()}
    for point in (lists, kept):
        subject = Subject(lambda moved: function(_rebuilt(x, moved)), point)
        try:
            if subject.loss.origin is not None:
                subject.walk()
                return subject
        except CANNOT:
            continue
    return None


def _leaves(found: Any, name: str = "") -> dict[str, Any]:
    """The numbers and arrays in dicts and lists, by name: `x`, `w`, `layers[0].w`."""
    leaves: dict[str, Any] = {}
    for key, part in _parts(found, name):
        leaves |= _leaves(part, key)
    return leaves or {name or "x": found}


def _rebuilt(found: Any, leaves: Mapping[str, Any], name: str = "") -> Any:
    """The same dicts and lists with other numbers and arrays in them."""
    parts = _parts(found, name)
    if not parts:
        return leaves[name or "x"]
    made = [_rebuilt(part, leaves, key) for key, part in parts]
    return dict(zip(found, made, strict=True)) if isinstance(found, Mapping) else type(found)(made)


def _parts(found: Any, name: str) -> list[tuple[str, Any]]:
    """What a dict or list holds, by name; nothing for a number, an array, or one written out."""
    if isinstance(found, Mapping):
        return [(f"{name}.{key}" if name else str(key), part) for key, part in found.items()]
    if isinstance(found, list | tuple) and not _is_array(found):
        return [(f"{name or 'x'}[{place}]", part) for place, part in enumerate(found)]
    return []


def _is_array(found: Any) -> bool:
    """Whether nested lists hold nothing but plain numbers."""
    if isinstance(found, list | tuple):
        return all(map(_is_array, found))
    return not hasattr(found, "shape") and not isinstance(found, Mapping)


def _shape(leaf: Any) -> tuple[int, ...]:
    return tuple(leaf.shape) if hasattr(leaf, "shape") else arrays.asarray(leaf).shape


def _like(leaf: Any, numbers: list[float]) -> Any:
    """Numbers in the form of a leaf: a number, nested lists, or its library's array."""
    if hasattr(leaf, "shape"):
        xp = namespace_of(leaf)
        return xp.reshape(xp.asarray(numbers), leaf.shape)
    if isinstance(leaf, list | tuple):
        return arrays.reshape(arrays.asarray(numbers), _shape(leaf)).tolist()
    return numbers[0]
