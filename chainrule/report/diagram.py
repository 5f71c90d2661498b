"""A network as the few nodes and lines that carry most of an error, ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from heapq import nlargest
from math import isfinite, isnan
from typing import Any, Literal, final

from chainrule.arrays import namespace_of
from chainrule.data import own_value, picture_width
from chainrule.explanations.culprits import MISSING, people_name
from chainrule.nn import ACTIVATIONS, NetworkStudy, weight_name
from chainrule.words import answer_text, number, percent, plural, quantity

MOST_UNITS = 5
"""How many units of a layer are drawn by themselves; the others are one node."""

MOST_OUTPUTS = 6
"""How many outputs are drawn by themselves."""

HEAVY = 5
"""How many lines between two layers are coloured; the rest is grey."""

OF_ONE_SIGN = 0.9
"""The part of `Σ |g|` that `|Σ g|` must be for a bundle's weights to want the same."""

MOST_CELLS = 400
"""How many units of a layer are shown by their numbers."""


@final
@dataclass(frozen=True)
class Node:
    """One unit that is drawn, or several as one.

    Attributes:
        label: Its name.
        members: Their places in the layer.
        share: The part of `Σ g²` that its weights and bias carry; for an input, the weights that
            read it.
        kind: "input", "silent" (inputs that are 0 throughout), "image" (all pixels), "biases" (the
            1 that biases are read from), "unit", or "rest" (all that are not drawn by themselves).
        value: What it gives for the one example explained; empty for several.
        notes: For an output, "said" and "should be".
    """

    label: str
    members: tuple[int, ...]
    share: float
    kind: Literal["input", "silent", "image", "biases", "unit", "rest"]
    value: str = ""
    notes: tuple[str, ...] = ()


def diagram(study: NetworkStudy, gradients: dict[str, Any], total: float) -> dict[str, Any]:
    """Which nodes and lines to draw, with the share and the sign of each.

    Args:
        study: The network and the examples.
        gradients: The gradient of every parameter by name.
        total: `Σ g²` over all of them.

    Returns:
        `layers`, each with `name`, `title` and `nodes`; `lines` between neighbouring layers, each
        with `layer` (the one that it leads to), `source` and `target` (places among the nodes),
        `name` (its steepest weight), `weights` (how many it stands for), `share`, `slope` (their
        sum), `sign` ("above", "below", "level", or "mixed"), `heavy`, and `words`; `image`, for
        pixels, their `width`, `values` and the `heaviest` of them; and the same in `words`, a
        sentence for each layer.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> w = {"dense1.weight": xp.asarray([[1.0, 2.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> x, t = xp.asarray([[3.0, -4.0]]), xp.asarray([[1.0]])
        >>> architecture, loss = Architecture([Dense(2, 1)]), LOSSES["mean_squared_error"]
        >>> study = NetworkStudy(architecture, loss, w, x, t, input_names=("age", "height"))
        >>> slopes = {"dense1.weight": xp.asarray([[3.0, -4.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> drawn = diagram(study, slopes, 25.0)
        >>> [(line["name"], line["share"], line["sign"]) for line in drawn["lines"][:2]]
        [('dense1.weight[0,1]', 0.64, 'below'), ('dense1.weight[0,0]', 0.36, 'above')]
        >>> [node["value"] for node in drawn["layers"][0]["nodes"]]
        ['3', '-4', '1']
    """
    names = list(study.dense)
    layers = [_inputs(study, gradients, total)]
    lines: list[dict[str, Any]] = []
    for at, name in enumerate(names, 1):
        last = at == len(names)
        shares = _unit_shares(name, gradients, total)
        layers.append(_outputs(study, name, shares) if last else _units(name, shares))
        lines += _lines(study, gradients, total, layers)
    titles = [plural(study.x.shape[1], "value")]
    titles += [f"{layer.out_features} {layer.activation}" for layer in study.dense.values()]
    return {
        "layers": [
            {"name": name, "title": title, "nodes": [asdict(node) for node in nodes]}
            for name, title, nodes in zip(["inputs", *names], titles, layers, strict=True)
        ],
        "lines": lines,
        "image": _image(study, gradients),
        "words": [_words(name, nodes) for name, nodes in zip(["", *names], layers, strict=True)],
    }


def passes(study: NetworkStudy) -> list[dict[str, Any]]:
    """What every layer got, gave and got back, for the first example.

    Returns:
        For each layer its name, activation, `z`, `a` and `g = dL/dz`, one number per unit.
    """
    layers = []
    for use in study.uses:
        activation = study.dense[use.layer].activation
        a = ACTIVATIONS[activation](use.z)
        numbers = {"z": use.z, "a": a, "g": use.g}
        values = {key: each.tolist()[0][:MOST_CELLS] for key, each in numbers.items()}
        layers.append({"name": use.layer, "activation": activation, **values})
    return layers


def _share(squares: float, total: float) -> float:
    return squares / total if total else 0.0


