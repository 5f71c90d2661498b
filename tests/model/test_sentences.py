"""Every number in every sentence is worked out again from the public names alone."""

import re

import pytest

import chainrule as cr
from chainrule.words import number

NUMBER = re.compile(r"(?<![\w\[,.])-?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?%?(?![\w\]])")
"""A number that stands by itself, not within a name such as `dense1.weight[3,2]`."""


def numbers(text):
    return sorted(NUMBER.findall(re.sub(r"\S+\[[\d,]+\]\S*|\"[^\"]*\"", "", text)))


def moved(net, changes):
    """The same network with some weights set to values, by name."""
    arrays = {name: array.tolist() for name, array in net.parameters.items()}
    for name, value in changes.items():
        parameter, _, places = name.rstrip("]").partition("[")
        *row, last = map(int, places.split(","))
        (arrays[parameter][row[0]] if row else arrays[parameter])[last] = value
    other = cr.Network(list(net.architecture.layers.values()), engine="python")
    other.set_parameters(arrays)
    return other


def says(net, row, classes=()):
    """What a network says of a row, in the answer's words."""
    if not classes:
        return number(net.predict(row).tolist()[0][0], 4)
    shares = net.predict_proba(row).tolist()[0]
    return f"{classes[shares.index(max(shares))]}, {max(shares):.0%}"


def short(value):
    return number(value, 3)


X = [[(7 * n % 11) / 5 - 1, (5 * n % 13) / 6 - 1] for n in range(60)]
CLASSES = [int(a * a + b > 0.4) + int(a > 0.5) for a, b in X]
VALUES = [[a * a - b] for a, b in X]


@pytest.fixture(scope="module")
def classifier():
    net = cr.Network([cr.Dense(2, 6, "tanh"), cr.Dense(6, 3, "softmax")], engine="python", seed=3)
    net.fit(X, CLASSES, epochs=25, learning_rate=0.03, validation=None, progress=False)
    return net


@pytest.fixture(scope="module")
def regressor():
    net = cr.Network([cr.Dense(2, 6, "relu"), cr.Dense(6, 1)], engine="python", seed=3)
    net.fit(X, VALUES, epochs=25, learning_rate=0.03, validation=None, progress=False)
    return net


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_of_one_row_every_number_is_measured_again(kind, request):
    net = request.getfixturevalue(kind)
    y, classes = (CLASSES, (0, 1, 2)) if kind == "classifier" else (VALUES, ())
    weights = sum(len(a.tolist()) * (a.shape[1:] or (1,))[0] for a in net.parameters.values())
    forms = set()
    for place in range(0, 60, 2):
        row, target = [X[place]], [y[place]]
        ex = cr.explain(net, row, target)
        text, group = ex.answer, ex.groups()[0]
        right = bool(classes) and net.predict(row).tolist() == target
        expected = []
        if group.recovered > 0:
            cut = moved(net, dict.fromkeys(group.weights, 0.0))
            then = says(cut, row, classes)
            assert f"the network then says {then}." in text
            losses = (net.loss(row, target), cut.loss(row, target))
            assert "from {} to {}:".format(*map(short, losses)) in text
            counts = [f"{len(group.weights)}", f"{weights}"]
            expected += [*counts, *map(short, losses), *numbers(f" {then}.")]
        if "Moving" in text:
            mend = ex.mend()
            mended = moved(net, {c.name: c.after for c in mend.changes})
            for change in mend.changes:
                expected += [short(change.before), short(change.after)]
                assert moved(net, {change.name: change.before}).loss(row, target) == ex.loss
            expected += [short(net.loss(row, target)), short(mended.loss(row, target))]
            if classes:
                assert ("puts it right" in text) == (mended.predict(row).tolist() == target)
        assert text.startswith("The network is right here") == right
        assert numbers(text) == sorted(expected), text
        forms.add(re.sub(r"[\d.,e%-]+", "", text)[:24])
    assert len(forms) > 1


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_of_many_rows_every_number_is_measured_again(kind, request):
    net = request.getfixturevalue(kind)
    y = CLASSES if kind == "classifier" else VALUES
    text = cr.explain(net, X, y).answer
    expected = []
    if kind == "classifier":
        wrong = sum(a != t for a, t in zip(net.predict(X).tolist(), y, strict=True))
        expected += [f"{wrong}", f"{len(X)}"]
    places = list(range(len(X)))
    if group := re.search(r"with true class (\d)", text):
        places = [n for n in places if y[n] == int(group[1])]
    x, t = [X[n] for n in places], [y[n] for n in places]
    if group:
        share = len(places) * net.loss(x, t) / (len(X) * net.loss(X, y))
        expected += [f"{share:.0%}", f"{len(places)}", f"{len(X)}", group[1]]
    alone = [c for c in cr.explain(net, x, t).culprits(top=12) if not c.after]
    first = max(alone, key=lambda culprit: culprit.recovered)
    best = moved(net, {first.name: first.best}).loss(x, t)
    assert moved(net, {first.name: first.value}).loss(x, t) == net.loss(x, t)
    if net.loss(x, t) - best < 0.01 * net.loss(x, t):
        assert text.endswith("No single weight lowers it by 1%.")
        expected.append("1%")
    else:
        assert f"({first.name}): moved from" in text
        expected += map(short, (first.value, first.best, net.loss(x, t), best))
    assert numbers(text) == sorted(expected), text


def test_every_number_of_a_mend_is_measured_again(classifier):
    net = classifier
    answers = net.predict(X).tolist()
    place = next(n for n, answer in enumerate(answers) if answer != CLASSES[n])
    mend = cr.explain(net, X, CLASSES).mend([place])
    mended = moved(net, {change.name: change.after for change in mend.changes})
    then = mended.predict(X).tolist()
    others = [n for n in range(60) if n != place]
    assert mend.loss_before == pytest.approx(net.loss([X[place]], [CLASSES[place]]))
    assert mend.loss_after == pytest.approx(mended.loss([X[place]], [CLASSES[place]]))
    right = [(answers[n] == CLASSES[n], then[n] == CLASSES[n]) for n in others]
    said = f"of 59 other rows it mends {right.count((False, True))} and breaks"
    assert f"{said} {right.count((True, False))}" in str(mend)
    assert then[place] == CLASSES[place]
    assert "and right" in str(mend)
