"""Columns that give the target away are told of; those that only go along with it are not."""

import math
import random
import re
from array import array
from dataclasses import replace

import pytest

from chainrule.data.builtin import load
from chainrule.data.formulas import (
    FEWEST_ROWS,
    as_product,
    as_sum,
    last_digit,
    least_squares,
    line_through,
)
from chainrule.data.frames import read_frame
from chainrule.data.leaks import _tells_classes, leaks
from chainrule.data.table import from_columns
from chainrule.errors import DataError
from tests.data.texts import learned

DRAW = random.Random(0)
X = [DRAW.uniform(1, 9) for _ in range(60)]
Z = [DRAW.uniform(1, 9) for _ in range(60)]
COLOURS = [DRAW.choice("rgb") for _ in range(60)]


IDS = DRAW.sample(range(10**6), 60)


def told(task=None, **columns):
    table = read_frame(columns)
    return leaks(learned(table, "y", task), table)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"x": X, "y": [3 * x + 2 for x in X]}, "x gives y, as y = 3 · x + 2: if"),
        ({"x": X, "y": [3 * x for x in X]}, "x gives y, as y = 3 · x: if"),
        ({"x": Z, "y": Z}, "x equals y: if"),
        ({"x": [math.log(z) for z in Z], "y": Z}, "x is a logarithm of y: if"),
        ({"x": [math.log1p(z) for z in Z], "y": Z}, "x is a logarithm of y: if"),
        ({"x": X, "z": Z, "y": [x + z for x, z in zip(X, Z, strict=True)]}, "y is x plus z: if"),
        ({"x": X, "z": Z, "y": [x - z for x, z in zip(X, Z, strict=True)]}, "y is x minus z: if"),
        ({"x": X, "z": [y + x for x, y in zip(X, Z, strict=True)], "y": Z}, "y is z minus x: if"),
        (
            {"x": X, "z": [9 - x - y for x, y in zip(X, Z, strict=True)], "y": Z},
            "y is 9 minus x minus z: if they are not known beforehand, leave them out.",
        ),
        (
            {"x": [math.log1p(n % 30) for n in range(60)], "y": [n % 30 for n in range(60)]},
            "x is a",
        ),
        ({"x": COLOURS, "y": [f"{c}1" for c in COLOURS]}, "x names the classes of y one to one:"),
        ({"x": [ord(c) for c in COLOURS], "y": COLOURS}, "x names the classes of y one to one:"),
    ],
)
def test_a_column_that_gives_the_target_away_is_told_of(columns, sentence):
    (said,) = told(**columns)
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (lambda q, p, _: round(q * p, 2), "y is q times p"),
        (lambda q, p, _: round(p / (q + 1), 1), None),
        (lambda q, p, _: q * p * DRAW.uniform(0.99, 1.01), None),
        (lambda q, p, _: q * p + (q == 0), None),
        (lambda q, p, _: -q * p, "y is -1 times q times p"),
        (lambda _, p, n: round(p / n, 1), "y is p divided by n"),
        (lambda _, p, n: p * n * 0.0254, "y is 0.0254 times p times n"),
        (lambda _, p, n: n / p**2, "y is n divided by p squared"),
        (lambda _, p, n: p * n * 0.45359237, "y is 0.453592 times p times n"),
        (lambda _, p, n: round(p / n * 28.3495, 3), "y is 28.3495 times p divided by n"),
        (lambda _, p, __: 3 / p, "y is 3 divided by p"),
        (lambda _, p, __: p * p, "y is p squared"),
        (lambda _, p, __: p**5, "y is p to the 5"),
        (lambda _, p, __: p**50 * 1e40, "y is 1e+40 times p to the 50"),
        (lambda q, p, _: float(q == 8 and p > 40), None),
    ],
)
def test_columns_of_which_the_target_is_a_product_or_quotient_are_told_of(y, said):
    draw = random.Random(4)
    rows = [(draw.randrange(9), round(draw.uniform(9, 50), 2), draw.randint(1, 9)) for _ in X]
    columns = dict(zip("qpn", zip(*rows, strict=True), strict=True))
    told_of = told("regression", **columns, z=Z, y=[y(*row) for row in rows])
    ends = ": if they are not known beforehand, leave them out."
    assert told_of == ([said + ends] if said else [])


