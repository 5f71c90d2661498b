"""Dates become their parts, each spread evenly over its range."""

from math import sqrt

import pytest

from chainrule.data.cells import Places
from chainrule.data.csv_file import read_csv
from chainrule.data.encoders import Dates
from chainrule.data.frames import read_frame
from chainrule.data.recipe import Recipe
from chainrule.data.written_dates import hours_of, iso_date
from chainrule.errors import DataError
from tests.data.texts import learned, read


def test_dates_become_their_parts_and_days_since_the_first():
    days = [f"2024-01-{day:02}" for day in range(1, 31)]
    recipe = learned(read_frame({"when": days, "y": ["a", "b"] * 15}), "y")
    parts = ("year", "month", "day", "weekday", "days since the first")
    assert recipe.feature_names == tuple(f"when {part}" for part in parts)
    first, last = (recipe.features_only(read_frame({"when": [d]})).row(0) for d in days[::29])
    # Spread evenly over a range, a number's deviation is the range over √12: ends lie at ∓√3.
    assert (first[4], last[4]) == pytest.approx((-(3**0.5), 3**0.5))
    # 1 January 2024 was a Monday; the middle of a week's numbers from 0 to 6 is 3.
    assert first[3] == pytest.approx(-3 * 12**0.5 / 6)
    with pytest.raises(DataError, match="column when holds dates, but row 0 has 'soon'"):
        recipe.features_only(read_frame({"when": ["soon"]}))


def test_months_have_no_days():
    months = [f"{2000 + n // 12}-{n % 12 + 1:02}" for n in range(30)]
    recipe = learned(read_frame({"when": months, "y": ["a", "b"] * 15}), "y")
    assert recipe.feature_names == ("when year", "when month", "when days since the first")
    (said,) = (encoder.describe() for encoder in recipe.encoders)
    assert said.endswith("to 2002-06-01 become year, month and days since the first.")
    assert Recipe.from_dict(recipe.to_dict()).encoders == recipe.encoders


def test_months_are_spread_evenly_from_january_to_december():
    # Twelve months: middle 6.5, and sqrt(12) / 11 for each, as of an even spread from 1 to 12.
    dates = Dates("when", "2020-01-01", "2021-12-31")
    features, _ = dates.encode(["2020-01-15", "2020-07-15", "2021-12-15"], Places([0, 1, 2]))
    month = features[list(dates.names).index("when month")]
    assert list(month) == pytest.approx([s * sqrt(12) / 11 for s in (-5.5, 0.5, 5.5)])


def dates_of(first="2020-01-01", last="2020-12-31", **more):
    return Dates("when", first, last, **more)


@pytest.mark.parametrize(
    ("day", "part", "value"),
    [
        ("2021-01-01", "year", sqrt(12)),  # all of training were of 2020
        ("2020-05-05", "year", 0),
        ("2020-01-01", "day", -15 * sqrt(12) / 30),
        ("2020-01-31", "day", 15 * sqrt(12) / 30),
        ("2020-01-06", "weekday", -3 * sqrt(12) / 6),  # a Monday
        ("2020-01-12", "weekday", 3 * sqrt(12) / 6),
        ("2020-01-01", "days since the first", -sqrt(12) / 2),
        ("2020-12-31T12:00:00", "days since the first", (365.5 - 182.5) * sqrt(12) / 365),
        ("2020-01-01", "hour", -12 * sqrt(12) / 24),
        ("2020-01-01T18:45:00", "hour", 6.75 * sqrt(12) / 24),
    ],
)
def test_each_part_of_a_date_is_spread_over_its_range(day, part, value):
    dates = dates_of(timed=True)
    features, notes = dates.encode([day], Places([0]))
    assert features[list(dates.names).index(f"when {part}")][0] == pytest.approx(value)
    assert notes == []


def test_what_is_known_of_dates_decides_on_their_parts():
    assert dates_of().names[-1] == "when days since the first"
    assert dates_of(timed=True, missing=2).names[-2:] == ("when hour", "when is missing")
    assert dates_of(missing=2).describe() == (
        "when: dates from 2020-01-01 to 2020-12-31 become year, month, day, weekday and days "
        "since the first; 2 missing values (in the rows learned from) marked."
    )
    features, notes = dates_of(missing=2).encode(["2020-05-05", None], Places([0, 1]))
    assert (list(features[-1]), [feature[1] for feature in features[:-1]]) == ([0, 1], [0] * 5)
    assert notes == []
    _, (note,) = dates_of().encode([None, None], Places([0, 1]))
    assert note.startswith("when: 2 missing dates, where training had none, taken as the middle")
    with pytest.raises(DataError, match="column when holds dates, but row 8 has 'soon'"):
        dates_of().encode(["2020-05-05", "soon"], Places([7, 8]))
    with pytest.raises(DataError, match="column when should have dates from one to another"):
        dates_of(last="soon")


def test_where_training_had_one_day_another_is_as_many_days_off():
    dates = dates_of("2020-01-01", "2020-01-01")
    features, _ = dates.encode(["2020-01-01", "2020-01-03"], Places([0, 1]))
    assert list(features[-1]) == pytest.approx([0, 2 * sqrt(12)])


def test_parts_of_a_second_count(csv):
    lines = "".join(f"2024-01-31 10:00:00.{n:03},{'pq'[n % 2]}\n" for n in range(0, 1000, 25))
    table = read_csv(csv("t,y\n" + lines))
    assert table.column("t")[:2] == ["2024-01-31T10:00:00", "2024-01-31T10:00:00.025000"]
    recipe = learned(table)
    place = recipe.feature_names.index("t days since the first")
    features = recipe.apply(table).x[place :: len(recipe.feature_names)]
    assert features[1] - features[0] == pytest.approx(12**0.5 * 25 / 975)
    assert iso_date("2024-01-31 10:00:00,0000005", "ymd") == "2024-01-31T10:00:00"
    assert hours_of("10:00:36.9") == pytest.approx(10 + 36.9 / 3600)


@pytest.mark.parametrize(
    ("day", "mark"),
    [("13.1.2024", "."), ("Mon 1/13/24", "/"), ("13-01-2024 10:30", "-"), ("2024/1/13", "")],
)
def test_the_mark_between_the_parts_of_dates_is_kept_where_it_says_their_order(day, mark):
    assert read([day] * 2).readings["c"].mark == mark
