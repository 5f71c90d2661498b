"""What dates of a column may mean beside what they are taken for is told."""

import pytest

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
