"""The weights that give most of the loss back, each moved on its own and run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from heapq import nlargest
from itertools import pairwise, zip_longest
from math import isfinite, log1p
from statistics import median
from typing import Any, NamedTuple, final

from chainrule.arrays import ListArray, namespace_of
from chainrule.explanations.culprits.replay import Replay
from chainrule.explanations.what_if import Counterfactual
from chainrule.nn import NetworkStudy, find_weight, weight_name
from chainrule.train import require_whole
from chainrule.words import Records, number

REACH = 4.0
"""How far a weight is looked for to each side: this many times its size, and at least this far."""

HALVINGS = 6
"""How often the reach is halved towards the weight, for the first look at its line."""

ZOOM = 8
"""Into how many parts the space between two neighbours of the best value is divided."""

ZOOMS = 3
"""How often."""

REFINED = 24
"""How many of the best weights of the first look are looked at closely."""

WORK = {True: 3_000_000, False: 200_000_000}
"""Products that a first look at every weight may take, on lists and on arrays of numbers in C."""

SHORTLIST = 120
"""How many weights are looked at where that is too much, by each sign of a culprit."""

RARITY = 0.05
"""The part of the loss now that one nat of rarity counts as, when weights are put in order."""

STEEPEST = 20
"""How many of a function's weights are tried, the steepest first."""

STEPS = 3
"""How often the weights are run again with the first ones at their best values."""


class Place(NamedTuple):
    """Where a weight stands: layer, neuron and input; the bias comes after the last input."""

    layer: str
    neuron: int
    input: int


@final
@dataclass(frozen=True)
class Culprit:
    """A weight, and what it gives back when it is moved to its best value.

    Attributes:
        name: Such as `dense1.weight[3,2]`.
        value: The weight as it is.
        best: Its best value within reach.
        recovered: The loss that this gives back when the network is run again, in units of loss.
        loss: The loss then.
        after: Weights put to their best values before it, since faults can hide one another.
    """

    name: str
    value: float
    best: float
    recovered: float
    loss: float
    after: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return asdict(self)


@final
class Rarity:
    """How unusual a weight's value is in its network: `ln(1 + (d / s)²)`, in nats.

    `d` is how far the weight has come from its initial value, or its size where that is not known,
    and `s` the median of that over all weights: the logarithm of a Cauchy distribution, whose heavy
    tails forgive a large weight and see a very large one. Of two ways to lower the loss as
    much, the one that leaves the more usual network is the likelier repair.

    Args:
        parameters: The weights by name.
        initial: Those that training began with; None where they are not known.
    """

    def __init__(self, parameters: dict[str, Any], initial: dict[str, Any] | None) -> None:
        self.start = initial or {}
        gone = []
        for name, w in parameters.items():
            way = w - self.start[name] if name in self.start else w
            gone += namespace_of(w).reshape(namespace_of(w).abs(way), (-1,)).tolist()
        self.scale = median(gone) or 1.0

    def origin(self, parameter: str, index: tuple[int, ...]) -> float:
        """Where the way of a weight is counted from."""
        return float(self.start[parameter][index]) if parameter in self.start else 0.0

    def __call__(self, value: float, origin: float) -> float:
        """The rarity of a weight's value."""
        return log1p(((value - origin) / self.scale) ** 2)


