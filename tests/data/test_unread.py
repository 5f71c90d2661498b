"""What looks like numbers, dates or another spelling, and is read as texts, is said to be so."""

import pytest

from chainrule.data.encoders import Categories
from chainrule.data.target import Classes
from chainrule.data.unread import (
    amid_numbers,
    missing_words,
    spelt_alike,
    what_levels_mean,
    why_unread,
)


@pytest.mark.parametrize("word", ["unknown", "n.a.", "..", "k.A."])
def test_the_word_that_keeps_a_few_numbers_from_being_some_is_named(word):
    end = f"; all but {word} are numbers: --na {word} takes it for missing."
    assert Categories("c", ("1", "2", "3", word)).describe().endswith(end)
    assert Classes("y", ("1", "2", "3", word), (1, 2, 3, 4)).describe().endswith(end)


def test_words_are_given_to_the_option_as_a_shell_wants_them():
    assert missing_words(["--", "--", "no idea"]) == "--na='--,no idea' takes them for missing"
    assert missing_words([f"w{n}" for n in range(6)]).endswith("w5 takes them for missing")
    assert missing_words([f"w{n}" for n in range(7)]) == missing_words([]) == ""
    assert missing_words(["1 - never"]) == missing_words(["unknown", "5+"]) == ""
    assert missing_words(["more than 3"]) == missing_words(["O2. 317"]) == ""
    assert missing_words(["Err:502"]) == "--na Err:502 takes it for missing"
    assert missing_words([""]) == ""  # kept by --keep


@pytest.mark.parametrize("levels", [["1", "2", "a", "b"], ["1", "one"], ["a", "b"], ["1", "2"]])
def test_where_numbers_are_no_more_than_texts_nothing_is_to_be_missing(levels):
    assert what_levels_mean(levels) == ""


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        (["50%", "0,2", "7,5"], "have % beside them or nothing: write all in one way"),
        (["50%", "0.2", "0.5"], "have % beside them or nothing: write all in one way"),
        (["5 %", "7 ‰", "8 %", "9 ‰"], "different units (%, ‰): write all in one"),
        (["5 g", "6 kg", "7 kg", "8 g"], "different units (g, kg): write all in one"),
        (["5 days 02:00:00", "1 days 01:00:00"], "it holds dates or times"),
        (["PT15M", "P1DT2H3.5S"], "it holds dates or times"),
        (["12.50 EUR", "7.20"], "have EUR beside them or nothing: write all in one way"),
        ([*(f"{n} bhp" for n in range(10)), "bhp", "0"], "or leave them empty (such as 'bhp')"),
        ([*(f"{n}%" for n in range(10)), "n<5"], "most are numbers with one unit: write the"),
        ([*map(str, range(9)), "7 H", "8 L"], "write the numbers alone (such as '7 H')"),
        (["5.10 CR", "6.20 DR", "7 CR", "8 Dr."], "write one of the two as below zero"),
        (["5 kg", "6 kg", "7 lb", "8 lb"], "different units (kg, lb): write all in one"),
        (["EUR 5", "EUR 7", "USD 5", "USD 9"], "different units (EUR, USD)"),
        (["€5", "€7.50", "$1,250", "$9"], "different units ($, €): write all in one"),
        (["€5", "€7,50", "€1,250"], "its numbers are written with marks"),
        (["10:00:00CET", "11:00:00CET"], "zone in letters: write it as +01:00"),
        (["2024-01-31 10:00 CEST"], "zone in letters"),
        (["Fri, 2024-01-05", "Sat, 2024-01-06"], "it holds dates or times"),
        (["5. März 2024", "12. Mai 2024"], "it holds dates or times, not all in one known way"),
        (["2015-01-03", "2016-01-03"], "it holds dates or times: write what matters of them"),
        (["2015-01-03", "2015-02-30"], "spans of time as numbers (such as '2015-02-30')"),
        (["15 de mayo de 2020", "lunes, 3 de enero de 2021"], "it holds dates or times"),
        (["März 2021", "Mai 2021", "OKT. 2021"], "it holds dates or times"),
        (
            ["1er mars", "3 févr.", "8 August", "May 5", "agosto del 2020"],
            "it holds dates or times",
        ),
        (["März 2021", "août 2020"], "it holds dates or times"),
        (["3-Mär-21", "5-Dez-21"], "it holds dates or times"),
        (["24.12.", "3.1."], "it holds dates or times"),
        (
            ["5'11\"", "6'0\""],
            "its numbers are in two units, such as feet and inches: write them in",
        ),
        (["5 ft 11 in", "6 ft. 1 in."], "in two units"),
        (["2h 50m", "1 h 5 min"], "in two units"),
        (["5 lbs, 3 oz", "4 lb 11 oz"], "in two units"),
        (["1 1/2", "2½"], "its numbers have fractions: write 1 1/2 as 1.5"),
        (["Mon Jan 03 10:00:00 2022", "2023年10月9日"], "it holds dates or times, not all in one"),
        (
            ['"7"', "\u201c8\u201d", '="9"'],
            "other signs beside them: write the numbers alone (such as",
        ),
        (
            ["1 234", "5 678"],
            "groups of three: --thousands \" \" reads them as such (such as '1 234')",
        ),
    ],
)
def test_categories_that_mean_more_say_what(levels, why):
    assert why in what_levels_mean(levels)


