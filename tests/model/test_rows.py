"""Rows as a network sees them, found again by their numbers in the table."""

from math import isnan
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.errors import DataError, OptionError
from chainrule.model.explaining import explain
from chainrule.model.network import Network
from chainrule.model.rows import rows_for
from chainrule.model.scoring import scores_of
from chainrule.model.table import train_on_table
from chainrule.nn import Dense
from chainrule.report.diagram import own_values
from tests.marked_engines import JAX

QUICK = {"engine": "python", "epochs": 2, "progress": False}


@pytest.fixture(scope="module")
def net():
    return train_on_table("iris", layers=[4], **QUICK).net


@pytest.fixture
def cars(tmp_path):
    """A file in which row 2 has no target."""
    path = tmp_path / "cars.csv"
    rows = [f"{n},{'old' if n % 3 else 'new'}" for n in range(20)]
    rows[2] = "2,"
    path.write_text("\n".join(["age,kind", *rows]) + "\n")
    return path


def test_without_data_they_are_the_rows_of_training(net):
    rows = rows_for(net)
    assert rows.numbers == list(range(150))
    assert rows.held_out == set(net.data_source.held_out)


@pytest.mark.parametrize(
    ("count", "said"), [(1, ", row 0: species is setosa, "), (2, ": 2 rows."), (3, ": 3 rows.")]
)
def test_of_one_row_it_is_said_what_it_holds_and_of_more_how_many_they_are(count, said, net):
    table = load("iris")
    columns = zip(table.names, table.columns, strict=True)
    rows = rows_for(net, {name: list(column[:count]) for name, column in columns})
    assert rows.describe().startswith(f"data frame{said}")


@pytest.mark.parametrize(
    ("loss", "told"), [("cross_entropy", True), ("binary_cross_entropy", True), ("hinge", False)]
)
def test_how_probable_a_class_is_is_told_where_the_loss_makes_a_network_say_it(loss, told):
    net = train_on_table("iris", layers=[2], loss=loss, **QUICK).net
    rows = rows_for(net)
    assert rows.probabilities() == (net.predict_proba(rows.x).tolist() if told else None)


@pytest.mark.extra("jax")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_row_is_measured_in_the_number_kind_of_the_network(dtype):
    net = train_on_table("iris", **QUICK | {"engine": "jax"}, dtype=dtype).net
    rows = rows_for(net)
    digits = {"float64": 1e-14, "float32": 1e-6}[dtype]
    assert sum(rows.losses()) / 150 == pytest.approx(net.loss(rows.x, rows.y), rel=digits)


@pytest.mark.parametrize("engine", ["python", JAX])
def test_an_answer_of_nan_is_wrong_and_ends_nothing(engine):
    net = train_on_table("iris", **QUICK | {"engine": engine}).net
    net.set_parameters({"dense1.weight": [[float("nan")] * 4] * 16})
    rows = rows_for(net)
    assert all(map(isnan, rows.answers()))
    assert scores_of([rows]).accuracy == 0
    one = rows.row(3)
    assert one.describe() == "iris, row 3 (held out): species is setosa, but the network says nan."


def test_of_given_data_nothing_is_known_to_be_held_out(net):
    assert rows_for(net, "iris").held_out == frozenset()


def test_each_row_has_the_loss_that_it_has_alone(net):
    rows = rows_for(net)
    losses = rows.losses()
    one = rows.row(77)
    assert net.loss(one.x, one.y) == pytest.approx(losses[77], rel=1e-12)
    assert net.loss(rows.x, rows.y) == pytest.approx(sum(losses) / 150, rel=1e-12)


def test_the_worst_row_is_held_out_where_rows_are(net):
    rows = rows_for(net)
    losses = rows.losses()
    assert rows.worst().numbers == [max(net.data_source.held_out, key=losses.__getitem__)]
    everywhere = max(range(150), key=losses.__getitem__)
    assert rows_for(net, "iris").worst().numbers == [everywhere]


def test_rows_keep_their_numbers_when_one_is_left_out(cars):
    net = train_on_table(str(cars), layers=[2], **QUICK).net
    rows = rows_for(net)
    assert rows.numbers == [0, 1, *range(3, 20)]
    assert rows.row(3).truths() == ["new"]
    with pytest.raises(OptionError, match="row 2 has no kind"):
        rows.row(2)
    with pytest.raises(OptionError, match=r"there is no row 20: cars\.csv has the rows 0 to 19"):
        rows.row(20)
    with pytest.raises(OptionError, match="there is no row -1"):
        rows.row(-1)


def test_the_last_rows_are_there_though_they_have_no_target(cars):
    cars.write_text(cars.read_text() + "20,\n")
    rows = rows_for(train_on_table(str(cars), layers=[2], **QUICK).net)
    with pytest.raises(OptionError, match="row 20 has no kind"):
        rows.row(20)
    with pytest.raises(OptionError, match=r"there is no row 21: .* has the rows 0 to 20"):
        rows.row(21)


def test_a_row_of_another_part_is_not_said_to_be_missing(net):
    done = train_on_table("iris", layers=[4], **QUICK)
    number = done.held_out.numbers[0]
    with pytest.raises(OptionError, match=f"row {number} is not among these rows of iris"):
        done.train.row(number)
    with pytest.raises(OptionError, match="row 8 is not among these rows of iris"):
        rows_for(net).row(7).row(8)


