"""What is said of the columns of a table."""

import re
from math import inf, isnan, nan

import pytest

import chainrule as cr
from chainrule.errors import OptionError, ShapeError
from chainrule.explanations.culprits.columns import Columns, Shuffled
from chainrule.explanations.shares import Share
from chainrule.model import explain
from tests.marked_engines import NUMPY


@pytest.mark.parametrize(
    ("amount", "effect"), [(0.5, "hurt"), (-0.5, "helped"), (0.0, "did nothing")]
)
def test_a_column_hurts_above_zero_and_helps_below(amount, effect):
    assert Share("age", amount).effect == effect


@pytest.mark.parametrize(("trusted", "amount"), [(True, ["+0.25", "hurt"]), (False, [])])
def test_an_amount_stands_beside_what_was_measured_where_it_is_trusted(trusted, amount):
    columns = Columns(
        columns=(Share("age", 0.25),),
        reference="the mean of the rows",
        reference_loss=1.0,
        loss=1.25,
        residual=0.0,
        trusted=trusted,
        shuffled=(Shuffled(("age",), 0.5, 0.125),),
        alike=(),
    )
    *_, titles, line = str(columns).splitlines()
    assert titles.split() == ["column", "loss", "if", "shuffled", "amount"]
    assert line.split() == ["age", "+0.5", "±", "0.12", *amount]
    assert ("too far off to trust" in " ".join(str(columns).split())) is not trusted
    assert ("<table>" in columns._repr_html_()) is trusted


def test_amounts_are_those_of_the_path_though_units_open_and_the_loss_comes_back():
    opens = cr.Dense(2, 2, "relu", weight=[[1.0, 0.0], [0.0, 1.0]], bias=[-0.6, -0.3])
    net = cr.Network([opens, cr.Dense(2, 1, weight=[[1.0, -1.0]], bias=[0.0])], engine="python")
    found = explain(net, [[1.0, 1.0]], [[-0.15]]).columns()
    # From 0 to 1 the answer falls from 0 to -0.3, so the miss is 0.15 at both ends. While x[0] is
    # heard, in the last 0.4 of the way, 2·miss is -0.3 throughout.
    assert found.loss == pytest.approx(found.reference_loss)
    assert found.trusted
    assert (found["x[0]"], found["x[1]"]) == pytest.approx((-0.12, 0.12), abs=1e-3)


def test_the_mean_row_is_counted_from_though_there_is_one_column():
    net = cr.Network([cr.Dense(1, 1, weight=[[2.0]], bias=[0.0])], engine="python")
    found = explain(net, [[1.0], [5.0]], [[0.0], [0.0]]).columns()
    # 2x at the mean 3 is 6; the losses are 4 and 100.
    assert (found.reference_loss, found.loss) == (36.0, 52.0)
    assert found["x[0]"] == pytest.approx(16.0)
    weighed = explain(net, [[1.0], [5.0]], [[0.0], [0.0]], sample_weight=[3.0, 1.0]).columns()
    assert weighed.reference_loss == pytest.approx(16.0)  # the mean is 2


def test_the_thirty_columns_of_the_largest_amounts_are_shuffled_and_ten_are_printed():
    net = cr.Network([cr.Dense(32, 1, weight=[[1.0 + n for n in range(32)]])], engine="python")
    x = [[0.0] * 32, [1.0] * 32]
    found = explain(net, x, [[0.0], [0.0]]).columns(repeats=1)
    assert {column.names[0] for column in found.shuffled} == {f"x[{n}]" for n in range(2, 32)}
    for columns in (found, explain(net, x[1:], [[0.0]]).columns()):
        assert len(re.findall(r"^  x\[\d+\] +[+-]", str(columns), re.MULTILINE)) == 10


def test_rises_whose_squares_are_infinite_are_told():
    net = cr.Network([cr.Dense(1, 1, weight=[[1e100]], bias=[0.0])], engine="python")
    columns = cr.explain(net, [[1.0], [2.0], [4.0]], [0.0, 1e100, 0.0]).columns()
    assert columns.shuffled[0].spread == inf


@pytest.mark.parametrize("reference", [[1.0], [1.0, 2.0, 3.0]])
def test_a_reference_of_another_size_is_refused(reference):
    net = cr.Network([cr.Dense(2, 1)], engine="python")
    with pytest.raises(ShapeError, match=f"each input, 2 in all; found {len(reference)}$"):
        explain(net, [[1.0, 2.0]], [[1.0]]).columns(reference=reference)


