"""The numpy engine: a step is recorded once and replayed."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from contextvars import copy_context
from functools import partial
from math import ceil, isfinite
from threading import Lock
from typing import Any, final
from weakref import WeakKeyDictionary, ref

import numpy as np

from chainrule.arrays import Generator
from chainrule.engines.engine import Batches, Engine
from chainrule.engines.numpy.kernel_compiler import installed, usable
from chainrule.engines.numpy.program import NumpyProgram
from chainrule.engines.program import Program
from chainrule.engines.recording import record
from chainrule.engines.structure import paths, rebuild
from chainrule.errors import ChainruleError, KindError, MissingExtraError, missing
from chainrule.nn import Layout
from chainrule.words import a_or_an

if not hasattr(np.generic, "__array_namespace__"):  # of a single number, too
    raise missing("NumPy 2.1 or later", "fast", ImportError(f"{np.__version__} is installed"))

_FORMS = 16  # programs that are kept per function
_BYTES_AT_ONCE = 1 << 18  # of rows that are put in order together: they stay in a cache
_SOON_DRAWN = 1000  # numbers that Python draws sooner than NumPy takes a stream over
_MANY_KEYS = 1 << 16  # from here on several keys begin with the same 16 bits
_WORTH_SECONDS = 0.5  # what kernels must save before they are compiled
_MUCH_MEMORY = 1 << 20  # bytes that are worth making anew rather than kept at rest
_programs: WeakKeyDictionary[Callable[..., Any], dict[Any, NumpyProgram]] = WeakKeyDictionary()
_stream, _stream_is_free = np.random.RandomState(0), Lock()  # to make one takes 0.1 ms


@final
class NumpyEngine(Engine):
    """Runs on NumPy arrays.

    Where Numba is installed, long runs have what lies between the matrix products compiled.

    Args:
        accelerate: True to compile at the first call, False never to, None when it is worth it.

    Raises:
        MissingExtraError: If acceleration is asked for and Numba is not installed.

    Example:
        >>> NumpyEngine().asarray([[1, 2]], dtype="float32").tolist()
        [[1.0, 2.0]]
    """

    name = "numpy"
    dtypes = ("float64", "float32")
    at_once = 16

    def __init__(self, *, accelerate: bool | None = None) -> None:
        if accelerate and not usable():
            raise MissingExtraError(
                "accelerate=True needs numba, which is not installed or not for this NumPy; "
                "pip install 'chainrule[fast]' brings it, or leave accelerate out"
            )
        self.accelerate = accelerate

    @property
    def xp(self) -> Any:
        """NumPy."""
        return np

    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """See `Engine.asarray`; an `array.array` is looked at and not copied."""
        if isinstance(values, array):
            numbers = np.frombuffer(values, dtype=values.typecode)
        elif isinstance(values, np.ndarray | np.generic):
            if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
                raise KindError(
                    "a masked array hides some of its numbers: fill them, or leave their rows out"
                )
            numbers = np.asarray(values)
        else:
            numbers = _numbers_of(values)
        if dtype is not None or not numbers.dtype.isnative:
            numbers = numbers.astype(dtype or numbers.dtype.newbyteorder("="), copy=False)
        return numbers if shape is None else numbers.reshape(shape)

    def scope(self) -> AbstractContextManager[Any]:
        """See `Engine.scope`: infinity and NaN pass through in silence, as on every engine."""
        silence: AbstractContextManager[Any] = np.errstate(all="ignore")
        return silence

    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next `count` numbers of the stream, drawn by NumPy's own Mersenne Twister."""
        numbers = _drawn(generator, count, again=True)
        return numbers if dtype is None else numbers.astype(dtype, copy=False)

    def permutation(self, generator: Generator, count: int) -> Any:
        """See `Engine.permutation`; which way the keys are sorted changes nothing but the time.

        Few keys are put in order by their first 16 bits, which needs no comparison, and hardly any
        is out of order then. Of many, a key and its place are sorted as one whole number. The key's
        last bits have no room there: where the others are the same, keys are looked at.
        """
        keys, bits = _drawn(generator, count, again=False), count.bit_length()
        if count < _MANY_KEYS:
            order = np.argsort((keys * 2.0**16).astype("uint16"), stable=True)
            return order[np.argsort(keys[order], stable=True)]
        both = (keys * 2.0 ** (64 - bits)).astype("uint64")
        both <<= bits  # in place: to have memory made anew takes longer than to fill it
        both |= np.arange(count, dtype="uint64")
        both.sort()
        firsts = both >> bits
        both &= (1 << bits) - 1
        order = both.view("int64")
        if (firsts[1:] == firsts[:-1]).any():
            order = order[np.argsort(keys[order], stable=True)]
        return order

    def batches(self, arrays: Sequence[Any], size: int, order: Any = None) -> Batches:
        """See `Engine.batches`; rows are put in order for some batches at a time."""
        if order is None:
            yield from super().batches(arrays, size)
            return
        order, row_bytes = np.asarray(order), sum(array[:1].nbytes for array in arrays) or 1
        rows, whole = max(_BYTES_AT_ONCE // row_bytes // size, 1) * size, len(order) // size * size
        for start in range(0, whole, rows):
            here = order[start : min(start + rows, whole)]
            parts = (a.take(here, axis=0).reshape(-1, size, *a.shape[1:]) for a in arrays)
            yield from zip(*parts, strict=True)
        if whole < len(order):
            yield tuple(array.take(order[whole:], axis=0) for array in arrays)

    def compile(
        self, function: Callable[..., Any], *, donate: Sequence[int] = (), together: bool = False
    ) -> Compiled:
        """Make a function fast: it is recorded for each form of its arguments, and replayed.

        An argument that is given away may be dicts of arrays, of which the result holds the new
        values under the same keys, alone or as the first of several results. The arrays of such a
        result are the same ones in every call: copy what shall outlive the next call. An array that
        is given away by itself may be written over with a result. Other arrays that the function
        did not make itself are never written to.

        Args:
            function: A pure function that can be recorded; see `record`.
            donate: Positions of the arguments that are given away. No other argument may lie in
                their memory.
            together: Whether all processes call it at once: there is one.
        """
        return Compiled(function, tuple(donate), self.accelerate)

    def take_up(self, compiled: Compiled, earlier: Callable[..., int]) -> None:
        """See `Engine.take_up`."""
        compiled.take_up(earlier)

    def rest(self, compiled: Compiled) -> None:
        """See `Engine.rest`."""
        compiled.rest()

    def doubles(self, array: Any) -> Any:
        """See `Engine.doubles`."""
        return np.ascontiguousarray(array, dtype=np.float64)

    def sealed(self, array: Any) -> Any:
        """See `Engine.sealed`: a view that refuses to be written to."""
        if not isinstance(array, np.ndarray):
            return array
        view = array.view()
        view.flags.writeable = False
        return view

    def surely_finite(self, state: Any) -> bool:
        """See `Engine.surely_finite`; BLAS sums squares up faster than NumPy does numbers."""
        flat = state.ravel("K")
        with np.errstate(over="ignore"):
            return isfinite(np.dot(flat, flat))

    def distribute(self, state: Any, layout: Layout) -> Any:
        """See `Engine.distribute`; as it is: a step writes to no array that it did not make."""
        return rebuild(state, self.sealed)

    def copy(self, state: Any) -> Any:
        """See `Engine.copy`; what is sealed is never overwritten."""
        is_sealed = isinstance(state, np.ndarray) and not state.flags.writeable
        return state if is_sealed else super().copy(state)

    def collect(self, state: Any, layout: Layout) -> Any:
        """See `Engine.collect`."""
        return rebuild(state, lambda leaf: leaf.copy() if isinstance(leaf, np.ndarray) else leaf)

    def program(
        self, function: Callable[..., Any], *arguments: Any, donate: Sequence[int] = ()
    ) -> NumpyProgram:
        """What `compile` would run for these arguments, to be looked at."""
        with np.errstate(all="ignore"):
            recorded = record(function, *rebuild(arguments, _plain))
        return NumpyProgram(recorded, donate, accelerate=bool(self.accelerate))


@final
class Compiled:
    """A function that is recorded once for each form of its arguments.

    Kernels are compiled when they have become worth it: after as many calls as they would have
    saved half a second in. That number depends on the program alone, so that the same run gives
    the same numbers every time. A short run never waits for a compiler.

    Programs are plain data and belong to the function: whoever compiles it again, such as the next
    `fit` of a network, need not record it again, and gets memory of its own.

    It is not to be called from two threads at once, since its programs work in memory of their own.

    Args:
        function: The pure function.
        donate: Positions of the arguments that are given away.
        accelerate: Whether to use kernels: from the first call, never, or when it is worth it.

    Attributes:
        programs: The programs made so far, the one used last at the end.
    """

    def __init__(
        self, function: Callable[..., Any], donate: tuple[int, ...], accelerate: bool | None
    ) -> None:
        self.function = function
        self.donate = donate
        self.accelerate = accelerate
        self.programs: dict[Any, NumpyProgram] = {}
        self._runs: dict[Any, Callable[..., Any]] = {}
        self._calls: dict[Any, list[int]] = {}
        self._earlier: Callable[..., int] = lambda *_: 0
        self._store: dict[Any, Any] = {}
        self._scratch: dict[Any, Any] = {}
        self._known: dict[Any, NumpyProgram] = {}
        with suppress(TypeError):  # a function that cannot be referred to weakly, such as NumPy's
            self._known = _programs.setdefault(function, self._known)
        self._run: Callable[..., Any] = _of_no_form
        self._form: Any = None
        # NaN and infinity pass through in silence; set once here, it costs nothing in a call.
        self._silence = copy_context()
        self._silence.run(np.seterr, all="ignore")

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns for these arguments."""
        try:
            result = self._silence.run(self._run, *arguments)
        except (AttributeError, LookupError, TypeError):
            if self._form == _form_of(arguments):
                raise
            result = NotImplemented  # arguments built otherwise cannot even be taken apart
        if result is NotImplemented:
            arguments = rebuild(arguments, _plain)
            self._run = self._program_run(arguments)
            result = self._silence.run(self._run, *arguments)
        return result

    def take_up(self, earlier: Callable[..., int]) -> None:
        """Count calls from `earlier` on: kernels, which round otherwise, come when they would."""
        self._earlier = earlier
        for form, program in self.programs.items():
            slow = partial(getattr, program, "recorded")
            self.programs[form] = self._program(form, slow, accelerate=bool(self.accelerate))
        self._calls.clear()
        self._forget_runs()

    def rest(self) -> None:
        """Give much memory back that it works in; the next call makes it anew."""
        if self._form in self.programs and self.programs[self._form].memory > _MUCH_MEMORY:
            self._forget_runs()

    def _forget_runs(self) -> None:
        self._runs.clear()
        self._scratch.clear()
        self._run, self._form = _of_no_form, None

    def _program_run(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """The program for arguments of this form, recorded if it is a new one."""
        form = _form_of(arguments)
        if form not in self.programs:
            self.rest()  # to record takes memory of its own
            if len(self.programs) == _FORMS:
                oldest = next(iter(self.programs))
                for kept in (self.programs, self._runs, self._calls):
                    kept.pop(oldest, None)
            recorded = partial(self._silence.run, record, self.function, *arguments)
            self.programs[form] = self._program(form, recorded, accelerate=bool(self.accelerate))
        self.programs[form], self._form = self.programs.pop(form), form
        return self._prepared(form, arguments)

    def _prepared(self, form: Any, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """What runs for arguments of a known form."""
        if form not in self._runs:
            self._runs[form] = self.programs[form].prepare(self._store, self._scratch)
            if self.accelerate is None and installed():
                self._runs[form] = self._patient(form, arguments)
        return self._runs[form]

    def _program(
        self, form: Any, recorded: Callable[[], Program], *, accelerate: bool
    ) -> NumpyProgram:
        """The program for arguments of a form, with or without kernels; made if nobody has."""
        key = form, self.donate, accelerate
        if key not in self._known:
            if len(self._known) >= 2 * _FORMS:
                self._known.pop(next(iter(self._known)), None)
            self._known[key] = NumpyProgram(recorded(), self.donate, accelerate=accelerate)
        return self._known[key]

    def _patient(self, form: Any, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        """The program's function, which gives way to kernels once they are worth compiling."""
        run, program = self._runs[form], self.programs[form]
        fast = self._program(form, lambda: program.recorded, accelerate=True)
        if fast is program or not fast.saved_seconds:
            return run
        worth = ceil(_WORTH_SECONDS / fast.saved_seconds)
        calls = self._calls.setdefault(form, [min(self._earlier(*arguments), worth - 1)])
        # A strong reference here would keep the memory of every run until the collector comes.
        weak_self = ref(self)

        def counting(*arguments: Any) -> Any:
            owner = weak_self() if calls[0] + 1 == worth else None
            if owner is not None and form in owner.programs and usable():
                owner.programs[form] = fast
                owner._forget_runs()
                owner._form, owner._run = form, owner._prepared(form, arguments)
                return owner._run(*arguments)
            result = run(*arguments)
            if result is not NotImplemented:  # arguments of another form are tried here first
                calls[0] += 1
            return result

        return counting


def _drawn(generator: Generator, count: int, *, again: bool) -> Any:
    """The next numbers of a stream; it need not move on where nobody draws from it again."""
    if count < _SOON_DRAWN:
        return np.array(generator.random(count))
    state = generator.state()
    with _stream_is_free:
        _stream.set_state((state["name"], state["key"], state["position"]))
        numbers = _stream.random_sample(count)
        if again:
            _, key, position = _stream.get_state()[:3]
            generator.restore({**state, "key": key.tolist(), "position": position})
    return numbers


def _of_no_form(*_arguments: Any) -> Any:
    return NotImplemented


def _plain(leaf: Any) -> Any:
    """A number as Python's own, which takes on the kind of the arrays that it meets.

    An array from a machine that writes its bytes the other way round becomes one of this machine's.
    """
    if isinstance(leaf, np.ndarray):
        return leaf if leaf.dtype.isnative else leaf.astype(leaf.dtype.newbyteorder("="))
    if isinstance(leaf, bool) or not isinstance(leaf, float | int):
        return leaf
    return float(leaf) if isinstance(leaf, float) else int(leaf)


def _form_of(arguments: tuple[Any, ...]) -> Any:
    """What a program for these arguments depends on."""
    return tuple((path, _form(leaf)) for path, leaf in paths(arguments))


def _form(leaf: Any) -> Any:
    """What a program depends on: shape and kind of an array, that it is a number, or the value.

    Raises:
        KindError: If it is an array of another library.
    """
    if isinstance(leaf, np.ndarray | np.generic):
        return leaf.shape, leaf.dtype
    if hasattr(leaf, "__array_namespace__"):
        raise KindError(
            f"the numpy engine was given {a_or_an(type(leaf).__name__)} and works on NumPy arrays; "
            "its asarray makes one"
        )
    return "number" if isinstance(leaf, float | int) and not isinstance(leaf, bool) else leaf


def _numbers_of(values: Any) -> Any:
    """An array of another library's, in its own number kind where NumPy has that; or lists."""
    if hasattr(values, "__array__"):
        try:
            numbers = np.asarray(values)
            if numbers.dtype.kind in "biuf":
                return numbers
        except (RuntimeError, TypeError) as error:  # such as of a tensor that lies on a GPU
            if isinstance(error, ChainruleError):
                raise
    return np.asarray(values.tolist() if hasattr(values, "tolist") else values)