def test_changed_data_are_said_to_have_changed(cars):
    net = train_on_table(str(cars), layers=[2], **QUICK).net
    assert rows_for(net).notes[0].startswith("1 row")
    cars.write_text(cars.read_text() + "20,old\n")
    rows = rows_for(net)
    assert "has changed since the model was trained on it" in rows.notes[0]
    assert rows.held_out == frozenset()
    assert len(rows) == 20


def test_data_that_are_gone_are_asked_for(cars):
    net = train_on_table(str(cars), layers=[2], **QUICK).net
    cars.unlink()
    with pytest.raises(DataError, match="cannot be read again, so give the data to use"):
        rows_for(net)


def test_a_network_of_a_table_in_memory_asks_for_data():
    table = {"x": [1.0, 2.0] * 8, "y": ["a", "b"] * 8}
    net = train_on_table(table, layers=[2], **QUICK).net
    with pytest.raises(DataError, match="a table in memory"):
        rows_for(net)
    assert len(rows_for(net, table)) == 16


def test_a_network_without_a_recipe_cannot_read_a_table():
    with pytest.raises(DataError, match="was not trained on a table"):
        rows_for(Network([Dense(4, 3, "softmax")], engine="python"), "iris")


def test_a_path_object_is_as_good_as_a_text(net, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(rows_for(net, Path("iris"))) == 150


def test_an_input_is_told_as_the_table_has_it_and_as_the_network_reads_it(tmp_path):
    path = tmp_path / "houses.csv"
    rows = [f"{n % 7},{'north' if n % 2 else 'south'},{n * 1.5}" for n in range(40)]
    path.write_text("\n".join(["rooms,district,price", *rows]) + "\n")
    row = rows_for(train_on_table(str(path), layers=[2], **QUICK).net).row(5)
    scaled = row.examples.row(0)[0]
    assert row.reading(0) == f"5 here, {scaled:.4g} when standardised"
    assert [row.reading(1), row.reading(2)] == ["1 here", "0 here"]


def test_a_class_with_a_comma_in_its_name_is_set_apart():
    table = {"days": list(range(20)), "then": ["no, at home", "yes"] * 10}
    net = train_on_table(table, target="then", layers=[2], **QUICK).net
    row = next(row for row in map(rows_for(net, table).row, range(20)) if row.answers() != ["yes"])
    assert "the network says 'no, at home'." in row.describe()
    assert "then is yes, " in rows_for(net, table).row(1).describe()
    assert explain(net, row).examples[0].answer == "no, at home"


def test_a_large_input_is_told_to_the_unit():
    table = {"price": [1_000_000.0 + 61_631 * n for n in range(20)], "kind": ["a", "b"] * 10}
    row = rows_for(train_on_table(table, layers=[2], **QUICK).net, table).row(1)
    assert row.reading(0).startswith("1,061,631 here, ")
    assert own_values(explain(row.net, row).network)[0] == "1,061,631"


def test_a_pixel_is_told_as_the_image_has_it():
    table = load("digits")
    row = rows_for(train_on_table(table, layers=[2], **QUICK).net, table).row(0)
    feature = max(range(64), key=row.examples.row(0).__getitem__)
    assert row.reading(feature) == "15 here, 0.9375 when divided by 16"


def test_the_sentence_names_row_target_and_answer(net):
    rows = rows_for(net)
    number = net.data_source.held_out[0]
    sentence = rows.row(number).describe()
    assert sentence.startswith(f"iris, row {number} (held out): species is setosa, ")
    assert rows.describe() == "iris: 150 rows, 30 of them held out."


def test_of_a_picture_no_cell_is_told():
    row = rows_for(train_on_table("digits", layers=[2], **QUICK | {"epochs": 1}).net).row(3)
    assert row.cells == {}


def test_of_a_picture_that_a_table_holds_no_cell_is_told_either():
    def cells(names):
        table = {name: [0, 9, 3, 5] for name in names} | {"is": ["a", "b", "a", "b"]}
        options = {"target": "is", "layers": [2], **QUICK, "epochs": 1, "validation": 0}
        return rows_for(train_on_table(table, **options).net, table).row(1).cells

    assert cells([f"pixel{n}" for n in range(4)]) == {}
    assert cells(["pixel0", "pixel1", "pixel2", "weight"])["weight"] == 9


def test_the_rows_of_a_table_are_named_to_explain_check_and_health_as_to_score(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("a,b\n1,2\n2,3\n3,5\n4,4\n5,6\n", "utf-8")
    options = {"layers": [2], "epochs": 2, "engine": "python", "progress": False}
    net = cr.train_on_table(path, **options).net
    rows = cr.rows_for(net)
    for named in ((), (path,), (str(path),), ({"a": [1, 2, 3, 4, 5], "b": [2, 3, 5, 4, 6]},)):
        assert cr.explain(net, *named).loss == cr.explain(net, rows).loss
        assert str(cr.check_gradients(net, *named)) == str(cr.check_gradients(net, rows))
        assert cr.health(net, *named).findings == cr.health(net, rows).findings
