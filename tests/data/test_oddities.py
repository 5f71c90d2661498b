"""Odd numbers and rows are told: stand-ins for missing ones, days, times, codes, totals, copies."""

import math
import random

import pytest

from chainrule.data.builtin import load
from chainrule.data.cells import label
from chainrule.data.frames import read_frame
from chainrule.data.leaks import leaks
from chainrule.data.oddities import _stand_ins
from chainrule.data.table import from_columns
from tests.data.texts import learned

DRAW = random.Random(0)
X = [DRAW.uniform(1, 9) for _ in range(60)]
Z = [DRAW.uniform(1, 9) for _ in range(60)]
SHOPS = [f"shop {n}" for n in range(60)] * 4
COLOURS = [DRAW.choice("rgb") for _ in range(60)]
FEW = {
    "x": [0] * 240,
    "n": [n % 20 for n in range(240)],
    "shop": ["r"] * 240,
    "y": ["pq"[n % 4 > 1] for n in range(240)],
}
"""Twenty numbers tell few rows apart."""


def told(**columns):
    table = read_frame(columns)
    return leaks(learned(table, "y"), table)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        ({"shop": "Total"}, "row 60 says Total in shop: if it sums up the rows above, take"),
        ({"shop": "grand total"}, "row 60 says grand total in shop: if"),
        ({"x": sum(X), "y": sum(Z)}, "row 60 is the sum of the rows above in x, y: take it out"),
        ({"gaps": sum(X[1:])}, "row 60 is the sum of the rows above in gaps: take it out"),
        ({"shop": "r"}, None),
        ({"x": sum(X) * 1.01}, None),
    ],
)
def test_a_last_row_that_sums_up_the_others_is_told(last, sentence):
    columns = {"shop": COLOURS, "x": X, "gaps": [None, *X[1:]], "y": Z}
    last = {"shop": "r", "x": 3.0, "gaps": 3.0, "y": 4.0} | last
    sentences = told(**{name: [*column, last[name]] for name, column in columns.items()})
    assert (
        [said[: len(sentence)] for said in sentences] == [sentence] if sentence else not sentences
    )


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ([20, 40], "row 20, row 40 say Subtotal in shop: if they sum up others, take them out."),
        ([20], "row 20 says Subtotal in shop: if it sums up the rows above, take it out."),
        (range(20), "say Subtotal in shop: if they sum up others, take them out."),
        (range(21), ""),  # of 60, more than a third are no sums
    ],
)
def test_rows_that_sum_up_those_above_are_told_wherever_they_stand(places, sentence):
    shops = ["Subtotal" if n in places else c for n, c in enumerate(COLOURS)]
    said = told(shop=shops, y=X)
    assert [one[-len(sentence) :] for one in said] == ([sentence] if sentence else [])


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("r Total", True),
        ("b Ergebnis", True),
        ("Gesamtergebnis", True),
        ("Sum Total", False),
        ("Total: g", True),
        ("Total of b", True),
        ("Total none", False),
        ("Average", True),
    ],
)
def test_a_sum_of_one_category_is_told(word, named):
    said = " ".join(told(shop=[*COLOURS[:30], word, *COLOURS[31:]], y=X))
    assert (f"row 30 says {word} in shop: if it sums up the rows above" in said) == named


def test_an_average_that_comes_again_is_a_grade():
    assert not told(shop=[*COLOURS[:58], "Average", "Average"], y=X)


@pytest.mark.parametrize(
    ("times", "others", "sentence"),
    [
        (4, {}, "180 of 240 rows are the same as one above them: if they came in twice, take"),
        (1, {}, ""),
        (4, {"z": [DRAW.random() for _ in range(240)]}, ""),
        (4, {"n": [n % 40 for n in range(240)]}, ""),  # numbers come again without their rows
        (4, FEW, ""),
        (4, {"x": (X[:54] + X[:6]) * 4, "shop": SHOPS}, "180 of 240"),
        (4, {"x": (X[:53] + X[:7]) * 4, "shop": SHOPS}, ""),  # fewer than nine in ten
    ],
)
def test_rows_that_are_there_twice_are_told(times, others, sentence):
    columns = {"x": X * times, "shop": COLOURS * times, "y": ["p", "q", "q"] * 20 * times}
    sentences = told(**{n: column[: 60 * times] for n, column in {**columns, **others}.items()})
    said = " ".join(one for one in sentences if "same as" in one)
    assert said[: len(sentence) or None] == sentence


