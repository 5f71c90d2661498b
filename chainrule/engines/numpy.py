"""The numpy engine: a step is recorded once and replayed."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np

from chainrule.arrays.random import Generator
from chainrule.engines.engine import Engine
from chainrule.engines.recording import record
from chainrule.engines.structure import leaves


@final
class NumpyEngine(Engine):
    """Runs on NumPy arrays.

    Example:
        >>> NumpyEngine().asarray([[1, 2]], dtype="float32").tolist()
        [[1.0, 2.0]]
    """

    name = "numpy"
    dtypes = ("float64", "float32")

    @property
    def xp(self) -> Any:
        """NumPy."""
        return np

    def asarray(self, values: Any, *, dtype: str | None = None, shape: Any = None) -> Any:
        """See `Engine.asarray`; an `array.array` is looked at and not copied."""
        if isinstance(values, array):
            made = np.frombuffer(values, dtype=values.typecode)
        elif isinstance(values, np.ndarray | np.generic):
            made = np.asarray(values)
        else:
            made = np.asarray(values.tolist() if hasattr(values, "tolist") else values)
        if dtype is not None:
            made = made.astype(dtype, copy=False)
        return made if shape is None else made.reshape(shape)

    def random(self, generator: Generator, count: int, *, dtype: str | None = None) -> Any:
        """The next `count` numbers of the stream, drawn by NumPy's own Mersenne Twister."""
        state = generator.state()
        stream = np.random.RandomState()
        stream.set_state((state["name"], state["key"], state["position"]))
        numbers = stream.random_sample(count)
        _, key, position = stream.get_state()[:3]
        generator.restore({**state, "key": key.tolist(), "position": position})
        return numbers if dtype is None else numbers.astype(dtype, copy=False)

    def compile(
        self, function: Callable[..., Any], *, donate: Sequence[int] = ()
    ) -> Callable[..., Any]:
        """See `Engine.compile`."""
        programs: dict[Any, Any] = {}

        def run(*arguments: Any) -> Any:
            key = tuple(_form(leaf) for leaf in leaves(arguments))
            with np.errstate(all="ignore"):
                if key not in programs:
                    programs[key] = record(function, *arguments)
                return programs[key].run(np, *arguments)

        return run


def _form(leaf: Any) -> Any:
    return (leaf.shape, leaf.dtype) if hasattr(leaf, "shape") else type(leaf)
