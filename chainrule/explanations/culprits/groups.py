"""Weights that belong together, an input's, a neuron's, a layer's, and the loss without them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import frexp, inf, isclose, isfinite, isnan, prod
from operator import eq
from typing import Any, Literal, NamedTuple, TypeAlias, final

from chainrule.nn import ACTIVATIONS, NUMBERS_AT_A_TIME, NetworkStudy, Replay, weight_name
from chainrule.words import Record, Records, answer_text, counted, number, percent_in_table

MOST = 24
"""How many groups of one kind are run, by share and by what a cut is predicted to change."""

SINGLES = 6
"""How many single weights are run beside the groups."""

STEPS = 20
"""Into how many steps the part of the loss given back is divided; of equals, fewer weights win."""

LARGE = 1e6
"""The size from which on a weighted sum is added up anew without what is cut: a difference of
large numbers has few digits left."""

_ROUNDING = 1e-12
"""Losses that differ by less, as a part of them, are the same, added up in another order."""

_NAMED = 3
"""How many of a group's weights its names show at first sight."""

MISSING = " is missing"
"""How the name of an input ends that says whether a column's cell was empty."""


GroupKind: TypeAlias = Literal["inputs", "neuron", "biases", "weight", "layer"]


class Part(NamedTuple):
    """Which weights of one layer a group holds.

    Attributes:
        name: Its name.
        layer: The layer.
        kind: "inputs" (all that read some inputs), "neuron" (all that go into one, its bias
            too), "biases", "weight" (one alone), or "layer".
        neuron: The one neuron that its weights go into; None for every one of the layer.
        inputs: Which inputs its weights read; None for every one.
    """

    name: str
    layer: str
    kind: GroupKind
    neuron: int | None = None
    inputs: tuple[int, ...] | None = None

    @property
    def has_biases(self) -> bool:
        """Whether the biases of its neurons belong to it."""
        return not self.inputs


@final
class WeightNames(Sequence[str]):
    """The names of a group's weights, each written when it is asked for: there may be many.

    Args:
        part: The group.
        shape: Neurons and inputs of its layer.
    """

    def __init__(self, part: Part, shape: tuple[int, int]) -> None:
        neurons, inputs = shape
        self._layer = part.layer
        self._neurons = range(neurons) if part.neuron is None else (part.neuron,)
        self._inputs = range(inputs) if part.inputs is None else part.inputs
        self._width = len(self._inputs) + part.has_biases

    def __len__(self) -> int:
        return len(self._neurons) * self._width

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self[:_NAMED]))
        return f"[{first}, … {len(self):,} in all]" if len(self) > _NAMED else f"[{first}]"

    def __getitem__(self, place: Any) -> Any:
        at = range(len(self))[place]
        if not isinstance(at, int):
            return [self[one] for one in at]
        row, column = divmod(at, self._width)
        neuron = self._neurons[row]
        if column == len(self._inputs):
            return weight_name(f"{self._layer}.bias", (neuron,))
        return weight_name(f"{self._layer}.weight", (neuron, self._inputs[column]))


@final
@dataclass(frozen=True)
class Group(Record):
    """Weights that belong together, and how the network does without them, run again.

    Attributes:
        name: Its name, such as `island=Torgersen → dense1`.
        kind: "inputs" (all that read some inputs), "neuron" (all that go into one), "biases",
            "weight" (one alone), or "layer".
        weights: The names of its weights.
        share: Its part of `Σ g²`, 0 to 1.
        loss: The loss as it is.
        loss_if_cut: The loss with all of its weights at zero.
        answer: For one example, what the network says then; None for several.
        probability: How probable it then calls that; None where it gives no probabilities.
        right: How many examples are then answered right; None for values.
        mends: Whether one example that was wrong is then right.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> first = ex.groups(top=1)[0]
        >>> first.name, first.kind, list(first.weights)
        ('x[0] → dense1[0]', 'weight', ['dense1.weight[0,0]'])
        >>> round(first.loss, 2), round(first.loss_if_cut, 2), first.right
        (1.19, 0.81, 1)
    """

    also = ("recovered",)

    name: str
    kind: GroupKind
    weights: Sequence[str]
    share: float
    loss: float
    loss_if_cut: float
    answer: Any
    probability: float | None
    right: int | None
    mends: bool

    @property
    def recovered(self) -> float:
        """The loss that cutting it gives back; below zero if it makes things worse."""
        return self.loss - self.loss_if_cut if self.loss != self.loss_if_cut else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return {**vars(self), "weights": list(self.weights), "recovered": self.recovered}