@pytest.mark.parametrize(
    "levels",
    [
        ["1st", "2nd", "3rd", *(f"{n}th" for n in range(4, 9))],
        ["5a", "6"],
        ["1A", "1C"],
        ["2009-10", "2010-11"],
        ["Gate 5 2024"],
        ["20-29", "30-39", "65+"],
        ["1", "1-", "2", "2-"],
        ["Mark 2020", "Nova 2021"],
        ["March", "May", "Juni"],
        ["12a4", "3h7"],
        [f"555-{n * n + 1000}" for n in range(12)],
        [f"(555) 10{n}-{n * n + 1000}" for n in range(12)],
        [f"10001-{n * n + 1000}" for n in range(12)],
    ],
)
def test_what_only_begins_with_digits_is_left_alone(levels):
    assert what_levels_mean(levels) == ""


WORDED = "its cells are numbers with words or signs: give each number a column of its own (such as"
AMID = "its cells are a number with words or signs: write the number alone (such as"
FEW = [f"{high}/{low}" for high in (110, 120) for low in (60, 65, 70, 75, 80)]
AGES = [f"{age}-{age + 4}" for age in range(20, 85, 5)]
SUMS = ["500-999", *(f"{n},000-{n},999" for n in range(1, 12))]
BEDS = [f"{a} bed{'s' * (a > 1)} {b} bath{'s' * (b > 1)}" for a in range(1, 6) for b in (1, 2, 3)]
POST_CODES = [f"{a} {b}" for a in (111, 114, 118) for b in (22, 34, 51, 90)]
SHARES = [f"{n}*" for n in range(1, 12)]


@pytest.mark.parametrize(
    "names",
    [
        *[FEW, AGES, SUMS, POST_CODES, SHARES[:10], ["1", "2", "3", "4+"]],
        [f"{n} out of 9" for n in range(10)],
        [f"({age}, {age + 5}]" for age in range(0, 60, 5)],
        [f"10.0.0.{n}" for n in range(12)],
        [f"{n}a7" for n in range(12)],
        [f"Week {n}" for n in range(12)],
        [f"{n} out of {'two' if n % 2 else n * 'i'}" for n in range(12)],
        [f"{n} Main St" for n in range(12)],
        [*(f"{n} rooms" for n in range(9)), "more"],
        [*(f"{n} rooms" for n in range(9)), *("many", "more", "no idea", "all", "none")],
        [*map(str, range(9)), "7H", "8L"],
        [f"{n} rue de la Paix" for n in range(12)],
    ],
)
def test_a_few_pairs_parts_of_a_range_and_codes_are_good_names(names):
    assert what_levels_mean(names) == ""


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([*FEW, "130/85"], "it holds two numbers in one cell: give each a column of its own (such"),
        ([*AGES, "22-26"], "it holds two numbers in one cell"),
        ([f"{n} out of 9" for n in range(11)], f"{WORDED} '0 out of 9')"),
        ([f"{n} out of {'two' if n else 'one'}" for n in range(12)], f"{AMID} '0 out of one')"),
        ([*BEDS, "Studio"], f"{WORDED} '1 bed 1 bath')"),
        ([f"POINT ({n}.5 {12 - n}.25)" for n in range(12)], WORDED),
        ([f"np.float64({n}.5)" for n in range(12)], WORDED),
        ([f"[{n}.5, {n % 3}.1, {n % 2}.2]" for n in range(12)], WORDED),
        ([f"{20 - n}.75, -{n}.25" for n in range(12)], "it holds two numbers in one cell"),
        ([f"{n}.5 × 10^{n % 3}" for n in range(12)], "numbers are written with marks: write them"),
        ([f"{n}.5''" for n in range(12)], "write the numbers alone (such as \"0.5''\")"),
        ([f"£{n}.5m" for n in range(12)], "letters for thousands or millions: write them out"),
        ([f"{n} day, {n}:00:00" for n in range(12)], "it holds dates or times"),
        ([f"({n}, {n + 5}]" for n in range(12)], WORDED),
        ([*(f"{n},500 sq ft" for n in range(11)), "90 sq ft"], AMID),
        ([f"{n}°20'" for n in range(12)], WORDED),
        ([f"$ {n}/hr" for n in range(12)], AMID),
        ([f"{n} GB RAM" for n in range(12)], AMID),
        ([f"{n} von 11 Sternen" for n in range(12)], WORDED),
        ([*map(str, range(10)), "10 or more"], "write the numbers alone (such as '10 or more')"),
        (
            SHARES,
            "its numbers have other signs beside them: write the numbers alone (such as '1*')",
        ),
        ([*map(str, range(80, 90)), "90+"], "write the numbers alone (such as '90+')"),
        ([f"{'~' * (n % 3 > 0)}{n}" for n in range(30)], "write the numbers alone (such as '~1')"),
        ([f"{n}{' (est.)' * (n % 2)}" for n in range(30)], "alone (such as '1 (est.)')"),
        (
            ["<1", "1", "2"],
            "all but <1 are numbers: write the numbers alone, or --na '<1' takes it",
        ),
    ],
)
def test_so_many_categories_that_are_numbers_with_marks_are_told(levels, said):
    assert said in what_levels_mean(levels)


