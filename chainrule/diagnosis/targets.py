"""Do inputs, layers, output and targets fit? Most cures are tried on some of the examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.diagnosis.baseline import LEARNED, chance_loss
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.gradients import ENOUGH_ROWS
from chainrule.nn import ACTIVATIONS, LARGE_INPUT, Architecture, Dense, NetworkStudy, large_inputs
from chainrule.train import choose_optimizer
from chainrule.words import a_or_an, listed, percent

FAR = 30.0
"""Weighted sums up to here show where an activation ends: from half of it on it is level."""

OUT_OF_REACH = 0.01
"""The part of the targets that may lie outside what the output can give."""

LARGE = 10.0
"""The root mean square above which targets are far from what fresh weights give."""

SMALL_INPUT = 0.01
"""The root mean square below which all inputs together hardly reach the first layer.

LeCun, Bottou, Orr & Müller, "Efficient BackProp" (1998), section 4.3: inputs with mean 0 and
deviation near 1. The two bounds leave room for pixels from 0 to 1 and for rare categories."""

TRIAL_STEPS, TRIAL_RATE, TRIAL_ROWS = 100, 0.01, 200
"""A cure is tried in so many steps of adam, at this learning rate, on so many examples."""


def unfit_targets(
    study: NetworkStudy, initial: Mapping[str, Any], loss: float, chance: float, *, trained: bool
) -> Iterator[Finding]:
    """What in the output, the targets and the layers does not fit together.

    Args:
        study: The network and the examples.
        initial: The weights that it began with, by name; trials begin there.
        loss: The network's mean loss.
        chance: `chance_loss` of the same examples.
        trained: Whether the weights have been trained.
    """
    rows = len(study.rows)
    places = [n * rows // TRIAL_ROWS for n in range(TRIAL_ROWS)] if rows > TRIAL_ROWS else None
    trial = replace(study.only(places) if places else study, parameters=dict(initial))
    yield from joined_layers(study, trial)
    if rows < ENOUGH_ROWS:
        return
    yield from one_class(study, trained=trained)
    values = study.loss_function.link is None and study.loss_function.targets == "values"
    if values and chance and loss > LEARNED * chance:
        yield from list(unreachable(study, trial)) or unscaled_targets(study, trial)


def unscaled_inputs(
    x: Any, names: Sequence[str] = (), *, scaled: bool = False
) -> Iterator[Finding]:
    """Inputs that are much larger than 1, or all much smaller.

    Args:
        x: Inputs, of shape `(batch, in_features)`.
        names: Their names; their numbers if left out.
        scaled: Whether they were scaled already, as the rows of training were.
    """
    xp, large = namespace_of(x), large_inputs(x)
    called = [names[n] if names else f"x[{n}]" for n in large]
    largest = max(large.values(), default=float(xp.max(xp.mean(x * x, axis=0))) ** 0.5)
    advice = "scale each input to mean 0 and deviation 1 (chainrule does it for tables)"
    if called:
        are = "is" if len(called) == 1 else "are"
        threshold, many = LARGE_INPUT, f"{len(called)} of {x.shape[1]} inputs {are} large"
        if scaled:
            advice = "look at the unit of these columns: scaled as in training, they lie far off"
        sentence = f"{many} ({listed(called, most=8)}), up to a typical size of {largest:.3g}"
    elif 0 < largest < SMALL_INPUT:
        threshold = SMALL_INPUT
        sentence = f"all inputs are small: the largest has a typical size of {largest:.2g}"
    else:
        return
    yield Finding(
        "unscaled inputs",
        "inputs",
        sentence,
        largest,
        threshold,
        "root mean square",
        advice,
        tuple(called),
        {"scaled": True},
    )


def unreachable(study: NetworkStudy, trial: NetworkStudy) -> Iterator[Finding]:
    """Targets that the output's activation never gives, such as 50 from a sigmoid."""
    output = study.architecture.output
    op, t = ACTIVATIONS[output.activation], study.t
    if not op.entrywise:
        return
    xp = namespace_of(t)
    given = op(xp.asarray([FAR * n / 500 for n in range(-500, 501)], dtype=t.dtype)).tolist()
    levels = [abs(given[i] - given[j]) < 1e-3 for i, j in ((0, 250), (-1, -251))]
    low = min(given) if levels[0] or given[0] > min(given) else float("-inf")
    high = max(given) if levels[1] else float("inf")
    low, high, margin = round(low, 2), round(high, 2), 1e-2
    outside = float(
        xp.mean(xp.where(xp.logical_or(t < low - margin, t > high + margin), xp.ones_like(t), 0))
    )
    if outside <= OUT_OF_REACH:
        return
    nearest = xp.where(t < low, low, xp.where(t > high, high, t))
    floor = float(xp.mean(study.loss_function.op(nearest, t)))
    before = _share(trial)
    *hidden, _ = study.architecture.layers.values()
    free = Architecture([*hidden, _with_activation(output, "identity")])
    after = _share(_scaled(replace(trial, architecture=free)))
    yield Finding(
        "output out of reach",
        study.architecture.output_name,
        f"{a_or_an(output.activation)} output lies between {low:.3g} and {high:.3g}, and the "
        f"targets between {float(xp.min(t)):.4g} and {float(xp.max(t)):.4g}: no weights bring "
        f"the loss below {floor:.4g}",
        outside,
        OUT_OF_REACH,
        "of the targets out of the output's range",
        "an identity output and targets scaled to mean 0 and deviation 1; " + _tried(before, after),
        cure={"scaled": True},
    )


