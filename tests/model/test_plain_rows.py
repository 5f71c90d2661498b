"""Plain rows that look like a table's own cells are warned of; those a recipe makes are not."""

import math
import random
import warnings

import pytest

import chainrule as cr
from chainrule.arrays import asarray
from chainrule.data import Numbers, Recipe
from chainrule.data.target import Quantity
from chainrule.errors import ChainruleError
from chainrule.model.numbers import warn_of_own_units
from chainrule.model.table import train_on_table

# Two rows of Fisher's iris, 1936.
FLOWERS = [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]


@pytest.fixture(scope="module")
def trained():
    return train_on_table("iris", epochs=5, engine="python", progress=False)


@pytest.mark.parametrize("rows", [FLOWERS, FLOWERS[0]])
def test_rows_in_the_units_of_the_table_are_warned_of_and_the_cure_is_named(trained, rows):
    with pytest.warns(UserWarning, match=r"not scaled: give a data frame .* named sepal_length,"):
        trained.net.predict(rows)


def test_a_number_whose_square_is_infinite_is_an_input_like_others(trained):
    assert trained.net.predict([[1e200, 1.0, 1.0, 1.0]]).shape == (1,)


@pytest.mark.parametrize("row", [FLOWERS[0][:3], [*FLOWERS[0][:3], "0.2"]])
def test_rows_that_cannot_be_inputs_hear_how_rows_of_the_table_are_given(trained, row):
    with pytest.raises(ChainruleError, match=r"; give a data frame .* named sepal_length,"):
        trained.net.predict([row])


def test_rows_as_the_recipe_makes_them_are_taken_in_silence(trained):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained.net.predict(trained.train.x)
        trained.net.predict([[0.0] * 4])
        trained.net.predict(
            dict(zip(trained.net.recipe.columns, zip(*FLOWERS, strict=True), strict=True))
        )


@pytest.mark.parametrize("spread", [1000.0, 1.0, 0.001])
def test_inputs_of_columns_around_zero_are_no_cause_for_alarm(spread):
    draw = random.Random(0)
    columns = {"x": [draw.gauss(0, spread) for _ in range(60)], "y": ["a", "b"] * 30}
    net = train_on_table(columns, epochs=1, engine="python", progress=False).net
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            net.predict([[draw.gauss(0, 1)] for _ in range(5)])
    if spread == 1000:
        with pytest.warns(UserWarning, match="not scaled"):
            net.predict([[columns["x"][0]]])


def test_categories_that_training_never_had_are_warned_of_by_column():
    columns = {"c": ["a", "b"] * 20, "y": ["u", "v"] * 20}
    net = train_on_table(columns, epochs=1, engine="python", progress=False).net
    with pytest.warns(UserWarning, match=r"c: 1 value not seen in training \('z'\)"):
        net.predict({"c": ["z", "a"]})


def test_a_note_below_a_table_is_left_out_and_told_and_one_amid_its_rows_refused(tmp_path):
    columns = {"p": [*range(40)], "q": [1.5, 2] * 20, "y": ["u", "v"] * 20}
    net = train_on_table(columns, epochs=1, engine="python", progress=False).net
    rows = tmp_path / "rows.csv"
    rows.write_text("p,q,r\n3,1,x\n4,2,y\nSource: census,,\n")
    with pytest.warns(UserWarning, match="line 4 holds 'Source: census' below the table, and is"):
        answers = net.predict(rows)
    assert answers == net.predict({"p": [3, 4], "q": [1, 2]})
    rows.write_text("p,q,r\n3,1,x\nSource: census,,\n4,2,y\n")
    with pytest.raises(ChainruleError, match="has 'Source: census'"):
        net.predict(rows)


@pytest.mark.parametrize(
    "ask",
    [
        lambda net, rows: net.predict(rows),
        lambda net, rows: net.predict_proba(rows),
        lambda net, rows: net.loss(rows, ["u", "v"]),
        lambda net, rows: net.gradients(rows, ["u", "v"]),
        lambda net, rows: cr.explain(net, rows, ["u", "v"]),
    ],
)
def test_a_warning_points_to_the_line_that_asked(ask):
    columns = {"c": ["a", "b"] * 20, "y": ["u", "v"] * 20}
    net = train_on_table(columns, epochs=1, engine="python", progress=False).net
    with pytest.warns(UserWarning, match="not seen in training") as heard:
        ask(net, {"c": ["z", "a"]})
    assert {warning.filename for warning in heard} == {__file__}


# A column of mean 0 and deviation e: x² / 2 is a nat more than x² / 2e² + ln e at x = 2.1508.
@pytest.mark.parametrize(
    ("rows", "warns"),
    [
        ([2.14], False),
        ([2.16], True),
        ([-2.16], True),
        ([2.14] * 5 + [1000.0], False),  # five rows are looked at
        ([2.14] * 4 + [1000.0], True),
        ([0.0, 3.1], True),  # 9.61 · 0.4323 is more than 2 · 2
        ([0.0, 3.0], False),
    ],
)
def test_rows_are_taken_for_the_tables_own_where_they_are_a_nat_a_number_likelier_as_such(
    rows, warns
):
    recipe = Recipe((Numbers("a", 0.0, math.e),), Quantity("y", 0.0, 1.0), "", "", 0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warn_of_own_units(recipe, asarray([[x] for x in rows]))
    assert bool(told) is warns
