"""Functions made from functions: `grad`, `value_and_grad`, `vjp`, `jacobian`, `hessian`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Number
from traceback import walk_tb
from typing import Any, NamedTuple

from chainrule.arrays import namespace_of
from chainrule.autodiff.tensor import Tensor, differentiable, namespace
from chainrule.autodiff.walk import backward, tape
from chainrule.errors import THROUGH_TORCH, ChainruleError, KindError, is_whole, shown
from chainrule.words import a_or_an, shortened

_ARRAYS = re.compile(r"\b(ListArray|Tensor|ArrayMethods|ndarray)\b|\bchainrule\.")
"""What an error names that comes of an array in a place for another library's."""


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, *, seed: Any = None
) -> Callable[..., Any]:
    """Make the function that returns `(f(x), df/dx)`.

    Args:
        function: A function of numbers, arrays, or dicts, lists and tuples of them, that returns
            one number; written with operators and chainrule's ops.
        argnums: Which positional argument to differentiate by, or several, as in JAX: the gradient
            is then a tuple.
        seed: `dL/df` for a function that returns an array: what each of its entries weighs. The
            gradient is then that of `Σ seed · f`.

    Returns:
        A function of the same arguments. The gradient has the form of the argument: a number for a
        number, a dict of arrays for a dict. Where tensors from outside take part, as they do within
        another `grad`, value and gradient are tensors too and can be differentiated again.

    Raises:
        ShapeError: If the function returns more than one number and no seed of that shape is given.

    Example:
        >>> import chainrule.ops
        >>> value_and_grad(lambda w: (w - 3) ** 2)(5.0)
        (4.0, 4.0)
        >>> value_and_grad(lambda p: p["w"] * 2 + p["b"])({"w": 1.5, "b": 0.5})
        (3.5, {'w': 2.0, 'b': 1.0})
    """
    require_function(function)
    return partial(_value_and_gradient, function, argnums, seed)


def grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, *, seed: Any = None
) -> Callable[..., Any]:
    """Make the function that returns `df/dx`; see `value_and_grad`.

    Raises:
        KindError: If it is not given a function.
        ShapeError: If the function gives more than one number, and there is no seed; when called.

    Example:
        >>> import chainrule.ops
        >>> grad(lambda w: (w - 3) ** 2)(5.0)
        4.0
        >>> grad(grad(lambda w: w**3))(2.0)
        12.0
        >>> grad(lambda x: x * x, seed=[1.0, 10.0])([3.0, 4.0]).tolist()
        [6.0, 80.0]
        >>> grad(lambda x, w: x * w, argnums=(0, 1))(2.0, 3.0)
        (3.0, 2.0)
    """
    require_function(function)
    return partial(_gradient_alone, function, argnums, seed)