def unscaled_targets(study: NetworkStudy, trial: NetworkStudy) -> Iterator[Finding]:
    """Targets much larger than 1 that the same network learns better when they are scaled."""
    xp = namespace_of(study.t)
    size = float(xp.mean(study.t * study.t)) ** 0.5
    if size <= LARGE or _bends(study.architecture.output):
        return
    before, after = _share(trial), _share(_scaled(trial))
    if not after < before / 2:
        return
    yield Finding(
        "unscaled targets",
        "targets",
        f"the targets are large, {float(xp.mean(study.t)):.4g} ± {float(xp.std(study.t)):.3g}, "
        "and fresh weights give outputs near 1",
        size,
        LARGE,
        "root mean square",
        "scale the targets to mean 0 and deviation 1 (chainrule does it for tables); "
        + _tried(before, after),
        cure={"scaled": True},
    )


def joined_layers(study: NetworkStudy, trial: NetworkStudy) -> Iterator[Finding]:
    """Layers with no activation between them, which together can do no more than one.

    A narrow first one is left out: it says that few numbers are to pass.
    """
    for (name, layer), (after, following) in pairwise(study.dense.items()):
        narrow = layer.out_features < min(layer.in_features, following.out_features)
        if _bends(layer) or narrow:
            continue
        bent = [
            _with_activation(layer, "relu") if each is layer else each
            for each in study.architecture.layers.values()
        ]
        cured = replace(trial, architecture=Architecture(bent))
        yield Finding(
            "identity layers in a row",
            name,
            f"nothing bends what passes from {name} to {after}: the two can do no more than "
            "one layer with the product of their weights",
            1.0,
            0.0,
            "layer that adds nothing",
            f"relu in {name}, or one layer for both; {_tried(_share(trial), _share(cured))}",
            cure={"activation": "relu"},
        )


def one_class(study: NetworkStudy, *, trained: bool) -> Iterator[Finding]:
    """A trained network that says the same class for every example, though there are several."""
    if not trained or not study.classifies or study.multi_label:
        return
    truths = Counter(study.truths)
    answers = set(study.answers)
    if len(answers) > 1 or len(truths) < 2:
        return
    (said,) = answers
    share = truths[said] / len(study.rows)
    cured = _trained(study, _balanced(study, truths))
    right = cured.standing().right or ()
    recalls = [
        sum(r for r, truth in zip(right, study.truths, strict=True) if truth == name) / count
        for name, count in truths.items()
    ]
    balanced = sum(recalls) / len(recalls)
    yield Finding(
        "one class for everything",
        "network",
        f"the answer is {said} for all {len(study.rows)} examples; {percent(share, 0)} of them are",
        1.0,
        1.0,
        "class among the answers",
        "train longer with the rows of rare classes repeated, or weighing more; tried for "
        f"{TRIAL_STEPS} steps from here with rows repeated: balanced accuracy "
        f"{1 / len(truths):.2f} before, {balanced:.2f} after",
        cure={"class_weight": "balanced"},
    )


def _balanced(study: NetworkStudy, truths: Mapping[Any, int]) -> NetworkStudy:
    """The examples with rows of rare classes repeated until all classes are about as many."""
    most = max(truths.values())
    wanted = [
        place for place, name in enumerate(study.truths) for _ in range(round(most / truths[name]))
    ]
    return study.only(wanted[:: max(1, len(wanted) // (2 * TRIAL_ROWS))])


def _bends(layer: Dense) -> bool:
    """Whether its activation is more than a multiple of the weighted sum."""
    op = ACTIVATIONS[layer.activation]
    return not (op.signs or op.traits.multilinear)


def _with_activation(layer: Dense, activation: str) -> Dense:
    return Dense(layer.in_features, layer.out_features, activation)


def _scaled(study: NetworkStudy) -> NetworkStudy:
    """The same with each target at mean 0 and deviation 1."""
    xp, t = namespace_of(study.t), study.t
    deviation = xp.std(t, axis=0, keepdims=True)
    deviation = xp.where(deviation > 0, deviation, xp.ones_like(deviation))
    return replace(study, t=(t - xp.mean(t, axis=0, keepdims=True)) / deviation)


def _trained(study: NetworkStudy, examples: NetworkStudy) -> NetworkStudy:
    """The network after some steps on the examples."""
    adam = choose_optimizer("adam")
    xp = namespace_of(study.t)
    flat = study.layout.join(xp, study.parameters)
    memory = adam.init(flat)
    for step in range(1, TRIAL_STEPS + 1):
        _, gradient = examples.at(flat)
        change, memory = adam.update(gradient, memory, flat, learning_rate=TRIAL_RATE, step=step)
        flat = flat + change
    return replace(study, parameters=study.layout.split(xp, flat))


def _share(study: NetworkStudy) -> float:
    """The loss after some steps, as a part of the loss of chance."""
    return float(_trained(study, study).loss()) / (chance_loss(study) or 1.0)


def _tried(before: float, after: float) -> str:
    return (
        f"tried for {TRIAL_STEPS} steps from the initial weights: {after:.2g} of the loss of "
        f"chance, {before:.2g} without"
    )
