"""One stream of random numbers for every engine.

The stream is the Mersenne Twister of Python's `random`, read as 53-bit doubles. NumPy has the same
generator: it takes over the state and draws the same doubles, so a seed gives the same initial
weights, shuffles and masks wherever they are drawn.

Source: M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

import math
import random as _random
from typing import Any, final

from chainrule.arrays.kinds import float64
from chainrule.arrays.list_array import ListArray
from chainrule.arrays.shapes import Shape
from chainrule.errors import require_whole


@final
class Generator:
    """A seeded stream of random doubles.

    Args:
        seed: Any whole number from 0 on; the same seed gives the same stream.

    Raises:
        OptionError: If the seed is not such a number.

    Example:
        >>> Generator(0).random(2)
        [0.8444218515250481, 0.7579544029403025]
    """

    __slots__ = ("_stream", "seed")

    def __init__(self, seed: int) -> None:
        """Start the stream."""
        require_whole("seed", seed, least=0)
        self.seed: int = int(seed)
        self._stream: _random.Random = _random.Random(self.seed)

    def random(self, n: int) -> list[float]:
        """The next n doubles from 0 up to but without 1."""
        draw = self._stream.random
        return [draw() for _ in range(n)]

    def uniform(self, low: float, high: float, shape: Shape) -> ListArray:
        """`low + (high - low) · u` for fresh doubles u.

        Example:
            >>> Generator(0).uniform(-1.0, 1.0, (2,)).tolist()
            [0.6888437030500962, 0.515908805880605]
        """
        span, draw = high - low, self._stream.random
        data = [low + span * draw() for _ in range(math.prod(shape))]
        return ListArray(data, tuple(shape), float64)

    def normal(self, mean: float, deviation: float, shape: Shape) -> ListArray:
        """Normally distributed numbers by the Box-Muller transform.

        The first half of the doubles gives the distances √(-2 ln(1 - u)), the second the angles
        2πu; the cosines come first, then the sines.

        Source: G. E. P. Box, M. E. Muller, Annals of Mathematical Statistics 29(2), 1958.
        """
        count = math.prod(shape)
        half = (count + 1) // 2
        distances = [math.sqrt(-2.0 * math.log(1.0 - u)) for u in self.random(half)]
        angles = [2.0 * math.pi * u for u in self.random(half)]
        pairs = list(zip(distances, angles, strict=True))
        unit = [r * math.cos(t) for r, t in pairs] + [r * math.sin(t) for r, t in pairs]
        data = [mean + deviation * z for z in unit[:count]]
        return ListArray(data, tuple(shape), float64)

    def permutation(self, n: int) -> list[int]:
        """0 to n - 1 in random order: the stable order of n fresh doubles.

        Example:
            >>> Generator(0).permutation(4)
            [3, 2, 1, 0]
        """
        return sorted(range(n), key=self.random(n).__getitem__)

    def spawn(self, label: str) -> Generator:
        """A generator of its own, whose stream depends on the seed and the label alone.

        Example:
            >>> Generator(0).spawn("shuffle").seed == Generator(0).spawn("shuffle").seed
            True
        """
        from hashlib import sha256  # only here, since loading it takes milliseconds

        digest = sha256(f"{self.seed}/{label}".encode()).digest()
        return Generator(int.from_bytes(digest[:16], "big"))

    def state(self) -> dict[str, Any]:
        """Where the stream stands, in values that JSON can hold.

        NumPy takes it over by `RandomState().set_state((s["name"], s["key"], s["position"]))`.
        """
        *key, position = self._stream.getstate()[1]
        return {"name": "MT19937", "seed": self.seed, "key": key, "position": position}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where a state was taken."""
        self.seed = state["seed"]
        self._stream.setstate((3, (*state["key"], state["position"]), None))
