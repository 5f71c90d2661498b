"""Planted faults: which way of ranking weights names the ones that were moved.

Networks are trained, some of their weights are moved, and faults that raise the mean loss by a
fifth or more are kept. Every way of ranking then names the weights that it holds for the cause.
In networks in which nothing was moved the answer should say of no weight that it stands out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from math import sin
from statistics import mean
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.publish import NOTHING, STANDING
from benchmarks.timing import Result
from chainrule.arrays.random import Generator
from chainrule.data import load, prepare
from chainrule.explanations.culprits.culprits import name_of, weight_at
from chainrule.explanations.culprits.standing_out import standing_out
from chainrule.model import Network, explain
from chainrule.model.explanation import Explanation
from chainrule.nn import Dense, Place, Replay, weight_name

RISE = 1.2
"""Only faults count that raise the loss to this many times what it was."""

FIRST = (1, 5, 10)
ROWS = 400
"""The most rows that a fault is looked for on."""

FAULTS = 3
"""Of each kind, in each network."""

HEALTHY = 4
"""From so many seeds each network is trained, to be answered as it is; faults get the first."""


@dataclass(frozen=True)
class Case:
    """A trained network with the rows that it learned from."""

    name: str
    net: Network
    x: Any
    y: Any

    def net_with(self, arrays: dict[str, Any]) -> Network:
        """A copy of the network with other weights."""
        net = deepcopy(self.net)
        net.set_parameters(arrays)
        return net


@dataclass(frozen=True)
class Fault:
    """Other weights in place of some, and which these are."""

    kind: str
    parameters: dict[str, Any]
    moved: frozenset[str]


def run(*, quick: bool = False) -> Result:
    """Plant faults and count how often each way names the moved weights."""
    hits: dict[tuple[str, str], list[list[float]]] = {}
    counts: dict[str, int] = {}
    moved = other = 0
    for number, case in enumerate(_cases(quick, 0)):
        generator = np.random.default_rng(number)
        before = case.net.loss(case.x, case.y)
        for fault in _faults(case, before, generator, 1 if quick else FAULTS):
            counts[fault.kind] = counts.get(fault.kind, 0) + 1
            ex = explain(case.net_with(fault.parameters), case.x, case.y)
            said = _stand_out(ex)
            moved += bool(said & fault.moved)
            other += bool(said and not said & fault.moved)
            for way, names in _rankings(ex, fault).items():
                found = [_share(names, fault.moved, first) for first in FIRST]
                hits.setdefault((fault.kind, way), []).append(found)
    figures = {
        f"{kind} ({counts[kind]} faults)": {
            way: [round(mean(column), 3) for column in zip(*found, strict=True)]
            for (of, way), found in hits.items()
            if of == kind
        }
        for kind in counts
    }
    cases = [case for seed in range(1 if quick else HEALTHY) for case in _cases(quick, seed)]
    sound = sum(bool(_stand_out(explain(case.net, case.x, case.y))) for case in cases)
    figures[NOTHING] = {"networks": [len(cases)], "a weight stands out": [sound]}
    figures[STANDING] = {"a moved weight": [moved], "another": [other]}
    title = "the part of the moved weights that is among the first 1, 5 and 10 named"
    notes = (
        "of a fault with more weights than are named, the part of those named that are moved",
        f"only faults that raise the mean loss by a fifth; up to {ROWS} rows; seeds are fixed",
    )
    return Result(title, "", (), notes, figures)


def _share(names: Sequence[str], moved: frozenset[str], first: int) -> float:
    return len(moved.intersection(names[:first])) / min(first, len(moved))


def _stand_out(ex: Explanation) -> frozenset[str]:
    """The weights of which the answer says that they stand out: one, all of a neuron, or none."""
    odd = standing_out(ex.network, ex.initial_parameters)
    return frozenset(odd.names if odd is not None and odd.sure else ())


def _cases(quick: bool, seed: int) -> Iterator[Case]:
    """The networks, 60 to 10,000 weights."""

    def classifier(name: str, hidden: Sequence[int], activation: str) -> Case:
        examples = prepare(load(name), validation=0, generator=Generator(0)).train
        x = [examples.row(row) for row in range(len(examples))]
        assert examples.y is not None
        y = [int(value) for value in examples.y]
        outputs = max(y) + 1
        last = (1, "sigmoid") if outputs == 2 else (outputs, "softmax")
        return _trained(name, x, y, hidden, activation, last, seed)

    def regression(
        name: str, hidden: Sequence[int], activation: str, target: Callable[[list[float]], float]
    ) -> Case:
        x = np.random.default_rng(0).uniform(-1, 1, (ROWS, 4)).tolist()
        y = [[target(row)] for row in x]
        return _trained(name, x, y, hidden, activation, (1, "identity"), seed)

    yield classifier("moons", [8, 8], "tanh")
    yield regression("waves", [16, 16], "tanh", lambda x: sin(3 * x[0]) + x[1] * x[2])
    if quick:
        return
    yield classifier("iris", [8], "relu")
    yield classifier("iris", [6, 6], "tanh")
    yield classifier("penguins", [16, 16], "relu")
    yield classifier("moons", [16, 16], "relu")
    yield regression("hinges", [24], "relu", lambda x: abs(x[0]) + 2 * max(x[1], x[3]) - x[2])
    yield classifier("digits", [32], "tanh")
    yield classifier("digits", [128], "relu")


def _trained(
    name: str,
    x: Any,
    y: Any,
    hidden: Sequence[int],
    activation: str,
    last: tuple[int, str],
    seed: int,
) -> Case:
    widths = [len(x[0]), *hidden]
    layers = [Dense(*pair, activation) for pair in zip(widths, hidden, strict=False)]
    net = Network([*layers, Dense(widths[-1], *last)], engine="numpy", seed=seed)
    epochs = max(10, 40000 // len(x))
    net.fit(x, y, epochs=epochs, learning_rate=0.01, l2=1e-3, progress=False)
    return Case(f"{name} {'-'.join(map(str, widths))}, {activation}", net, x[:ROWS], y[:ROWS])


def _faults(case: Case, before: float, generator: Any, wanted: int) -> Iterator[Fault]:
    """Faults of every kind that raise the loss enough; of two or three, each raises it so."""
    now = {name: np.array(w) for name, w in case.net.parameters.items()}

    def enough(arrays: dict[str, Any]) -> bool:
        loss = case.net_with(arrays).loss(case.x, case.y)
        return bool(np.isfinite(loss) and loss >= RISE * before)

    def planted(kind: str) -> dict[str, Any] | None:
        arrays = {name: np.array(w) for name, w in now.items()}
        KINDS[kind](arrays, generator)
        return arrays if any(_moved(case.net, arrays)) and enough(arrays) else None

    for kind in (*KINDS, *TOGETHER):
        kept = 0
        for _ in range(40 * wanted):
            if kept == wanted:
                break
            count = TOGETHER.get(kind, 1)
            parts = [planted(kind if count == 1 else "one weight") for _ in range(count)]
            if any(part is None for part in parts):
                continue
            arrays = {n: sum((part[n] - w for part in parts if part), w) for n, w in now.items()}
            moved = frozenset(_moved(case.net, arrays))
            if enough(arrays) and len(moved) >= count:
                yield Fault(kind, arrays, moved)
                kept += 1


def _moved(net: Network, arrays: dict[str, Any]) -> Iterator[str]:
    for name, array in arrays.items():
        for index in np.argwhere(array != np.asarray(net.parameters[name])).tolist():
            yield weight_name(name, index)


def _one(arrays: dict[str, Any], generator: Any) -> None:
    weights = [name for name in arrays if name.endswith("weight")]
    sizes = np.array([arrays[name].size for name in weights])
    name = weights[generator.choice(len(weights), p=sizes / sizes.sum())]
    arrays[name].flat[generator.integers(arrays[name].size)] += generator.choice([-3.0, 3.0])


def _any(kind: str, arrays: dict[str, Any], generator: Any) -> Any:
    return arrays[generator.choice([name for name in arrays if name.endswith(kind)])]


def _sign(arrays: dict[str, Any], generator: Any) -> None:
    array = _any("weight", arrays, generator)
    array.flat[generator.integers(array.size)] *= -1


def _scaled(arrays: dict[str, Any], generator: Any) -> None:
    array = _any("weight", arrays, generator)
    array[generator.integers(len(array))] *= 3


def _zeroed(arrays: dict[str, Any], generator: Any) -> None:
    name = [name for name in arrays if name.endswith("weight")][-1]
    arrays[name][generator.integers(len(arrays[name]))] = 0


def _bias(arrays: dict[str, Any], generator: Any) -> None:
    array = _any("bias", arrays, generator)
    array[generator.integers(len(array))] += generator.choice([-3.0, 3.0])


def _swapped(arrays: dict[str, Any], generator: Any) -> None:
    later = [name for name in arrays if name.endswith("weight")][1:]
    array = arrays[generator.choice(later)]
    one, other = generator.choice(array.shape[1], 2, replace=False)
    array[:, [one, other]] = array[:, [other, one]]


KINDS: dict[str, Callable[[dict[str, Any], Any], None]] = {
    "one weight": _one,
    "sign flipped": _sign,
    "bias shifted": _bias,
    "neuron's inputs × 3": _scaled,
    "output row zeroed": _zeroed,
    "units swapped": _swapped,
}


TOGETHER = {"two weights": 2, "three weights": 3}
"""So many weights moved at once."""


def _rankings(ex: Explanation, fault: Fault) -> dict[str, list[str]]:
    """The first weights that each way names."""
    study, gradients = ex.study, ex.gradients
    weights = study.parameters
    sizes = {name: np.abs(np.asarray(g)) for name, g in gradients.items()}
    return {
        "slope": _first(sizes),
        "w·g": _first({name: np.abs(weights[name]) * size for name, size in sizes.items()}),
        "g²/2h": _curved(ex),
        "blame": _first({name: np.abs(np.asarray(e)) for name, e in ex.blame.entries.items()}),
        "line search": _line_search(ex),
        "by loss alone": _by_loss_alone(ex),
        "culprits": [culprit.name for culprit in ex.culprits(top=max(FIRST))],
        "answer": list(ex.answer.weights),
        "answer for the worst row": list(_of_the_worst_row(ex).answer.weights),
        "random": _random(weights, fault),
    }


def _of_the_worst_row(ex: Explanation) -> Explanation:
    """The explanation of the row with the largest loss, which knows of the others."""
    losses = ex.example_losses
    return ex.of_row(ex.rows[losses.index(max(losses))])


def _by_loss_alone(ex: Explanation) -> list[str]:
    """The culprits in the order of the loss given back, however usual their best values are."""
    with patch.object(import_module(name_of.__module__), "RARITY", 0.0):
        return [culprit.name for culprit in ex.culprits(top=max(FIRST))]


def _first(values: dict[str, Any]) -> list[str]:
    """The names of the largest entries."""
    names, flat = [], []
    for name, table in values.items():
        for index in np.argsort(-table, axis=None)[: max(FIRST)]:
            place = np.unravel_index(index, table.shape)
            names.append(weight_name(name, place))
            flat.append(table[place])
    return [names[i] for i in np.argsort(-np.asarray(flat), kind="stable")[: max(FIRST)]]


def _curved(ex: Explanation) -> list[str]:
    """The gain that slope and curvature predict; where the line bends down, the slope's square."""
    replay, found, step = Replay(ex.study), [], 1e-3
    places = _places(replay)
    beside = replay.moved(places, [[step, -step]] * len(places), replay.mean_losses)
    for place, (up, down) in zip(places, beside, strict=True):
        name = name_of(ex.study, place)
        parameter, index = ex.study.find(name)
        bend = (up + down - 2 * ex.loss) / step**2
        found.append((float(ex.gradients[parameter][index]) ** 2 / (2 * max(bend, 1e-3)), name))
    return [name for _, name in sorted(found, reverse=True)[: max(FIRST)]]


def _line_search(ex: Explanation) -> list[str]:
    """The best loss within twice a weight's size, and at least 1, to both sides."""
    replay, found = Replay(ex.study), []
    places = _places(replay)
    reach = [max(1.0, 2 * abs(weight_at(ex.study, place))) for place in places]
    moves = np.outer(reach, np.linspace(-1, 1, 9)).tolist()
    for place, losses in zip(places, replay.moved(places, moves, replay.mean_losses), strict=True):
        found.append((min(losses), name_of(ex.study, place)))
    return [name for _, name in sorted(found)[: max(FIRST)]]


def _places(replay: Replay) -> list[Place]:
    """Every weight."""
    return [
        Place(layer, neuron, entry)
        for layer in replay.names
        for neuron in range(len(replay.study.parameters[f"{layer}.bias"]))
        for entry in range(len(replay.inputs[layer]))
    ]


def _random(weights: dict[str, Any], fault: Fault) -> list[str]:
    generator = np.random.default_rng(len(fault.moved))
    names = [weight_name(name, at) for name, w in weights.items() for at in np.ndindex(*w.shape)]
    return [names[i] for i in generator.choice(len(names), max(FIRST), replace=False)]