def listed_groups(some: Sequence[Group]) -> Records[Group]:
    """Groups as a list that prints."""
    no_share = "; the gradient is not finite, so there are no shares"
    title = f"groups of weights, each cut and run again{order_of(some)}"
    return Records(some, title + no_share * any(isnan(group.share) for group in some), _shown)


def order_of(some: Sequence[Group]) -> str:
    """What groups are sorted by, in words; nothing where their losses show it."""
    losses = [group.loss_if_cut for group in some if isfinite(group.loss_if_cut)]
    if losses == sorted(losses):
        return ""
    right = "what puts it right, then " * any(group.mends for group in some)
    last = "; whole layers last" * any(group.kind == "layer" for group in some)
    return f"; sorted: {right}what gives most back, of about as much the fewest weights{last}"


def _shown(group: Group) -> dict[str, str]:
    said = group.right is None or group.answer
    return {
        "weights": group.name,
        "#": f"{len(group.weights):,}",
        "share": "–" if isnan(group.share) else percent_in_table(group.share),
        "loss if cut": number(group.loss_if_cut, 4),
        "change": number(-group.recovered, 4),
        "then": answer_text(group.answer) if said else f"{group.right:,} right",
    }


def groups(study: NetworkStudy, gradients: Mapping[str, Any]) -> list[Group]:
    """Groups of weights in the order of the loss that cutting them gives back, measured.

    A group that puts a wrong answer right goes first; of those that give back as much, to a
    twentieth of the loss, the one of fewer weights; then those that give nothing back, and whole
    layers last.

    Args:
        study: The network and the examples.
        gradients: The gradient of the mean loss, by parameter.
    """
    replay = Replay(study)
    work = _Work(replay, gradients)

    def order(group: Group) -> tuple[Any, ...]:
        back = float(isfinite(group.loss_if_cut))
        if isfinite(group.loss):
            back = group.recovered / group.loss if group.loss else 0.0
        steps = round(back * STEPS) if isfinite(back) else -inf
        # Without a layer a network says the same to everyone, and is right by chance at best.
        return (
            group.kind == "layer",
            not group.mends,
            -steps,
            not back > 0,
            len(group.weights),
            -round(back, 9) if isfinite(back) else inf,
        )

    return sorted(work.measured(_once(study, list(_parts(replay, work)))), key=order)


def _once(study: NetworkStudy, parts: list[Part]) -> list[Part]:
    """The parts; a weight of a lone neuron not beside its input, which has no other weight."""
    lone = {layer for layer, dense in study.dense.items() if dense.out_features == 1}
    listed = {(p.layer, p.inputs) for p in parts if p.kind == "inputs" and p.layer in lone}
    return [p for p in parts if p.kind != "weight" or (p.layer, p.inputs) not in listed]