@pytest.mark.parametrize(("twice", "named"), [(48, True), (47, False)])
def test_a_fifth_of_the_rows_that_is_there_twice_is_told_and_less_is_not(twice, named):
    rows = [(min(n, 191), f"shop {n}", "pq"[n % 2]) for n in range(240 - twice)]
    columns = zip("xsy", zip(*rows, *rows[:twice], strict=True), strict=True)
    sentences = told(**{name: list(column) for name, column in columns})
    assert any(f"{twice} of 240 rows are the same" in one for one in sentences) == named


@pytest.mark.parametrize(
    ("first", "step", "rows", "said"),
    [
        (1_700_000_000, 3600, 20, "times, write 1700000000 as 2023-11-14 22:13:20."),
        (1_700_000_000_123, 1, 20, "times, write 1700000000123 as 2023-11-14 22:13:20."),
        (1_700_000_000.5, 1, 20, "times, write 1700000000 as 2023-11-14 22:13:20."),
        (1_700_000_000, 1, 19, ""),
        (999_999_999, 1, 20, ""),
        (1_999_999_980, 1, 20, "times, write 1999999980 as 2033-05-18 03:33:00."),
        (1_999_999_981, 1, 20, ""),
    ],
)
def test_times_that_count_seconds_are_told(first, step, rows, said):
    numbers = [float(first + step * (n * 7 % rows)) for n in range(rows)]
    said = [f"t is read as a number: if it holds {said}"] if said else []
    assert told(t=numbers, y=["a", "b", *"ab" * 9][:rows]) == said


