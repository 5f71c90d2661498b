"""An op: what it computes and, beside it, how it passes a gradient back."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

from chainrule import arrays
from chainrule.autodiff.operands import require_arrays, require_fit, require_options
from chainrule.autodiff.tensor import Origin, Tensor, namespace
from chainrule.autodiff.traits import (
    Traits,
    gives_the_same,
    keeps_entries_apart,
    keeps_shape,
    needs_result,
    signs_of_moved,
)
from chainrule.errors import KindError, OptionError, ShapeError, iterates, require_kind, shown
from chainrule.words import plural

_WRITTEN_OUT = frozenset((list, tuple, Fraction, Decimal))
"""What other libraries make arrays of Python's objects of, or nothing."""

_arrays_and_numbers: set[type] = {list, tuple, Tensor}
"""Types of inputs that were found to be such, or rows of numbers."""

PRIMITIVES: dict[str, Primitive] = {}
"""Every op by its name, in the order of declaration."""


@dataclass(slots=True, eq=False)
class Rule:
    """The derivative of an op with respect to one of its inputs.

    Attributes:
        input: The input's name.
        formula: The local derivative as a line of mathematics, `"da/dz = a · (1 - a)"`.
        why: One sentence that says what the formula means.
        function: `(xp, g, output, *inputs, **options) -> gradient of that input`.
        sizes: How large the terms are that the derivative is the difference of, `1` for `1 - a^2`:
            a function like the rule, of the sizes of the inputs; None where nothing cancels.
        taken: `(xp, output, *inputs, **options)` -> where the input has a part in the result. What
            was not taken gets nothing back, not even a NaN. None: everywhere.
    """

    input: str
    formula: str
    function: Callable[..., Any]
    sizes: Callable[..., Any] | None = None
    taken: Callable[..., Any] | None = None
    why: str = field(init=False)

    def __post_init__(self) -> None:
        require_kind(self.formula, str, f"the formula of the rule for {self.input!r} is a text")
        self.why = _first_sentence(self.function, f"the rule for {self.input!r}")


