"""The weights that lower the loss most, each moved on its own and run again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import nlargest, nsmallest
from itertools import chain, pairwise, zip_longest
from math import inf, isfinite, log1p, prod
from statistics import median
from typing import Any, final

from chainrule.arrays import ListArray, namespace_of
from chainrule.errors import require_whole
from chainrule.explanations.what_if import Counterfactual
from chainrule.nn import NetworkStudy, Place, Replay, weight_name
from chainrule.words import Record, Records, listed, number

REACH = 4.0
"""How far a weight is looked for to each side: this many times its size, and at least this far."""

HALVINGS = 6
"""How often the reach is halved towards the weight, for the first look at its line."""

ZOOM = 4
"""Into how many parts the space to each side of the best value is divided."""

ZOOMS = 3
"""How often."""

REFINED = 24
"""How many of the best weights of the first look are looked at closely."""

WORK = {True: 3_000_000, False: 200_000_000}
"""Products that a first look at every weight may take, with many examples on lists and else."""

SHORTLIST = 120
"""How many weights are looked at where that is too much, by each sign of a culprit; a third of
them once some are at their best."""

RARITY = 0.05
"""The part of the loss now that one nat of rarity counts as, when weights are put in order; all
together count at most twice what is given back."""

TURNED = 1.0
"""So many nats more usual, at least, counts the value with its sign turned: that a sign was turned
is likelier than that the mirror image of a weight gives loss back by chance."""

SAMPLED = 10_000
"""Where there are more weights than these, the median is that of some of them, evenly spread."""

STEEPEST = 20
"""How many of a function's weights are tried, the steepest first."""

STEPS = 3
"""How often the weights are run again with the first ones at their best values."""

WEAK = 0.1
"""The part of the loss left that a weight must then give back to be named for it."""