def test_numbers_whose_spread_is_no_float_are_no_product():
    y = [DRAW.choice([-1e308, 1.0, 1e308]) for _ in X]
    assert as_product({"x": X, "z": [-z for z in Z]}, y, {"x": 0.0, "z": 0.0}, 0.0) is None


@pytest.mark.parametrize("scale", [1e100, 1e150, 1e152])
def test_numbers_whose_squares_are_no_floats_are_told_of_and_end_nothing(scale):
    x, z = ([scale * value for value in column] for column in (X, Z))
    y = [2 * a + 3 * b for a, b in zip(x, z, strict=True)]
    (said,) = told(x=x, z=z, y=y)
    assert said.startswith("y is 2 · x plus 3 · z: ")
    assert told(x=x, z=Z, y=[a / scale + b for a, b in zip(x, Z, strict=True)])
    steps = {"x": 0.0, "z": 0.0}
    assert as_sum({"x": [1e100 * a for a in x], "z": z}, [1e100 * b for b in y], steps, 0.0) is None


def test_columns_that_add_up_to_the_target_are_told_of_however_many_others_there_are():
    noise = {f"n{n}": [DRAW.gauss(0, 9) for _ in X] for n in range(40)}
    three = [DRAW.randrange(11) for _ in X], [DRAW.randrange(11) for _ in X], list(map(round, X))
    parts = dict(zip("abc", three, strict=True))
    total = list(map(sum, zip(*three, strict=True)))
    (said,) = told("regression", **noise, **parts, y=total)
    assert said.startswith("y is a plus b plus c: if they are not known beforehand, leave them")
    marks = [round(0.25 * x - 0.5 * z - 3, 2) for x, z in zip(X, Z, strict=True)]
    (said,) = told(**noise, x=X, z=Z, y=marks)
    assert re.match(r"y is 0\.2[45]\d* · x minus 0\.[45]\d* · z minus [23]\.\d+: if", said)
    nearly = [x + z + DRAW.gauss(0, 0.02) for x, z in zip(X, Z, strict=True)]
    assert told(**noise, x=X, z=Z, y=nearly) == []


def test_missing_values_and_numbers_of_32_bits_hide_no_leak():
    logs = array("f", map(math.log, Z))
    (said,) = told(x=[*logs[:50], *[None] * 10], y=Z)
    assert said.startswith("x is a logarithm of y: if")
    total = [x + z for x, z in zip(X, Z, strict=True)]
    (said,) = told(x=X, z=Z, y=[*total[:50], *[None] * 10])
    assert said.startswith("y is x plus z: if")
    assert told(x=[*Z[:15], *[None] * 45], y=Z) == []


@pytest.mark.parametrize("digits", [2, 3])
def test_rounding_hides_no_leak(digits):
    prices = [round(200 * x, digits) for x in Z]
    (said,) = told(x=[round(math.log(price), 4) for price in prices], y=prices)
    assert said.startswith("x is a logarithm of y: if")
    (said,) = told(x=[round(x, digits) for x in X], y=[round(2.54 * x, digits) for x in X])
    assert said.startswith("x gives y, as y = 2.5")
    parts = {"x": [round(40 * x, digits) for x in X], "z": [round(40 * z, digits) for z in Z]}
    (said,) = told(**parts, y=[round(40 * (x + z), digits) for x, z in zip(X, Z, strict=True)])
    assert said.startswith("y is x plus z")
    assert told(x=[round(x) for x in X], y=[round(x + DRAW.gauss(0, 0.6)) for x in X]) == []


def test_a_column_that_gives_the_target_but_for_a_little_is_told_of():
    copy = [3 * x + 2 + DRAW.gauss(0, 1e-3) for x in X]
    (said,) = told(x=X, z=Z, y=copy)
    assert said.startswith("x gives y but for less than a thousandth of its spread: if it is not")
    (said,) = told(x=[*X[1:], None], z=Z, y=[*copy[1:], 1.0])
    assert said.startswith("x gives y but for")


def test_a_column_in_which_no_two_classes_overlap_is_told_of():
    shares = [DRAW.uniform(0, 0.4) + 0.5 * (n % 3 == 0) for n in range(60)]
    classes = ["ab"[n % 3 == 0] for n in range(60)]
    (said,) = told(share=shares, z=Z, y=classes)
    assert said.startswith("share has a range of its own for each class of y: if it is not known")
    assert told(share=shares, z=Z, y=[*classes[1:], "a"]) == []
    few = ["b" if share > sorted(shares)[-10] else "a" for share in shares]
    assert told(share=shares, z=Z, y=few) == []


