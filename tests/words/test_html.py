"""Cells of notebooks: numbers stand below each other, words are set as words."""

import re

import pytest

from chainrule.words import table


def words(rows):
    drawn = table("t", [str(at) for at in range(len(rows[0]))], rows)
    return [' class="words"' in cell for cell in re.findall("<th [^>]*>", drawn)]


def test_columns_of_numbers_keep_to_the_right_and_words_are_broken():
    numbers = ["w", 1.5, -2, None, float("nan"), "54.6%", "under 0.1%", "3e-09", "1,449,124"]
    assert words([numbers, ["b", 0, 0, 0.5, 1.0, "1.0%", "over 99.9%", "–", ""]]) == [False] * 9
    assert words([["w", "complex step", "2 of 16 units", "0.5 · 2 + 13 more"]] * 2) == [
        False,
        *[True] * 3,
    ]


@pytest.mark.parametrize("cell", ["h-sweep", "e", "1 row"])
def test_one_cell_of_words_makes_a_column_of_words(cell):
    assert words([["w", 1.0], ["b", cell]]) == [False, True]
