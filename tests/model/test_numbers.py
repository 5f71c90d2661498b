"""What is given as numbers and is none gets the same sentence on every engine."""

from decimal import Decimal
from fractions import Fraction

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.errors import ChainruleError, DataError, KindError, NotANumberError, ShapeError
from chainrule.model.rows import rows_for
from chainrule.model.table import train_on_table
from tests.marked_engines import JAX, NUMPY

NOT_NUMBERS = {
    "nothing": (None, "x is not a list of numbers|NoneType was found"),
    "a text": ("abc", "x is 'abc', and only a network that was trained on a table reads files"),
    "texts": ([["a", "b"]], "a str was found"),
    "lists of different length": ([[1, 2], [3]], "lengths differ on axis 1"),
    "a dictionary": ({"a": 1}, "only a network that was trained on a table reads files"),
    "a number too large": ([[10**400, 1]], "too large for a float"),
    "a number too large beside floats": ([[10**400, 0.5]], "too large for a float"),
    "complex numbers": ([[1j, 2]], "real numbers and these are complex"),
    "one number": (5.0, "give a list with one for each input"),
}
NO_TARGETS = {
    "texts": (["a", "b"], "a str was found"),
    "a gap": ([None, 1], "a NoneType was found"),
    "lists of different length": ([[1], [1, 2]], "lengths differ on axis 1"),
}


@pytest.mark.parametrize("engine", ["python", NUMPY])
@pytest.mark.parametrize("given", NOT_NUMBERS)
def test_inputs_that_are_no_numbers_are_refused(engine, given):
    values, sentence = NOT_NUMBERS[given]
    with pytest.raises(ChainruleError, match=sentence):
        network(engine).forward(values)


def test_of_what_a_library_says_of_arrays_without_numbers_the_first_line_is_told():
    class Traced:
        shape = (1, 2)

        def tolist(self):
            raise TypeError("it holds no numbers yet\nsee its manual")

    with pytest.raises(KindError, match=r"read here \(it holds no numbers yet\): call it outside"):
        network("python").forward(Traced())


@pytest.mark.extra("numpy", "jax")
@pytest.mark.parametrize("engine", ["python", "numpy", "jax"])
def test_arrays_of_no_numbers_are_refused_alike(engine):
    np = pytest.importorskip("numpy")
    numbers = np.asarray([[1.0, 2.0]])
    for sentence, given in {
        "a str was found": numbers.astype(str),
        "a datetime was found": np.zeros((1, 2), "datetime64[s]"),
        "NoneType was found|hides some of its numbers": np.ma.masked_greater(numbers, 1),
        "NoneType was found": np.asarray([[None, 2.0]], object),
        "these are complex": numbers * 1j,
        "are complex: give both": (numbers * 1j).astype(object),
        r"shape \(rows, 2\); found \(0, 3\)": np.zeros((0, 3)),
    }.items():
        with pytest.raises(ChainruleError, match=sentence):
            network(engine).forward(given)
    whole = network(engine).forward(numbers).tolist()
    records = np.rec.fromarrays(numbers.T)
    for same in (numbers.astype(">f8"), numbers.astype(object), np.ma.asarray(numbers), records):
        assert network(engine).forward(same).tolist() == whole


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_a_table_without_rows_is_refused_as_one(engine):
    with pytest.raises(ChainruleError, match="x has 0 rows"):
        network(engine).fit([], [], progress=False)


@pytest.mark.parametrize("engine", ["python", NUMPY])
@pytest.mark.parametrize("given", NO_TARGETS)
def test_targets_that_are_no_numbers_are_refused(engine, given):
    values, sentence = NO_TARGETS[given]
    with pytest.raises(ChainruleError, match=sentence):
        network(engine).loss([[0.0, 0.0], [1.0, 1.0]], values)


@pytest.mark.extra("numpy", "jax")
@pytest.mark.parametrize("engine", ["python", "numpy", "jax"])
@pytest.mark.parametrize(
    "targets", [[Decimal("0.5"), 2], [Fraction(1, 2), 2], "an array of objects"]
)
def test_targets_of_any_kind_of_number_are_read(engine, targets):
    if isinstance(targets, str):
        targets = pytest.importorskip("numpy").asarray([0.5, 2], object)
    x, net = [[0.0, 0.0], [1.0, 1.0]], network(engine)
    assert net.loss(x, targets) == net.loss(x, [0.5, 2.0])


