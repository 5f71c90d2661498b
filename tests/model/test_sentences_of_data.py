"""Every number said of rows, columns and targets is worked out again from the public names."""

from math import sqrt
from random import Random

import pytest

import chainrule as cr
from chainrule.arrays import Generator
from chainrule.words import number
from tests.model.said import CLASSES, VALUES, X, long, move_of, numbers, short


def test_every_number_of_a_slice_that_carries_the_loss_is_measured_again():
    draw = Random(1)
    a, b = ([draw.uniform(-1, 1) for _ in range(80)] for _ in range(2))
    far = [x + (6 if y > 0.3 else 0.0) for x, y in zip(a, b, strict=True)]
    frame = {"a": a, "b": b, "y": far}
    net = cr.train_on_table(frame, "y", engine="python", epochs=3, progress=False).net
    rows = cr.rows_for(net, frame)
    x, y = rows.x.tolist(), rows.y.tolist()
    text = cr.explain(net, rows).answer
    assert "rows with b in the upper half, more than chance" in text
    middle = sorted(row[1] for row in x)[40]
    own = [n for n, row in enumerate(x) if row[1] >= middle]
    few = [x[n] for n in own], [y[n] for n in own]
    share = len(own) * net.loss(*few) / (80 * net.loss(x, y))
    (name,) = text.weights
    said = [f"{share:.0%}", f"{len(own)}", "80", "54", *move_of(net, name, text, (x, y), few)]
    assert numbers(text) == sorted(said), text


