"""Functions made from functions: `grad`, `value_and_grad`, `hessian`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.arrays import asarray
from chainrule.autodiff.registry import namespace
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.walk import backward
from chainrule.errors import ShapeError


def value_and_grad(function: Callable[..., Any], argument: int = 0) -> Callable[..., Any]:
    """Make the function that returns `(f(x), df/dx)`.

    Args:
        function: A function of numbers, arrays, or dicts, lists and tuples of them, that returns
            one number; written with operators and chainrule's ops.
        argument: Which positional argument to differentiate by.

    Returns:
        A function of the same arguments. The gradient has the form of the argument: a number for a
        number, a dict of arrays for a dict. Applied within another `grad`, it is differentiated
        again.

    Raises:
        ShapeError: If the function returns more than one number.

    Example:
        >>> import chainrule.ops
        >>> value_and_grad(lambda w: (w - 3) ** 2)(5.0)
        (4.0, 4.0)
        >>> value_and_grad(lambda p: p["w"] * 2 + p["b"])({"w": 1.5, "b": 0.5})
        (3.5, {'w': 2.0, 'b': 1.0})
    """

    def evaluate(*arguments: Any, **options: Any) -> tuple[Any, Any]:
        found = arguments[argument]
        inputs: list[Tensor] = []
        nested = any(type(leaf) is Tensor for leaf in _leaves(found))
        traced = _rebuild(found, lambda leaf: _enter(leaf, inputs))
        result = function(*arguments[:argument], traced, *arguments[argument + 1 :], **options)
        if type(result) is not Tensor:  # it does not depend on the argument
            result = Tensor(result)
        gradients = iter(backward(result, inputs, differentiable=nested))
        gradient = _rebuild(found, lambda leaf: _leave(next(gradients), leaf))
        if nested:
            return result, gradient
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

    def second(*arguments: Any, **options: Any) -> Any:
        found = arguments[argument]
        x = Tensor(found)
        if any(type(leaf) is Tensor for leaf in _leaves(found)):
            raise ShapeError("hessian takes plain numbers or arrays; nest `grad` for more")
        slopes = grad(function, argument)(
            *arguments[:argument], x, *arguments[argument + 1 :], **options
        )
        flat = slopes.reshape(-1)
        rows = [backward(flat[i], [x])[0] for i in range(len(flat))]
        if _is_number(found):
            return rows[0].item()
        xp = x.value.__array_namespace__()
        return xp.reshape(xp.stack(rows), x.shape + x.shape)

    return second


def _leaves(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [leaf for value in found.values() for leaf in _leaves(value)]
    if isinstance(found, tuple) or (isinstance(found, list) and not _numeric(found)):
        return [leaf for value in found for leaf in _leaves(value)]
    return [found]


def _rebuild(found: Any, change: Callable[[Any], Any]) -> Any:
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
    if type(leaf) is Tensor:
        inputs.append(namespace.identity(leaf))
    else:
        inputs.append(Tensor(leaf if hasattr(leaf, "__array_namespace__") else _real(leaf)))
    return inputs[-1]


def _real(leaf: Any) -> Any:
    """Numbers as an array; whole numbers become floats, since a slope between them needs some."""
    array = asarray(leaf)
    return array * 1.0 if str(array.dtype) in ("int64", "bool") else array


def _leave(gradient: Any, leaf: Any) -> Any:
    return gradient.item() if _is_number(leaf) else gradient