def culprits(
    study: NetworkStudy, *, top: int = 5, initial: dict[str, Any] | None = None
) -> Records[Culprit]:
    """The weights that give most of the loss back, each moved to its best value and run again.

    They stand in the order of the loss given back, as a part of the loss now, plus `RARITY` for
    each nat by which the best value is more usual than the weight is; see `Rarity`. Faults hide
    one another, so every other name is the best one with those before it at their best.

    Every weight is run where that is cheap. In larger networks a shortlist is run: the weights that
    the slope, its product with the weight or with the way it has come, and the expected gain
    `g² / Σ g_n²` put first.

    Args:
        study: The network and the examples.
        top: How many to name.
        initial: The weights that training began with, where they are known.

    Returns:
        The weights that give back anything, the first to look at first.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> x, t = xp.asarray([[2.0]]), xp.asarray([[4.0]])
        >>> loss = LOSSES["mean_squared_error"]
        >>> first = culprits(NetworkStudy(Architecture([Dense(1, 1)]), loss, weights, x, t))[0]
        >>> first.name, round(first.best, 2), round(first.recovered, 4)
        ('dense1.weight[0,0]', 1.75, 0.25)
    """
    require_whole("top", top)
    rarity = Rarity(study.parameters, initial)
    alone = _ranked(study, rarity, initial, top=top)
    in_turn = alone[:1]
    while 0 < len(in_turn) < min(STEPS, top):
        improved = moved(study, {culprit.name: culprit.best for culprit in in_turn})
        names = tuple(culprit.name for culprit in in_turn)
        more = [c for c in _ranked(improved, rarity, initial, top=top) if c.name not in names][:1]
        if not more:
            break
        in_turn.append(replace(more[0], after=names))
        if len(in_turn) == 2:
            second = in_turn[1]
            improved = moved(study, {second.name: second.best})
            again = _ranked(improved, rarity, initial, top=1)
            alone[:0] = [replace(c, after=(second.name,)) for c in again if c.name != second.name]
    found: dict[str, Culprit] = {culprit.name: culprit for culprit in in_turn[:2]}
    for pair in zip_longest(alone, in_turn[2:]):
        for culprit in pair:
            if culprit is not None:
                found.setdefault(culprit.name, culprit)
    return _listed(list(found.values())[:top])


def culprits_among(tried: Iterable[Counterfactual], *, top: int) -> Records[Culprit]:
    """Those of some weights that give anything back at their best values, the most first."""
    lower = [(one.now, one.best, one.weight) for one in tried if one.best.loss < one.now.loss]
    found = [
        Culprit(name, now.value, best.value, now.loss - best.loss, best.loss)
        for now, best, name in lower
    ]
    return _listed(sorted(found, key=lambda culprit: culprit.recovered, reverse=True)[:top])


def _listed(found: list[Culprit]) -> Records[Culprit]:
    """Culprits as a list that prints as a table."""
    columns: dict[str, Callable[[Culprit], str]] = {
        "weight": lambda c: c.name,
        "value": lambda c: number(c.value, 4),
        "best": lambda c: number(c.best, 4),
        "gives back": lambda c: number(c.recovered, 4),
        "loss then": lambda c: number(c.loss, 4),
        "with at their best": lambda c: ", ".join(c.after) or "–",
    }
    return Records(found, "weights, each moved to its best value", columns)


def _ranked(
    study: NetworkStudy, rarity: Rarity, initial: dict[str, Any] | None, *, top: int
) -> list[Culprit]:
    """Each weight alone, the first to look at first."""
    replay = Replay(study)
    places = candidates(replay, top=top, initial=initial)
    now = float(study.loss())
    if not now > 0:
        return []
    found = []
    for place, move, loss in best_moves(replay, places, rarity, now=now, keep=_close(study) + top):
        if isfinite(loss) and loss < now:
            value = weight_at(study, place)
            found.append(Culprit(name_of(study, place), value, value + move, now - loss, loss))
    shapes = study.architecture.layout.shapes

    def order(culprit: Culprit) -> float:
        origin = rarity.origin(*find_weight(culprit.name, shapes))
        usual = rarity(culprit.value, origin) - rarity(culprit.best, origin)
        return culprit.recovered / now + RARITY * usual

    return sorted(found, key=order, reverse=True)[:top]


def _close(study: NetworkStudy) -> int:
    """How many weights are looked at closely: fewer where many examples are run on lists."""
    many = isinstance(study.x, ListArray) and study.x.shape[0] > REFINED
    return REFINED // 3 if many else REFINED