@pytest.mark.parametrize(
    ("most", "rows", "named"), [(12, 24, True), (13, 24, False), (12, 10, True), (12, 9, False)]
)
def test_months_written_as_one_number_are_told(most, rows, named):
    months = [100.0 * (2020 + n // most) + n % most + 1 for n in range(rows)]
    said = "t is read as a number: if it holds days, write 202001 as 2020-01."
    assert told(t=months, y=(["a", "b"] * 12)[:rows]) == [said] * named


@pytest.mark.parametrize(
    ("name", "least", "named"),
    [
        ("zip", 501, True),
        ("Postal Code", 501, True),
        ("telephone_nr", 501, True),
        ("EAN_13", 501, True),
        ("mean", 501, False),
        ("plz", 99, False),  # two digits count something
        ("zipped", 501, False),
        ("hotel", 501, False),
    ],
)
def test_codes_of_digits_are_known_by_their_names(name, least, named):
    said = f"{name} is read as a number: if it is a code, give --types "
    codes = [least + n * 7 % 30 for n in range(60)]
    assert [one[: len(said)] for one in told(**{name: codes, "y": X})] == [said] * named
    assert not told(**{name: [code + 0.5 for code in codes], "y": X})


def test_days_written_as_one_number_are_told():
    days = [20240101.0 + n * 7 % 30 for n in range(30)]
    labels = ["a", "b"] * 15
    assert told(day=days, y=labels) == [
        "day is read as a number: if it holds days, write 20240101 as 2024-01-01."
    ]
    assert not told(day=[*days[:-1], 20241301.0], y=labels)
    table = read_frame({"day": [*days, math.inf], "y": [*labels, "a"]})
    assert len(leaks(learned(table, "y", rows=range(30)), table)) == 1  # one row is held out


def test_days_with_years_of_two_digits_are_told():
    days = [200101.0 + n % 28 + 100 * (n % 12) for n in range(84)]
    said = "day is read as a number: if it holds days, write {} as {}."
    labels, later = ["a", "b"] * 42, [day + 500_000 for day in days]
    assert told(day=days, y=labels) == [said.format("200101", "2020-01-01")]
    assert told(day=later, y=labels) == [said.format("700101", "1970-01-01")]
    assert not told(day=[*days[1:], 201301.0], y=labels)
    assert not told(day=days[:49], y=["a"] * 25 + ["b"] * 24)


@pytest.mark.parametrize(
    ("times", "first"),
    [
        ([202401310900.0 + n for n in range(30)], "202401310900"),
        ([20240131235900.0 + n for n in range(30)], "20240131235900"),
        ([20240131240000.0 + n for n in range(30)], ""),
        ([202401310950.0 + n for n in range(30)], ""),
    ],
)
def test_times_of_a_day_written_as_one_number_are_told(times, first):
    said = f"t is read as a number: if it holds times, write {first} as 2024-01-31 "
    said += "23:59:00." if len(first) > 12 else "09:00."
    assert [one for one in told(t=times, y=["a", "b"] * 15) if "if it holds" in one] == (
        [said] if first else []
    )


@pytest.mark.parametrize(
    ("hours", "minutes", "count", "odd", "clock"),
    [
        (23, range(5, 60), 50, 5, "00:05"),
        (23, range(0, 60, 10), 50, 5, "00:05"),
        (23, range(5, 60), 50, 100, "01:00"),
        (5, range(5, 60), 50, 5, "00:05"),
        (4, range(5, 60), 50, 5, ""),  # five hours, as 0 to 59 is one
        (23, range(0, 31, 6), 50, 5, "00:05"),
        (23, range(0, 30, 4), 50, 5, ""),  # none beyond half an hour
        (23, range(0, 55, 11), 50, 0, ""),  # five minutes
        (23, range(5, 60), 49, 5, ""),
        (23, range(5, 60), 50, 2400, ""),
        (23, range(5, 60), 50, 60, ""),
        (23, range(5, 60), 50, -50, ""),
    ],
)
def test_times_without_a_colon_are_told(hours, minutes, count, odd, clock):
    times = [100.0 * (1 + n % hours) + minutes[n % len(minutes)] for n in range(count - 1)]
    said = f"t is read as a number: if it holds times, write {odd} as {clock}."
    assert len({*times, odd}) == count
    sentences = told(t=[odd, *times], y=["a", "b"] * (count // 2) + ["a"] * (count % 2))
    assert [one for one in sentences if "if it holds" in one] == [said] * bool(clock)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (
            [n % 31 + 1 + (n * 5 % 12 + 1) / 100 for n in range(60)],
            "days, write 1.01 as 2024-01-01",
        ),
        ([n % 31 + 1 + (n * 5 % 13 + 1) / 100 for n in range(60)], ""),
        ([n % 32 + 1 + (n * 5 % 12 + 1) / 100 for n in range(60)], ""),
        ([n % 23 + 1 + (n * 5 % 11 + 1) / 100 for n in range(60)], ""),  # ages, such as 5.11
        ([n % 18 + 1 + n * 5 % 12 / 100 for n in range(60)], ""),
        ([n % 23 + n * 7 % 60 / 100 for n in range(60)], "times, write 0 as 00:00."),
        ([n % 23 + n * 7 % 61 / 100 for n in range(60)], ""),
        ([n % 23 + n * 7 % 60 / 1000 for n in range(60)], ""),
    ],
)
def test_days_and_times_with_a_point_between_two_numbers_are_told(numbers, said):
    sentences = " ".join(told(t=numbers, y=["a", "b"] * 30))
    assert ("if it holds" in sentences, said in sentences) == (bool(said), True)


def test_fractions_are_no_times():
    times = [100.0 * (n % 23) + n % 55 for n in range(60)]
    assert "holds times" in " ".join(told(t=times, y=["a", "b"] * 30))
    assert "holds times" not in " ".join(told(t=[*times[1:], 1230.5], y=["a", "b"] * 30))


@pytest.mark.parametrize("name", ["date", "Order Date", "Stichtag", "shipped_day", "updated_at"])
def test_days_as_a_spreadsheet_counts_them_are_told(name):
    days, labels = [45000.0 + n * 7 % 30 for n in range(30)], ["a", "b"] * 15
    said = [f"{name} is read as a number: if it holds days, write 45000 as 2023-03-15."]
    assert told(**{name: days}, y=labels) == said
    assert told(**{name: [day + 0.25 for day in days]}, y=labels) == said
    assert not told(**{name: [*days[1:], 60_000.0]}, y=labels)
    assert not any("days" in said for said in told(price=days, monday=days, stage=days, y=labels))


def test_a_second_header_is_told(csv):
    def sentences(first):
        rows = "".join(f"{n % 7},{n % 5}.5,{'pq'[n % 2]},{'ab'[n % 3 > 1]}\n" for n in range(12))
        table = load(csv(f"size,heat,kind,y\n{first}\n{rows}"))
        return [s for s in leaks(learned(table), table) if "header" in s]

    said = (
        "line 2 (row 0) holds {} above numbers: if it is a second header, such as units or "
        "questions, take the"
    )
    for first, above in (("cm,°C,text,class", "cm, °C"), ("cm,°C,,", "cm, °C"), ("cm,,,", "cm")):
        assert sentences(first) == [f"{said.format(above)} line out."]
    for first in ("cm,3,p,a", "1,2.5,p,a", ",,red,a", "?,2.5,p,a"):
        assert not sentences(first)


def test_rows_that_are_there_in_pairs_have_no_second_header(csv):
    def sentences(text):
        table = load(csv(text))
        return [s for s in leaks(learned(table), table) if "header" in s]

    pairs = [f"t{n},S{n // 2:03},C{n // 2:03}\n" for n in range(60)]
    assert not sentences(f"city,state,capital\n{''.join(pairs)}")
    many = [f"t{n},S{n % 40},C{n % 30}\n" for n in range(1500)]
    assert not sentences(f"city,state,capital\nv,R,Q\n{''.join(many)}w,R,Q\n")


def test_the_questions_of_a_survey_above_its_answers_are_told(csv):
    def sentences(*first, rare=""):
        rows = [f"{'xyz'[n % 3]},{'MF'[n % 2]},{'no' if n % 5 else 'yes'}" for n in range(40)]
        rows[7] = rare or rows[7]
        table = load(csv("\n".join(["Q1,Q2,Q3", *first, *rows])))
        return [s for s in leaks(learned(table), table) if "header" in s]

    asked, kept = "Which?,Your sex?,Response", "ImportId:1,ImportId:2,ImportId:3"
    said = (
        "Which?, Your sex?, Response in columns where all else comes back: if it is a second "
        "header, such as units or questions, take the"
    )
    assert sentences(asked) == [f"line 2 (row 0) holds {said} line out."]
    assert sentences(asked, kept) == [f"line 2 (row 0), line 3 (row 1) hold {said} lines out."]
    for first in ("x,M,no", "w,M,no", "w,D,no"):  # one rare answer, or two, and one that is not
        assert not sentences(first)
    assert not sentences("w,D,no", "w,D,no")
    assert not sentences("Which?,D,no", rare="w,E,yes")


@pytest.mark.parametrize(
    ("odd", "count", "named"),
    [
        *[(-999, 3, True), (9999999, 2, True), (-999, 1, False), (99, 3, False), (-1, 3, False)],
        *[(-200, 2, True), (-200, 1, False), (-50, 3, False), (-20, 3, False)],
        *[(65535, 2, True), (-32768, 2, True), (888, 2, True), (65534, 2, False), (878, 2, False)],
    ],
)
def test_nines_far_from_all_other_values_are_told_of(odd, count, named):
    depth = [odd] * count + [n % 50 + 10 for n in range(60 - count)]
    said = " ".join(told(depth=depth, y=X))
    where = f"depth is {odd} in {count} rows, apart from its other values (10 to 59): where that"
    assert (f"{where} means a missing one, give --na={odd}." in said) == named
    assert (f"y is {odd} in {count} rows, apart from " in " ".join(told(x=X, y=depth))) == named


@pytest.mark.parametrize(
    ("answers", "odd"),
    [
        ([1, 2, 3, 4, 5, 99], "99"),
        ([1, 2, 3, 97, 98, 99], "97, 98, 99"),
        ([1, 2, 3, 77, 88], "77, 88"),
        ([1, 2, -9], "-9"),
        ([0, 1, 9, -9], "-9, 9"),
        ([1, 2, 3, 4, 5, 9], ""),  # 4 off, as far as the others lie apart
        ([-2, -1, 1, 2], ""),
        ([-5, -4, -3, -2, -1, 0, 1], ""),
        ([1, 9], ""),
        ([9, 99], ""),
    ],
)
def test_codes_of_a_questionnaire_that_lie_far_off_are_told_together(answers, odd):
    column = [float(answers[n % len(answers)]) for n in range(60)]
    said = f"q is {odd} in {sum(label(n) in odd.split(', ') for n in column)} rows, apart from its "
    sentences = told(q=column, y=COLOURS)
    assert [one[: len(said)] for one in sentences] == ([said] if odd else [])


@pytest.mark.parametrize(
    ("odd", "scale", "others", "named"),
    [
        *[(9, 5, 2, True), (9, 5, 1, False), (9, 8, 2, False), (9, 7, 2, True), (9, 2, 2, False)],
        *[(99, 11, 2, True), (99, 12, 2, False), (-1, 5, 2, True), (7, 5, 2, False)],
    ],
)
def test_one_code_in_answers_of_a_scale_that_other_columns_have_is_told(odd, scale, others, named):
    answers = [n % scale + 1 for n in range(60)]
    others = {f"q{n}": answers[n:] + [None] * n for n in range(others)}
    said = f"q is {odd} in 1 row, apart from its other values (1 to {scale}): where that means a"
    sentences = told(q=[odd, *answers[1:]], **others, y=COLOURS)
    assert [one.startswith(said) for one in sentences] == [True] * named


@pytest.mark.parametrize(
    ("odd", "answers", "rows", "named"),
    [
        *[(9, range(1, 6), 200, True), (9, range(8), 200, True), (-1, range(1, 6), 200, True)],
        *[(9, range(1, 6), 199, False), (9, range(8), 199, False), (99, range(1, 6), 67, True)],
        *[(9, range(1, 9), 200, False), (-1, range(5), 200, False)],
        *[(99, range(1, 6), 60, True), (99, [1, 2, 3, 5], 60, False), (99, [2, 3, 4], 60, False)],
        *[(9, [0] * 17 + [1, 2], 200, True), (9, [0] * 18 + [1, 2], 200, False)],
    ],
)
def test_one_code_beside_a_whole_scale_whose_last_answer_is_not_rare_is_told(
    odd, answers, rows, named
):
    column = [odd, *(answers[n % len(answers)] for n in range(rows - 1))]
    said = f"q is {odd} in 1 row, apart from its other values"
    sentences = told(q=column, y=[*COLOURS, *COLOURS, *COLOURS, *COLOURS][:rows])
    assert any(one.startswith(said) for one in sentences) == named


def test_two_codes_beside_a_scale_are_told_in_fewer_rows_than_one():
    answers = [n % 5 + 1 for n in range(66)]
    assert not told(q=[9, *answers], y=COLOURS + COLOURS[:7])
    (said,) = told(q=[9, 9, *answers[1:]], y=COLOURS + COLOURS[:7])
    assert said.startswith("q is 9 in 2 rows, apart from its other values (1 to 5)")


def test_a_code_that_another_column_holds_as_a_number_is_not_to_be_missing_everywhere():
    ages = [99 - n for n in range(60)]
    (said,) = told(q=[1, 2, 99] * 20, age=ages, y=COLOURS)
    assert said.endswith(
        "means a missing one, empty those cells, as other columns hold 99 as well."
    )
    said = " ".join(told(q=[1, 2, 99] * 20, r=[99, 5, 6, 7] * 15, y=COLOURS))
    assert said.count("give --na=99.") == 2


@pytest.mark.parametrize(("rows", "said"), [(19, 0), (20, 1)])
def test_a_sum_below_fewer_than_twenty_rows_may_be_chance_and_is_not_told(rows, said):
    sentences = told(x=[*X[:rows], sum(X[:rows])], y=[*Z[:rows], 1.0])
    assert sum("is the sum of the rows above in x" in one for one in sentences) == said


@pytest.mark.parametrize(
    ("others", "odd", "named"),
    [
        (range(21, 61), 99, False),  # 39 off, as far as the others lie apart
        (range(22, 61), 99, True),
        ([10], 99, False),  # of one value nobody knows what is far
        (range(30, 70), -9, False),
    ],
)
def test_nines_are_far_where_they_lie_further_off_than_the_others_apart(others, odd, named):
    rest = [others[n % len(others)] for n in range(57)]
    said = told(depth=[odd] * 3 + rest, y=X)
    assert any(f"--na={odd}" in one for one in said) == named


def test_a_column_of_nothing_but_nines_or_gaps_says_nothing_about_them():
    recipe = learned(read_frame({"depth": [*range(10, 60)], "y": [1.5, 2.5] * 25}), "y")
    for depth in ([-999.0] * 50, [None] * 50):
        columns = from_columns({"depth": depth, "y": [1.5, 2.5] * 25}, source="rows")
        assert not leaks(recipe, columns)


@pytest.mark.parametrize(("rows", "said"), [(1, 0), (2, 1)])
def test_a_total_stands_below_two_rows_at_least(rows, said):
    sentences = told(shop=[*"rg"[:rows], "Total"], x=[1.5, 2.5, 4.5][: rows + 1], y=X[: rows + 1])
    assert sum(f"row {rows} says Total in shop" in one for one in sentences) == said


def test_what_is_no_larger_than_one_above_it_is_no_sum():
    zeros = [0.0] * 24
    assert not told(x=[*zeros, 5.0, 5.0], z=X[:26], y=Z[:26])
    assert not told(x=[5.0, *zeros, 5.0], z=X[:26], y=Z[:26])
    assert told(x=[3.0, 2.0, *zeros, 5.0], z=X[:27], y=Z[:27])


def test_a_number_of_a_scale_that_another_column_shows_whole_is_no_missing_one():
    draw = random.Random(1)
    short = [float(draw.choice([0, 1, 2, 3, 4, 5, 6, 7, 9])) for _ in range(60)]
    like, whole = ([float(draw.randrange(most)) for _ in range(60)] for most in (8, 10))
    (said,) = told(a=short, b=like, c=like[::-1], y=X)
    assert said.startswith("a is 9 in")
    assert told(a=short, b=like, c=like[::-1], d=whole, y=X) == []


def test_stand_ins_of_a_wide_table_are_found_by_a_look_at_each_column_and_not_at_all_for_each():
    class Seen(tuple):
        __slots__ = ()
        looks = 0

        def __iter__(self):
            Seen.looks += 1
            return super().__iter__()

    columns = {f"c{n}": Seen((1.0, 2.0, 3.0, 9.0 + n % 2 * 90) * 5) for n in range(200)}
    assert len(list(_stand_ins(columns))) == 100
    assert Seen.looks < 20 * len(columns)


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ([1.5, 2.25, -999.9], "-999.9"),
        ([0.5, 1.25, 99.99], "99.99"),
        ([1.5, 2.25, 1e30], "1e+30"),
        ([1.5, 2.25, 9.0], ""),  # a number like others
        ([90.1, 95.5, 99.9], ""),
        ([4.99, 14.99, 99.99], ""),  # prices
    ],
)
def test_nines_behind_a_point_and_huge_numbers_may_mean_missing_ones_too(numbers, named):
    said = [one for one in told(x=numbers * 20, y=COLOURS) if "missing one" in one]
    assert len(said) == bool(named)
    assert all(f"x is {named} in 20 rows" in one and f"--na={named}" in one for one in said)


def test_huge_numbers_that_differ_are_no_stand_ins():
    assert not [
        one for one in told(x=[10.0 ** (n / 2) for n in range(60)], y=COLOURS) if "missing" in one
    ]


def test_what_lies_far_off_is_apart_from_all_others_the_nines_among_them_too():
    (said,) = [one for one in told(x=[*range(5, 10), -999] * 10, y=COLOURS) if "missing" in one]
    assert "x is -999 in 10 rows, apart from its other values (5 to 9)" in said


def test_a_code_that_is_another_in_every_row_is_no_identifier():
    (said,) = told(zip_code=[20001 + n * 7 % 61 for n in range(60)], y=COLOURS)
    assert "if it is a code" in said
