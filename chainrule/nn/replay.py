"""The network run again from one layer on, for many altered weighted sums at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, final

from chainrule.arrays import namespace_of
from chainrule.nn.layers import ACTIVATIONS
from chainrule.nn.layout import entries
from chainrule.nn.losses import losses_from_scores
from chainrule.nn.study import NetworkStudy
from chainrule.words import counted

NUMBERS_AT_A_TIME = 500_000
"""How many numbers one pass may hold, so that many alternatives do not fill the memory."""

T = TypeVar("T")


class Place(NamedTuple):
    """Where a weight stands: layer, neuron and input; the bias comes after the last input."""

    layer: str
    neuron: int
    input: int


@final
class Replay:
    """Runs the later layers of a network for alternatives to what one layer's neurons give.

    One weight reaches the loss through its own neuron alone, so an alternative to it is an
    alternative weighted sum of that neuron on every example, and the next layer's sums move by a
    product of two vectors.
    """

    def __init__(self, study: NetworkStudy) -> None:
        self.study = study
        self.xp = namespace_of(study.x)
        self.names = list(study.dense)
        self.batch = study.x.shape[0]

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """What comes into each layer, a last column of ones for the bias: `(inputs + 1, batch)`."""
        xp, by_layer = self.xp, {}
        for name, (x, _) in self.study.sums.items():
            ones = xp.ones_like(x[:, :1])
            by_layer[name] = xp.matrix_transpose(xp.concat([x, ones], axis=1))
        return by_layer

    def sizes(self, layer: str) -> list[float]:
        """The sum of the sizes of each input of a layer; an input that is always 0 says nothing."""
        return entries(self.xp.sum(self.xp.abs(self.inputs[layer]), axis=1))

    @cached_property
    def sums(self) -> dict[str, Any]:
        """Every layer's weighted sums, neuron by neuron: `(neurons, batch)`."""
        return {name: self.xp.matrix_transpose(z) for name, (_, z) in self.study.sums.items()}

    def scores(self, layer: str, z: Any) -> Any:
        """The last layer's weighted sums with other weighted sums of a layer.

        Args:
            layer: Its name.
            z: The alternatives, of shape `(alternatives, batch, neurons)`.

        Returns:
            `(alternatives, batch, outputs)`.
        """
        xp, count = self.xp, z.shape[0]
        z = self.study.scores_from(layer, xp.reshape(z, (count * self.batch, z.shape[2])))
        return xp.reshape(z, (count, self.batch, z.shape[1]))

    def mean_losses(self, scores: Any) -> list[float]:
        """The mean loss of each alternative, from the last layer's weighted sums."""
        return entries(self.xp.mean(self.example_losses(scores), axis=1))

    def moved(
        self,
        places: Sequence[Place],
        moves: Sequence[Sequence[float]],
        read: Callable[[Any], list[T]],
    ) -> list[list[T]]:
        """What is read from the last layer's weighted sums with each move of each weight.

        Args:
            places: The weights.
            moves: By how much each is moved: as many moves for each.
            read: From the sums of several alternatives to one entry for each.
        """
        xp, rows = self.xp, [list[T]() for _ in places]
        tries = len(moves[0]) if moves else 0
        step = max(1, 4 * NUMBERS_AT_A_TIME // max(1, self.batch * tries))
        for layer in self.names:
            own = [k for k, place in enumerate(places) if place.layer == layer]
            for start in counted(range(0, len(own), step)):
                part = own[start : start + step]
                neurons = [places[k].neuron for k in part]
                inputs = xp.asarray([places[k].input for k in part])
                x = xp.take(self.inputs[layer], inputs, axis=0)
                by = xp.asarray([moves[k] for k in part], dtype=x.dtype)
                z = xp.expand_dims(xp.take(self.sums[layer], xp.asarray(neurons), axis=0), axis=1)
                z = z + xp.expand_dims(by, axis=2) * xp.expand_dims(x, axis=1)
                every = [neuron for neuron in neurons for _ in range(tries)]
                entries = self._read(layer, every, xp.reshape(z, (-1, self.batch)), read)
                for at, k in enumerate(part):
                    rows[k] = entries[at * tries : (at + 1) * tries]
        return rows

    def _read(
        self, layer: str, neurons: Sequence[int], z: Any, read: Callable[[Any], list[T]]
    ) -> list[T]:
        """What is read from the last layer's sums with another sum of one neuron each."""
        names = self._from(layer)
        width = max(self.sums[name].shape[0] for name in names)
        step = max(1, NUMBERS_AT_A_TIME // (width * self.batch))
        first = names[1] if self._passes_on(layer) else layer
        entries: list[T] = []
        for start in range(0, len(neurons), step):
            part = slice(start, start + step)
            moved = self._moved(layer, self.xp.asarray(list(neurons[part])), z[part])
            entries += read(self.scores(first, moved))
        return entries

    def _moved(self, layer: str, neurons: Any, z: Any) -> Any:
        """The next layer's sums, or the layer's own where its neurons act on one another."""
        xp, (_, sums) = self.xp, self.study.sums[layer]
        if not self._passes_on(layer):
            own = xp.equal(xp.arange(sums.shape[1])[None, None, :], neurons[:, None, None])
            return xp.where(own, xp.expand_dims(z, axis=2), xp.expand_dims(sums, axis=0))
        op = ACTIVATIONS[self.study.dense[layer].activation]
        change = op(z) - op(xp.take(self.sums[layer], neurons, axis=0))
        after = self._from(layer)[1]
        ways = xp.take(
            xp.matrix_transpose(self.study.parameters[f"{after}.weight"]), neurons, axis=0
        )
        moved = xp.expand_dims(change, axis=2) * xp.expand_dims(ways, axis=1)
        return xp.expand_dims(self.study.sums[after][1], axis=0) + moved

    def _passes_on(self, layer: str) -> bool:
        """Whether a neuron's activation follows from its own sum, and another layer reads it."""
        return layer != self.names[-1] and ACTIVATIONS[self.study.dense[layer].activation].entrywise

    def example_losses(self, scores: Any) -> Any:
        """Every example's loss, from the last layer's weighted sums."""
        study, xp = self.study, self.xp
        t = xp.broadcast_to(xp.expand_dims(study.t, axis=0), scores.shape)
        return study.weighed(losses_from_scores(study.architecture, study.loss_function, scores, t))

    def _from(self, layer: str) -> list[str]:
        return self.names[self.names.index(layer) :]