class Primitive:
    """A differentiable function of arrays, declared by `primitive`.

    Called with plain arrays it just computes; called with a `Tensor` among its inputs it returns a
    `Tensor` that remembers the call. Called with plain numbers it returns a number, with lists of
    numbers an array.

    Attributes:
        name: The op's name in the namespace.
        formula: What it computes, as a line of mathematics.
        why: One sentence about it.
        inputs: Names of the array inputs, in order.
        options: The keyword options in order, with their defaults.
        samples: Input values on which the rules are proved.
        rules: The derivative rules by input name; empty for ops without one (comparisons).
        sequence: True if the op takes one sequence of arrays (`concat`) in place of its inputs.
        traits: What others must know of it: corners, jumps, how rounding enters; see `Traits`.
        chooses: True if one of its rules says where its input was `taken`.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        formula: str,
        samples: Sequence[tuple[Any, ...]],
        sample_options: Sequence[dict[str, Any]],
        sequence: bool,
        traits: Traits,
    ) -> None:
        positional, options = _parameters(function)
        self.name = function.__name__
        require_kind(formula, str, f"the formula of the op {self.name!r} is a text")
        self.formula = formula
        self.why = _first_sentence(function, f"the op {self.name!r}")
        self.function = function
        self.inputs = positional[1:]
        self.options = options
        self.samples = tuple(samples) if iterates(samples) else ()
        self.sample_options = tuple(sample_options)
        self.sequence = sequence
        self._of_arrays = function
        if sequence:
            self._of_arrays = lambda xp, *arrays, **options: function(xp, arrays, **options)
        self.traits = traits
        self.chooses = False
        self.rules: dict[str, Rule] = {}
        self._check_samples()
        self.__name__ = self.name
        file = f"{function.__module__.replace('.', '/')}.py"
        self.__doc__ = f"{formula}\n\n{inspect.cleandoc(function.__doc__ or '')}\n\nFile: {file}\n"
        self.__module__ = function.__module__
        code, run = function.__code__, function.__globals__.get("__spec__")
        self._declared = function.__module__, run, code.co_filename, code.co_firstlineno

    def _is_declared_again_by(self, other: Primitive) -> bool:
        """Whether the other is this op again: its cell of a notebook, or its module, is run anew.

        Two places of one file in one run of it are two ops.
        """
        (module, run, file, line), again = self._declared, other._declared
        return module == again[0] and (run is not again[1] or file != again[2] or line == again[3])

    def _check_samples(self) -> None:
        if not self.samples or not self.sample_options:
            raise OptionError(f"the op {self.name!r} needs samples, on which its rules are proved")
        for sample in self.samples:
            given = len(sample) if isinstance(sample, Sequence) else "no list of"
            if not self.sequence and given != len(self.inputs):
                raise OptionError(
                    f"a sample of the op {self.name!r} has {given} values for its inputs "
                    f"{', '.join(self.inputs)}; give one value each"
                )

    def vjp(
        self,
        input: str,  # noqa: A002 - reads as the design has it
        formula: str,
        *,
        sizes: Callable[..., Any] | None = None,
        taken: Callable[..., Any] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the rule for one input: given `g = dL/da`, the function returns `dL/dinput`.

        Args:
            input: The name of one of the op's array inputs.
            formula: The local derivative as a line of mathematics.
            sizes: How large the terms are that the derivative is the difference of; see `Rule`.
            taken: Where the input has a part in the result, if not everywhere; see `Rule`.

        Raises:
            OptionError: If the op has no such input, has a rule for it already, or the rule takes
                other inputs and options than the op or does not say why in a docstring.
        """
        if input not in self.inputs:
            raise OptionError(
                f"{self.name} has no input {input!r}; its inputs are {', '.join(self.inputs)}"
            )
        if input in self.rules:
            raise OptionError(f"{self.name} has a rule for {input!r} already; keep one of them")

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            self._check_signature(function)
            self.rules[input] = rule = Rule(input, formula, function, sizes=sizes, taken=taken)
            self.__doc__ = f"{self.__doc__}{formula}: {rule.why}\n"
            self.chooses = self.chooses or taken is not None
            return function

        return declare

    def _check_signature(self, rule: Callable[..., Any]) -> None:
        (first, *inputs), options = _parameters(self.function)
        names, option_names = _parameters(rule)
        if self.sequence:
            option_names.pop("index", None)
        if names[3:] != tuple(inputs) or option_names != options:
            raise OptionError(
                f"{rule.__name__}{inspect.signature(rule)} is not a rule of {self.name}: it takes "
                f"{first}, g, the result, then the op's own inputs {', '.join(inputs)} and the "
                f"op's own options with the same defaults{' and index' if self.sequence else ''}"
            )

    def input_at(self, index: int) -> str:
        """The name of the input at a position; the arrays of a sequence share one."""
        return self.inputs[0 if self.sequence else index]

    def rule(self, index: int) -> Rule | None:
        """The rule for the input at a position, or None where the op has no derivative."""
        return self.rules.get(self.input_at(index))

    def share(
        self, index: int, g: Any, output: Any, inputs: Sequence[Any], options: dict[str, Any]
    ) -> Any:
        """What the rule of one input makes of `g = dL/da`, broadcasting not yet undone.

        Args:
            index: The position of the input.
            g: The gradient of the op's result.
            output: The result; None if the rule does not use it.
            inputs: What went in, in order.
            options: The op's options.

        Raises:
            KindError: If the op has no derivative with respect to that input.
        """
        rule = self.rule(index)
        if rule is None:
            raise KindError(
                f"{self.name} has no derivative with respect to {self.input_at(index)!r}, and a "
                "tensor was given there; hand it a plain array"
            )
        xp = (g if output is None else output).__array_namespace__()
        if self.sequence:
            return rule.function(xp, g, output, inputs, index=index, **options)
        return rule.function(xp, g, output, *inputs, **options)

    def pull(
        self, index: int, g: Any, output: Any, inputs: Sequence[Any], options: dict[str, Any]
    ) -> Any:
        """Pull a gradient back: from `g = dL/da` of the op's result to `dL/dx` of one input.

        Args:
            index: The position of the input, an array or a tensor.
            g: The gradient of the op's result.
            output: The result.
            inputs: What went in, in order.
            options: The op's options.

        Returns:
            The gradient, of the input's shape. Tensors give tensors, which can be pulled back
            again.

        Raises:
            KindError: If the op has no derivative with respect to that input.
            ShapeError: If its rule gives something else than an array that fits the input.

        Example:
            >>> from chainrule import arrays, ops
            >>> x, w = arrays.asarray([2.0, 3.0]), arrays.asarray(4.0)
            >>> ops.multiply.pull(1, arrays.asarray([1.0, 1.0]), x * w, (x, w), {}).item()
            5.0
        """
        share = self.share(index, g, output, inputs, options)
        shape = inputs[index].shape
        try:
            return share if share.shape == shape else unbroadcast(share, shape)
        except (AttributeError, IndexError, ValueError) as error:  # of no such shape, by library
            of = f"shape {tuple(share.shape)}" if hasattr(share, "shape") else repr(share)
            raise ShapeError(
                f"{self.name}'s rule for {self.input_at(index)!r} must give an array that fits the "
                f"input's shape {tuple(shape)}; found {of}: make it of g and the inputs"
            ) from error

    @cached_property
    def entrywise(self) -> bool:
        """Whether each entry of the result comes from its own entries alone, as in `exp`."""
        return keeps_entries_apart(self)

    @cached_property
    def signs(self) -> tuple[int, ...]:
        """The sign of each input, where the op only moves entries and adds them up."""
        return signs_of_moved(self)

    def acts_as(self, other: Primitive) -> bool:
        """Whether it computes what another op computes, whatever it is called."""
        return gives_the_same(self, other)

    @cached_property
    def reads_result(self) -> list[bool]:
        """For each rule whether it looks at the op's result, as that of `exp` does."""
        return [x in self.rules and needs_result(self, n) for n, x in enumerate(self.inputs)]

    @cached_property
    def activation(self) -> bool:
        """Whether a layer can use it: a weighted sum `z` goes in and its shape comes out."""
        return self.inputs == ("z",) and bool(self.rules) and keeps_shape(self)

    def corners(self, xp: Any, inputs: Sequence[Any], options: dict[str, Any]) -> list[Any]:
        """How far the inputs stand from each corner of the op; zero is on it."""
        said = self.traits.corner and self.traits.corner(xp, *inputs, **options)
        several = said if isinstance(said, tuple) else (said,)
        return [xp.asarray(one) for one in several if one is not None]

    def steepest(self, options: dict[str, Any]) -> float | None:
        """The largest size of its slope, or None where that was not declared."""
        known = self.traits.steepest
        return known(**options) if callable(known) else known

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Compute the op: its inputs, then its options, by position or by name."""
        inputs = arguments
        if self.sequence or len(arguments) != len(self.inputs):
            inputs, options = self._inputs_and_options(arguments, options)
        types = set(map(type, inputs))
        values = [x.value if type(x) is Tensor else x for x in inputs]
        for value in values:
            if hasattr(value, "__array_namespace__"):
                xp = value.__array_namespace__()
                break
        else:
            return self._of_plain(values, options)
        if not _WRITTEN_OUT.isdisjoint(types):
            objects = any(getattr(getattr(x, "dtype", None), "kind", "") == "O" for x in values)
            array = partial(_array, xp, objects=objects)
            inputs = tuple(array(x) if type(x) in _WRITTEN_OUT else x for x in inputs)
            values = [x.value if type(x) is Tensor else x for x in inputs]
        if Tensor in types and not types <= _arrays_and_numbers:
            require_arrays(self.name, values)  # other libraries' compute, but not the way back
            _arrays_and_numbers.update(types)
        try:
            result = self._of_arrays(xp, *values, **options)
        except Exception as error:  # each library has its own
            self._tell(values, options, error)
            raise
        if Tensor in types and self.rules:
            return Tensor(result, Origin(self, inputs, values, options))
        return result

    def _inputs_and_options(
        self, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The inputs with those that were given by name, the options with those by position."""
        count = len(self.inputs)
        inputs, rest = arguments[:count], arguments[count:]
        if len(inputs) < count and all(name in options for name in self.inputs[len(inputs) :]):
            inputs += tuple(options.pop(name) for name in self.inputs[len(inputs) :])
        if self.sequence and not (inputs and iterates(inputs[0])):
            raise KindError(f"{self.name} takes arrays in a list; found {shown(inputs)}")
        if len(inputs) < count or len(rest) > len(self.options):
            takes = (*self.inputs, *self.options)
            given = [f"`{name}`" for name in options if name not in takes]
            given = given or [plural(len(arguments) + len(options), "argument")]
            raise KindError(f"{self.name} was given {given[0]}; it takes {', '.join(takes)}")
        inputs = tuple(inputs[0]) if self.sequence else inputs
        return inputs, dict(zip(self.options, rest, strict=False)) | options

    def _tell(self, values: Sequence[Any], options: dict[str, Any], error: Exception) -> None:
        """Say in plain words what a call of the op did not like."""
        own = self.function.__module__.startswith("chainrule.ops.")
        known = self._kinds if own else dict.fromkeys(self.options, ())
        require_options(self.name, options, known, error)
        require_fit(self.name, values, error, own=own)

    @property
    def _kinds(self) -> dict[str, list[Any]]:
        """Values that do for each option: its default and those of its samples."""
        given = [{n: d for n, d in self.options.items() if d is not inspect.Parameter.empty}]
        given += self.sample_options
        return {name: [each[name] for each in given if name in each] for name in self.options}

    def _of_plain(self, values: Sequence[Any], options: dict[str, Any]) -> Any:
        """Compute the op on Python numbers, which give a number, or lists, which give an array."""
        lifted = [arrays.asarray(value) for value in values]
        of_plain = self.traits.plain
        try:
            result = of_plain(*lifted) if of_plain else self.value(arrays, lifted, options)
        except Exception as error:
            self._tell(lifted, options, error)
            raise
        return result if result.shape or any(x.shape for x in lifted) else result.item()

    def value(self, xp: Any, values: Sequence[Any], options: dict[str, Any]) -> Any:
        """Compute the op on plain arrays of the namespace `xp`."""
        return self._of_arrays(xp, *values, **options)

    def __reduce__(self) -> str:
        """Let copies and pickles find this very op again, since ops are told by identity."""
        return self.name

    def __repr__(self) -> str:
        return f"<op {self.name}: {self.formula}>"


