"""Dates of a column take one form, and what they may mean beside it is told."""

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


@pytest.mark.parametrize(
    ("texts", "dates"),
    [
        (["2024-01-31", "2024-02-01"], ["2024-01-31", "2024-02-01"]),
        (["31.1.2024", "1.2.2024"], ["2024-01-31", "2024-02-01"]),
        (["01/02/2021", "01/31/2021"], ["2021-01-02", "2021-01-31"]),
        (["01/02/2021", "31/01/2021"], ["2021-02-01", "2021-01-31"]),
        (["31/12/99", "1/1/00"], ["1999-12-31", "2000-01-01"]),
        (["2024-01-31 10:05", "2024-02-01"], ["2024-01-31T10:05:00", "2024-02-01"]),
        (["2020-01", "2020/12", "3/2021"], ["2020-01-01", "2020-12-01", "2021-03-01"]),
        (["Jan 2020", "june-99", "SEPT. 2021"], ["2020-01-01", "1999-06-01", "2021-09-01"]),
        (["5 March 2020", "05-Mar-20", "2020 Mar 5"], ["2020-03-05"] * 3),
        (["March 5th, 2020", "Mar 5, 2020 9:30 pm"], ["2020-03-05", "2020-03-05T21:30:00"]),
        (["2020Q1", "Q4 2020", "2020-Q2"], ["2020-01-01", "2020-10-01", "2020-04-01"]),
        (["2020-13", "2020-01"], ["2020-13", "2020-01"]),
        (["2009-10", "2012-13"], ["2009-10", "2012-13"]),
        (["2008-09", "2009-10"], ["2008-09", "2009-10"]),  # seasons rather than months
        (["2008-09", "2008-10"], ["2008-09-01", "2008-10-01"]),
        (["2023/05/10 8:03:58 PM GMT+2"], ["2023-05-10T20:03:58"]),
        (["Mon 3 Jan 2022", "Tuesday, 4 January 2022"], ["2022-01-03", "2022-01-04"]),
        (["Mo, 03.01.2022", "Mittwoch 5.1.2022"], ["2022-01-03", "2022-01-05"]),
        (["Sat, 04 Jun 2022 10:05:00 +0000"], ["2022-06-04T10:05:00"]),
        (["Money 2022-01-03", "Son 2022-01-03"], ["Money 2022-01-03", "Son 2022-01-03"]),
        (["May 32, 2020", "May 1, 2020"], ["May 32, 2020", "May 1, 2020"]),
        (["may 20", "Mayor 2020"], ["may 20", "Mayor 2020"]),
    ],
)
def test_dates_take_one_form(texts, dates):
    assert read(texts).column("c") == dates


def test_an_order_of_days_and_months_that_no_row_decides_is_told():
    assert "no row decides it" in read(["01/02/2021"]).readings["c"].describe("c")
    told = read(["31/01/21"]).readings["c"].describe("c")
    assert told.endswith("nothing else; years of two digits are those from 1969 to 2068).")
    told = read(["31/01/2021"]).readings["c"].describe("c")
    assert told.endswith("('31/01/2021' and the others allow nothing else).")
    assert read(["2021-01-31"]).readings["c"].describe("c") == ""


def test_both_orders_of_days_are_told_by_the_mark_between():
    assert read(["01/02/2021"]).readings["c"].order == "mdy"
    assert read(["01.02.2021"]).readings["c"].order == "dmy"