def along(net, x, y, start):
    """`∫ (∂L/∂x_j) dx_j` on the straight way from a row's inputs, by Simpson's rule."""
    amounts, parts, h = [], 60, 1e-5
    for j in range(len(start)):

        def slope(part, j=j):
            def at(by):
                s = [[a + (b - a) * part / parts for a, b in zip(start, r, strict=True)] for r in x]
                moves = [h * by * (row[j] - start[j]) for row in x]
                return [
                    [v + m * (k == j) for k, v in enumerate(r)]
                    for r, m in zip(s, moves, strict=True)
                ]

            return (net.loss(at(1), y) - net.loss(at(-1), y)) / (2 * h)

        weights = [1, *[4, 2] * (parts // 2 - 1), 4, 1]
        amounts.append(sum(w * slope(k) for k, w in enumerate(weights)) / (3 * parts))
    return amounts


@pytest.mark.parametrize("reference", [None, [0.5, -0.25, 1.0]])
@pytest.mark.parametrize("count", [1, 24])
def test_every_number_of_the_columns_is_measured_again(count, reference):
    net = cr.Network([cr.Dense(3, 4, "tanh"), cr.Dense(4, 3, "softmax")], engine="python", seed=2)
    x, y = [[a, b, 2 * a] for a, b in X[:count]], CLASSES[:count]
    columns = cr.explain(net, x, y).columns(reference=reference, repeats=4, seed=6)
    mean = [sum(column) / count for column in zip(*x, strict=True)] if count > 1 else [0.0] * 3
    start, now = reference or mean, net.loss(x, y)
    then, amounts = net.loss([start] * count, y), [columns[f"x[{j}]"] for j in range(3)]
    # What the amounts leave over is at most a thousandth, and said: explained .. of ...
    assert amounts == pytest.approx(along(net, x, y, start), abs=1e-3 * abs(now - then))
    said = [long(now), long(then), long(sum(amounts)), long(now - then)]
    draw = Generator(6)
    orders = [draw.permutation(count) for _ in range(4)]

    def rise(names):
        def shuffled(order):
            return [
                [x[other][k] if k in names else row[k] for k in range(3)]
                for row, other in zip(x, order, strict=True)
            ]

        rises = [net.loss(shuffled(order), y) - now for order in orders]
        mean = sum(rises) / 4
        return mean, sqrt(sum((r - mean) ** 2 for r in rises) / 3)

    for j, amount in enumerate(amounts):
        if count == 1:
            said.append(f"{amount:.4g}")
        else:
            by, spread = rise([j])
            said += [f"{by:.3g}", f"{spread:.2g}", f"{amount:.4g}"]
    if count > 1:
        by, spread = rise([0, 2])
        said += ["1.00", short(by), number(spread, 2)]  # one is twice the other
    text = str(columns).replace("±", " ").replace("+", " ")
    assert numbers(text) == sorted(said), str(columns)


LINE = [[n / 5] for n in range(-10, 11)]
SIGNS = [int(row[0] > 0) for row in LINE]
SIGNS[17] = 0


@pytest.mark.parametrize("rows", [[1.4], [1.4, 0.2]], ids=["one row", "several rows"])
@pytest.mark.parametrize("again", [LINE, LINE[::-1]], ids=["the same rows", "other rows"])
def test_every_number_of_the_rows_that_taught_it_is_trained_again(rows, again):
    x, y = [[value] for value in rows], [1] * len(rows)

    def trained(own, without=()):
        net = cr.Network([cr.Dense(1, 3, "tanh"), cr.Dense(3, 2, "softmax")], engine="python")
        weights = [1e-300 if n in without else 1.0 for n in range(21)]
        options = {"epochs": 30, "learning_rate": 0.05, "validation": None, "progress": False}
        net.fit(own, SIGNS, sample_weight=weights, **options)
        return net

    def says_then(net):
        return net.predict(x).tolist()[:1] if len(rows) == 1 else []

    taught = cr.explain(trained(LINE), x, y).taught_by(
        training=(again, SIGNS, [1.0] * 21), retrainings=5, progress=False
    )
    losses = {(): trained(again).loss(x, y)}
    every = [*taught.each, *filter(None, [taught.together])]
    nets = {one.rows: trained(again, one.rows) for one in every}
    losses |= {own: net.loss(x, y) for own, net in nets.items()}
    said = ["0", "0"] * (len(rows) == 1) + [str(len(every) + 1)]
    if again is not LINE:
        said += [long(losses[()]), long(trained(LINE).loss(x, y))]
    for one in taught.each:
        (row,) = one.rows
        loss = losses[one.rows]
        said += [str(row), str(SIGNS[row]), long(loss), long(losses[()] - loss)]
        said += map(str, says_then(nets[one.rows]))
    own = min((one.rows for one in taught.each), key=losses.get)
    if losses[own] < losses[()]:
        said += [str(own[0]), str(SIGNS[own[0]]), long(losses[own]), long(losses[()])]
        said += map(str, says_then(nets[own]))
    if taught.together:
        own = taught.together.rows
        said += [str(len(own)), *map(str, own), long(losses[own])]
    assert numbers(str(taught)) == sorted(said), str(taught)


def chance(t):
    """The least loss of a constant answer: the mean, or a value of the middle."""
    middles = sorted(t)[len(t) // 2 - 1 : len(t) // 2 + 1]
    return min(sum((v - c) ** 2 for v in t) / len(t) for c in (sum(t) / len(t), sum(middles) / 2))


def trial(layers, start, x, t):
    """The loss after 100 steps of adam from some weights, as a part of that of chance."""
    net = cr.Network(layers, engine="python")
    net.set_parameters({name: array.tolist() for name, array in start.items()})
    options = {"batch_size": len(x), "learning_rate": 0.01, "optimizer": "adam"}
    options |= {"epochs": 100, "validation": None, "progress": False}
    net.fit(x, [[v] for v in t], loss="mean_squared_error", **options)
    return net.loss(x, [[v] for v in t]) / chance(t)


def scaled(t):
    mean = sum(t) / len(t)
    deviation = sqrt(sum((v - mean) ** 2 for v in t) / len(t))
    return [(v - mean) / deviation for v in t]


def found(net, x, y, check):
    findings = cr.health(net, x, y, "mean_squared_error" if isinstance(y[0], list) else None)
    return next(str(f) for f in findings.findings if f.check == check)


@pytest.mark.parametrize(
    ("kind", "activations", "targets"),
    [
        ("output out of reach", ("tanh", "sigmoid"), [50 + 20 * v for [v] in VALUES]),
        ("output out of reach", ("tanh", "relu"), [v - 1 for [v] in VALUES]),
        ("unscaled targets", ("relu", "identity"), [180_000 + 75_000 * v for [v] in VALUES]),
        ("identity layers in a row", ("identity", "identity"), [v for [v] in VALUES]),
    ],
)
def test_every_number_of_a_finding_with_a_cure_is_tried_again(kind, activations, targets):
    def layers(first, last):
        return [cr.Dense(2, 4, first), cr.Dense(4, 1, last)]

    net = cr.Network(layers(*activations), engine="python", seed=1)
    start, y = net.initial_parameters, [[v] for v in targets]
    net.fit(X, y, loss="mean_squared_error", epochs=2, validation=None, progress=False)
    before = trial(layers(*activations), start, X, targets)
    if kind == "output out of reach":
        low, high = (0.0, 1.0) if activations[1] == "sigmoid" else (0.0, float("inf"))
        outside = [v < low - 0.01 or v > high + 0.01 for v in targets]
        floor = sum((v - min(max(v, low), high)) ** 2 for v in targets) / 60
        after = trial(layers(activations[0], "identity"), start, X, scaled(targets))
        ends = [f"{low:.3g}", *[f"{high:.3g}"] * (high < 2), f"{min(targets):.4g}"]
        said = [*ends, f"{max(targets):.4g}", f"{floor:.4g}", f"{short(sum(outside) / 0.6)}%", "1%"]
        said += ["0", "1"]
    elif kind == "unscaled targets":
        mean, size = sum(targets) / 60, sqrt(sum(v * v for v in targets) / 60)
        after = trial(layers(*activations), start, X, scaled(targets))
        spread = sqrt(sum((v - mean) ** 2 for v in targets) / 60)
        said = [f"{mean:.4g}", f"{spread:.3g}", "1", short(size), "10", "0", "1"]
    else:
        after, said = trial(layers("relu", "identity"), start, X, targets), ["1", "0"]
    said += ["100", f"{after:.2g}", f"{before:.2g}"]
    assert numbers(found(net, X, y, kind)) == sorted(said)


def test_every_number_of_a_network_that_says_one_class_is_tried_again():
    rare = [int(a > 0.85) for a, _ in X]
    layers = [cr.Dense(2, 6, "tanh"), cr.Dense(6, 2, "softmax", bias=[4.0, 0.0])]
    net = cr.Network(layers, engine="python", seed=1)
    net.fit(X, rare, epochs=1, validation=None, progress=False)
    times = {0: 1, 1: round(rare.count(0) / rare.count(1))}
    places = [n for n in range(60) for _ in range(times[rare[n]])]
    again = cr.Network(layers, engine="python")
    again.set_parameters({name: array.tolist() for name, array in net.parameters.items()})
    x, y = [X[n] for n in places], [rare[n] for n in places]
    options = {"epochs": 100, "batch_size": len(x), "learning_rate": 0.01, "optimizer": "adam"}
    again.fit(x, y, validation=None, progress=False, **options)
    then = again.predict(X).tolist()
    recalls = [
        sum(a == c for a, t in zip(then, rare, strict=True) if t == c) / rare.count(c)
        for c in (0, 1)
    ]
    said = ["0", "60", f"{rare.count(0) / 60:.0%}", "1", "1", "100", "0.50"]
    said.append(f"{sum(recalls) / 2:.2f}")
    assert numbers(found(net, X, rare, "one class for everything")) == sorted(said)
