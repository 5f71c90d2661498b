"""How much a row counts: weight 0 is its absence, weight 2 its standing there twice."""

import inspect
from dataclasses import fields
from random import Random

import pytest

import chainrule as cr
from chainrule.data import ReadingOptions
from chainrule.errors import ChainruleError, DataError, OptionError, ShapeError
from chainrule.model import check
from chainrule.nn import objective
from chainrule.train import TrainingOptions
from tests.marked_engines import ENGINES, JAX, NUMPY

RANDOM = Random(0)
X = [[RANDOM.gauss(0, 1) for _ in range(3)] for _ in range(40)]
Y = [int(row[0] + row[1] * row[2] > 0.3) for row in X]
WEIGHTS = [RANDOM.choice([0.0, 0.5, 1.0, 2.0]) for _ in X]


def train(x=X, y=Y, engine="python", outputs=2, **options):
    output = "identity" if outputs == 1 else "softmax"
    net = cr.Network([cr.Dense(3, 4, "tanh"), cr.Dense(4, outputs, output)], seed=1, engine=engine)
    net.fit(x, y, **{"epochs": 3, "batch_size": 8, "progress": False, **options})
    return net


def flat(net):
    return net.flat.tolist()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_a_row_of_weight_0_is_absent_to_the_bit(engine, class_weight):
    options = {"sample_weight": WEIGHTS, "class_weight": class_weight, "engine": engine}
    other = [[9.0, -5.0, 3.0] if w == 0 else row for row, w in zip(X, WEIGHTS, strict=True)]
    one, two = train(**options), train(other, **options)
    assert flat(one) == flat(two)
    assert one.history.final.loss == two.history.final.loss
    assert one.history.final.validation_loss == two.history.final.validation_loss
    assert flat(one) != flat(train(engine=engine, class_weight=class_weight))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("validation", [None, 0.25])
def test_a_fit_is_as_without_the_rows_of_weight_0(engine, validation):
    options = {"engine": engine, "validation": validation, "schedule": "cosine"}
    there = [place for place, w in enumerate(WEIGHTS) if w]
    x, y, weights = ([of[place] for place in there] for of in (X, Y, WEIGHTS))
    other = [[float("nan")] * 3 if w == 0 else row for row, w in zip(X, WEIGHTS, strict=True)]
    one = train(other, sample_weight=WEIGHTS, **options)
    two = train(x, y, sample_weight=weights, **options)
    assert flat(one) == flat(two)
    assert one.history.final.loss == two.history.final.loss
    assert one.history.final.validation_loss == two.history.final.validation_loss


def test_a_fit_is_as_without_a_class_of_weight_0():
    ones = [place for place, label in enumerate(Y) if label]
    options = {"class_weight": {0: 0.0, 1: 2.0}, "validation": 0.25}
    two = train([X[place] for place in ones], [1] * len(ones), **options)
    assert flat(train(**options)) == flat(two)


