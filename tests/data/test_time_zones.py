"""Times of different zones stand on one clock, in training and in new rows."""

import re
from datetime import datetime, timedelta, timezone

import pytest

from chainrule.data.builtin import load
from chainrule.data.csv_file import read_csv
from chainrule.data.frames import read_frame
from chainrule.data.recipe import Recipe
from chainrule.errors import ModelFileError
from tests.data.texts import learned


def table_of(csv, times):
    return load(csv("when,y\n" + "".join(f"{t},{'ab'[n % 2]}\n" for n, t in enumerate(times))))


WRITTEN = ["2024-03-01T10:00:00", "2024-03-02T01:00:00"]


@pytest.mark.parametrize(
    ("times", "read", "zone"),
    [
        # 10:00 two hours ahead of UTC is 8:00 there, and 23:30 half past five behind is 5:00.
        (
            ["2024-03-01T10:00:00+02:00", "2024-02-29T23:30:00-05:30", "2024-03-01T09:00:00Z"],
            ["2024-03-01T08:00:00", "2024-03-01T05:00:00", "2024-03-01T09:00:00"],
            "UTC",
        ),
        (
            ["2024-03-01 01:00:00.250+02", "2024-03-01 01:00:00 -0100", "2024-03-01"],
            ["2024-02-29T23:00:00.250000", "2024-03-01T02:00:00", "2024-03-01"],
            "UTC",
        ),
        (
            ["1.3.2024 10:00 GMT+1", "31.3.2024 0:00:00 UTC+02:00[Europe/Berlin]"],
            ["2024-03-01T09:00:00", "2024-03-30T22:00:00"],
            "UTC",
        ),
        (["2024-03-01T10:00:00+02:00", "2024-03-02 1:00"], WRITTEN, "UTC+02:00"),
        (["2024-03-01T10:00Z", "2024-03-02 1:00 UTC"], WRITTEN, "UTC"),
        (
            ["9999-12-31T23:00:00-01:00", "2024-03-02T01:00:00Z"],
            ["9999-12-31T23:00:00", "2024-03-02T01:00:00"],
            "UTC",
        ),
        (["2024-03-01T10:00:00", "2024-03-02 1:00"], WRITTEN, ""),
    ],
)
def test_a_column_has_one_clock_and_says_which(csv, times, read, zone):
    table = table_of(csv, times)
    assert table.column("when") == read
    (said,) = (r.describe("when") for r in table.readings.values())
    end = f"; times of other zones are brought to {zone}, those of none taken for it."
    assert said.startswith(f"when: dates at {zone}" if zone else "")
    assert said.endswith(end) if zone else said == ""


def test_the_recipe_says_it_and_brings_new_rows_to_the_clock_of_training(csv):
    times = [f"2024-03-{day:02}T{day:02}:00:00+02:00" for day in range(1, 21)]
    recipe = learned(table_of(csv, times), target="y")
    assert [said for said in recipe.describe() if said.startswith("when")] == [
        (
            "when: dates at UTC+02:00 from 2024-03-01T01:00:00 to 2024-03-20T20:00:00 become year, "
            "month, day, weekday, days since the first and hour; times of other zones are brought "
            "to UTC+02:00, those of none taken for it."
        )
    ]
    again = Recipe.from_dict(recipe.to_dict())
    hour = again.feature_names.index("when hour")
    same = ["2024-03-05T10:00:00+02:00", "2024-03-05T08:00:00Z", "2024-03-05 10:00"]
    x = again.features_only(read_csv(csv("when\n" + "\n".join(same) + "\n"))).x
    width = len(again.feature_names)
    assert x[:width] == x[width : 2 * width] == x[2 * width :]
    assert x[hour] == pytest.approx((10 - 12) * 12**0.5 / 24)


def test_how_a_date_is_read_and_what_it_becomes_is_one_sentence(csv):
    days = [f"{day}/03/2024" for day in range(10, 30)]
    (said,) = (s for s in learned(table_of(csv, days), target="y").describe() if "when" in s)
    read = re.fullmatch(r"when: dates, read as day, month, year \((.*)\), from (.*)", said)
    assert read[2] == (
        "2024-03-10 to 2024-03-29 become year, month, day, weekday and days since the first."
    )


def test_moments_of_a_data_frame_that_know_their_zone_are_brought_to_one_clock():
    zones = [timezone(timedelta(hours=hours)) for hours in (0, 2)]
    moments = [datetime(2024, 3, 1, 10, tzinfo=zone) for zone in zones]
    read = read_frame({"when": moments, "y": [1, 2]})
    assert read.column("when") == ["2024-03-01T10:00:00", "2024-03-01T08:00:00"]


def test_a_span_of_time_is_no_zone(csv):
    table = table_of(csv, ["2024-03-01 12:30-14:00", "2024-03-02 12:30-14:00"])
    assert not table.readings


def test_a_recipe_with_a_zone_that_is_none_is_refused(csv):
    table = table_of(csv, ["2024-03-01T10:00:00Z", "2024-03-02T10:00:00Z"])
    record = learned(table, target="y").to_dict()
    record["readings"]["when"]["zone"] = "noon"
    with pytest.raises(ModelFileError, match="a zone is written as \\+02:00, not as 'noon'"):
        Recipe.from_dict(record)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1/31/21 9:30:05pm", "2021-01-31T21:30:05"),
        ("1/31/21 12:30:05.5 AM", "2021-01-31T00:30:05.500000"),
    ],
)
def test_am_and_pm_count_behind_seconds_too(csv, text, read):
    assert table_of(csv, [text, text]).column("when") == [read] * 2
    assert table_of(csv, ["9:30:36pm", "9:30"]).column("when") == ["21.51", "9.5"]
