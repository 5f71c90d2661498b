"""The function that is checked: of named arrays, at a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import starmap
from math import frexp, isfinite, isnan, nan
from typing import Any, TypeVar, final

from chainrule import arrays
from chainrule.arrays import Generator
from chainrule.autodiff import Pull, Tensor, backward, tape
from chainrule.checking.sweep import (
    COARSE,
    FAR,
    LEAST,
    SAFETY,
    MeasuredSlope,
    h_sweep,
    rounding_of,
    unseen_slope,
)
from chainrule.errors import TOO_LARGE, KindError, shown
from chainrule.nn import entries

T = TypeVar("T")

Flat = Mapping[str, list[float]]
"""One number per entry of each named array, in row-major order."""

Place = tuple[str, int]
"""An entry: its array's name and its place there."""

STEP = 2.0**-300
"""The imaginary step: its square is far below the last digit, and dividing by it is exact."""

FAR_OFF = 2.0**-100
"""An imaginary part that is larger against the real one came about beyond where a function ends."""

SMALL = 2.0**-200
"""Beside numbers below it the imaginary step is as many times smaller."""

BESIDE = 2.0**-24
"""How far from a kink its two slopes are read: near enough that nothing else has changed."""

SINGLE, SINGLE_SLOPE = 2.0**-32, 2.0**-20
"""Values off by more than the one, relative to their size, may let slopes be off by the other."""

SHORT, SINGLE_DIGIT, PROBES = 2.0**40, 2.0**-24, (1.0, 2.0**-3, 2.0**-6)
"""A number of fewer binary digits than the first one's may be the sum of some of float32, each off
by the second relative to its size; a function is asked so far off for its numbers."""

LARGE = 2.0**10
"""Beside numbers above it the steps of a sweep are as many times larger."""

TINIEST = 2.0**-600
"""The smallest step of a sweep where the point holds zeros, which do not say how small is small."""

COMPLEX_STEP, SWEEP = "complex step", "h-sweep"

CANNOT = Exception
"""What a function may raise that does not take complex numbers, or tensors, or is asked beside its
point: it is somebody else's, and may raise whatever it likes."""