def test_a_number_that_is_none_is_told_by_its_row_in_what_was_given():
    other = [*X[:39], [0.0, float("nan"), 0.0]]
    with pytest.raises(ChainruleError, match=r"x\[39, 1\] = nan, from which nothing"):
        train(other, sample_weight=[0.0] * 20 + [1.0] * 20)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_of_weight_0_is_absent_from_loss_and_gradients_whatever_it_holds(engine):
    net, there = train(engine=engine, epochs=1), [place for place, w in enumerate(WEIGHTS) if w]
    other = [[float("nan")] * 3 if w == 0 else row for row, w in zip(X, WEIGHTS, strict=True)]
    x, y, weights = ([of[place] for place in there] for of in (X, Y, WEIGHTS))
    assert net.loss(other, Y, sample_weight=WEIGHTS) == net.loss(x, y, sample_weight=weights)
    weighed = net.gradients(other, Y, sample_weight=WEIGHTS)
    for name, gradient in net.gradients(x, y, sample_weight=weights).items():
        assert weighed[name].tolist() == gradient.tolist()
    repeated = net.loss([*x, *x[:1]], [*y, *y[:1]])
    once = net.loss(x, y, sample_weight=[2.0] + [1.0] * (len(x) - 1))
    assert once == pytest.approx(repeated, rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_all_engines_weigh_alike(engine):
    options = {"sample_weight": WEIGHTS, "class_weight": {1: 3.0}}
    assert flat(train(engine=engine, **options)) == pytest.approx(flat(train(**options)), rel=1e-9)


@pytest.mark.parametrize("engine", [NUMPY, JAX])
@pytest.mark.parametrize("options", [{"sample_weight": WEIGHTS}, {"class_weight": "balanced"}])
def test_a_network_in_float32_stays_so_when_rows_are_weighed(engine, options):
    net = cr.Network([cr.Dense(3, 2, "softmax")], engine=engine, dtype="float32")
    net.fit(X, Y, epochs=1, progress=False, **options)
    assert {str(w.dtype) for w in net.parameters.values()} == {"float32"}


@pytest.mark.parametrize("weight", [0, 1, 3])
def test_a_row_of_weight_n_stands_there_n_times(weight):
    options = {"validation": None, "batch_size": 200, "optimizer": "sgd"}
    repeated = ([X[0]] * weight + X[1:], [Y[0]] * weight + Y[1:])
    weighed = train(sample_weight=[weight] + [1] * 39, **options)
    plain = train(*repeated, **options)
    assert flat(weighed) == pytest.approx(flat(plain), rel=1e-12)
    assert weighed.history.final.metric == pytest.approx(plain.history.final.metric)


def test_r2_is_that_of_the_rows_repeated():
    y, options = [row[0] for row in X], {"validation": None, "batch_size": 200, "outputs": 1}
    weighed = train(y=y, sample_weight=[3] + [1] * 39, **options)
    plain = train([X[0]] * 3 + X[1:], [y[0]] * 3 + y[1:], **options)
    assert weighed.history.final.metric == pytest.approx(plain.history.final.metric, rel=1e-9)


def test_a_batch_in_which_no_row_counts_moves_nothing():
    weights = [0.0] * 39 + [1.0]
    net = train(sample_weight=weights, validation=None, optimizer="sgd", epochs=1)
    assert net.history.final.loss == pytest.approx(train_start().loss(X[39:], Y[39:]))


def train_start():
    return cr.Network([cr.Dense(3, 4, "tanh"), cr.Dense(4, 2, "softmax")], seed=1, engine="python")


def test_balanced_weighs_each_class_by_n_over_k_times_its_rows():
    ones = sum(Y)
    by_hand = [40 / (2 * ones) if y else 40 / (2 * (40 - ones)) for y in Y]
    balanced = train(class_weight="balanced", validation=None)
    assert flat(balanced) == flat(train(sample_weight=by_hand, validation=None))
    assert flat(balanced) == flat(
        train(class_weight={0: by_hand[Y.index(0)], 1: by_hand[Y.index(1)]}, validation=None)
    )


def test_what_is_held_out_is_weighed_when_it_is_measured():
    net = train(validation=(X[:5], Y[:5], WEIGHTS[:5]))
    measured = net.loss(X[:5], Y[:5], sample_weight=WEIGHTS[:5])
    assert net.history.final.validation_loss == pytest.approx(measured, rel=1e-12)
    total = sum(w * net.loss([x], [y]) for x, y, w in zip(X[:5], Y[:5], WEIGHTS, strict=False))
    assert measured == pytest.approx(total / sum(WEIGHTS[:5]), rel=1e-12)


@pytest.mark.extra("pandas")
def test_weights_of_a_table_in_a_column_of_pandas_go_by_their_place():
    import pandas as pd

    frame = pd.DataFrame({"x": [row[0] for row in X], "y": [str(y) for y in Y]})
    ask = {"epochs": 2, "progress": False, "engine": "python"}
    shuffled = pd.Series(WEIGHTS, index=range(len(X) - 1, -1, -1))
    nets = [
        cr.train_on_table(frame, sample_weight=w, **ask).net
        for w in (WEIGHTS, shuffled, shuffled.set_axis([f"row {n}" for n in range(len(X))]))
    ]
    assert flat(nets[0]) == flat(nets[1]) == flat(nets[2])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sample_weight": [1] * 39}, r"one number for each of the 40 rows; found shape \(39,\)"),
        ({"sample_weight": [1, -1] + [1] * 38}, r"sample_weight\[1\] is -1: a weight must be 0"),
        ({"sample_weight": [float("nan")] * 40}, r"sample_weight\[0\] is nan"),
        ({"sample_weight": [0] * 40}, "the weight is zero for every row to learn from: give one"),
        ({"class_weight": "even"}, "class_weight is 'even': it must be 'balanced'"),
        ({"class_weight": {7: 1}}, "no class is called '7'"),
        ({"class_weight": {1: -1}}, "the weight of class 1 is -1"),
        ({"class_weight": "balanced", "outputs": 1}, "class_weight needs one class in each row"),
    ],
)
def test_bad_weights_are_refused_in_a_sentence(options, sentence):
    with pytest.raises(ChainruleError, match=sentence):
        train(**options)


