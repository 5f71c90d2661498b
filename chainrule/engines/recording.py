"""Recording: an array that computes and takes notes.

A function of arrays is run once on `Recorded` arrays. They compute as the arrays inside them do, so
every shape and number kind along the way is the true one, and each call is noted. What comes out is
a `Program`: the same computation as a straight line, without the layers, ops, rules and walks that
led to it. What was asked of shapes has been answered, what was asked of values cannot be: a
recorded function may not branch on a value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from numbers import Number
from types import SimpleNamespace
from typing import Any, final

from chainrule.arrays import ArrayMethods, namespace_of
from chainrule.autodiff import Labelled, Tensor
from chainrule.engines.functions import FUNCTIONS, function
from chainrule.engines.naming import RESERVED, name_variables
from chainrule.engines.program import NUMBER, Instruction, Program, Variable
from chainrule.engines.structure import leaves, rebuild
from chainrule.errors import KindError

_DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64"
_CONSTANTS = f"{_DTYPES} complex128 fraction decimal symbol e inf nan newaxis pi"


def record(function: Callable[..., Any], *arguments: Any) -> Program:
    """Run a function once and note what it computes.

    Args:
        function: A pure function of arrays, or of dicts, tuples and lists of them. It must not
            look at a value: choices are written with `where`.
        *arguments: Arrays of any one namespace and numbers; each becomes an input of the program.
            Anything else (None, text, True and False) stays as it is.

    Returns:
        The program, which gives the same results for all inputs of these shapes.

    Raises:
        KindError: If the function looks at a value, or calls what cannot be recorded.

    Example:
        >>> import chainrule.arrays as xp
        >>> program = record(lambda x, s: x.sum() * s, xp.asarray([1.0, 2.0]), 3.0)
        >>> print(program)
        def program(xp, x, s):
            sum1 = xp.sum(x)
            result = sum1 * s
            return result
        >>> program.run(xp, xp.asarray([4.0, 5.0]), 2.0).item()
        18.0
    """
    recorder = Recorder(namespace_of(*leaves(arguments)))
    entered = rebuild(arguments, recorder.enter)
    results = rebuild(function(*entered), recorder.leave)
    inputs = rebuild(entered, lambda leaf: leaf.variable if type(leaf) is Recorded else leaf)
    program = Program(
        _parameter_names(function, len(arguments)), inputs, tuple(recorder.instructions), results
    )
    name_variables(program, recorder.labels)
    return program


@final
class Recorder:
    """The notes of one recording, and the namespace whose functions write them.

    Args:
        xp: The namespace that computes.

    Attributes:
        instructions: What was noted so far.
        labels: The names of some of the variables.
        namespace: The functions of `xp`, each of which notes its call.
    """

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self.instructions: list[Instruction] = []
        self.labels: dict[Variable, str] = {}
        self.namespace = SimpleNamespace(
            **{name: getattr(xp, name) for name in _CONSTANTS.split() if hasattr(xp, name)},
            **{name: partial(self._called, name) for name in FUNCTIONS},
            asarray=self.asarray,
        )

    def enter(self, leaf: Any) -> Any:
        """An argument as an input of the program; what is not an array or number stays as it is."""
        if isinstance(leaf, bool) or not (_is_array(leaf) or isinstance(leaf, Number)):
            return leaf
        return Recorded(self, leaf, _variable(leaf))

    def leave(self, leaf: Any) -> Any:
        """A result as the variable that holds it; plain numbers and the like stay as they are."""
        if type(leaf) is Tensor:
            leaf = leaf.value
        if _is_array(leaf) or type(leaf) is Recorded:
            return self.asarray(leaf).variable
        return leaf

    def asarray(self, values: Any, *, dtype: Any = None, copy: bool | None = None) -> Recorded:
        """Values as a recorded array; ones that are not recorded yet are constants."""
        if type(values) is Recorded:
            if values.recorder is not self:
                raise KindError(
                    "an array of another recording was found; record one function at a time"
                )
            return values if dtype is None else self.note("astype", (values,), {"to": dtype})
        if isinstance(values, list | tuple) and Recorded in map(type, values):
            raise KindError(
                "a list that holds a value of the recording was given where an array is needed: "
                "join values with concat"
            )
        return self.note("constant", (), {"value": self.xp.asarray(values, dtype=dtype)})

    def note(self, name: str, operands: tuple[Any, ...], options: dict[str, Any]) -> Recorded:
        """Run a function and write the call down."""
        operands = tuple(self.asarray(x) if _is_array(x) else x for x in operands)
        for option in options.keys() & {"dtype", "to"}:
            options[option] = _kind_name(options[option])
        values = [x.value if type(x) is Recorded else x for x in operands]
        value = function(name).call(self.xp, values, options)
        result = _variable(value)
        noted = tuple(x.variable if type(x) is Recorded else x for x in operands)
        self.instructions.append(Instruction(name, noted, options, result))
        return Recorded(self, value, result)

    def _called(self, name: str, *arguments: Any, **options: Any) -> Recorded:
        return self.note(name, *FUNCTIONS[name].bind(arguments, options))


def _refused(what: str) -> Callable[..., Any]:
    def method(_self: Recorded) -> Any:
        raise KindError(
            f"{what} was asked of a value while recording, and a recording holds for all values; "
            "choose with where(condition, x, y), and read values from the results"
        )

    return method


@final
class Recorded(ArrayMethods, Labelled):
    """An array, or a number, whose every use is noted.

    Attributes:
        recorder: Where the notes go.
        value: The array or number itself.
        variable: What the program calls it.
    """

    __slots__ = ("recorder", "value", "variable")
    __array_ufunc__ = None  # NumPy leaves mixed operators to this class

    def __init__(self, recorder: Recorder, value: Any, variable: Variable) -> None:
        self.recorder = recorder
        self.value = value
        self.variable = variable

    def label(self, name: str) -> None:
        """Take the name that a tensor of this value has; the first one stays."""
        self.recorder.labels.setdefault(self.variable, name)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The recording functions."""
        return self.recorder.namespace

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self.variable.shape

    @property
    def dtype(self) -> Any:
        """The number kind of the namespace that computes, or "number" for a plain one."""
        return self.value.dtype if _is_array(self.value) else NUMBER

    def _call(self, name: str, *operands: Any, **options: Any) -> Any:
        if not all(type(x) is Recorded or isinstance(x, Number) or _is_array(x) for x in operands):
            return NotImplemented  # a Tensor takes over by itself
        return self.recorder.note(name, operands, options)

    def __getitem__(self, key: Any) -> Any:
        for part in key if isinstance(key, tuple) else (key,):
            if type(part) is Recorded:
                _refused("an index")(self)
        return self.recorder.note("getitem", (self,), {"key": key})

    def __invert__(self) -> Any:
        return self._call("logical_not", self)

    __bool__ = _refused("a yes or no")
    __float__ = _refused("a float")
    __int__ = __index__ = _refused("a whole number")
    __complex__ = _refused("a complex number")
    item = _refused("a number")
    tolist = _refused("a list")

    def __repr__(self) -> str:
        return f"Recorded({self.value!r})"


def _parameter_names(function: Callable[..., Any], count: int) -> tuple[str, ...]:
    """What the function calls its first arguments; those of `*args` are numbered."""
    names: list[str] = []
    for name, parameter in signature(function).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{name}{number}" for number in range(count - len(names))]
        names.append(name)
    return tuple(f"{name}_" if name in RESERVED else name for name in names[:count])


def _is_array(value: Any) -> bool:
    """Whether a value is an array that is not recorded yet."""
    return hasattr(type(value), "__array_namespace__") and type(value) not in (Recorded, Tensor)


def _variable(value: Any) -> Variable:
    if _is_array(value):
        return Variable(tuple(value.shape), str(_kind_name(value.dtype)))
    return Variable((), NUMBER)


def _kind_name(dtype: Any) -> str | None:
    """The standard's name of a number kind, whether it is given as a kind, a class or a name."""
    if dtype is None:
        return None
    name = getattr(dtype, "__name__", None) or getattr(dtype, "name", None) or str(dtype)
    return "bool" if name in ("bool_", "bool") else str(name)