def test_a_column_that_repeats_another_is_told_of():
    (said,) = told(x=X, copy=X, z=Z, y=COLOURS)
    assert said == "copy holds the same as x in every row: --ignore copy leaves it out."
    assert told(x=X, copy=[*X[:-1], 1.5], z=Z, y=COLOURS) == []


def test_many_columns_that_are_repeated_are_told_in_one_sentence():
    pixels = {f"p{n}": [float(row % 7 == n % 3) for row in range(len(Z))] for n in range(12)}
    (said,) = told(**pixels, z=Z, y=COLOURS)
    assert said.startswith("p3, p4, p5, p6, p7 and 4 more each hold the same as a column before:")


def test_an_identifier_is_named_as_such_by_its_name_and_its_numbers():
    (said,) = told(**{"customer id": IDS, "y": X})
    assert said.startswith("customer id looks like an identifier")
    assert told(population=IDS, y=X) == []
    assert told(paid=IDS, y=X) == []
    assert told(**{"customer id": [n % 30 for n in IDS], "y": X}) == []


def test_columns_that_only_go_along_with_the_target_are_not_told_of():
    nearly = [3 * x + 2 + DRAW.gauss(0, 0.05 * max(map(abs, X))) for x in X]
    assert told(x=X, z=Z, y=nearly) == []
    most = [c if n else "r" for n, c in enumerate(COLOURS, start=-1)]
    most[0] = "g" if COLOURS[0] != "g" else "b"
    assert told(x=most, y=COLOURS) == []
    assert told(x=[1.0, 2.0, 1.5], y=[2.0, 4.0, 3.0]) == []


def test_few_values_that_are_nearly_all_of_a_target_s_spread_are_told():
    x = [n * 37 % 100 / 10 for n in range(100)]
    far = [2 * n + n * n for n in x]
    far[7], far[50] = 9000.0, -8000.0
    (said,) = (s for s in told(x=x, y=far) if s.startswith("y has 2 values so far off"))
    assert "9000 the farthest" in said
    steep = [math.exp(n / 2) for n in x]
    rare = [0.0] * 99 + [5.0]
    for others in (steep, rare):
        assert "spread" not in " ".join(told(x=x, y=others))


def test_a_column_that_counts_the_rows_is_named():
    (said,) = told(n=list(range(7, 67)), x=X, y=Z)
    assert said == "n counts the rows: --ignore n leaves it out."
    (said,) = told(**{"Unnamed: 0": list(range(60))}, x=X, y=Z)
    assert said.endswith("--ignore 'Unnamed: 0' leaves it out.")


def test_many_classes_of_numbers_may_be_counts():
    def described(most):
        return learned(read_frame({"x": X, "y": [n % most for n in range(60)]})).describe()[0]

    assert described(20).endswith("If they are counts, --task regression predicts a number.")
    assert described(10).endswith(").")


def test_few_rows_prove_no_leak_and_neither_does_one_class():
    def tells(column, classes):
        return _tells_classes("y", classes, column, numeric=False)

    many = FEWEST_ROWS
    assert not tells(["a", "b"], ["x", "y"])
    assert not tells(["a"] * many, ["x"] * many)
    assert tells(["a", "b"] * many, ["x", "y"] * many)


@pytest.mark.parametrize("gaps", [4, 5])
def test_a_column_that_is_missing_in_all_rows_of_a_class_and_no_others_is_told_of(gaps):
    when = [f"2024-01-{n % 28 + 1:02}" for n in range(60)]
    ends = [None] * gaps + when[gaps:]
    said = told(end=ends, x=X, y=["active"] * gaps + ["ended"] * (60 - gaps))
    expected = "end is missing where y is active, and nowhere else: if it is not known beforehand"
    assert [one.startswith(expected) for one in said] == [True] * (gaps == 5)
    assert not told(end=ends, x=X, y=["ended"] + ["active"] * gaps + ["ended"] * (59 - gaps))


