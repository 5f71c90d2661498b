"""Every mistake that can be made with an optimizer is named, in steps written out by hand."""

import math

import pytest

import chainrule as cr

RATE, ONE, TWO, DECAY, EPSILON = 0.01, 0.9, 0.99, 0.1, 1e-6
UPHILL, LEFT_OUT = "the step goes uphill: + stands for -", "the learning rate is left out"
TWICE = "the learning rate is multiplied in twice"
NOT_KEPT = "the memory is not kept from step to step"
INSIDE = "epsilon stands inside the root, where it is to be added to the root"
NO_EPSILON, NO_ROOT = "epsilon is left out", "the root of the squares is left out"


def steps(parts, wrong):
    """A step weight by weight, of parts that are functions; some of them wrong.

    `first` and `second` are what is kept, and `new` is the weight that comes of both.
    """
    own = {"g": lambda g, w: g, **parts, **wrong}

    def update(w, g, state, step):
        moved = []
        for i, (a, b) in enumerate(zip(w, g, strict=True)):
            kept = state.get(i, (0.0, 0.0))
            b = own["g"](b, a)
            m, v = state[i] = own["first"](kept[0], b), own["second"](kept[1], b)
            moved.append(own["new"](a, own["mean"](m, step, b), own["root"](v, step)))
        return moved

    return update


ADAMW = {
    "first": lambda m, g: ONE * m + (1 - ONE) * g,
    "second": lambda v, g: TWO * v + (1 - TWO) * g * g,
    "mean": lambda m, k, g: m / (1 - ONE**k),
    "root": lambda v, k: math.sqrt(v / (1 - TWO**k)) + EPSILON,
    "new": lambda w, mean, root: w - RATE * mean / root - RATE * DECAY * w,
}


def without_decay(w, mean, root):
    return w - RATE * mean / root


@pytest.mark.parametrize(
    ("cause", "wrong"),
    {
        UPHILL: {"new": lambda w, m, r: w + RATE * m / r + RATE * DECAY * w},
        LEFT_OUT: {"new": lambda w, m, r: w - m / r - DECAY * w},
        TWICE: {"new": lambda w, m, r: w - RATE * RATE * (m / r + DECAY * w)},
        NOT_KEPT: {
            "first": lambda m, g: (1 - ONE) * g,
            "second": lambda v, g: (1 - TWO) * g * g,
        },
        INSIDE: {"root": lambda v, k: math.sqrt(v / (1 - TWO**k) + EPSILON)},
        NO_EPSILON: {"root": lambda v, k: math.sqrt(v / (1 - TWO**k))},
        NO_ROOT: {"root": lambda v, k: v / (1 - TWO**k) + EPSILON},
        "the bias correction is missing": {
            "mean": lambda m, k, g: m,
            "root": lambda v, k: math.sqrt(v) + EPSILON,
        },
        "the bias correction of the mean gradient m is missing": {"mean": lambda m, k, g: m},
        "the bias correction of the mean square v is missing": {
            "root": lambda v, k: math.sqrt(v) + EPSILON
        },
        "epsilon is added to the root before the bias correction": {
            "root": lambda v, k: (math.sqrt(v) + EPSILON) / math.sqrt(1 - TWO**k)
        },
        "the step number is one too high": {
            "mean": lambda m, k, g: m / (1 - ONE ** (k + 1)),
            "root": lambda v, k: math.sqrt(v / (1 - TWO ** (k + 1))) + EPSILON,
        },
        "the step number stays at 1": {
            "mean": lambda m, k, g: m / (1 - ONE),
            "root": lambda v, k: math.sqrt(v / (1 - TWO)) + EPSILON,
        },
        "beta1 and beta2 are exchanged": {
            "first": lambda m, g: TWO * m + (1 - TWO) * g,
            "second": lambda v, g: ONE * v + (1 - ONE) * g * g,
            "mean": lambda m, k, g: m / (1 - TWO**k),
            "root": lambda v, k: math.sqrt(v / (1 - ONE**k)) + EPSILON,
        },
        "1 - beta1 is left out in the mean gradient m": {"first": lambda m, g: ONE * m + g},
        "1 - beta2 is left out in the mean square v": {"second": lambda v, g: TWO * v + g * g},
        "the gradient itself stands where its mean m belongs": {"mean": lambda m, k, g: g},
        "the decay is added to the gradient before the moments, as in Adam with a penalty; AdamW "
        "takes it off the weights": {"g": lambda g, w: g + DECAY * w, "new": without_decay},
        "the decay is taken off the weights after the step, where those before it are meant": {
            "new": lambda w, m, r: (1 - RATE * DECAY) * without_decay(w, m, r)
        },
        "the decay is missing": {"new": without_decay},
        "the decay has the wrong sign": {
            "new": lambda w, m, r: without_decay(w, m, r) + RATE * DECAY * w
        },
        "the decay is not multiplied by the learning rate": {
            "new": lambda w, m, r: without_decay(w, m, r) - DECAY * w
        },
        "the decay is counted twice": {
            "new": lambda w, m, r: without_decay(w, m, r) - 2 * RATE * DECAY * w
        },
        None: {},
    }.items(),
)
def test_a_mistake_in_adamw_is_named(cause, wrong):
    options = {"learning_rate": RATE, "beta2": TWO, "weight_decay": DECAY, "epsilon": EPSILON}
    check = cr.check_update(steps(ADAMW, wrong), "adamw", **options)
    assert check.passed is (not wrong)
    assert check.worst.cause == cause


