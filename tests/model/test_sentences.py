"""Every number in every sentence is worked out again from the public names alone."""

import re
from itertools import permutations
from random import Random

import pytest

import chainrule as cr
from chainrule.words import answer_text, number
from tests.model.said import CLASSES, VALUES, X, long, move_of, moved, numbers, short, weight


def says(net, row, classes=()):
    """What a network says of a row, in the answer's words."""
    if not classes:
        return number(net.predict(row).tolist()[0][0], 4)
    shares = net.predict_proba(row).tolist()[0]
    return f"{classes[shares.index(max(shares))]}, {max(shares):.0%}"


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
        if group.recovered >= 0.01 * ex.loss or group.mends:
            cut = moved(net, dict.fromkeys(group.weights, 0.0))
            then = says(cut, row, classes)
            same = cut.predict(row).tolist() == net.predict(row).tolist()
            assert f"the network {'still' if same else 'then'} says {then}." in text
            losses = (net.loss(row, target), cut.loss(row, target))
            assert "from {} to {}:".format(*map(short, losses)) in text
            counts = [f"{len(group.weights)}", f"{weights}"]
            expected += [*counts, *map(short, losses), *numbers(f" {then}.")]
        else:
            expected.append("1%")
        if "Moving" in text:
            mend = ex.mend()
            mended = moved(net, {c.name: c.after for c in mend.changes})
            for change in mend.changes:
                expected += [short(change.before), short(change.after)]
                assert moved(net, {change.name: change.before}).loss(row, target) == ex.loss
            before = [] if "Cut " in text else [short(net.loss(row, target))]
            expected += [*before, short(mended.loss(row, target))]
            if not classes:
                expected += numbers(f" {answer_text(mend.error)}.")
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
    (name,) = text.weights
    value, best, before, after = move_of(net, name, text, (x, t))
    expected += [value, best, before, after]
    if "No single weight stands out; the one that lowers the loss most" in text:
        tries = [
            moved(net, {other: weight(net, other) + step}).loss(x, t)
            for other in weight_names(net)
            for step in (-4, -2, -1, -0.5, -0.25, -0.1, 0.1, 0.25, 0.5, 1, 2, 4)
        ]
        assert float(after) < min(tries) * 1.002
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
    said = f"of 59 other rows it fixes {right.count((False, True))} and breaks"
    assert f"{said} {right.count((True, False))}" in str(mend)
    assert then[place] == CLASSES[place]
    assert "and right" in str(mend)


def test_a_number_that_nobody_worked_out_is_seen():
    text = "x[1] → dense1[2] (dense1.weight[2,1]) from 1,200 to -3e-05: 12% of row 3, row 4."
    assert numbers(text) == sorted(["1,200", "-3e-05", "12%", "3", "4"])


def weight_names(net):
    """Every weight, in the order of the parameters."""
    names = []
    for parameter, array in net.parameters.items():
        rows, *columns = array.shape
        places = [f"{r},{c}" for r in range(rows) for c in range(columns[0])] if columns else None
        names += [f"{parameter}[{place}]" for place in places or map(str, range(rows))]
    return names


def shapley(gain, members, name):
    """The mean, over all orders, of what one member adds to those before it."""
    orders = list(permutations(members))
    befores = [order[: order.index(name)] for order in orders]
    return sum(gain({*b, name}) - gain({*b}) for b in befores) / len(orders)


def standing(net, x, y, error):
    """Each row's loss, and whether it is right."""
    losses = [net.loss([row], [target]) for row, target in zip(x, y, strict=True)]
    pairs = zip(net.predict(x).tolist(), y, strict=True)
    if error is None:
        return losses, [answer == target for answer, target in pairs]
    return losses, [max(abs(a - t) for a, t in zip(*pair, strict=True)) <= error for pair in pairs]


def changed(before, after, error):
    """Which rows are mended, and which broken; in regression, by more than a hundredth."""
    if error is None:
        pairs = list(zip(before[1], after[1], strict=True))
        gone = [n for n, pair in enumerate(pairs) if pair == (True, False)]
        return [n for n, pair in enumerate(pairs) if pair == (False, True)], gone
    pairs = list(zip(before[0], after[0], strict=True))
    less = [n for n, (was, now) in enumerate(pairs) if now < 0.99 * was]
    return less, [n for n, (was, now) in enumerate(pairs) if now > 1.01 * was]