def moved(study: NetworkStudy, values: Mapping[str, float]) -> NetworkStudy:
    """The study with other values for some weights, by their names."""
    arrays = dict(study.parameters)
    for name, value in values.items():
        parameter, index = find_weight(name, study.architecture.layout.shapes)
        xp, w = namespace_of(arrays[parameter]), arrays[parameter]
        own = xp.ones_like(w, dtype=xp.bool)
        for axis, at in enumerate(index):
            line = xp.equal(xp.arange(w.shape[axis]), at)
            own = xp.logical_and(own, line[:, None] if axis < len(index) - 1 else line)
        arrays[parameter] = xp.where(own, value, w)
    return replace(study, parameters=arrays)


def name_of(study: NetworkStudy, place: Place) -> str:
    """The name of the weight at a place."""
    return weight_name(*_where(study, place))


def weight_at(study: NetworkStudy, place: Place) -> float:
    """The weight at a place."""
    parameter, index = _where(study, place)
    return float(study.parameters[parameter][index])


def _where(study: NetworkStudy, place: Place) -> tuple[str, tuple[int, ...]]:
    if place.input == study.dense[place.layer].in_features:
        return f"{place.layer}.bias", (place.neuron,)
    return f"{place.layer}.weight", (place.neuron, place.input)


def best_moves(
    replay: Replay, places: Sequence[Place], rarity: Rarity, *, now: float, keep: int
) -> list[tuple[Place, float, float]]:
    """Each weight's best move among those tried, and the loss then; the best `keep` closely.

    Args:
        replay: The network.
        places: The weights.
        rarity: What a move to an unusual value costs.
        now: The loss as it is.
        keep: How many are looked at closely.
    """
    study = replay.study
    sides = [sign * 2.0**-k for k in range(HALVINGS) for sign in (1, -1)]
    lines = {place: {0.0: now} for place in places}
    values = {place: weight_at(study, place) for place in places}
    origins = {place: rarity.origin(*_where(study, place)) for place in places}

    def cost(place: Place, move: float) -> float:
        unusual = rarity(values[place] + move, origins[place])
        return lines[place][move] / now + RARITY * unusual

    def best(place: Place) -> float:
        return min(lines[place], key=lambda move: cost(place, move))

    def gain(place: Place) -> float:
        return cost(place, 0.0) - cost(place, best(place))

    reach = {place: REACH * max(1.0, abs(value)) for place, value in values.items()}
    _try(replay, lines, ((place, part * reach[place]) for place in places for part in sides))
    close = nlargest(keep, places, key=gain)
    for _ in range(ZOOMS):
        _try(replay, lines, ((p, move) for p in close for move in _between(lines[p], best(p))))
    return [(place, move, lines[place][move]) for place in close for move in [best(place)]]


def _between(line: dict[float, float], best: float) -> list[float]:
    """Moves between the neighbours of the best one so far."""
    moves = sorted(line)
    at = moves.index(best)
    low, high = moves[max(at - 1, 0)], moves[min(at + 1, len(moves) - 1)]
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
    heard = {
        name: [entry for entry, size in enumerate(replay.sizes(name)) if size]
        for name in replay.names
    }
    for at, name in enumerate(replay.names):
        neurons = study.dense[name].out_features or 0
        widths = [study.dense[later].out_features or 0 for later in replay.names[at:]]
        products = sum(a * b for a, b in pairwise(widths[1:])) + max(widths)
        work += len(heard[name]) * neurons * tries * products
    if work <= WORK[isinstance(study.x, ListArray)]:
        return [
            Place(name, neuron, entry)
            for name in replay.names
            for neuron in range(study.dense[name].out_features or 0)
            for entry in heard[name]
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
        order = xp.argsort(-flat)[:count]
        chosen = order.tolist()
    values = xp.take(flat, xp.asarray(chosen), axis=0).tolist()
    return [
        (value, Place(layer, *divmod(index, width)))
        for value, index in zip(values, chosen, strict=True)
    ]