def test_fit_shows_its_options():
    shown = inspect.signature(cr.Network.fit).parameters
    for field in fields(TrainingOptions):
        assert shown[field.name].default == field.default
        assert f"{field.name}: " in inspect.getdoc(cr.Network.fit)
    with pytest.raises(OptionError, match="did you mean 'epochs'"):
        train(epoch=3)


@pytest.fixture
def table():
    names = ("a", "b", "c")
    columns = {name: [row[at] for row in X] for at, name in enumerate(names)}
    return {**columns, "weight": WEIGHTS, "y": ["yes" if y else "no" for y in Y]}


def test_a_column_says_how_much_rows_count(table):
    options = {"epochs": 3, "engine": "python", "progress": False}
    by_column = cr.train_on_table(table, "y", weight_column="weight", **options)
    assert by_column.net.recipe.feature_names == ("a", "b", "c")
    del table["weight"]
    given = cr.train_on_table(table, "y", sample_weight=WEIGHTS, **options)
    assert flat(by_column.net) == flat(given.net)
    assert flat(given.net) != flat(cr.train_on_table(table, "y", **options).net)
    named = cr.train_on_table(table, "y", class_weight={"yes": 2.0}, **options)
    assert flat(named.net) != flat(cr.train_on_table(table, "y", **options).net)


def test_a_column_that_holds_no_weights_is_refused(table):
    with pytest.raises(DataError, match=r"b says how much rows count, and .*row \d+\)? has -"):
        cr.train_on_table(table, "y", weight_column="b", progress=False)


def test_weights_leave_the_schedule_as_it_is():
    x, y = [[n / 10] for n in range(10)], [[float(n)] for n in range(10)]

    def rates(weights):
        net = cr.Network([cr.Dense(1, 1)], engine="python", seed=0)
        options = {"schedule": "cosine", "validation": None, "progress": False}
        history = net.fit(x, y, epochs=3, batch_size=2, sample_weight=weights, **options)
        return [epoch.learning_rate for epoch in history]

    assert rates([1.0, 3.0] * 5) == rates(None)


def columns(rows):
    names = ("a", "b", "c", "weight", "y")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def lines(folder, rows):
    path = folder / f"{len(rows)}.csv"
    path.write_text("\n".join(["a,b,c,weight,y", *(",".join(map(str, row)) for row in rows)]))
    return path


QUICK = {"engine": "python", "progress": False, "epochs": 3, "weight_column": "weight"}
WEIGHED = [(*row, w, "yes" if y else "no") for row, w, y in zip(X, WEIGHTS, Y, strict=True)]
THERE = [row for row in WEIGHED if row[3]]


def test_a_row_of_weight_0_is_absent_from_recipe_scores_and_explanation():
    whole = cr.train_on_table(columns(WEIGHED), "y", validation=0, **QUICK)
    part = cr.train_on_table(columns(THERE), "y", validation=0, **QUICK)
    assert flat(whole.net) == flat(part.net)
    assert whole.net.recipe.encoders == part.net.recipe.encoders
    rows = [cr.rows_for(whole.net, columns(table)) for table in (WEIGHED, THERE)]
    assert len(rows[0]) == len(THERE)
    with pytest.raises(OptionError, match=f"row {WEIGHTS.index(0)} has no y or weight 0; choose"):
        rows[0].row(WEIGHTS.index(0))
    assert cr.explain(whole.net, rows[0]).loss == cr.explain(whole.net, rows[1]).loss
    checked = cr.check_gradients(whole.net, rows[0].examples, rows[0].y)
    assert f"{len(THERE)} weighed rows" in str(checked)
    said = " ".join(whole.sentences)
    assert f"{len(WEIGHED) - len(THERE)} rows without y or of weight 0 left out." in said


@pytest.mark.parametrize("target", ["y", "a"])
def test_scores_are_those_of_the_rows_repeated(target):
    net = cr.train_on_table(columns(WEIGHED), target, validation=0, **QUICK).net
    table = [(*row[:3], 2 * row[3], row[4]) for row in WEIGHED]
    repeated = [(*row[:3], 1, row[4]) for row in table for _ in range(int(row[3]))]
    weighed, plain = (cr.score(net, columns(rows), linear=False) for rows in (table, repeated))
    assert (weighed.rows, plain.rows) == (len(THERE), len(repeated))
    assert weighed.confusion == plain.confusion
    for name in (
        *("loss", "accuracy", "r2", "typical_error", "mean_error", "commonest_share"),
        *("log_loss", "auc", "calibration_error", "balanced_accuracy"),
    ):
        if (value := getattr(plain, name)) is not None:
            assert getattr(weighed, name) == pytest.approx(value, rel=1e-9), name
    assert weighed.residual_quantiles == pytest.approx(plain.residual_quantiles, rel=1e-9)