def test_a_neuron_takes_as_many_inputs_as_it_has_weights():
    neuron = cr.Neuron(weights=[1.5], bias=0.5)
    for given in (2.0, None, [1.0, 2.0], []):
        with pytest.raises(ChainruleError):
            neuron.forward(given)


def network(engine):
    if engine != "python":
        pytest.importorskip(engine)
    return cr.Network([cr.Dense(2, 1)], engine=engine)


@pytest.mark.extra("pandas")
@pytest.mark.parametrize("engine", ["python", "numpy"])
def test_a_data_frame_is_a_table_of_numbers_on_every_engine(engine):
    import pandas as pd

    frame = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1, 2, 3]})
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, 10.0]], bias=[0.0])], engine=engine)
    assert net.predict(frame).tolist() == [[10.0], [21.0], [32.0]]
    net.fit(frame, frame["a"], epochs=1, validation=None, progress=False)
    assert net.fits == 1


def test_a_network_that_was_trained_on_a_table_reads_rows_as_that_table():
    done = train_on_table("penguins", epochs=20, engine="python", progress=False)
    names, columns = done.train.net.recipe.columns, load("penguins")
    frame = {name: list(columns.column(name)) for name in names}
    answers = done.net.predict(frame).tolist()
    truths = done.net.recipe.apply(load("penguins"))
    names = truths.class_names
    right = sum(answers[n] == names[y] for n, y in zip(truths.row_numbers, truths.y, strict=True))
    assert done.net.predict(truths).tolist()[0] == names.index(answers[truths.row_numbers[0]])
    assert right > 0.95 * len(truths)
    assert done.net.forward(frame).shape == (344, 3)
    with pytest.raises(DataError, match="has no column"):
        done.net.predict({"bill": [1.0]})


def houses(rows=60):
    """Prices in thousands of money, and whether the house is old or new."""
    sizes = [float(n % 12) for n in range(rows)]
    ages = ["old" if n % 3 else "new" for n in range(rows)]
    prices = [1000.5 + 500 * s + 50 * (a == "new") for s, a in zip(sizes, ages, strict=True)]
    return {"size": sizes, "age": ages, "price": prices}


@pytest.mark.parametrize(
    "engine", ["python", *(pytest.param(e, marks=pytest.mark.extra(e)) for e in ("numpy", "jax"))]
)
def test_a_frame_is_answered_in_the_unit_of_its_target_and_compared_in_it(engine):
    table = houses()
    net = train_on_table(table, "price", engine=engine, epochs=60, progress=False).net
    answers = [value for (value,) in net.predict(table).tolist()]
    assert answers == pytest.approx(table["price"], rel=0.2)
    rows = rows_for(net, table)
    expected = net.loss(rows.x, rows.y)
    for targets in (table["price"], table, {"price": table["price"]}):
        assert net.loss(table, targets) == pytest.approx(expected, rel=1e-12)
    assert cr.explain(net, table, table["price"]).loss == pytest.approx(expected, rel=1e-12)
    assert net.predict(rows.x).tolist() == net.forward(table).tolist()


def test_targets_beside_a_frame_may_stand_in_rows_of_their_own_or_alone():
    table = houses()
    net = train_on_table(table, "price", engine="python", epochs=2, progress=False).net
    expected = net.loss(table, table["price"])
    assert net.loss(table, [[price] for price in table["price"]]) == expected
    assert net.loss(table, net.predict(table)) == pytest.approx(0, abs=1e-20)
    one = {name: values[:1] for name, values in table.items()}
    assert net.loss(one, table["price"][0]) == net.loss(one, table["price"][:1])


@pytest.mark.extra("numpy")
def test_large_targets_keep_their_digits_in_float32():
    table = houses() | {"price": [1.7e9 + 60 * n for n in range(60)]}
    net = train_on_table(
        table, "price", engine="numpy", dtype="float32", epochs=2, progress=False
    ).net
    assert net.predict(table)[:, 0].tolist() == rows_for(net, table).answers()