def test_a_column_of_which_each_value_goes_with_one_class_is_told_of():
    draw = random.Random(0)  # of few rows some draws leave too few of the rarer class
    detail = [draw.choice(["late", "on time", "written off", "sold"]) for _ in X]
    classes = {"late": "paid", "on time": "paid", "written off": "default", "sold": "default"}
    y = [classes[name] for name in detail]
    (said,) = told(detail=detail, x=X, y=y)
    assert said.startswith("detail has values that each go with one class of y: if it is not known")
    (said,) = told(detail=[ord(name[0]) for name in detail], x=X, y=y)
    assert said.startswith("detail has values that each go")
    assert not told(
        detail=detail, x=X, y=["default", *y[1:]] if y[0] == "paid" else ["paid", *y[1:]]
    )
    # Too few rows of the rarer class are left in which a value comes again.
    assert not told(detail=["on time"] * 41 + detail[41:], x=X, y=["paid"] * 41 + y[41:])


def test_the_last_digit_stands_for_nothing_where_there_are_many():
    assert [last_digit(values) for values in ([3.0, 2.5], [1 / 3])] == [0.1, 0.0]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"x": X, "y": [2 * x + 5 for x in X]}, "x gives y"),
        ({"x": COLOURS, "y": [f"{c}1" for c in COLOURS]}, "x names the classes"),
        ({"n": [*range(3, 63)], "y": Z}, "n counts the rows"),
        ({"the id": IDS, "y": Z}, "the id looks like an identifier"),
        ({"tag": [7 * n % 29 + 1.02 for n in range(60)], "y": Z}, "tag is read as"),
    ],
)
def test_fewer_than_twenty_rows_prove_nothing(columns, sentence):
    for rows in (19, 20):
        said = told(**{name: column[:rows] for name, column in columns.items()})
        assert [one.startswith(sentence) for one in said] == [True] * (rows == 20)


@pytest.mark.parametrize("gap", [0, 7, -1])
def test_rows_are_counted_beside_a_gap_such_as_a_note_below_them(gap):
    count = [*range(3, 63)]
    count[gap] = None
    assert told(n=count, y=Z) == ["n counts the rows: --ignore n leaves it out."]
    count[gap - 1] += 1
    assert not told(n=count, y=Z)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"x": X, "y": [3 * x - 2 for x in X]}, "x gives y, as y = 3 · x - 2: if"),
        ({"x": X, "y": [3 * x - 0.5 for x in X]}, "x gives y, as y = 3 · x - 0.5: if"),
        ({"x": X, "y": [-0.5 * x for x in X]}, "x gives y, as y = -0.5 · x: if"),
        (
            {"x": X, "z": Z, "y": [x / 4 + 2 * z - 9 for x, z in zip(X, Z, strict=True)]},
            "y is 0.25 · x plus 2 · z minus 9: if they are not known beforehand, leave them out.",
        ),
        (
            {"x": X, "z": Z, "y": [9 + 2 * z - x / 4 for x, z in zip(X, Z, strict=True)]},
            "y is 2 · z plus 9 minus 0.25 · x: if they are not known beforehand, leave them out.",
        ),
        (
            {
                "x": [round(math.log1p(n % 30), 4) for n in range(60)],
                "y": [n % 30 for n in range(60)],
            },
            "x is a logarithm of y: if",
        ),
        (
            {"x": [*X[:9], *[None] * 51], "z": Z, "y": [2 * z + 5 for z in Z]},
            "z gives y, as y = 2 · z + 5: if",
        ),
        (
            {"x": [c if n % 7 else None for n, c in enumerate(COLOURS)], "y": COLOURS},
            "x names the classes of y one to one: if",
        ),
        (
            {"x": COLOURS, "y": [c if n % 7 else None for n, c in enumerate(COLOURS)]},
            "x names the classes of y one to one: if",
        ),
    ],
)
def test_gaps_signs_and_rounding_hide_no_leak(columns, sentence):
    (said,) = told("regression" if isinstance(columns["y"][0], int) else None, **columns)
    assert said.startswith(sentence)


def test_what_differs_by_more_than_rounding_is_no_leak():
    prices = [round(200 * x, 2) for x in Z]
    # The last digit of 200.00 is 0.01: as much as 0.00005 of its logarithm.
    nearly = [math.log(price) + (5e-4 if n % 2 else -5e-4) for n, price in enumerate(prices)]
    assert not told(x=nearly, y=prices)
    odd = [None, *["r" if n == 51 else c for n, c in enumerate(["g", "b", None] * 20)][1:]]
    assert not told(x=odd, y=["g", "b", "r"] * 20)
    assert line_through([1.0, 1.0], [1.0, 2.0], 0, 0) is None
    assert line_through([1.0, 2.0], [3.0, 3.0], 0, 0) is None