def of_mend(net, x, y, mend, unseen=(), seed=0):
    """Every number of a mend, worked out again."""
    few = [x[n] for n in mend.rows], [y[n] for n in mend.rows]
    values = {c.name: c.after for c in mend.changes}
    before = standing(net, x, y, mend.error)
    after = standing(moved(net, values), x, y, mend.error)
    others = [n for n in range(len(x)) if n not in mend.rows]

    def gain(names):
        return net.loss(*few) - moved(net, {n: values[n] for n in names}).loss(*few)

    said = [*map(str, mend.rows[:8]), *map(str, [len(mend.rows) - 8] * (len(mend.rows) > 8))]
    said += [str(len(values)), long(net.loss(*few)), long(moved(net, values).loss(*few))]
    if len(mend.rows) == 1:
        both = [n.predict(few[0]).tolist()[0] for n in (net, moved(net, values))]
        of_row = [answer_text(each) for each in both]
        if mend.error is None and net.recipe:  # classes have names there
            of_row = [net.recipe.class_names[each] for each in both]
        said += [digits for text in of_row for digits in numbers(text)]
        assert f"  answer {of_row[0]} → {of_row[1]}\n" in str(mend)
    for name, value in values.items():
        said += [*map(long, (weight(net, name), value, shapley(gain, values, name)))]
    fixed, broken = (
        [n for n in each if n in others] for each in changed(before, after, mend.error)
    )
    if mend.error is not None:
        said += [long(mend.error), "1%"]  # how near is right, and by how much in percent worse
    said += [*map(str, (len(others), len(fixed), len(broken), *broken[:8]))]
    said += [str(len(broken) - 8)] * (len(broken) > 8)
    draw, right, breaks = Random(seed), 0, []
    for _ in range(20):
        names = [
            weight_names(net)[n] for n in draw.sample(range(len(weight_names(net))), len(values))
        ]
        by = [draw.choice((-1, 1)) * abs(v - weight(net, n)) for n, v in values.items()]
        control = moved(net, {n: weight(net, n) + b for n, b in zip(names, by, strict=True)})
        then = standing(control, x, y, mend.error)
        right += all(then[1][n] for n in mend.rows)
        breaks.append([n for n in changed(before, then, mend.error)[1] if n in others])
    said += ["20", str(right), short(sum(map(len, breaks)) / 20), "0"]  # what explain puts to 0
    if unseen:
        own = [n for n in others if n in unseen]
        by_chance = sum(n in unseen for each in breaks for n in each) / 20
        counts = [sum(n in unseen for n in each) for each in (own, fixed, broken)]
        said += [*map(str, counts), short(by_chance)]
    verdict = "right" if all(after[1][n] for n in mend.rows) else "not right yet"
    assert f"changed, and {verdict}\n" in str(mend)
    return said


def wrong_rows(net, y):
    return [n for n, (a, t) in enumerate(zip(net.predict(X).tolist(), y, strict=True)) if a != t]


def test_every_number_of_a_mend_of_many_rows_or_of_a_class_is_measured_again(classifier):
    wrong = wrong_rows(classifier, CLASSES)
    of_a_class = [n for n in wrong if CLASSES[n] == CLASSES[wrong[0]]]
    sizes = set()
    for rows in (None, of_a_class, wrong[:1], wrong[:2]):
        mend = cr.explain(classifier, X, CLASSES).mend(rows, seed=3)
        assert numbers(str(mend)) == sorted(of_mend(classifier, X, CLASSES, mend, seed=3))
        sizes.add(len(mend.changes))
    assert len(sizes) > 1


@pytest.mark.parametrize("error", [None, 0.05])
def test_every_number_of_a_mend_of_values_is_measured_again(regressor, error):
    misses = [abs(a[0] - t[0]) for a, t in zip(regressor.predict(X).tolist(), VALUES, strict=True)]
    rows = sorted(range(60), key=lambda n: -misses[n])[:2]
    mend = cr.explain(regressor, X, VALUES).mend(rows, error=error)
    assert mend.error == pytest.approx(misses[rows[0]] / 10 if error is None else error)
    assert numbers(str(mend)) == sorted(of_mend(regressor, X, VALUES, mend))


def test_every_number_of_a_mend_beside_held_out_rows_is_measured_again():
    net = cr.train_on_table("iris", engine="python", epochs=8, progress=False).net
    rows = cr.rows_for(net)
    x, y = rows.x.tolist(), rows.y.tolist()
    mend = cr.explain(net, rows).mend([66])
    assert len(mend.broken) > len(mend.broken_held_out) > 0
    said = of_mend(net, x, y, mend, unseen=list(rows.held_out))
    assert numbers(str(mend)) == sorted(said)


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
@pytest.mark.parametrize("rows", [[5], range(60)], ids=["one", "all"])
def test_every_number_of_the_groups_and_culprits_is_measured_again(kind, rows, request):
    net = request.getfixturevalue(kind)
    y, classes = (CLASSES, (0, 1, 2)) if kind == "classifier" else (VALUES, ())
    x, t = [X[n] for n in rows], [y[n] for n in rows]
    ex, now = cr.explain(net, x, t), net.loss(x, t)
    slopes = {n: g.tolist() for n, g in net.gradients(x, t).items()}
    flat = dict(zip(weight_names(net), _flat(slopes.values()), strict=True))
    whole, said = sum(g * g for g in flat.values()), []
    groups = ex.groups(top=20)
    for group in groups:
        cut = moved(net, dict.fromkeys(group.weights, 0.0))
        share = sum(flat[name] ** 2 for name in group.weights) / whole
        loss = cut.loss(x, t)
        said += [
            f"{len(group.weights)}",
            "0.1%" if 0 < share < 5e-4 else f"{share:.1%}",
            long(loss),
            long(loss - now),
        ]
        right = sum(a == b for a, b in zip(cut.predict(x).tolist(), t, strict=True))
        if len(x) == 1:
            said.append(says(cut, x, classes).partition(",")[0])
        else:
            said += [str(right)] * bool(classes)
        said += numbers(group.name)
    assert numbers(str(groups)) == sorted(said)
    culprits, said = ex.culprits(top=5), []
    for c in culprits:
        best = {n: _best(culprits, n, c) for n in c.after}
        loss = moved(net, {**best, c.name: c.mended}).loss(x, t)
        gave = moved(net, best).loss(x, t) - loss
        said += map(long, (weight(net, c.name), c.mended, gave, loss))
        said += ["1"] * (len(c.after) == 2)  # a name and 1 more
    assert numbers(str(culprits)) == sorted(said)


def _flat(arrays):
    return [n for a in arrays for row in a for n in (row if isinstance(row, list) else [row])]


def _best(culprits, name, of):
    """The best value of a weight that was moved before another."""
    return next(c.mended for c in culprits if c.name == name and of.name not in c.after)
