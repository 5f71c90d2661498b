"""What dates of a column may mean beside what they are taken for is told."""

import pytest

from chainrule.data.written_dates import hours_of, iso_date
from tests.data.texts import learned, read


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["Mar-07", "Apr-12"], "c: dates ('Mar-07' as a month of 2007, not a day) from"),
        (["Mar 2007", "Apr 2012"], "c: dates from"),
        (["Mar-85", "Apr-92"], "c: dates from"),
        (["12/Mar/2024", "5/Apr/2024"], "c: dates from"),
        (
            ["6/16/2016", "08-11-2016"],
            (
                "('6/16/2016' and the others allow nothing else; '08-11-2016' has another mark, "
                "and may have another order), from"
            ),
        ),
        (["6/16/2016", "08-21-2016"], "('6/16/2016' and the others allow nothing else), from"),
        (["6/16/2016", "8/11/2016"], "('6/16/2016' and the others allow nothing else), from"),
        (["6/5/2016", "08-11-2016"], "(no row decides it: '6/5/2016' may be either), from"),
    ],
)
def test_a_date_that_may_mean_another_day_is_told(texts, said):
    recipe = learned(read(texts * 10, y=[1.5, 2.5] * 10))
    (line,) = [line for line in recipe.describe() if line.startswith("c:")]
    assert said in line


@pytest.mark.parametrize("odd", ["Total", "31.01.2024"])
def test_the_text_that_keeps_dates_from_being_read_is_named_though_it_is_held_out(odd):
    days = [f"01/{n % 28 + 1:02}/2024" for n in range(30)]
    recipe = learned(
        read([*days, odd], x=[*range(31)], y=[1.5, 2.5, 3.0] * 10 + [4.0]), rows=range(30)
    )
    assert f"(another row is {odd!r})" in recipe.encoders[0].reason


def test_a_zone_is_seen_in_iso_8601_without_marks():
    texts = [f"202401{n + 1:02}T103000Z" for n in range(28)] + ["20240131T1030+0200"]
    reading = read(texts).readings["c"]
    assert (reading.kind, reading.zone) == ("date", "+00:00")
    assert read(texts).column("c")[-1] == "2024-01-31T08:30:00"


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("1/1/68", "dmy", "2068-01-01"),
        ("1/1/69", "dmy", "1969-01-01"),
        ("Jan 68", "ymd", "2068-01-01"),
        ("Jan 69", "ymd", "1969-01-01"),
        ("2020Q1", "ymd", "2020-01-01"),
        ("Q4 2020", "ymd", "2020-10-01"),
        ("1/2020", "ymd", "2020-01-01"),
        ("Dec 2020", "ymd", "2020-12-01"),
        ("01JAN2020:10:30:00", "ymd", "2020-01-01T10:30:00"),
        ("01JAN20", "ymd", None),
        ("2020年1月31日", "ymd", "2020-01-31"),
        ("2020. 01. 31.", "ymd", "2020-01-31"),
        ("2020.01.31.", "ymd", "2020-01-31"),
        ("1/31/2020, 9:30:05 AM", "mdy", "2020-01-31T09:30:05"),
        ("March 5, 2020 " + " " * 21 + "9:30", "ymd", "2020-03-05T09:30:00"),
        ("March 5, 2020 " + " " * 22 + "9:30", "ymd", None),  # of 40 letters
        ("2020-01-31 00:00", "ymd", "2020-01-31"),
        ("2020-01-31 0:00:01", "ymd", "2020-01-31T00:00:01"),
        ("2020-01-31 24:00", "ymd", None),
        ("20200131T103005Z", "ymd", "2020-01-31T10:30:05"),
        ("20200131T1030", "ymd", "2020-01-31T10:30:00"),
        ("2020-01-31T10:30+0200", "ymd", "2020-01-31T10:30:00"),
        ("2020-01-31 10:30+0200", "ymd", None),  # perhaps to 2 o'clock
        ("20201331T103005Z", "ymd", None),
        ("31/1/2020", "mdy", None),
        ("2020-1-2", "dmy", "2020-01-02"),
        ("soon", "dmy", None),
    ],
)
def test_a_date_is_written_as_iso_8601_has_it(text, order, iso):
    assert iso_date(text, order) == iso


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0:00", 0),
        ("23:59", 23 + 59 / 60),
        ("24:00", None),
        ("1:00:36", 1.01),
        ("1:00 am", 1),
        ("12:00 am", 0),
        ("12:30 PM", 12.5),
        ("1:30 pm", 13.5),
        ("0:30 am", None),
        ("13:30 pm", None),
        ("12:60", None),
        ("9 am", 9),
        ("12 A.M.", 0),
        ("1:30 p.m.", 13.5),
        ("9.30pm", 21.5),
        ("13 pm", None),
        ("14:30 Uhr", 14.5),
        ("14.30 Uhr", 14.5),
        ("8 Uhr", 8),
        ("14h30", 14.5),
        ("14 h 30", 14.5),
        ("14 h", None),
        ("25h30", None),
        ("24 Uhr", None),
        ("14.30", None),
    ],
)
def test_a_time_of_day_is_hours_since_midnight(text, hours):
    assert hours_of(text) == hours