def _by_share(node: Node) -> float:
    return -1.0 if isnan(node.share) else node.share


def _folded(nodes: list[Node], most: int, what: str, *, keep: bool = False) -> list[Node]:
    """All of them if they are few; else those said of and the heaviest, and the rest as one.

    Args:
        nodes: The nodes.
        most: How many are few.
        what: What the rest is called.
        keep: Whether the heaviest stay in their own order.
    """
    if len(nodes) <= most + 1:
        return nodes
    first = nlargest(most, nodes, key=lambda node: (len(node.notes), _by_share(node)))
    rest = [node for node in nodes if node not in first]
    members = tuple(place for node in rest for place in node.members)
    share = sum(node.share for node in rest)
    drawn = [node for node in nodes if node in first] if keep else first
    return [*drawn, Node(what.format(len(members)), members, share, "rest")]


def _pixels(study: NetworkStudy) -> int:
    """The width of the square image that the inputs are; 0 where they are none."""
    return picture_width(study.input_names) if len(study.rows) == 1 else 0


def _image(study: NetworkStudy, gradients: dict[str, Any]) -> dict[str, Any] | None:
    if not (width := _pixels(study)):
        return None
    g = gradients[f"{next(iter(study.dense))}.weight"]
    shares = namespace_of(g).sum(g * g, axis=0).tolist()
    heaviest = nlargest(2 * MOST_UNITS, range(len(shares)), shares.__getitem__)
    values = [round(value, 3) for value in study.x[0].tolist()]
    return {"width": width, "values": values, "heaviest": [n for n in heaviest if shares[n] > 0]}


def own_values(study: NetworkStudy) -> list[str]:
    """The inputs of the first example, in the units of the table that they come from."""
    x = study.x[0].tolist()
    scales = study.input_scales or [(1.0, 0.0)] * len(x)
    return [
        quantity(own_value(value, factor, offset))
        for value, (factor, offset) in zip(x, scales, strict=True)
    ]


def _inputs(study: NetworkStudy, gradients: dict[str, Any], total: float) -> list[Node]:
    """The inputs: equal ones that belong together as one, what is 0 throughout as one."""
    first = next(iter(study.dense))
    g, b = gradients[f"{first}.weight"], gradients[f"{first}.bias"]
    xp = namespace_of(g)
    shares = [_share(square, total) for square in xp.sum(g * g, axis=0).tolist()]
    biases = Node("biases", (), _share(float(xp.sum(b * b)), total), "biases", "1")
    one, every = len(study.rows) == 1, range(len(shares))
    if _pixels(study):
        return [Node(plural(len(shares), "pixel"), tuple(every), sum(shares), "image"), biases]
    values = own_values(study) if one else [""] * len(shares)
    silent = [n for n, size in enumerate(xp.max(xp.abs(study.x), axis=0).tolist()) if size == 0]
    bundles: dict[tuple[str, str], list[int]] = {}
    names = study.input_names or tuple(f"x[{n}]" for n in every)
    for n in every:
        if n not in silent:
            kin = MISSING.strip() if names[n].endswith(MISSING) else ""
            column = "" if one else names[n].partition("=")[0]
            bundles.setdefault((kin or column or names[n], values[n]), []).append(n)
    nodes = [
        Node(
            f"{len(members)} × {kin}" if len(members) > 1 else names[members[0]],
            tuple(members),
            sum(shares[n] for n in members),
            "input",
            value,
        )
        for (kin, value), members in bundles.items()
    ]
    nodes = [*_folded(nodes, MOST_UNITS, "{} more inputs"), biases]
    if silent:
        what = "1 input that is 0" if len(silent) == 1 else f"{len(silent)} inputs that are 0"
        nodes.append(Node(what, tuple(silent), 0.0, "silent"))
    return nodes


def _units(name: str, shares: list[float]) -> list[Node]:
    """A hidden layer: the units that carry most, and the rest as one."""
    nodes = [Node(f"{name}[{n}]", (n,), share, "unit") for n, share in enumerate(shares)]
    return _folded(nodes, MOST_UNITS, "{} more units")


def _unit_shares(name: str, gradients: dict[str, Any], total: float) -> list[float]:
    g, b = gradients[f"{name}.weight"], gradients[f"{name}.bias"]
    squares: list[float] = (namespace_of(g).sum(g * g, axis=1) + b * b).tolist()
    return [_share(square, total) for square in squares]


def _outputs(study: NetworkStudy, name: str, shares: list[float]) -> list[Node]:
    """The outputs, for one example with what it says and should say."""
    count = len(shares)
    classes = study.class_names if len(study.class_names) == count else ()
    own = "{}" if study.classifies else f"{name}[{{}}]"
    labels: Sequence[str] = classes or [own.format(n) for n in range(count)]
    if count == 1:
        yes = study.class_names[1] if len(study.class_names) == 2 else "1"
        labels = [yes if study.classifies else "output"]
    said = _said(study, classes or range(count)) if len(study.rows) == 1 else [("", ())] * count
    nodes = [
        Node(label, (n,), share, "unit", *words)
        for n, (label, share, words) in enumerate(zip(labels, shares, said, strict=True))
    ]
    return _folded(nodes, MOST_OUTPUTS, "{} more outputs", keep=True)