@pytest.mark.parametrize(("outputs", "y"), [(2, Y), (1, [row[0] for row in X])])
def test_plain_rows_are_weighed_where_they_are_scored_and_explained(outputs, y):
    net = train(y=y, outputs=outputs)
    twice = [int(2 * w) for w in WEIGHTS]
    x, t = ([v for v, w in zip(col, twice, strict=True) for _ in range(w)] for col in (X, y))
    weighed = cr.score(net, X, y, linear=False, sample_weight=WEIGHTS)
    plain = cr.score(net, x, t, linear=False)
    assert weighed.loss == pytest.approx(plain.loss)
    assert weighed.residual_quantiles == pytest.approx(plain.residual_quantiles)
    ex = cr.explain(net, X, y, sample_weight=WEIGHTS)
    assert ex.loss == pytest.approx(plain.loss)
    assert ex.weights[0].slope == pytest.approx(cr.explain(net, x, t).weights[0].slope)
    assert list(ex.rows) == [n for n, w in enumerate(WEIGHTS) if w]
    for ask in (cr.score, cr.explain, cr.check_gradients, cr.health):
        with pytest.raises(ShapeError, match="one number for each of the 40 rows"):
            ask(net, X, y, sample_weight=WEIGHTS[1:])
        with pytest.raises(OptionError, match="sample_weight is zero for every row: give one"):
            ask(net, X, y, sample_weight=[0] * len(X))
        with pytest.raises(OptionError, match="adds up to no finite number: divide all by the"):
            ask(net, X, y, sample_weight=[1e308] * len(X))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("outputs", "y"), [(2, Y), (1, [row[0] for row in X])])
def test_gradients_are_checked_and_health_is_read_with_the_weights_of_rows(outputs, y, engine):
    net = train(y=y, outputs=outputs, engine=engine)
    twice = [int(2 * w) for w in WEIGHTS]
    x, t = ([v for v, w in zip(col, twice, strict=True) for _ in range(w)] for col in (X, y))
    wrong_rows = [[9e9] * 3 if not w else row for row, w in zip(X, WEIGHTS, strict=True)]
    check = cr.check_gradients(net, wrong_rows, y, sample_weight=WEIGHTS)
    assert check.passed
    assert f"{sum(map(bool, WEIGHTS))} weighed rows" in str(check)
    # The right gradient of the repeated rows is right for the weighed ones, and not for all alike.
    study = cr.explain(net, x, t).study
    repeated = {name: g.tolist() for name, g in study.walk()[1].items()}
    weighed = cr.check_gradients(net, X, y, gradient=repeated, sample_weight=WEIGHTS)
    assert weighed.passed
    assert not cr.check_gradients(net, X, y, gradient=repeated).passed
    y = [1 - v for v in y]  # answers so wrong that chance is better
    t = [v for v, w in zip(y, twice, strict=True) for _ in range(w)]
    weighed, plain = cr.health(net, wrong_rows, y, sample_weight=WEIGHTS), cr.health(net, x, t)
    name = "loss no better than chance"
    (one,), (other,) = ([f for f in h.findings if f.check == name] for h in (weighed, plain))
    assert one.sentence == other.sentence


def test_classes_are_weighed_in_a_check_as_in_training(monkeypatch):
    rare = [int(n % 8 == 0) for n in range(40)]
    net = train(y=rare, class_weight="balanced")
    by_hand = [40 / (2 * (5 if label else 35)) for label in rare]
    heard = []
    monkeypatch.setattr(check, "objective", lambda *a, **k: heard.append(k) or objective(*a, **k))
    assert cr.check_gradients(net, X, rare).passed
    assert heard[0]["weights"].tolist() == pytest.approx(by_hand)