def test_classes_beside_a_frame_are_named_as_the_table_names_them():
    table = houses()
    net = train_on_table(table, "age", engine="python", epochs=2, progress=False).net
    rows = rows_for(net, table)
    assert net.loss(table, table["age"]) == net.loss(rows.x, rows.y)
    for wrong, why in (("torn", "row 2 is 'torn'"), (1, "row 2 is '1'"), (None, "row 2 is miss")):
        with pytest.raises(DataError, match=why):
            net.loss(table, [*table["age"][:2], wrong, *table["age"][3:]])


@pytest.mark.parametrize("outputs", [("sigmoid", 1), ("softmax", 3)])
@pytest.mark.parametrize("engine", ["python", JAX])
def test_nan_is_no_class(engine, outputs):
    activation, width = outputs
    net = cr.Network([cr.Dense(2, width, activation)], engine=engine)
    with pytest.raises(NotANumberError, match="answers row 1 of x with nan"):
        net.predict([[1.0, 2.0], [float("nan"), 2.0], [float("nan"), 0.0]])
    values = cr.Network([cr.Dense(2, 1)], engine=engine).predict([[float("nan"), 1.0]])
    assert str(values.tolist()) == "[[nan]]"


@pytest.mark.extra("pyarrow")
def test_columns_of_arrow_are_numbers_or_refused_in_a_sentence():
    import pyarrow as pa

    net = cr.Network([cr.Dense(1, 1, "sigmoid")], engine="python")
    net.fit([[0.0], [1.0]], pa.array([False, True]), epochs=1, validation=None, progress=False)
    assert net.fits == 1
    with pytest.raises(ChainruleError):
        net.fit([[0.0], [1.0]], pa.array([None, 1]), epochs=1, progress=False)


@pytest.mark.parametrize(("names", "said"), [("abc", "a, b, c"), ("abcd", "a, b, c and so on")])
def test_rows_of_another_width_are_told_the_first_three_columns(names, said):
    table = {name: [float(n * at % 7) for n in range(30)] for at, name in enumerate(names, 2)}
    table["y"] = [n % 2 for n in range(30)]
    done = cr.train_on_table(table, "y", layers=(2,), epochs=1, progress=False, engine="python")
    with pytest.raises(ShapeError, match=f"named {said}$"):
        done.net.predict([[1.0] * 9])


@pytest.mark.extra("polars")
def test_frames_of_polars_are_read_without_numpy_which_it_does_not_need(monkeypatch):
    import polars as pl

    monkeypatch.setattr("chainrule.model.numbers.find_spec", lambda _: None)
    for kind in (pl.DataFrame, pl.Series):
        monkeypatch.setattr(kind, "to_numpy", None)
    frame = pl.DataFrame({"x": [1.0, 2.0, 0.5], "y": [0, 1, 0]})
    net = cr.Network([cr.Dense(2, 2, "softmax")], seed=0, engine="python")
    expected = net.loss([[1.0, 0.0], [2.0, 1.0], [0.5, 0.0]], [0, 1, 0])
    assert net.loss(frame, frame["y"]) == expected


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_outputs_and_loss_can_be_differentiated_by_their_inputs(engine):
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 2, "softmax")], engine=engine)
    rows, y = net.as_inputs([[0.5, -1.0], [2.0, 0.25]]), [1, 0]
    assert cr.check_gradients(lambda x: net.loss(x, y), rows).passed
    assert cr.check_gradients(lambda x: net.forward(x)[0], rows[0]).passed
    assert cr.grad(lambda x: net.loss(x, y))(rows).tolist()[1] == pytest.approx(
        [d / 2 for d in cr.grad(lambda x: net.loss(x, [0]))(rows[1]).tolist()]
    )


@pytest.mark.extra("numpy")
def test_a_tensor_of_another_librarys_arrays_hears_where_to_differentiate():
    net = cr.Network([cr.Dense(1, 1)], engine="numpy")
    with pytest.raises(ChainruleError, match=r"differentiate at net\.as_inputs\(x\)"):
        cr.grad(lambda x: net.loss(x, [1.0]))([[2.0]])
