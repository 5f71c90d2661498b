"""What the commands' options take for a value."""

import click
import pytest

from chainrule.cli.options import number_or


@pytest.mark.parametrize("least", [0, 1])
def test_a_number_is_whole_from_the_least_on_and_has_at_most_18_digits(least):
    read = number_or("all", what="a number of rows", least=least)
    largest = 10**18 - 1
    assert [read(f"{n}") for n in ("all", least, largest)] == ["all", least, largest]
    for other in (least - 1, largest + 1, "1.5", "", "1e3", "All"):
        with pytest.raises(click.BadParameter, match=f"a number of rows, from {least} on, nor 'al"):
            read(f"{other}")
