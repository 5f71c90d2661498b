"""Numbers as people read them: shares in percent that never round to none or to all."""

import pytest

from chainrule.words import percent


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.0, 1, "0.0%"),
        (4e-5, 1, "under 0.1%"),
        (0.0006, 1, "0.1%"),
        (0.834, 1, "83.4%"),
        (0.9994, 1, "99.9%"),
        (0.99951, 1, "over 99.9%"),
        (1.0, 1, "100.0%"),
        (0.004, 0, "under 1%"),
        (0.006, 0, "1%"),
        (0.994, 0, "99%"),
        (0.996, 0, "over 99%"),
        (1.0, 0, "100%"),
        (float("nan"), 1, "nan (not a number to go by)"),
    ],
)
def test_what_is_not_all_or_nothing_never_rounds_to_it(share, digits, said):
    assert percent(share, digits) == said


def test_shares_that_add_up_to_all_but_for_rounding_are_all():
    parts = [0.1] * 10
    assert sum(parts) < 1
    assert percent(sum(parts)) == "100.0%"