def momentum(*, velocity=lambda v, g: 0.9 * v + g, new=lambda w, v, g, old: w - RATE * v):
    def update(w, g, state, step):
        old = state.get("v", [0.0] * len(w))
        state["v"] = [velocity(a, b) for a, b in zip(old, g, strict=True)]
        return [new(*each) for each in zip(w, state["v"], g, old, strict=True)]

    return update


AHEAD = momentum(new=lambda w, v, g, old: w - RATE * (g + 0.9 * v))


@pytest.mark.parametrize(
    ("update", "nesterov", "cause"),
    [
        (momentum(), False, None),
        (AHEAD, True, None),
        (AHEAD, False, "the step looks ahead as Nesterov's does"),
        (momentum(), True, "Nesterov's look ahead is missing"),
        (
            momentum(velocity=lambda v, g: g - 0.9 * v),
            False,
            "the velocity enters with the wrong sign",
        ),
        (momentum(velocity=lambda v, g: g), False, "momentum is left out"),
        (
            momentum(velocity=lambda v, g: 0.9 * v + (1 - 0.9) * g),
            False,
            "the gradient enters the velocity times 1 - momentum",
        ),
        (
            momentum(new=lambda w, v, g, old: w - RATE * old),
            False,
            "the step is made with the velocity of the step before",
        ),
    ],
)
def test_a_mistake_in_momentum_is_named(update, nesterov, cause):
    options = {"learning_rate": RATE, "momentum": 0.9, "nesterov": nesterov}
    assert cr.check_update(update, "sgd", **options).worst.cause == cause


def to_norm(numbers, most=math.inf, least=0.0):
    size = math.hypot(*numbers)
    return [a * min(max(size, least), most) / size for a in numbers]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda g: [2 * a for a in to_norm(g, 1.5)], None),
        (lambda g: [2 * a for a in g], "the gradient is not clipped"),
        (
            lambda g: [2 * min(max(a, -1.5), 1.5) for a in g],
            "each entry is clipped by value, where the norm of the whole gradient is to be clipped",
        ),
        (
            lambda g: [2 * a for a in to_norm(g, 1.5, 1.5)],
            "the gradient is brought to the norm even where it is shorter",
        ),
        (lambda g: to_norm([2 * a for a in g], 1.5), "the change is clipped, not the gradient"),
    ],
)
def test_a_mistake_in_clipping_is_named(change, cause):
    check = cr.check_update(
        lambda w, g, s, k: [a - b for a, b in zip(w, change(g), strict=True)],
        "sgd",
        learning_rate=2.0,
        clip_norm=1.5,
    )
    assert check.worst.cause == cause


ADDED = {"adagrad": (1.0, 1.0), "rmsprop": (ONE, 1 - ONE)}


@pytest.mark.parametrize("optimizer", ADDED)
@pytest.mark.parametrize(
    ("cause", "wrong"),
    {
        None: {},
        INSIDE: {"root": lambda v, k: math.sqrt(v + EPSILON)},
        NO_EPSILON: {"root": lambda v, k: math.sqrt(v)},
        NO_ROOT: {"root": lambda v, k: v + EPSILON},
        UPHILL: {"new": lambda w, m, r: w + RATE * m / r},
        "these are the steps of sgd": {"new": lambda w, m, r: w - RATE * m},
    }.items(),
)
def test_a_mistake_in_the_mean_or_sum_of_squares_is_named(optimizer, cause, wrong):
    kept, added = ADDED[optimizer]
    parts = {
        "first": lambda m, g: g,
        "second": lambda v, g: kept * v + added * g * g,
        "mean": lambda m, k, g: g,
        "root": lambda v, k: math.sqrt(v) + EPSILON,
        "new": without_decay,
    }
    options = {"learning_rate": RATE, "epsilon": EPSILON}
    options |= {"decay": ONE} if optimizer == "rmsprop" else {}
    assert cr.check_update(steps(parts, wrong), optimizer, **options).worst.cause == cause
    if optimizer == "rmsprop" and not wrong:
        large = {"second": lambda v, g: kept * v + g * g}
        check = cr.check_update(steps(parts, large), optimizer, **options)
        assert check.worst.cause == "1 - decay is left out in the mean of the squares"
