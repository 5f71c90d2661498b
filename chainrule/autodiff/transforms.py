"""Functions made from functions: `grad`, `value_and_grad`, `hessian`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.arrays import asarray
from chainrule.autodiff.registry import namespace
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.walk import backward, tape
from chainrule.errors import KindError


def value_and_grad(function: Callable[..., Any], argument: int = 0) -> Callable[..., Any]:
    """Make the function that returns `(f(x), df/dx)`.

    Args:
        function: A function of numbers, arrays, or dicts, lists and tuples of them, that returns
            one number; written with operators and chainrule's ops.
        argument: Which positional argument to differentiate by.

    Returns:
        A function of the same arguments. The gradient has the form of the argument: a number for a
        number, a dict of arrays for a dict. Where tensors from outside take part, as they do within
        another `grad`, value and gradient are tensors too and can be differentiated again.

    Raises:
        ShapeError: If the function returns more than one number.

    Example:
        >>> import chainrule.ops
        >>> value_and_grad(lambda w: (w - 3) ** 2)(5.0)
        (4.0, 4.0)
        >>> value_and_grad(lambda p: p["w"] * 2 + p["b"])({"w": 1.5, "b": 0.5})
        (3.5, {'w': 2.0, 'b': 1.0})
    """
    require_function(function)

    def evaluate(*arguments: Any, **options: Any) -> tuple[Any, Any]:
        before, found, after = _parted(arguments, argument)
        inputs: list[Tensor] = []
        traced = _rebuild(found, lambda leaf: _enter(leaf, inputs))
        result = function(*before, traced, *after, **options)
        if type(result) is not Tensor:  # it does not depend on the argument
            result = Tensor(result)
        nested = _depends_on_others(result, inputs)
        gradients = iter(backward(result, inputs, differentiable=nested))
        if nested:
            return result, _rebuild(found, lambda _: next(gradients))
        gradient = _rebuild(found, lambda leaf: _leave(next(gradients), leaf))
        plain = all(_is_number(leaf) for leaf in _leaves(found))
        return (result.value.item() if plain else result.value), gradient

    return evaluate


def grad(function: Callable[..., Any], argument: int = 0) -> Callable[..., Any]:
    """Make the function that returns `df/dx`; see `value_and_grad`.

    Example:
        >>> import chainrule.ops
        >>> grad(lambda w: (w - 3) ** 2)(5.0)
        4.0
        >>> grad(grad(lambda w: w**3))(2.0)
        12.0
    """
    evaluate = value_and_grad(function, argument)

    def gradient(*arguments: Any, **options: Any) -> Any:
        return evaluate(*arguments, **options)[1]

    return gradient


def hessian(function: Callable[..., Any], argument: int = 0) -> Callable[..., Any]:
    """Make the function that returns all second derivatives, `H[i, j] = d²f/dx_i dx_j`.

    Args:
        function: A function of one number or one array that returns one number.
        argument: Which positional argument to differentiate by.

    Returns:
        A function whose result has the shape of the argument twice: a number for a number, an
        array of shape `(n, n)` for `(n,)`.

    Raises:
        ShapeError: If the function returns more than one number.

    Example:
        >>> import chainrule.ops
        >>> hessian(lambda w: w**3)(2.0)
        12.0
        >>> hessian(lambda x: x[0] * x[0] * x[1])([3.0, 5.0]).tolist()
        [[10.0, 6.0], [6.0, 0.0]]
    """
    require_function(function)

    def second(*arguments: Any, **options: Any) -> Any:
        before, found, after = _parted(arguments, argument)
        if isinstance(found, dict | tuple):
            raise KindError(
                f"hessian takes one number or one array; found a {type(found).__name__}: "
                "join its arrays into one, or nest `grad`"
            )
        inputs: list[Tensor] = []
        x = _enter(found, inputs)
        slopes = grad(function, len(before))(*before, x, *after, **options)
        nested = _depends_on_others(slopes, inputs)
        flat = slopes.reshape(-1)
        rows = [
            namespace.reshape(backward(flat[i], inputs, differentiable=nested)[0], (1, -1))
            for i in range(len(flat))
        ]
        table = namespace.reshape(namespace.concat(rows), x.shape + x.shape)
        return table if nested else _leave(table, found)

    return second


def require_function(function: object) -> None:
    """Refuse to differentiate what cannot be called.

    Raises:
        KindError: If it is no function.
    """
    if not callable(function):
        raise KindError(
            f"only a function can be differentiated; found {type(function).__name__}: give one "
            "that takes numbers or arrays and returns a number"
        )


def _parted(arguments: tuple[Any, ...], place: int) -> tuple[tuple[Any, ...], Any, tuple[Any, ...]]:
    """The arguments before the one that is differentiated by, that one, and those after it."""
    if not -len(arguments) <= place < len(arguments):
        raise KindError(
            f"argument {place} was to be differentiated by, and {len(arguments)} were given by "
            "position: give it by position, too"
        )
    place %= len(arguments)
    return arguments[:place], arguments[place], arguments[place + 1 :]


def _depends_on_others(result: Tensor, inputs: list[Tensor]) -> bool:
    """Whether tensors from outside took part, as an input or on the way to the result."""
    start = min((x.serial for x in inputs), default=0)
    return any(x.origin for x in inputs) or any(x.serial < start for x in tape(result))


def _leaves(found: Any) -> list[Any]:
    """The numbers and arrays in a structure, in order."""
    if isinstance(found, dict):
        return [leaf for value in found.values() for leaf in _leaves(value)]
    if isinstance(found, tuple) or (isinstance(found, list) and not _numeric(found)):
        return [leaf for value in found for leaf in _leaves(value)]
    return [found]


def _rebuild(found: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure with every number and array changed."""
    if isinstance(found, dict):
        return {name: _rebuild(value, change) for name, value in found.items()}
    if isinstance(found, tuple):
        return tuple(_rebuild(value, change) for value in found)
    if isinstance(found, list) and not _numeric(found):
        return [_rebuild(value, change) for value in found]
    return change(found)


def _is_number(leaf: Any) -> bool:
    """Whether a leaf is a plain number of any kind, rather than an array or a list of numbers."""
    return not hasattr(leaf, "shape") and not isinstance(leaf, list)


def _numeric(found: list[Any]) -> bool:
    """Whether a list is an array written out: numbers, or lists of numbers."""
    return all(_numeric(x) if isinstance(x, list) else not hasattr(x, "shape") for x in found)


def _enter(leaf: Any, inputs: list[Tensor]) -> Tensor:
    """The tensor that stands for a leaf while it is differentiated, noted in `inputs`."""
    inputs.append(namespace.identity(leaf) if type(leaf) is Tensor else Tensor(_real(leaf)))
    return inputs[-1]


def _real(leaf: Any) -> Any:
    """Numbers as an array; whole numbers become floats, since a slope between them needs some."""
    array = leaf if hasattr(leaf, "__array_namespace__") else asarray(leaf)
    try:
        return array * 1.0 if str(array.dtype).startswith(("bool", "int", "uint")) else array
    except OverflowError:
        raise KindError("a number is too large for a float: scale it down") from None


def _leave(gradient: Any, leaf: Any) -> Any:
    return gradient.item() if _is_number(leaf) else gradient