@pytest.mark.parametrize(
    ("texts", "advice"),
    [
        ([":", "5.1 b", "7.2 b"], "write the numbers alone; --na : takes it for missing"),
        ([":", "x"], "--na :,x takes them for missing"),
        (["5.1*", "7.2*", "see note 3"], "write the numbers alone"),
        (["Gate 5"], ""),
    ],
)
def test_words_and_numbers_with_signs_amid_numbers_get_an_advice_each(texts, advice):
    assert amid_numbers(texts).endswith(advice)
    assert bool(amid_numbers(texts)) == bool(advice)


def test_reasons_that_differ_are_none():
    assert why_unread(["2024-01-31", "$5"]) is None
    assert why_unread(["$5", "red", "blue"]) is None
    assert why_unread(["$5", "red"]) == why_unread(["$5"])


def test_spellings_are_alike_whose_capitals_and_spaces_alone_differ():
    spelt = ["aa", "aA", "Aa", "bb", "bB", "Bb", "cc", "CC"]
    assert spelt_alike(spelt[:2]) == (
        "; aa, aA differ in capitals, spaces or a last point alone and are taken for different"
    )
    assert spelt_alike(spelt[:6]).startswith("; aa, aA, Aa, bb, bB, Bb differ")
    assert "CC" not in spelt_alike(spelt)
    assert spelt_alike(["New York", "New  York", "new york", "Rome"]).startswith(
        "; New York, New  "
    )
    assert "; red, red\u200b differ" in spelt_alike(["red", "red\u200b", "green"])
    assert "; caf\u00e9, cafe\u0301 differ" in spelt_alike(["caf\u00e9", "cafe\u0301"])
    assert "; A1, \uff21\uff11 differ" in spelt_alike(["A1", "\uff21\uff11"])
    assert "; <=50K, <=50K. differ" in spelt_alike(["<=50K", "<=50K.", ">50K"])
    assert "; 0, False, True, no, yes all mean yes or no and are taken" in spelt_alike(
        ["0", "False", "True", "no", "yes"]
    )
    for levels in ("a b", "yes no", "I II IV", "F N Y", "no yes unknown"):
        assert spelt_alike(levels.split()) == ""


@pytest.mark.parametrize(
    ("levels", "several"),
    [
        (["py", "py;sql", "c;py", "c;sql"], "py;sql"),
        (["a, b", "a, c", "b, c", "a, b, c"], "a, b"),
        (["a|b", "b|c", "a|c", "a"], "a|b"),
        (["a;b", "b;a", "a", "b", "c", None], ""),  # in two of five
        (["Ulm, DE", "Bern, CH", "Wien, AT"], ""),
        (["1", "1,000+", "5,000+", "1,000,000+", "5,000,000+"], ""),
        (["1,3", "1,2", "2,3", "1,2,3"], "1,3"),
        (["(0, 5]", "(5, 10]", "(10, 15]"], ""),
        (["S/M", "M/L", "S/L", "L"], ""),
        (["a;b", "b;c", "a;c"], ""),  # as many answers as cells
    ],
)
def test_cells_of_several_answers_are_told_with_what_takes_them_apart(levels, several):
    told = Categories("q 1", tuple(levels)).describe()
    said = (
        f"; cells such as '{several}' hold several answers: --types 'q 1=text' makes an input of "
    )
    assert (said in told) == ("several answers" in told) == bool(several)


def test_words_beside_their_first_letters_look_alike():
    said = "; M, Male may be words and their first letters, and are taken for different"
    assert spelt_alike(["Female", "M", "Male"]) == said
    for levels in (["A", "B", "Absent"], ["M", "Male", "Mixed"], ["A", "AA"], ["3", "30"]):
        assert spelt_alike(levels) == ""