def vjp(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Evaluate a function and make its way back: `g -> Σ g · df/dx` for every argument.

    Args:
        function: A function of numbers, arrays, or dicts, lists and tuples of them, that returns
            a number or an array of any shape.
        *arguments: Where to evaluate it.

    Returns:
        The value, and a function that takes `dL/df`, of the value's shape, and returns `dL/dx` for
        each argument, in a tuple. It can be called again for another `dL/df`.

    Raises:
        ShapeError: If the way back is asked for a `dL/df` of another shape.

    Example:
        >>> import chainrule.ops
        >>> value, back = vjp(lambda x, w: x * w, [1.0, 2.0], 3.0)
        >>> value.tolist()
        [3.0, 6.0]
        >>> x, w = back([1.0, 10.0])
        >>> x.tolist(), w
        ([3.0, 30.0], 21.0)
    """
    require_function(function)
    run = _run(function, arguments, tuple(range(len(arguments))), {})
    return run.value, lambda g: run.gradient(_like(run.result, g))


def jacobian(function: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Make the function that returns all first derivatives, `J[i, j] = df_i/dx_j`.

    One walk back for each entry of the result.

    Args:
        function: A function of one number or one array that returns a number or an array.
        argnums: Which positional argument to differentiate by.

    Returns:
        A function whose result has the shape of the value, then that of the argument: `(m, n)` for
        a function from `(n,)` to `(m,)`.

    Raises:
        KindError: If it is not given a function.

    Example:
        >>> import chainrule.ops
        >>> jacobian(lambda x: x * x[0])([3.0, 5.0]).tolist()
        [[6.0, 0.0], [5.0, 3.0]]
    """
    require_function(function)
    return partial(_slopes, "jacobian", function, argnums)


def hessian(function: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Make the function that returns all second derivatives, `H[i, j] = d²f/dx_i dx_j`.

    Args:
        function: A function of one number or one array that returns one number.
        argnums: Which positional argument to differentiate by.

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
    return partial(_slopes, "hessian", grad(function, argnums), argnums)


# Parts of functions of a file, unlike functions within functions, can be pickled and sent away.


def _value_and_gradient(
    function: Callable[..., Any], place: Any, seed: Any, /, *arguments: Any, **options: Any
) -> tuple[Any, Any]:
    run = _run(function, arguments, place, options)
    gradient = run.gradient(None if seed is None else _like(run.result, seed))
    return run.value, gradient


def _gradient_alone(
    function: Callable[..., Any], place: Any, seed: Any, /, *arguments: Any, **options: Any
) -> Any:
    return _value_and_gradient(function, place, seed, *arguments, **options)[1]


def _slopes(
    name: str, function: Callable[..., Any], place: int, /, *arguments: Any, **options: Any
) -> Any:
    """One walk back from every entry of a function's result."""
    at = _asked(arguments, place)
    if _leaves(at) != [at]:
        raise KindError(
            f"{name} takes one number or one array; found {a_or_an(type(at).__name__)}: "
            "join its arrays into one, or nest `grad`"
        )
    run = _run(function, arguments, place, options)
    flat = run.result.reshape(-1)
    walks = [backward(entry, run.inputs, differentiable=run.nested) for entry in flat]
    rows = [namespace.reshape(slopes, (1, -1)) for (slopes,) in walks]
    joined = namespace.concat(rows or [run.value])  # a result without entries has no rows
    table = namespace.reshape(joined, run.result.shape + run.inputs[0].shape)
    return table if run.nested or table.shape else _leave(table, at)


class _Run(NamedTuple):
    """A function run on tensors in place of the numbers and arrays `at` that it is derived by.

    `nested` is whether tensors from outside took part, as an input or on the way to the result.
    """

    result: Tensor
    inputs: list[Tensor]
    at: Any
    nested: bool

    @property
    def value(self) -> Any:
        """What it gave: a number where the point holds nothing but numbers."""
        if self.nested:
            return self.result
        plain = all(map(_is_number, _leaves(self.at))) and not self.result.shape
        return self.result.value.item() if plain else self.result.value

    def gradient(self, seed: Any) -> Any:
        """The derivatives by everything in the point, in its structure."""
        slopes = iter(backward(self.result, self.inputs, seed, differentiable=self.nested))
        return _rebuild(
            self.at, lambda leaf: next(slopes) if self.nested else _leave(next(slopes), leaf)
        )


def _run(
    function: Callable[..., Any], arguments: tuple[Any, ...], place: Any, options: dict[str, Any]
) -> _Run:
    at, inputs = _asked(arguments, place), list[Tensor]()
    traced = _rebuild(at, lambda leaf: _enter(leaf, inputs))
    result = called(function, *_put(arguments, place, traced), **options)
    made = result if type(result) is Tensor else Tensor(result)  # a constant, if not of them
    start = min((x.serial for x in inputs), default=0)
    nested = any(x.origin for x in inputs) or any(x.serial < start for x in tape(made))
    return _Run(made, inputs, at, nested)


def require_function(function: object) -> None:
    """Refuse to differentiate what cannot be called.

    Raises:
        KindError: If it is not a function.
    """
    if not callable(function):
        raise KindError(
            f"only a function can be differentiated; found {type(function).__name__}: give one "
            "that takes numbers or arrays and returns a number"
        )


def called(function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    """What a function of a user's returns; an error of its own stays as it is.

    Raises:
        KindError: If it returns nothing, or hands its arrays to a library that does not take them.

    Example:
        >>> import math
        >>> called(lambda p: math.hypot(*p["w"]), {"w": [3.0, 4.0]})
        5.0
    """
    try:
        result = function(*arguments, **options)
    except (TypeError, AttributeError, ValueError, RuntimeError) as error:
        if isinstance(error, ChainruleError) or not (_ARRAYS.search(str(error)) or _sized(error)):
            raise
        raise KindError(
            "the function cannot be run on the arrays that it is given "
            f"({shortened(' '.join(str(error).split()))}): write it with operators and the ops of "
            "cr, such as cr.tanh, in place of other libraries' functions, with data of the same "
            "kind (beside NumPy's, give parameters as NumPy arrays), or wrap a function in PyTorch "
            f"in {THROUGH_TORCH}"
        ) from error
    if result is None:
        raise KindError("the function returned None; end it with `return`")
    return result


def _sized(error: Exception) -> bool:
    """Whether PyTorch asked for `x.size()`, which is a number of arrays and a method of tensors."""
    within = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    return str(error) == "'int' object is not callable" and within[-1].startswith("torch.")


def _like(result: Tensor, seed: Any) -> Any:
    """The seed as an array of the result's library; its shape is for `backward` to check."""
    xp = namespace_of(result.value)
    if type(seed) is Tensor or namespace_of(seed) is xp:
        return seed if hasattr(seed, "__array_namespace__") else differentiable(seed)
    return differentiable(xp.asarray(seed.tolist() if hasattr(seed, "tolist") else seed))


def _asked(arguments: tuple[Any, ...], place: Any) -> Any:
    """The argument that is differentiated by, or a tuple of several."""
    several = isinstance(place, list | tuple)
    known = set[int]()
    for each in place if several else [place]:
        if not is_whole(each) or not -len(arguments) <= int(each) < len(arguments):
            raise KindError(
                f"the derivative by argument {shown(each)} was asked for, and {len(arguments)} "
                "were given by position: give this one by position, too"
            )
        if each % len(arguments) in known:
            raise KindError(f"the derivative by argument {each} was asked for twice: name it once")
        known.add(each % len(arguments))
    return tuple(arguments[each] for each in place) if several else arguments[int(place)]


def _put(arguments: tuple[Any, ...], place: Any, x: Any) -> tuple[Any, ...]:
    """The arguments with what is differentiated by in its place, or in several."""
    changed = list(arguments)
    several = isinstance(place, list | tuple)
    for at, value in zip(place, x, strict=True) if several else [(place, x)]:
        changed[at] = value
    return tuple(changed)


def _leaves(structure: Any) -> list[Any]:
    """The numbers and arrays in a structure, in order."""
    leaves: list[Any] = []
    _rebuild(structure, leaves.append)
    return leaves


def _rebuild(structure: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure with every number and array changed."""
    try:
        if isinstance(structure, dict):
            return {name: _rebuild(value, change) for name, value in structure.items()}
        if isinstance(structure, tuple):
            return tuple(_rebuild(value, change) for value in structure)
        if isinstance(structure, list) and not _numeric(structure):
            return [_rebuild(value, change) for value in structure]
        return change(structure)
    except RecursionError:
        raise KindError(
            f"the argument to differentiate by is {a_or_an(type(structure).__name__)} that is "
            "nested too deep or in itself: give numbers, arrays, or dicts, lists and tuples of them"
        ) from None


def _is_number(leaf: Any) -> bool:
    """Whether a leaf is a plain number of any kind, rather than an array or a list of numbers."""
    return not hasattr(leaf, "shape") and not isinstance(leaf, list)


def _numeric(structure: list[Any]) -> bool:
    """Whether a list is an array written out: numbers, or lists of numbers."""
    return all(
        _numeric(x)
        if isinstance(x, list)
        else isinstance(x, Number)  # NumPy's, too, which have a shape
        or not (isinstance(x, dict | tuple | Tensor) or hasattr(x, "shape"))
        for x in structure
    )


def _enter(leaf: Any, inputs: list[Tensor]) -> Tensor:
    """The tensor that stands for a leaf while it is differentiated, noted in `inputs`."""
    x = namespace.identity(leaf) if type(leaf) is Tensor else Tensor(differentiable(leaf))
    inputs.append(x)
    return x


def _leave(gradient: Any, leaf: Any) -> Any:
    return gradient.item() if _is_number(leaf) else gradient
