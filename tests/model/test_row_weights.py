"""How much a row counts: weight 0 is its absence, weight 2 its standing there twice."""

import inspect
from dataclasses import fields
from random import Random

import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, DataError, OptionError
from chainrule.train import TrainingOptions

ENGINES = [
    "python",
    pytest.param("numpy", marks=pytest.mark.extra("numpy")),
    pytest.param("jax", marks=pytest.mark.extra("jax")),
]
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


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_all_engines_weigh_alike(engine):
    options = {"sample_weight": WEIGHTS, "class_weight": {1: 3.0}}
    assert flat(train(engine=engine, **options)) == pytest.approx(flat(train(**options)), rel=1e-9)


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


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sample_weight": [1] * 39}, r"one number for each of the 40 rows; found shape \(39,\)"),
        ({"sample_weight": [1, -1] + [1] * 38}, r"sample_weight\[1\] is -1: a weight must be 0"),
        ({"sample_weight": [float("nan")] * 40}, r"sample_weight\[0\] is nan"),
        ({"sample_weight": [0] * 40}, "all rows to learn from have weight 0"),
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