@pytest.mark.parametrize(("added", "others", "found"), [(6, 94, 1), (7, 0, 0), (6, 95, 0)])
def test_sums_of_up_to_six_are_looked_for_among_up_to_a_hundred_columns(added, others, found):
    draw = random.Random(5)
    columns = {f"c{n}": [draw.uniform(0, 9) for _ in X] for n in range(added + others)}
    parts = [columns[f"c{n}"] for n in range(added)]
    said = told(**columns, y=list(map(sum, zip(*parts, strict=True))))
    assert [one.count(" plus ") for one in said] == [added - 1] * found


def test_a_sum_that_holds_in_some_rows_alone_is_none():
    draw = random.Random(5)
    x, z = ([draw.uniform(0, 9) for _ in range(600)] for _ in "xz")
    y = [a + b for a, b in zip(x, z, strict=True)]
    (said,) = told(x=x, z=z, y=y)
    assert said.startswith("y is x plus z: if")
    y[1] += 3  # it is looked for in every third row, and tried in all
    assert not told(x=x, z=z, y=y)


def test_the_last_of_six_digits_counts():
    assert [last_digit([n]) for n in (2.0, 0.12, 0.123456, 0.1234567)] == [1, 0.01, 1e-6, 0]


def test_what_is_called_an_identifier_is_one_by_its_whole_numbers_alone():
    assert not told(**{"the id": [n + 0.5 for n in IDS], "y": Z})
    assert told(userID=IDS, y=Z)
    assert told(key=[*IDS[:-1], None], y=Z) == []


def test_pixels_give_nothing_away():
    table = from_columns({"x": X, "y": X}, source="rows")
    assert leaks(learned(table, "y"), table)
    table = replace(table, pixel_maximum=9.0)
    assert not leaks(learned(table, "y"), table)


def test_what_is_left_over_exactly_at_the_bound_is_enough():
    columns, y = {"x": [-1.0, 1.0, 0.0], "z": [0.0, 1.0, 2.0]}, [-1.0, 1.0, 0.0]
    assert least_squares(columns, y, range(3), 1.0) == {}
    assert least_squares(columns, y, range(3), 0.99) == {"x": 1.0}
    assert least_squares({}, y, range(3), 0.5) == {}
    assert least_squares({"x": [2.0] * 3}, y, range(3), 0.5) == {}


def test_a_start_as_small_as_rounding_is_not_named():
    # 3,001 numbers lie 3,000 apart: a thousandth, 3, is what the last digits of three columns make.
    x, z = [float(n * 7 % 1501) for n in range(1501)], [float(n * 11 % 1501) for n in range(1501)]
    x[-1] = z[-1] = 1500.0
    for start, said in ((3, "y is x plus z: if"), (4, "y is x plus z plus 4: if")):
        y = [a + b + start for a, b in zip(x, z, strict=True)]
        assert max(y) - min(y) == 3000
        assert [one[: len(said)] for one in told(x=x, z=z, y=y)] == [said]


@pytest.mark.parametrize(("at", "said"), [({13}, "repeats"), ({13, 26}, "repeat")])
def test_rows_that_repeat_the_header_are_told(csv, at, said):
    rows = "".join(
        ("a,c\n" if n in at else "") + f"{'pqr'[n % 3]},{'xy'[n % 2]}\n" for n in range(40)
    )
    table = load(csv("a,c\n" + rows))
    told = leaks(learned(table), table)
    lines = ", ".join(f"line {n + 2 + k} (row {n + k})" for k, n in enumerate(sorted(at)))
    assert told[-1] == f"{lines} {said} the header: take the line out."
    numbers = "".join(("a,c\n" if n in at else "") + f"{n % 7},{'xy'[n % 2]}\n" for n in range(60))
    with pytest.raises(DataError, match="take the line out if it repeats the header, else correct"):
        learned(load(csv("a,c\n" + numbers)))


def test_a_value_that_is_the_name_of_its_column_repeats_no_header(csv):
    table = load(csv("a,c\n" + "a,x\np,c\n" * 20))
    assert not any("header" in sentence for sentence in leaks(learned(table), table))