@final
@dataclass(frozen=True, eq=False)
class CheckedFunction:
    """A function of named arrays and the point at which its gradient is asked for.

    Args:
        function: Takes the arrays by name and returns one number; written with operators and
            chainrule's ops, so that it takes arrays and tensors alike.
        point: The arrays: list arrays of floats, or those of another library where the function
            takes no others.
        recorded: Whether it takes tensors. One that can only be called, being written with `math`,
            NumPy's own functions, or C, has no tape, and its kinks show in its slopes alone.

    Attributes:
        method: How slopes are measured: by a complex step on list arrays that the function takes
            as complex numbers, by an h-sweep of central differences otherwise.

    Example:
        >>> import chainrule.arrays as xp
        >>> checked = CheckedFunction(lambda p: (p["w"] - 3) ** 2, {"w": xp.asarray(5.0)})
        >>> checked.slope({"w": [1.0]}).slope, checked.walk()
        (4.0, {'w': [4.0]})
    """

    function: Callable[[dict[str, Any]], Any]
    point: Mapping[str, Any]
    recorded: bool = field(default=True, kw_only=True)
    _raised: list[Exception] = field(default_factory=list, kw_only=True)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array."""
        return {name: tuple(array.shape) for name, array in self.point.items()}

    @cached_property
    def numbers(self) -> dict[str, list[float]]:
        """The numbers of each array, in row-major order."""
        return {name: flat(array) for name, array in self.point.items()}

    @property
    def no_slope(self) -> str:
        """What is said of a function without values nearby, or that moves at random there."""
        raised = f", where it raised {self._raised[0]!r}" if self._raised else ""
        return f"the values beside the point show no slope{raised}"

    @property
    def size(self) -> int:
        """The number of entries of all arrays."""
        return sum(map(len, self.numbers.values()))

    @cached_property
    def method(self) -> str:
        """See the class."""
        is_list = all(isinstance(array, arrays.ListArray) for array in self.point.values())
        nowhere = {name: [1.0] * len(numbers) for name, numbers in self.numbers.items()}
        if not self.recorded or not is_list or min(self._size(nowhere)) < TINIEST * STEP * LEAST:
            return SWEEP
        try:
            return COMPLEX_STEP if isfinite(self.complex_step(nowhere)) else SWEEP
        except CANNOT:
            return SWEEP

    def slope(self, direction: Flat) -> MeasuredSlope:
        """The slope along a direction."""
        if self.method == COMPLEX_STEP:
            return MeasuredSlope(self.complex_step(direction))
        return self.swept(direction)

    def slopes(self) -> dict[str, list[float]]:
        """The slope along each entry: the gradient, without a derivative rule."""
        return {
            name: [self.slope(self.axis(name, i)).slope for i in range(len(numbers))]
            for name, numbers in self.numbers.items()
        }

    def axis(self, name: str, index: int) -> dict[str, list[float]]:
        """The direction along one entry of an array."""
        return self.moving([(name, index)], [1.0])

    def moving(self, places: Sequence[Place], steps: Sequence[float]) -> dict[str, list[float]]:
        """The direction that moves some entries, each by so much."""
        direction = {name: [0.0] * len(self.numbers[name]) for name, _ in places}
        for (name, i), step in zip(places, steps, strict=True):
            direction[name][i] = step
        return direction

    def slopes_beside(self, direction: Flat) -> tuple[float, float, float]:
        """The slopes just before and just after the point, and how far off they may be."""
        if self.method == COMPLEX_STEP:
            with suppress(CANNOT):  # a condition may lead beside the point to what takes no more
                (far, left), (further, right) = (
                    [self.complex_step(direction, shift=side * k * BESIDE) for k in (2, 1)]
                    for side in (-1, 1)
                )
                if isnan(left) != isnan(right):  # it ends here, and goes on as it came
                    left, far = right, further = (right, further) if isnan(left) else (left, far)
                return left, right, max(abs(left - far), abs(right - further))
        sweep = self.sweep(direction, None if self.recorded else self.value_rounding)
        return sweep.left, sweep.right, sweep.beside

    def swept(self, direction: Flat) -> MeasuredSlope:
        """The slope by central differences, which know the rounding where they are all there is."""
        return self.sweep(direction, None if self.method == COMPLEX_STEP else self.value_rounding)

    def sweep(self, direction: Flat, rounding: float | None = None) -> MeasuredSlope:
        """The slope along a direction by central differences."""
        size, least = self._size(direction)
        unit = 2.0 ** frexp(size)[1] if size > LARGE else 1.0
        if self.method == COMPLEX_STEP:  # a second opinion, which names a corner in a larger step
            size = unit

        def along(t: float) -> float:
            return self.value(direction, t * unit)

        if size > FAR and rounding is not None:
            rounding = rounding_of(along)
        swept = h_sweep(along, rounding, size / unit, least / unit)
        return swept if unit == 1 else swept.in_unit(unit)

    def unseen(self, name: str, index: int, measured: MeasuredSlope) -> float:
        """How far from a slope measured along one entry the right one may be, for all one sees."""
        if self.method == COMPLEX_STEP:
            return 0.0
        axis, number, slope = self.axis(name, index), self.numbers[name][index], measured.slope
        unseen = unseen_slope(lambda t: self.value(axis, t), number, slope)
        if self.value_rounding > SINGLE * abs(self.value()):  # all steps may err alike, being round
            unseen = max(unseen, SINGLE_SLOPE * abs(slope))
        if not slope:
            unseen = max(unseen, SAFETY * self.grain)
        apart = abs(measured.left - measured.right)  # it may be a corner, seen through rounding
        return max(unseen, apart) if apart > measured.beside and not measured.jump else unseen

    def _size(self, direction: Flat) -> tuple[float, float]:
        """How large the numbers that move are, by the smallest, and how small their steps can be.

        Where zeros alone move, the smallest beside them tells how large.
        """
        moved: list[float] = []
        beside: list[float] = []
        for name, d in direction.items():
            for w, s in zip(self.numbers[name], d, strict=True):
                if w:
                    (moved if s else beside).append(abs(w))
        least = LEAST * min(moved) if moved else TINIEST
        return min(moved or beside, default=1.0), least

    def value(self, direction: Flat | None = None, distance: float = 0.0) -> float:
        """The function at a distance along a direction; NaN where it is not defined."""
        try:
            result = self.function(self._moved(direction or {}, distance))
        except CANNOT as error:
            if direction is None:
                raise
            self._raised[:] = [error]
            return nan
        try:
            if isinstance(result, str):
                raise TypeError
            return float(_item(result))
        except (TypeError, ValueError, RuntimeError):  # the last one is PyTorch's
            if direction is not None and isinstance(result, complex):  # of a root beside 0
                return nan
            shape = f" of shape {tuple(result.shape)}" if hasattr(result, "shape") else ""
            raise KindError(
                f"the function to check returns one number; found {type(result).__name__}"
                f"{shape}; make one real number of it"
            ) from None

    @cached_property
    def value_rounding(self) -> float:
        """By how much its values are off; see `rounding_of`."""
        generator = Generator(0)
        direction = {
            name: [0.5 + u if u < 0.5 else -u for u in generator.random(len(numbers))]
            for name, numbers in self.numbers.items()
        }
        far = each_number(lambda s, w: s * max(abs(w), 1.0), direction, self.numbers)
        near = each_number(lambda s, w: s * min(abs(w) or 1.0, 1.0), direction, self.numbers)
        roundings = (rounding_of(partial(self.value, along)) for along in (direction, far))
        rounding = next(filter(None, roundings), 0.0)
        if rounding > COARSE * abs(self.value()):  # or corners were crossed beside tiny numbers
            rounding = min(rounding, rounding_of(partial(self.value, near)) or rounding)
        return rounding

    @cached_property
    def grain(self) -> float:
        """A last digit of float32, if all values here and far off are as short; else 0.

        A function that computes in it may stand still over every step of a sweep, and where large
        terms cancel its values are small and their last digits are not.
        """
        generator = Generator(0)
        values = [self.value()]
        for distance in PROBES:
            aside = each_number(lambda _: 2 * generator.random(1)[0] - 1, self.numbers)
            values.append(self.value(aside, distance))
        values = [value for value in values if isfinite(value)]
        if not all((frexp(value)[0] * SHORT).is_integer() for value in values):
            return 0.0
        largest = max(1.0, *map(abs, values))
        return min(SINGLE_DIGIT * largest, *(1 / value.as_integer_ratio()[1] for value in values))

    def complex_step(self, direction: Flat, *, shift: float = 0.0) -> float:
        """The slope along a direction, without the error of a finite step.

        `dL = Im L(w + i·h·d) / h`: with no difference taken, nothing cancels, so h can be so small
        that its square vanishes.

        Args:
            direction: A number per entry; arrays left out stay where they are.
            shift: Where along the direction to ask: a little above or below 0 gives the slope on
                that side of a kink.

        Source: Squire & Trapp, "Using complex variables to estimate derivatives of real functions",
        SIAM Review 40 (1998), equation 4.
        """
        size, _ = self._size(direction)
        step = STEP if size > SMALL else max(STEP * 2.0 ** frexp(size)[1], TINIEST * STEP)
        found = self.function(self._moved(direction, complex(shift, step)))
        if str(getattr(found, "dtype", "")).endswith("complex64"):  # too short for such a step
            return nan
        result = complex(_item(found))
        beyond = abs(result.imag) > FAR_OFF * abs(result.real) > 0  # as of the root of -1
        return nan if beyond else result.imag / step

    def _moved(self, direction: Flat, distance: complex) -> dict[str, Any]:
        """The point so far along a direction."""
        shifted = {name: self._shifted(name, d, distance) for name, d in direction.items()}
        return {**self.point, **shifted}

    def _shifted(self, name: str, d: Sequence[float], distance: complex) -> Any:
        form = self.point[name]
        if is_fast(form):
            return form + distance * like(form, d)
        numbers = zip(self.numbers[name], d, strict=True)
        return like(form, [w + distance * s if s else w for w, s in numbers])

    @cached_property
    def leaves(self) -> dict[str, Tensor]:
        """The arrays as tensors, from which `loss` was recorded."""
        return {name: Tensor(array, name=name) for name, array in self.point.items()}

    @cached_property
    def loss(self) -> Tensor:
        """The function's result, with its tape."""
        result = self.function(dict(self.leaves))
        return result if type(result) is Tensor else Tensor(result)

    @cached_property
    def tape(self) -> list[Tensor]:
        """Every tensor of the recorded run, in the order they were made; none without a tape."""
        return tape(self.loss) if self.recorded else []

    def walk(
        self, pull: Pull | None = None, *, start: Tensor | None = None, seed: Any = None
    ) -> dict[str, list[float]]:
        """The gradient by the walk back, with another way to pull if one is given."""
        start = self.loss if start is None else start
        gradients = backward(start, list(self.leaves.values()), seed, pull=pull)
        return {name: flat(g) for name, g in zip(self.leaves, gradients, strict=True)}

    def at(self, numbers: Flat) -> CheckedFunction:
        """The same function at another point."""
        return replace(self, point={n: like(form, numbers[n]) for n, form in self.point.items()})

    def moved(self, direction: Flat, distance: float) -> CheckedFunction:
        """The same function at a point some way along a direction."""
        return replace(self, point=self._moved(direction, distance))