def _said(study: NetworkStudy, classes: Sequence[Any]) -> list[tuple[str, tuple[str, ...]]]:
    """What every output gives for the one example, and which is said and should be."""
    answer, truth = study.answers[0], study.truths[0]
    if not study.classifies or study.multi_label:
        both = zip(answer, truth, strict=True)
        return [(answer_text(a), (f"should be {answer_text(t)}",)) for a, t in both]
    outputs = study.architecture.outputs(study.parameters, study.x).tolist()[0]
    probable = ACTIVATIONS.link(study.architecture.output.activation) is not None
    values = [percent(p, 0) if probable and isfinite(p) else number(p, 3) for p in outputs]
    if len(values) == 1:
        return [(values[0], (f"said {answer_text(answer)}", f"should be {answer_text(truth)}"))]
    notes = {truth: ("should be",), answer: ("said",)}
    notes |= {truth: ("said, and right",)} if answer == truth else {}
    return [(value, notes.get(name, ())) for value, name in zip(values, classes, strict=True)]


def _lines(
    study: NetworkStudy, gradients: dict[str, Any], total: float, layers: Sequence[list[Node]]
) -> list[dict[str, Any]]:
    """The lines between the nodes of the last two layers, the heaviest first."""
    *_, before, after = layers
    at = len(layers) - 1
    name = list(study.dense)[at - 1]
    g, b = gradients[f"{name}.weight"], gradients[f"{name}.bias"]
    xp = namespace_of(g)
    lines = []
    for t, target in enumerate(after):
        rows = xp.take(g, xp.asarray(list(target.members)), axis=0)
        biases = xp.expand_dims(xp.take(b, xp.asarray(list(target.members))), axis=1)
        alone = rows[0].tolist() if len(target.members) == 1 else []
        for s, source in enumerate(before):
            if source.kind == "silent":
                continue
            if source.kind == "biases":
                block = biases
            elif alone and len(source.members) == 1:
                block = alone[source.members[0]]
            else:
                block = xp.take(rows, xp.asarray(list(source.members)), axis=1)
            lines.append(_line(study, name, source, target, block, total))
            lines[-1] |= {"layer": at, "source": s, "target": t}
    lines.sort(key=lambda line: -line["share"])
    signed = [line for line in lines if line["sign"] in ("above", "below")][:HEAVY]
    for line in signed:
        line["heavy"] = line["share"] * 2 * HEAVY > signed[0]["share"]
    return lines


def _line(
    study: NetworkStudy, name: str, source: Node, target: Node, block: Any, total: float
) -> dict[str, Any]:
    """What the weights between two nodes carry together; of one, the block is its slope."""
    if isinstance(block, float):
        count, row, column = 1, 0, 0
        slope = steepest = block
        size, square = abs(block), block * block
    else:
        xp, count = namespace_of(block), block.shape[0] * block.shape[1]
        sizes = xp.abs(block)
        row, column = divmod(int(xp.argmax(xp.reshape(sizes, (-1,)))), block.shape[1])
        slope, size = float(xp.sum(block)), float(xp.sum(sizes))
        square, steepest = float(xp.sum(block * block)), float(block[row, column])
    neuron = target.members[row]
    entry = source.members[column] if source.members else None
    mixed = abs(slope) < OF_ONE_SIGN * size
    sign = "level" if not size else "mixed" if mixed else "above" if slope > 0 else "below"
    share = _share(square, total)
    index = (neuron,) if entry is None else (neuron, entry)
    best = weight_name(f"{name}.{'weight' if source.members else 'bias'}", index)
    wish = {"above": "lower", "below": "raise"}
    what = f"{wish[sign]} {'it' if count == 1 else 'them'}" if sign in wish else ""
    what = what or ("some to lower, some to raise" if mixed else "no slope here")
    who = f"{source.label} → {target.label}" if count > 1 else ""
    who = who or people_name(study, name, neuron, entry)
    known = f"{count:,} weights, the steepest {best}" if count > 1 else best
    slope_words = f"slope {number(steepest, 3)}, " if count == 1 else ""
    return {
        "name": best,
        "weights": count,
        "share": share,
        "slope": slope,
        "sign": sign,
        "heavy": False,
        "words": f"{who} ({known}): {slope_words}share {percent(share)}; {what}",
    }


def _words(name: str, nodes: Sequence[Node]) -> str:
    heaviest = nlargest(3, nodes, key=_by_share)
    listed = "; ".join(
        f"{node.label}{f' ({node.value})' if node.value else ''}: {percent(node.share)}"
        for node in heaviest
    )
    if not name:
        return f"The weights that read the inputs carry, of the share: {listed}."
    return f"{name} carries {percent(sum(node.share for node in nodes))} of the share: {listed}."