@pytest.mark.parametrize("reference", [[1.0, nan], [1.0, None], [inf, 1.0], ["a", 1.0], 5])
@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_a_reference_that_is_not_all_finite_numbers_is_refused(reference, engine):
    net = cr.Network([cr.Dense(2, 1)], engine=engine)
    with pytest.raises(ShapeError, match="has a finite number for each input, 2 in all; found "):
        explain(net, [[1.0, 2.0]], [[1.0]]).columns(reference=reference)


def test_a_column_that_is_not_there_is_refused_with_eight_that_are():
    columns = Columns(tuple(Share(f"c{n}", 0.5) for n in range(9)), "", 0.0, 1.0, 0.0, True)
    with pytest.raises(OptionError, match=r"no column 'age'; there are c0, c1.*, c7$"):
        columns["age"]


def test_columns_read_in_few_digits():
    shares = (Share("age", 2 / 3), Share("sex", -1 / 3), Share("far", 0.0))
    said = str(Columns(shares, "the mean row's inputs", 1 / 3, 8 / 7, 1 / 7, True))
    assert " ".join(said.split()) == (
        "loss 1.143, and 0.3333 with the mean row's inputs: explained 0.6667 of 0.8095 "
        "column amount age +0.6667 hurt sex -0.3333 helped far 0 did nothing"
    )
    alike = Shuffled(("age", "sex"), 2 / 3, 1 / 7, 0.987)
    assert str(alike) == (
        "age and sex say nearly the same (correlation 0.99): what one of them adds cannot be seen "
        "while the others stay as they are. Shuffled together the loss rises by 0.667 ± 0.14."
    )
    three = str(Shuffled(("age", "sex", "ward"), 2 / 3, 1 / 7, 0.987))
    assert three.startswith(
        "age, sex and ward say nearly the same (correlation up to 0.99): what one"
    )


def test_what_rounding_alone_may_add_is_no_effect():
    net = cr.Network([cr.Dense(2, 1, weight=[[3.0, 1e-17]], bias=[0.1])], engine="python")
    ex = cr.explain(net, [[0.1, 0.2], [0.7, 0.9]], [[1.0], [0.0]])
    found = ex.columns()
    assert (found["x[1]"], found.columns[1].effect) == (0.0, "did nothing")
    assert {column.names: column.rise for column in found.shuffled}["x[1]",] == 0.0
    same = ex.columns(repeats=0, reference=[0.1, 0.2]), ex.of_row(0).columns(reference=[0.1, 0.2])
    assert "nothing changed" not in str(same[0])
    assert str(same[1]).startswith("loss 0.36, and the same with the given row's inputs: nothing c")


def test_where_columns_change_the_loss_and_it_stays_the_same_they_cancel_out():
    net = cr.Network([cr.Dense(2, 1, weight=[[1.0, -1.0]], bias=[0.0])], engine="python")
    found = cr.explain(net, [[1.0, 1.0]], [[1.0]]).columns()
    assert [column.amount for column in found] == pytest.approx([-2.0, 2.0])
    assert str(found).startswith("loss 1, and the same with every input zero: what the columns add")


@pytest.mark.parametrize("engine", ["python", NUMPY])
@pytest.mark.parametrize("weight", [1e200, nan])
def test_an_infinite_loss_is_one_sentence(engine, weight):
    net = cr.Network([cr.Dense(2, 1, weight=[[weight, 1.0]], bias=[0.5])], engine=engine)
    found = cr.explain(net, [[1.0, 2.0], [2.0, 1.0]], [[0.0], [1.0]]).columns()
    loss = "nan" if isnan(weight) else "inf"
    said = f"the loss is {loss}, of which no column has a part: ask health about it"
    assert str(found).splitlines()[0] == said
    assert (len(str(found).splitlines()), found.shuffled) == (1, ())


def test_an_infinite_loss_at_the_reference_shares_nothing_out():
    net = cr.Network([cr.Dense(1, 1, weight=[[1e200]], bias=[0.0])], engine="python")
    found = cr.explain(net, [[0.0], [0.0]], [[0.0], [1.0]]).columns(reference=[1.0])
    said = "loss 0.5, and inf with the given row's inputs: no such difference is shared out"
    assert " ".join(str(found).splitlines()[:2]).startswith(said)
    assert "nan" not in str(found)


def test_a_rise_to_infinity_has_no_spread():
    one = Shuffled(("age", "born"), inf, nan, 0.95)
    assert (one.give_or_take, Shuffled(("age",), 0.5, 0.125).give_or_take) == ("", "± 0.12")
    assert str(one).endswith("Shuffled together the loss rises by inf.")