def _parts(replay: Replay, work: _Work) -> Iterator[Part]:
    """The groups that are worth running.

    Left out are inputs that are 0, and the only neuron or input of a layer: without it nothing gets
    through, as without the whole layer.
    """
    study, first = replay.study, replay.names[0]
    inputs = study.input_names or tuple(f"x[{n}]" for n in range(study.x.shape[1]))
    active = [n for n, size in enumerate(replay.sizes(first)[:-1]) if size]
    together: dict[str, list[int]] = {}
    for n in active:
        if inputs[n].endswith(MISSING):
            together.setdefault("is missing", []).append(n)
        elif "=" in inputs[n]:
            together.setdefault(inputs[n].partition("=")[0], []).append(n)
    yield from (
        Part(f"{name} ×{len(members)} → {first}", first, "inputs", inputs=tuple(members))
        for name, members in together.items()
        if len(members) > 1
    )
    if len(inputs) > 1:
        yield from work.likeliest(
            [Part(f"{inputs[n]} → {first}", first, "inputs", inputs=(n,)) for n in active]
        )
    for before, layer in zip(["", *replay.names], replay.names, strict=False):
        neurons = range(study.parameters[f"{layer}.weight"].shape[0])
        yield Part(f"bias{'es' * (len(neurons) > 1)} of {layer}", layer, "biases", inputs=())
        yield Part(f"all of {layer}", layer, "layer")
        if len(neurons) > 1:
            yield from work.likeliest(
                [Part(f"into {unit(study, layer, n)}", layer, "neuron", n) for n in neurons]
            )
        if before and study.dense[layer].in_features != 1:
            alive = [n for n, size in enumerate(replay.sizes(layer)[:-1]) if size]
            yield from work.likeliest(
                [Part(f"out of {before}[{n}]", layer, "inputs", inputs=(n,)) for n in alive]
            )
    for layer, neuron, entry in work.steepest(SINGLES):
        yield Part(people_name(study, layer, neuron, entry), layer, "weight", neuron, (entry,))


def unit(study: NetworkStudy, layer: str, neuron: int) -> str:
    """The name of a neuron: an output by its class, any other by its number."""
    last = layer == list(study.dense)[-1]
    if last and neuron < len(study.class_names) == study.dense[layer].out_features:
        return study.class_names[neuron]
    return f"{layer}[{neuron}]"


def people_name(study: NetworkStudy, layer: str, neuron: int, entry: int | None) -> str:
    """The name of a weight: what it reads, and the neuron that it feeds.

    Args:
        study: The network.
        layer: The weight's layer.
        neuron: Its neuron.
        entry: The number of its input; None for the bias.
    """
    to = unit(study, layer, neuron)
    if entry is None or entry == study.dense[layer].in_features:
        return f"bias → {to}"
    names = list(study.dense)
    at = names.index(layer)
    known = study.input_names[entry] if entry < len(study.input_names) else f"x[{entry}]"
    return f"{known if at == 0 else f'{names[at - 1]}[{entry}]'} → {to}"