def _item(result: Any) -> Any:
    return result.item() if hasattr(result, "item") else result


def flat(array: Any) -> list[float]:
    """The numbers of an array of any kind, in row-major order.

    Raises:
        KindError: If something else is among them, or a number that no float holds.
    """
    try:
        return list(map(float, entries(array)))
    except OverflowError:
        raise KindError(TOO_LARGE) from None
    except (TypeError, ValueError) as error:
        raise KindError(
            f"real numbers are asked for, in an array or a list; found {shown(array)}"
        ) from error


def is_fast(array: Any) -> bool:
    """Whether an array computes as a whole, and just as Python does with its numbers one by one."""
    return not isinstance(array, arrays.ListArray) and _is_float64(getattr(array, "dtype", ""))


@cache
def _is_float64(kind: Any) -> bool:
    """Whether a library's number kind is float64; to write one out takes NumPy as long as a sum."""
    return str(kind) == "float64"


def is_tensor(array: Any) -> bool:
    """Whether it is one of PyTorch's arrays, which name no namespace."""
    return hasattr(array, "new_tensor")


def each_number(
    function: Callable[..., T], *tables: Mapping[str, Sequence[Any]]
) -> dict[str, list[T]]:
    """What a function makes of the numbers at the same place, for the arrays of the first table.

    Example:
        >>> each_number(max, {"w": [1.0, 5.0]}, {"w": [2.0, 4.0]})
        {'w': [2.0, 5.0]}
    """
    first, *_ = tables
    return {
        name: list(starmap(function, zip(*(table[name] for table in tables), strict=True)))
        for name in first
    }