def primitive(
    formula: str,
    *,
    samples: Sequence[tuple[Any, ...]],
    sample_options: Sequence[dict[str, Any]] = ({},),
    sequence: bool = False,
    corner: Callable[..., Any] | None = None,
    steepest: float | Callable[..., float] | None = None,
    homogeneous: bool = False,
    multilinear: bool = False,
    sizes: Callable[..., Any] | None = None,
    plain: Callable[..., Any] | None = None,
    listed: bool = True,
) -> Callable[[Callable[..., Any]], Primitive]:
    """Declare an op.

    The decorated function takes the array namespace `xp`, then its array inputs by position, then
    its options by keyword, and uses nothing but `xp` and operators. Its docstring's first sentence
    tells a reader what it is for. Derivative rules are added with `vjp`. A cell of a notebook, or a
    module, that is run again declares its ops anew.

    Args:
        formula: What it computes, as a line of mathematics.
        samples: Inputs on which value and derivatives are tested, one tuple a sample.
        sample_options: Options with which every sample is tested.
        sequence: The op takes one sequence of arrays.
        corner: How far the inputs stand from a place where the slope changes at once, `z` for a
            ReLU: `(xp, *inputs, **options) -> signed distance`, or a tuple of several.
        steepest: The largest size of the slope: a number, or a function of the options.
        homogeneous: Scaling the input by a positive number scales the result by it.
        multilinear: Linear in each input, all of whose terms are added: the rules, run on the
            sizes of gradients and inputs, give the size of every path.
        sizes: How large the terms are that the value is the difference of:
            `(xp, *sizes of the inputs, **options) -> size`; left out where nothing cancels.
        plain: What it computes of plain numbers and lists, where that is something else.
        listed: Whether it enters the namespace of ops; not if it only serves another function.

    Raises:
        OptionError: If the docstring or the samples are missing, or an op of that name exists.
        KindError: If the formula is no text.

    Example:
        >>> @primitive("a = z^3", samples=[(-2.0,), (0.5,)])
        ... def cube(xp, z):
        ...     '''Grow with the third power.'''
        ...     return z * z * z
        >>> @cube.vjp("z", "da/dz = 3·z^2")
        ... def cube_wrt_z(xp, g, a, z):
        ...     '''Flat at zero, and steeper the further out.'''
        ...     return g * 3 * z * z
        >>> from chainrule.autodiff import PRIMITIVES, grad
        >>> grad(cube)(2.0)
        12.0
        >>> del PRIMITIVES["cube"]
    """

    def declare(function: Callable[..., Any]) -> Primitive:
        traits = Traits(corner, steepest, homogeneous, multilinear, sizes, plain)
        op = Primitive(function, formula, samples, sample_options, sequence, traits)
        if listed:
            _enter(op)
        return op

    return declare