@final
@dataclass(frozen=True)
class Culprit(Record):
    """A weight, and what it gives back when it is moved to its best value.

    Attributes:
        name: Such as `dense1.weight[3,2]`.
        value: The weight as it is.
        mended: Its best value within reach, by the loss and a little by how usual it is.
        recovered: The loss that this gives back when the network is run again, in units of loss.
        loss_after: The loss then.
        after: Weights put to their best values before it, since faults can hide one another.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> first = ex.culprits(top=1)[0]
        >>> first.name, first.value, first.mended, round(first.recovered, 2)
        ('dense1.bias[0]', 0.5, -2.875, 0.96)
        >>> round(ex.loss, 2), round(first.loss_after, 2)
        (1.19, 0.23)
    """

    name: str
    value: float
    mended: float
    recovered: float
    loss_after: float
    after: tuple[str, ...] = ()

    @property
    def part(self) -> float:
        """What it gives back, as a part of the loss before."""
        return 1 - self.loss_after / (self.recovered + self.loss_after)


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
        self.start, self.turned = initial or {}, TURNED
        step = -(-sum(prod(w.shape) for w in parameters.values()) // SAMPLED)
        distances: list[float] = []
        for name, w in parameters.items():
            some = namespace_of(w).reshape(w, (-1,))[::step]
            if name in self.start:
                some = some - namespace_of(w).reshape(self.start[name], (-1,))[::step]
            distances += map(abs, some.tolist())
        self.scale = median(distances) or 1.0

    def origin(self, parameter: str, index: tuple[int, ...]) -> float:
        """Where the way of a weight is counted from."""
        return float(self.start[parameter][index]) if parameter in self.start else 0.0

    def __call__(self, value: float, origin: float) -> float:
        """The rarity of a weight's value."""
        away = (value - origin) / self.scale
        return log1p(away * away)  # a product overflows to infinity, where a power raises

    def beside(self, value: float, other: float, origin: float) -> float:
        """By how many nats a weight's value is less usual than another one of the same weight."""
        more = self(value, origin) - self(other, origin)
        mirrored = other == -value != 0 and self.scale < inf
        return max(more, self.turned) if mirrored else more


def culprits(
    study: NetworkStudy, *, top: int, initial: dict[str, Any] | None = None
) -> Records[Culprit]:
    """The weights that lower the loss most, each moved to its best value and run again.

    They stand in the order of the loss given back, as a part of the loss now, plus `RARITY` for
    each nat by which the best value is more usual than the weight is; see `Rarity` and `TURNED`.
    Many weights can take a loss away, most of them at odd values: by loss alone a weight that was
    moved in a trained network is named first in 48% of planted faults, in this order in all (27
    faults, `benchmarks/planted.py`). Faults hide one another, so every other name is the best one
    with those before it at their best.

    Every weight is run where that is cheap. In larger networks a shortlist is run: the weights that
    the way it has come, the slope, its product with the weight or with that way, and the expected
    gain `g² / Σ g_n²` put first.

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
        >>> study = NetworkStudy(Architecture([Dense(1, 1)]), loss, weights, x, t)
        >>> first = culprits(study, top=1)[0]
        >>> first.name, round(first.mended, 2), round(first.recovered, 4)
        ('dense1.weight[0,0]', 1.75, 0.25)
    """
    require_whole("top", top)
    rarity = Rarity(study.parameters, initial)
    alone = ranked(FirstLook(study, initial, max(SHORTLIST, 10 * top)), rarity, top=top)
    in_turn = alone[:1]
    while 0 < len(in_turn) < min(STEPS, top):
        improved = moved(study, {culprit.name: culprit.mended for culprit in in_turn})
        names = tuple(culprit.name for culprit in in_turn)
        others = ranked(FirstLook(improved, initial, SHORTLIST // 3), rarity, top=top)
        more = next((c for c in others if c.name not in names), None)
        if more is None or more.part < WEAK:
            break
        in_turn.append(replace(more, after=names))
        if len(in_turn) == 2:
            second = in_turn[1]
            improved = moved(study, {second.name: second.mended})
            again = ranked(FirstLook(improved, initial, SHORTLIST // 3), rarity, top=1)
            alone[:0] = [replace(c, after=(second.name,)) for c in again if c.name != second.name]
    in_order: dict[str, Culprit] = {culprit.name: culprit for culprit in in_turn[:2]}
    for culprit in chain.from_iterable(zip_longest(alone, in_turn[2:])):
        if culprit is not None:
            in_order.setdefault(culprit.name, culprit)
    named = [run_again(study, culprit, in_order) for culprit in [*in_order.values()][:top]]
    return _listed(named, "by loss given back and how usual that value is")


def run_again(study: NetworkStudy, culprit: Culprit, others: Mapping[str, Culprit]) -> Culprit:
    """A culprit, beside the others it comes after, with the losses of whole runs over a study.

    The search only adds what a move changes, and may have looked at some of the examples alone.
    """
    before = {name: others[name].mended for name in culprit.after}
    then = before | {culprit.name: culprit.mended}
    loss, now = (float(study.loss(study.parameters_with(values))) for values in (then, before))
    return replace(culprit, loss_after=loss, recovered=now - loss)


def best_alone(look: FirstLook) -> tuple[Culprit | None, int | None]:
    """The weight that gives most back alone, and out of how many, where not all were tried.

    Its value then may be as unusual as it likes; None if none gives anything back.
    """
    by_loss_alone = Rarity(look.study.parameters, None)
    by_loss_alone.scale = inf  # beside it no value is rare
    tried = _giving_back(look, by_loss_alone, keep=_close(look.study))
    count = None if look.are_all else len(look.places)
    return max(tried, key=lambda culprit: culprit.recovered, default=None), count


def culprits_among(tried: Iterable[Counterfactual], *, top: int) -> Records[Culprit]:
    """Those of some weights that give anything back at their best values, the most first."""

    def order(other: Any) -> tuple[bool, float, bool]:  # of an infinite weight no best is known
        return not isfinite(other.loss), other.loss, other.label != "best"

    giving_back = [
        Culprit(one.weight, now.value, best.value, now.loss - best.loss, best.loss)
        for one in tried
        if (best := min(one.alternatives, key=order)).loss < (now := one.now).loss
    ]
    by_loss = sorted(giving_back, key=lambda culprit: culprit.recovered, reverse=True)
    return _listed(by_loss[:top], "the most loss given back first")


def _listed(named: list[Culprit], order: str) -> Records[Culprit]:
    """Culprits as a list that prints as a table."""
    return Records(named, f"each weight at its best value; {order}", _shown)


def _shown(culprit: Culprit) -> dict[str, str]:
    return {
        "weight": culprit.name,
        "value": number(culprit.value, 4),
        "best": number(culprit.mended, 4),
        "gives back": number(culprit.recovered, 4),
        "loss then": number(culprit.loss_after, 4),
        "after moving": listed(culprit.after, most=1) or "–",
    }


def ranked(look: FirstLook, rarity: Rarity, *, top: int) -> list[Culprit]:
    """Each weight alone, the first to look at first; equal ones in the order of `best_moves`."""
    tried = _giving_back(look, rarity, keep=_close(look.study) + top)

    def order(culprit: Culprit) -> float:
        return round(weighed(culprit.part, nats_of(look.study, rarity, culprit)), 9)

    return sorted(tried, key=order, reverse=True)[:top]


def weighed(part: float, nats: float) -> float:
    """The part of the loss that a weight gives back, and how much more usual it is then."""
    return part + min(RARITY * nats, 2 * part)


def nats_of(study: NetworkStudy, rarity: Rarity, culprit: Culprit) -> float:
    """By how many nats a weight's value is less usual than its best one."""
    origin = rarity.origin(*study.find(culprit.name))
    return rarity.beside(culprit.value, culprit.mended, origin)


def _giving_back(look: FirstLook, rarity: Rarity, *, keep: int) -> list[Culprit]:
    """The weights looked at closely that give anything back, each alone."""
    return [
        Culprit(name_of(look.study, place), value, value + move, look.now - loss, loss)
        for place, move, loss in look.best_moves(rarity, keep=keep)
        for value in [weight_at(look.study, place)]
    ]


def _close(study: NetworkStudy) -> int:
    """How many weights are looked at closely: fewer where many examples are run on lists."""
    return REFINED // 3 if _many_on_lists(study) else REFINED


def _many_on_lists(study: NetworkStudy) -> bool:
    """Whether there are so many examples that every look takes long in pure Python."""
    return isinstance(study.x, ListArray) and study.x.shape[0] > REFINED


def moved(study: NetworkStudy, values: Mapping[str, float]) -> NetworkStudy:
    """The study with other values for some weights, by their names."""
    return replace(study, parameters=study.parameters_with(values))


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


def _reach(value: float) -> float:
    """How far a weight may move."""
    return REACH * max(1.0, abs(value))


@final
@dataclass
class _TriedWeight:
    """A weight's place, its value, where its rarity is counted from, and its best move so far."""

    place: Place
    value: float
    origin: float
    loss: float
    cost: float = 1.0
    move: float = 0.0


@final
class FirstLook:
    """Candidates with the losses at their first moves, which any rarity can be counted beside.

    A weight that reads what is always 0 gives nothing back, tried or not.

    Args:
        study: The network and the examples.
        initial: The weights that training began with, where they are known.
        count: How many weights are tried by each sign of a culprit, where not all are.
        places: Which to try instead.
    """

    def __init__(
        self,
        study: NetworkStudy,
        initial: Any,
        count: int = SHORTLIST,
        places: Sequence[Place] | None = None,
    ) -> None:
        self.study, self.replay, self.now = study, Replay(study), float(study.loss())
        tried = candidates(self.replay, count, initial) if places is None else (places, False)
        self.places, self.are_all = tried

    @cached_property
    def _first(self) -> tuple[list[list[float]], list[list[float]]]:
        """The first moves of each: of all sizes, both ways, and its sign turned; the losses."""
        sides = [sign * 2.0**-k for k in range(HALVINGS) for sign in (1, -1)]
        values = [weight_at(self.study, place) for place in self.places]
        moves = [[*(side * far for side in sides), -2 * w] for w in values for far in [_reach(w)]]
        return moves, self.replay.moved(self.places, moves, self.replay.mean_losses)

    def best_moves(self, rarity: Rarity, *, keep: int) -> list[tuple[Place, float, float]]:
        """The best move of each weight that gives anything back, and the loss then.

        Args:
            rarity: What a move to an unusual value costs.
            keep: How many weights, the best at their first moves, are looked at closely.
        """
        study, now, lines = self.study, self.now, []
        if not now > 0:
            return []
        for place in self.places:
            origin = rarity.origin(*_where(study, place))
            lines.append(_TriedWeight(place, weight_at(study, place), origin, now))

        def judge(each: Iterable[tuple[_TriedWeight, list[float], list[float]]]) -> None:
            for line, moves, losses in each:
                for move, loss in zip(moves, losses, strict=True):
                    if loss < now:  # never where it is no number
                        more_usual = rarity.beside(line.value, line.value + move, line.origin)
                        cost = 1 - weighed(1 - loss / now, more_usual)
                        if cost < line.cost:
                            line.cost, line.move, line.loss = cost, move, loss

        judge(zip(lines, *self._first, strict=True))
        # Engines round the digits after these differently: of equal ones each would take its own.
        close = nsmallest(keep, lines, key=lambda line: round(line.cost, 9))
        reaches = [_reach(line.value) for line in close]
        spaces = [abs(line.move) or _reach(line.value) * 2.0**-HALVINGS for line in close]
        for zoom in range(1, ZOOMS + 1):
            parts = [n / ZOOM**zoom for n in range(1 - ZOOM, ZOOM) if n]
            grids = [
                [max(-far, min(far, line.move + space * part)) for part in parts]
                for line, space, far in zip(close, spaces, reaches, strict=True)
            ]
            losses = self.replay.moved([c.place for c in close], grids, self.replay.mean_losses)
            judge(zip(close, grids, losses, strict=True))
        return [(c.place, c.move, c.loss) for c in close if isfinite(c.loss) and c.loss < now]


def candidates(
    replay: Replay, count: int, initial: dict[str, Any] | None
) -> tuple[Sequence[Place], bool]:
    """The weights to run, and whether these are all that can change anything.

    Where that is too much, they are `count` by each sign of a culprit.
    """
    study = replay.study
    active = {
        name: [entry for entry, size in enumerate(replay.sizes(name)) if size]
        for name in replay.names
    }
    neurons = {name: study.parameters[f"{name}.weight"].shape[0] for name in replay.names}
    work = 0
    for at, name in enumerate(replay.names):
        widths = [neurons[later] for later in replay.names[at:]]
        products = sum(a * b for a, b in pairwise(widths[1:])) + max(widths)
        work += len(active[name]) * neurons[name] * 2 * HALVINGS * replay.batch * products
    if work <= WORK[_many_on_lists(study)]:
        every = [
            Place(name, neuron, entry)
            for name in replay.names
            for neuron in range(neurons[name])
            for entry in active[name]
        ]
        return every, True
    return _shortlist(study, count, initial or {}), False


def _shortlist(study: NetworkStudy, count: int, initial: dict[str, Any]) -> list[Place]:
    """The weights with the largest slopes, products and expected gains, or that came furthest.

    The last on lists alone, where so few are tried that a moved weight may be missed: weights near
    the inputs, which often came furthest, take long to try where there are many rows.
    """
    if isinstance(study.x, ListArray):
        count = max(1, count // 8)
    signs: dict[str, list[tuple[float, str, int, int]]] = {}
    for use in study.uses:
        width, ones = use.x.shape[1], namespace_of(use.x).ones_like(use.x[:, :1])
        for name, first, x in ((use.weight, 0, use.x), (use.bias, width, ones)):
            w, began = study.parameters[name], initial.get(name)
            for sign, largest in _signs(w, began, use.g, x, count):
                signs.setdefault(sign, []).extend(
                    (size, use.layer, neuron, first + entry) for size, neuron, entry in largest
                )
    all_largest = (one for sign in signs.values() for one in nlargest(count, sign) if one[0])
    return list(dict.fromkeys(Place(*one[1:]) for one in all_largest))


def _signs(
    w: Any, began: Any, g: Any, x: Any, count: int
) -> Iterator[tuple[str, list[tuple[float, int, int]]]]:
    """The largest by each sign in turn: every table is as large as the weights."""
    xp, back = namespace_of(g), namespace_of(g).matrix_transpose(g)
    w = xp.reshape(w, (back.shape[0], -1))
    slope = xp.matmul(back, x)  # of the sum of the losses, which has the same order
    way = w if began is None else w - xp.reshape(began, w.shape)
    if isinstance(g, ListArray):
        yield "far", _largest(xp, way, count)
    yield "slope", _largest(xp, slope, count)
    yield "product", _largest(xp, w * slope, count)
    yield "way", _largest(xp, way * slope, count)
    if x.shape[0] > 1:  # with one example all expected gains are the same
        del way
        spread = xp.matmul(back * back, x * x)
        spread = xp.where(spread > 0, spread, 1)
        yield "gain", _largest(xp, slope * slope / spread, count)


def _largest(xp: Any, table: Any, count: int) -> list[tuple[float, int, int]]:
    """The largest entries of a table whatever their sign: size, row and column.

    They stand in the rows, and there in the columns, whose own largest are the largest.
    """
    places = []
    for axis in (1, 0):
        sizes = xp.maximum(xp.max(table, axis=axis), -xp.min(table, axis=axis))
        largest = xp.argsort(-sizes)[:count]
        table = xp.take(table, largest, axis=1 - axis)
        places.append(largest.tolist())
    rows, columns = places
    flat = xp.reshape(xp.abs(table), (-1,))
    order = xp.argsort(-flat)[:count]
    sizes = xp.take(flat, order, axis=0).tolist()
    return [
        (size, rows[at // len(columns)], columns[at % len(columns)])
        for size, at in zip(sizes, order.tolist(), strict=True)
    ]
