"""The weights whose mending really gives the loss back, each on its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest
from math import isfinite
from typing import Any, NamedTuple, final

from chainrule.arrays import ListArray, namespace_of
from chainrule.explanations.culprits.replay import Replay
from chainrule.nn import NetworkStudy, weight_name
from chainrule.train import require_whole

REACH = 4.0
"""How far a weight is looked for to each side: this many times its size, and at least this far."""

HALVINGS = 6
"""How often the reach is halved towards the weight, for the first look at its line."""

ZOOM = 8
"""Into how many parts the space between two neighbours of the best value is divided."""

ZOOMS = 3
"""How often."""

REFINED = 48
"""How many of the best weights of the first look are looked at closely."""

WORK = {True: 3_000_000, False: 400_000_000}
"""Products that a first look at every weight may take, on lists and on arrays of numbers in C."""

SHORTLIST = 240
"""How many weights are looked at where that is too much, by each sign of a culprit."""

TIE = 0.01
"""Losses this near, as a part of the loss now, count as the same: the smaller move goes first."""


class Place(NamedTuple):
    """Where a weight stands: layer, neuron and input; the bias comes after the last input."""

    layer: str
    neuron: int
    input: int


@final
@dataclass(frozen=True)
class Culprit:
    """A weight, and what it gives back when it alone is moved to its best value.

    Attributes:
        name: Such as `dense1.weight[3,2]`.
        value: The weight as it is.
        mended: Its best value within reach.
        recovered: The loss that this gives back when the network is run again, in units of loss.
        loss: The loss then.
    """

    name: str
    value: float
    mended: float
    recovered: float
    loss: float

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return asdict(self)


def culprits(
    study: NetworkStudy, *, top: int = 5, initial: dict[str, Any] | None = None
) -> list[Culprit]:
    """The weights that give most of the loss back, each moved alone to its best value.

    Every weight is run where that is cheap. In larger networks a shortlist is run: the weights that
    the slope, its product with the weight or with the way it has come, and the expected gain
    `g² / Σ g_n²` put first.

    Args:
        study: The network and the examples.
        top: How many to name.
        initial: The weights that training began with, where they are known.

    Returns:
        The weights that give back anything, the most first; of equal ones the smaller move first.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> x, t = xp.asarray([[2.0]]), xp.asarray([[4.0]])
        >>> loss = LOSSES["mean_squared_error"]
        >>> first = culprits(NetworkStudy(Architecture([Dense(1, 1)]), loss, weights, x, t))[0]
        >>> first.name, round(first.mended, 3), round(first.recovered, 6)
        ('dense1.weight[0,0]', 1.75, 0.25)
    """
    require_whole("top", top)
    replay = Replay(study)
    places = candidates(replay, top=top, initial=initial)
    now = float(study.loss())
    found = []
    for place, move, loss in best_moves(replay, places, now=now, keep=max(REFINED, 3 * top)):
        if isfinite(loss) and loss < now:
            value = weight_at(study, place)
            found.append(Culprit(name_of(study, place), value, value + move, now - loss, loss))
    found.sort(key=lambda c: (-round(c.recovered / now / TIE), abs(c.mended - c.value)))
    return found[:top]


def name_of(study: NetworkStudy, place: Place) -> str:
    """What people call the weight at a place."""
    if place.input == study.dense[place.layer].in_features:
        return weight_name(f"{place.layer}.bias", (place.neuron,))
    return weight_name(f"{place.layer}.weight", (place.neuron, place.input))


def weight_at(study: NetworkStudy, place: Place) -> float:
    """The weight at a place."""
    if place.input == study.dense[place.layer].in_features:
        return float(study.parameters[f"{place.layer}.bias"][place.neuron])
    return float(study.parameters[f"{place.layer}.weight"][place.neuron, place.input])


def best_moves(
    replay: Replay, places: Sequence[Place], *, now: float, keep: int
) -> list[tuple[Place, float, float]]:
    """Each weight's best move among those tried, and the loss then; the best `keep` closely.

    Args:
        replay: The network.
        places: The weights.
        now: The loss as it is.
        keep: How many are looked at closely.
    """
    sides = [sign * 2.0**-k for k in range(HALVINGS) for sign in (1, -1)]
    lines = {place: {0.0: now} for place in places}
    reach = {place: REACH * max(1.0, abs(weight_at(replay.study, place))) for place in places}
    _try(replay, lines, ((place, part * reach[place]) for place in places for part in sides))
    close = nlargest(keep, places, key=lambda place: -min(lines[place].values()))
    for _ in range(ZOOMS):
        _try(replay, lines, ((place, move) for place in close for move in _between(lines[place])))
    return [(place, *min(lines[place].items(), key=lambda tried: tried[1])) for place in close]


def _between(line: dict[float, float]) -> list[float]:
    """Moves between the neighbours of the best one so far."""
    moves = sorted(line)
    best = moves.index(min(line, key=line.__getitem__))
    low, high = moves[max(best - 1, 0)], moves[min(best + 1, len(moves) - 1)]
    return [low + (high - low) * part / ZOOM for part in range(1, ZOOM)]


def _try(
    replay: Replay, lines: dict[Place, dict[float, float]], moves: Iterable[tuple[Place, float]]
) -> None:
    """Run the network with every move, and write each loss onto the weight's line."""
    xp = replay.xp
    by_layer: dict[str, list[tuple[Place, float]]] = {}
    for place, move in moves:
        by_layer.setdefault(place.layer, []).append((place, move))
    for layer, wanted in by_layer.items():
        step = max(1, 2_000_000 // replay.batch)
        for start in range(0, len(wanted), step):
            part = wanted[start : start + step]
            neurons = [place.neuron for place, _ in part]
            inputs = xp.asarray([place.input for place, _ in part])
            z = xp.take(replay.sums[layer], xp.asarray(neurons), axis=0)
            by = xp.asarray([move for _, move in part], dtype=z.dtype)
            z = z + xp.expand_dims(by, axis=1) * xp.take(replay.inputs[layer], inputs, axis=0)
            for (place, move), loss in zip(
                part, replay.neuron_losses(layer, neurons, z), strict=True
            ):
                lines[place][move] = loss if isfinite(loss) else float("inf")


def candidates(replay: Replay, *, top: int, initial: dict[str, Any] | None) -> list[Place]:
    """The weights to run: all, or those that some sign points to."""
    study = replay.study
    tries = 2 * HALVINGS * replay.batch
    work = 0
    for at, name in enumerate(replay.names):
        inputs, neurons = study.dense[name].in_features or 0, study.dense[name].out_features or 0
        widths = [study.dense[later].out_features or 0 for later in replay.names[at:]]
        products = sum(a * b for a, b in itertools.pairwise(widths)) + max(widths)
        work += (inputs + 1) * neurons * tries * products
    if work <= WORK[isinstance(study.x, ListArray)]:
        return [
            Place(name, neuron, entry)
            for name in replay.names
            for neuron in range(study.dense[name].out_features or 0)
            for entry in range((study.dense[name].in_features or 0) + 1)
        ]
    return _shortlist(study, max(SHORTLIST, 10 * top), initial or {})


def _shortlist(study: NetworkStudy, count: int, initial: dict[str, Any]) -> list[Place]:
    """The weights with the largest slopes, products and expected gains."""
    if isinstance(study.x, ListArray):
        count = max(1, count // 8)
    signs: list[list[tuple[float, Place]]] = [[], [], [], []]
    batch = study.x.shape[0]
    for use in study.uses:
        xp = namespace_of(use.g)
        x = xp.concat([use.x, xp.ones_like(use.x[:, :1])], axis=1)
        back = xp.matrix_transpose(use.g)
        slope = xp.matmul(back, x) / batch
        spread = xp.matmul(back * back, x * x) / batch
        weight, bias = (study.parameters[name] for name in (use.weight, use.bias))
        whole = xp.concat([weight, xp.expand_dims(bias, axis=1)], axis=1)
        gain = slope * slope / xp.where(spread > 0, spread, 1)
        ways = [slope * slope, xp.abs(whole * slope), gain]
        if use.weight in initial:
            start = [initial[use.weight], xp.expand_dims(initial[use.bias], axis=1)]
            ways.append(xp.abs((whole - xp.concat(start, axis=1)) * slope))
        for sign, table in zip(signs, ways, strict=False):
            sign += _largest(xp, table, use.layer, count)
    return list(dict.fromkeys(p for sign in signs for _, p in nlargest(count, sign) if _ > 0))


def _largest(xp: Any, table: Any, layer: str, count: int) -> list[tuple[float, Place]]:
    """The largest entries of a table with their places."""
    width = table.shape[1]
    flat = xp.reshape(table, (-1,))
    if flat.shape[0] <= count:
        chosen = list(range(flat.shape[0]))
    else:
        order = xp.argsort(flat, descending=True)[:count]
        chosen = order.tolist()
    values = xp.take(flat, xp.asarray(chosen), axis=0).tolist()
    return [
        (value, Place(layer, *divmod(index, width)))
        for value, index in zip(values, chosen, strict=True)
    ]