def products(numbers: Flat, direction: Flat) -> list[float]:
    """The numbers that a direction moves, each times its step; their sum is the slope along it.

    Example:
        >>> products({"w": [3.0, 4.0, 5.0]}, {"w": [1.0, 0.0, -1.0]})
        [3.0, -5.0]
    """
    return [
        x * s for name, d in direction.items() for x, s in zip(numbers[name], d, strict=True) if s
    ]


def of_largest(gradient: Flat, share: Mapping[str, float]) -> dict[str, list[float]]:
    """For every entry of some arrays so large a part of its array's largest number.

    Example:
        >>> of_largest({"w": [1.0, -4.0], "b": [2.0]}, {"w": 0.5})
        {'w': [2.0, 2.0]}
    """
    return {
        name: [part * max(map(abs, gradient[name]), default=0.0)] * len(gradient[name])
        for name, part in share.items()
    }


def like(form: Any, numbers: Sequence[Any]) -> Any:
    """Numbers in the form of a number, of nested lists, or of a library's array."""
    if is_tensor(form):
        return (
            (form if form.is_floating_point() else form.double())
            .new_tensor(numbers)
            .reshape(form.shape)
            .requires_grad_(form.requires_grad)
        )
    if hasattr(form, "shape"):
        xp = arrays.namespace_of(form)
        return xp.reshape(xp.asarray(list(numbers)), form.shape)
    if isinstance(form, list | tuple):
        shape = arrays.asarray(form).shape
        return arrays.reshape(arrays.asarray(list(numbers)), shape).tolist()
    return numbers[0]


def as_floats(array: Any) -> arrays.ListArray:
    """The same numbers as a list array of floats."""
    table = arrays.asarray(array.tolist() if hasattr(array, "tolist") else array)
    return arrays.astype(table, arrays.float64)