@final
class _Work:
    """Measures groups, all against the same network."""

    def __init__(self, replay: Replay, gradients: Mapping[str, Any]):
        self.replay, self.study = replay, replay.study
        self.xp = xp = replay.xp
        steepest = max(float(xp.max(xp.abs(g))) for g in gradients.values())
        # In parts of about the steepest, so that no square is too large or too small for a number.
        scale = 2.0 ** (frexp(steepest)[1] - 1) if 0 < steepest < inf else 1.0
        self.squares = {name: (g / scale) * (g / scale) for name, g in gradients.items()}
        self.total = sum(float(xp.sum(s)) for s in self.squares.values()) or 1.0
        self.predicted = {name: g * self.study.parameters[name] for name, g in gradients.items()}
        self.now = self.study.standing()

    def likeliest(self, parts: list[Part]) -> list[Part]:
        """Those of the most share, and those whose cut is predicted to change the loss most."""
        if len(parts) <= MOST or not parts:
            return parts
        layer, axis = parts[0].layer, 0 if parts[0].kind == "inputs" else 1
        sums = [
            self.xp.sum(table[f"{layer}.weight"], axis=axis).tolist()
            for table in (self.squares, self.predicted)
        ]
        members = [part.inputs[0] if part.inputs else part.neuron or 0 for part in parts]
        likely: set[int] = set()
        for by in sums:
            likely.update(nlargest(MOST // 2, members, key=[*map(abs, by)].__getitem__))
        return [part for part, member in zip(parts, members, strict=True) if member in likely]

    def steepest(self, count: int) -> list[tuple[str, int, int]]:
        """The single weights whose cut is predicted to lower the loss most."""
        lowering: list[tuple[float, str, int, int]] = []
        for layer in self.replay.names:
            predicted = self.predicted[f"{layer}.weight"]
            best = self.xp.max(predicted, axis=1).tolist()
            columns = self.xp.argmax(predicted, axis=1).tolist()
            rows = nlargest(count, range(len(best)), key=best.__getitem__)
            lowering += [(best[row], layer, row, columns[row]) for row in rows]
        return [entry[1:] for entry in nlargest(count, lowering) if entry[0] > 0]

    def measured(self, parts: Sequence[Part]) -> Iterator[Group]:
        """The groups, layer by layer, with everything that is run for them."""
        xp, study = self.xp, self.study
        for layer in self.replay.names:
            own = [part for part in parts if part.layer == layer]
            step = max(1, NUMBERS_AT_A_TIME // prod(study.sums[layer][1].shape))
            for at in counted(range(0, len(own), step)):
                some = own[at : at + step]
                z = xp.stack([self._sums(part) for part in some], axis=0)
                yield from self._without(some, self.replay.scores(layer, z))

    def _without(self, parts: Sequence[Part], scores: Any) -> Iterator[Group]:
        """The groups whose cut gives these sums of the last layer, on all examples."""
        study, count = self.study, len(self.study.rows)
        rows = self.xp.reshape(scores, (-1, scores.shape[2]))
        answers, truths = study.answers_from(rows), study.truths
        shares = None
        one_of_them = study.classifies and not study.multi_label
        link = study.loss_function.link or ACTIVATIONS.link(study.architecture.output.activation)
        if one_of_them and link:
            shares = ACTIVATIONS[link](rows).tolist()
        losses = self.replay.mean_losses(scores)
        for part, loss, at in zip(parts, losses, range(0, len(rows), count), strict=True):
            if isclose(loss, self.now.loss, rel_tol=_ROUNDING):
                loss = self.now.loss
            own, first = answers[at : at + count], shares and count == 1 and shares[at]
            right = sum(map(eq, own, truths)) if study.classifies else None
            sure = max(first if len(first) > 1 else (*first, 1 - first[0])) if first else None
            yield Group(
                name=part.name,
                kind=part.kind,
                weights=WeightNames(part, study.parameters[f"{part.layer}.weight"].shape),
                share=self._share(part),
                loss=self.now.loss,
                loss_if_cut=loss,
                answer=own[0] if count == 1 else None,
                probability=sure,
                right=right,
                mends=bool(self.now.right == (False,) and right and part.kind != "layer"),
            )

    def _sums(self, part: Part) -> Any:
        """The layer's weighted sums then."""
        xp, (x, all_z) = self.xp, self.study.sums[part.layer]
        weight, bias = _rows(part, self.study.parameters)
        z = all_z if part.neuron is None else all_z[:, part.neuron : part.neuron + 1]
        if part.inputs is None:
            z = xp.zeros_like(z)
        elif not float(xp.max(xp.abs(z))) < LARGE:
            own = xp.asarray([entry in part.inputs for entry in range(x.shape[1])])
            z = xp.matmul(x, xp.matrix_transpose(xp.where(own, 0.0, weight)))
            z = z if part.has_biases else z + bias
        elif part.has_biases:
            z = z - bias
        else:
            places = xp.asarray(list(part.inputs))
            x, weight = (xp.take(table, places, axis=1) for table in (x, weight))
            z = z - xp.matmul(x, xp.matrix_transpose(weight))
        if part.neuron is None:
            return z
        return xp.where(xp.equal(xp.arange(all_z.shape[1]), part.neuron), z, all_z)

    def _share(self, part: Part) -> float:
        xp, size = self.xp, 0.0
        weight, bias = _rows(part, self.squares)
        if part.inputs is None:
            size = xp.sum(weight)
        elif part.inputs:
            size = xp.sum(xp.take(weight, xp.asarray(list(part.inputs)), axis=1))
        return float(size + xp.sum(bias) if part.has_biases else size) / self.total


def _rows(part: Part, arrays: Mapping[str, Any]) -> list[Any]:
    """Weight and bias of the neurons that a group is about."""
    both = [arrays[f"{part.layer}.{short}"] for short in ("weight", "bias")]
    return both if part.neuron is None else [a[part.neuron : part.neuron + 1] for a in both]