def _enter(op: Primitive) -> None:
    """Enter an op under its name; a second op of that name is refused."""
    before = PRIMITIVES.get(op.name)
    if before is not None and not before._is_declared_again_by(op):
        raise OptionError(f"an op named {op.name!r} exists already; give this one its own name")
    PRIMITIVES[op.name] = op
    setattr(namespace, op.name, op)


def unbroadcast(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: an entry that was used many times collects the gradient of every use."""
    if gradient.shape == shape:
        return gradient
    xp = gradient.__array_namespace__()
    extra = len(gradient.shape) - len(shape)
    stretched = tuple(
        axis for axis, size in enumerate(shape, extra) if gradient.shape[axis] != size
    )
    axes = tuple(range(extra)) + stretched
    if axes:
        gradient = xp.sum(gradient, axis=axes[0] if len(axes) == 1 else axes, keepdims=False)
    return gradient if gradient.shape == shape else xp.reshape(gradient, shape)


def _array(xp: Any, numbers: Any, *, objects: bool) -> Any:
    """What a list of numbers, or an exact number, stands for beside an array.

    Other libraries compute with fractions and decimals in arrays of objects alone.
    """
    if type(numbers) in (Fraction, Decimal):
        exact = objects or xp is arrays
        return numbers if exact else arrays.asarray(numbers, dtype=arrays.float64).item()
    if any(hasattr(x, "__array_namespace__") and type(x) is not Tensor for x in numbers):
        return xp.asarray(numbers)
    checked = arrays.asarray(numbers)
    if xp is arrays:
        return checked
    exact = checked.dtype in (arrays.fraction, arrays.decimal)
    if exact and objects:
        return xp.asarray(numbers, dtype=object)
    return xp.asarray((arrays.astype(checked, arrays.float64) if exact else checked).tolist())


def _parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names of the positional parameters, and the keyword-only ones with their defaults."""
    parameters = inspect.signature(function).parameters.values()
    keyword_only = inspect.Parameter.KEYWORD_ONLY
    return (
        tuple(p.name for p in parameters if p.kind is not keyword_only),
        {p.name: p.default for p in parameters if p.kind is keyword_only},
    )


def _first_sentence(function: Callable[..., Any], what: str) -> str:
    text = inspect.getdoc(function) or ""
    if not text and sys.flags.optimize < 2:  # `python -OO` takes all docstrings away
        raise OptionError(f"{what} needs a docstring: one sentence that says why")
    return " ".join(text.split("\n\n")[0].split())