def test_explanations_are_those_of_the_rows_repeated():
    net = cr.train_on_table(columns(WEIGHED), "y", validation=0, **QUICK).net
    table = [(*row[:3], 2 * row[3], row[4]) for row in WEIGHED]
    repeated = [(*row[:3], 1, row[4]) for row in table for _ in range(int(row[3]))]
    weighed, plain = (
        cr.explain(net, cr.rows_for(net, columns(rows))) for rows in (table, repeated)
    )
    assert weighed.loss == pytest.approx(plain.loss, rel=1e-12)
    steepest = plain.weights[0].name
    assert weighed.receipt(steepest).batch_gradient == pytest.approx(plain.weights[0].slope)
    for ask in (
        lambda ex: ex.nudge(steepest, by=0.1).measured,
        lambda ex: sum(sum(row) for row in ex.blame.entries["dense1.weight"].tolist()),
        lambda ex: ex.gradients["dense2.bias"].tolist(),
        lambda ex: ex.columns().reference_loss,
        lambda ex: ex.groups(top=1)[0].loss_if_cut,
    ):
        assert ask(weighed) == pytest.approx(ask(plain), rel=1e-6)


def test_a_stream_weighs_rows_and_classes_as_a_table_does(tmp_path):
    alike = {**QUICK, "batch_size": 100, "optimizer": "sgd", "validation": 0}
    for more in ({}, {"class_weight": "balanced"}, {"class_weight": {"yes": 3}}):
        whole = cr.train_on_stream(lines(tmp_path, WEIGHED), "y", **alike, **more)
        table = cr.train_on_table(lines(tmp_path, WEIGHED), "y", **alike, **more)
        assert flat(whole.net) == pytest.approx(flat(table.net), rel=1e-9)
    part = cr.train_on_stream(lines(tmp_path, THERE), "y", **alike, **more)
    assert flat(part.net) == pytest.approx(flat(whole.net), rel=1e-9)
    assert whole.net.recipe.encoders == part.net.recipe.encoders
    with pytest.raises(OptionError, match="put sample_weight into a column"):
        cr.train_on_stream(lines(tmp_path, THERE), "y", sample_weight=[1.0])
    with pytest.raises(OptionError, match="y is the target, and is to be ignored, or the group or"):
        cr.train_on_stream(lines(tmp_path, THERE), "y", weight_column="y")


@pytest.mark.parametrize("train_on", [cr.train_on_table, cr.train_on_stream])
def test_ignored_targets_are_absent(tmp_path, train_on):
    unknown = [(*row[:4], row[4] if n % 3 else "unknown") for n, row in enumerate(THERE)]
    known = [row for row in unknown if row[4] != "unknown"]
    options = {**QUICK, "validation": 0, "weight_column": None}
    reading = ReadingOptions(ignored=("unknown",))
    path = lines(tmp_path, unknown)
    one = train_on(path, "y", reading=reading, **options)
    two = train_on(lines(tmp_path, known), "y", **options)
    assert flat(one.net) == pytest.approx(flat(two.net), rel=1e-12)
    left_out = f"{len(unknown) - len(known)} rows without y ('unknown') left out."
    assert left_out in " ".join(one.sentences)
    assert cr.score(one.net, path, linear=False).rows == len(known)
    assert len(cr.rows_for(one.net, columns(unknown))) == len(known)


def test_a_number_can_be_an_ignored_target():
    rows = [(*row[:4], -1 if n % 4 == 0 else n) for n, row in enumerate(WEIGHED)]
    reading = ReadingOptions(ignored=("-1",))
    done = cr.train_on_table(columns(rows), "y", reading=reading, **QUICK)
    assert "10 rows without y ('-1') or of weight 0 left out." not in done.sentences
    done = cr.train_on_table(columns(rows), "y", reading=reading, **QUICK | {"weight_column": None})
    assert "10 rows without y ('-1') left out." in done.sentences
    assert min(done.train.truths()) > 0


@pytest.mark.extra("numpy")
def test_the_last_epoch_is_kept_if_asked_for():
    options = {"engine": "numpy", "progress": False, "epochs": 60, "layers": [64, 64]}
    data = columns([(*row, 1, y) for row, y in zip(X, Y[1:] + Y[:1], strict=True)])
    best = cr.train_on_table(data, "y", **options)
    last = cr.train_on_table(data, "y", last_epoch=True, **options)
    assert best.history.restored
    assert not last.history.restored
    assert flat(best.net) != flat(last.net)
    with pytest.raises(OptionError, match="last_epoch keeps the last ones: give one of the two"):
        cr.train_on_table(data, "y", last_epoch=True, early_stopping=5, **options)


def test_folds_are_of_the_rows_that_count():
    found = cr.cross_validate(columns(WEIGHED), "y", folds=3, **QUICK)
    held_out = [row for _, rows in found.divisions for row in rows]
    assert sorted(held_out) == [row for row, weight in enumerate(WEIGHTS) if weight]
    assert sum(fold.scores.rows for fold in found.folds) == len(THERE)
