"""Each kind of column becomes features in its own way."""

import json
from dataclasses import asdict
from math import sqrt
from types import SimpleNamespace

import pytest

from chainrule.data.cells import Places
from chainrule.data.column_statistics import MOST_LEVELS, ColumnStatistics
from chainrule.data.dates import Dates
from chainrule.data.encoders import (
    Categories,
    LeftOut,
    Numbers,
    Pixels,
    _words,
    choose_encoder,
)
from chainrule.errors import DataError
from chainrule.records import from_record


def chosen(values, **said):
    seen = ColumnStatistics("c")
    seen.update(values, Places(range(len(values))))
    return choose_encoder(seen, **said)


def encoded(encoder, values):
    features, notes = encoder.encode(values, Places(range(len(values))))
    return [feature.tolist() for feature in features], notes


def test_numbers_get_mean_zero_and_deviation_one():
    assert encoded(chosen(["2", "4"]), ["2", "4", "5"]) == ([[-1.0, 1.0, 2.0]], [])


def test_missing_numbers_become_the_mean_and_are_marked():
    encoder = chosen(["2", None, "4"])
    assert encoder.names == ("c", "c is missing")
    assert encoded(encoder, ["4", None])[0] == [[1.0, 0.0], [0.0, 1.0]]
    assert encoder.describe().startswith("c: 1 missing value filled with the mean 3")


def test_a_gap_that_training_never_had_is_filled_and_told():
    features, notes = encoded(chosen(["2", "4"]), [None, "4"])
    assert features == [[0.0, 1.0]]
    assert notes == ["c: 1 missing value, where training had none, filled with the mean 3."]


def test_categories_are_one_hot_in_order():
    encoder = chosen(["b", "a", "b"])
    assert encoder.names == ("c=a", "c=b")
    assert encoded(encoder, ["b", "a"]) == ([[0.0, 1.0], [1.0, 0.0]], [])


def test_a_missing_category_is_a_category():
    encoder = chosen(["b", None, "a", "a"])
    assert encoder.names == ("c=a", "c=b", "c is missing")
    assert encoded(encoder, [None])[0] == [[0.0], [0.0], [1.0]]


def test_categories_not_seen_in_training_are_all_zero_and_told():
    features, notes = encoded(chosen(["a", "b", "b"]), ["x", "a", "x", None])
    assert features == [[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    assert notes == [
        "c: 3 values not seen in training ('x', missing), encoded as none of its categories."
    ]


def test_numbers_that_are_said_to_be_categories_are_told_apart_by_value():
    encoder = chosen(["10", "9", "9.0"], said="category")
    assert encoder == Categories("c", ("9", "10"), numeric=True)
    assert encoded(encoder, ["9.00", "10"])[0] == [[1.0, 0.0], [0.0, 1.0]]


def test_a_text_among_what_is_said_to_be_categories_is_one_of_them():
    encoder = chosen(["1", "2", "1.0"] * 33 + ["x"], said="category")
    assert encoder == Categories("c", ("1", "1.0", "2", "x"))
    assert encoded(encoder, ["x", "2"])[0] == [[0.0] * 2, [0.0] * 2, [0.0, 1.0], [1.0, 0.0]]


def test_a_text_where_the_categories_of_training_were_numbers_is_a_value_not_seen():
    features, notes = encoded(chosen(["1", "2"], said="category"), ["1.0", "x", None])
    assert features == [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert notes[0].startswith("c: 2 values not seen in training ('x', missing), encoded as none")


def test_a_text_among_what_is_said_to_be_numbers_is_refused():
    with pytest.raises(DataError, match="row 1 has 'many'"):
        chosen(["1", "many", "lots"], said="number")


def test_one_number_or_nothing_is_a_category():
    assert chosen(["1", None, "1"]) == Categories("c", ("1", None), numeric=True)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["7", "7.0"], "it reads as 7 in every row"),
        (["9007199254740992", "9007199254740993"], "it reads as 9007199254740992 in every row"),
        (["a", "a"], "it is a in every row"),
        ([0.1] * 3, "it reads as 0.1 in every row"),
        (["x", "y", "z"], "its text differs from row to row"),
        ([f"n{n}" for n in range(21)] + ["n0"] * 20, "its text differs from row to row"),
        ([None, None], "it holds no values"),
        (
            [*map(str, range(30)), "low", "high", None],
            "2 of its 32 values are not numbers, first 'low' in row 30",
        ),
        (
            [*map(str, range(2000)), *["low"] * 200],
            "200 of its 2,200 values are not numbers, first 'low' in row 2000",
        ),
        ([f"t{n}" for n in range(MOST_LEVELS + 1)] * 2, "it has more than 1000 different texts"),
    ],
)
def test_columns_that_say_nothing_are_left_out_with_the_reason(values, reason):
    encoder = chosen(values)
    assert isinstance(encoder, LeftOut)
    assert reason in encoder.describe()
    assert encoder.names == ()


def test_texts_that_come_back_are_categories_however_many():
    assert len(chosen([f"n{n}" for n in range(21)] * 2).names) == 21
    assert len(chosen([f"n{n}" for n in range(20)] + ["n0"]).names) == 20


def test_pixels_are_divided_by_their_maximum_only():
    encoder = chosen([], pixel_maximum=16.0)
    assert encoder == Pixels("c", 16.0)
    assert encoded(encoder, memoryview(bytes([0, 8, 16])))[0] == [[0.0, 0.5, 1.0]]
    assert encoded(encoder, ["8", None]) == ([[0.5, 0.0]], ["c: 1 missing pixel taken as 0."])


def test_a_number_column_refuses_text_later_on():
    with pytest.raises(DataError, match=r"row 1 has 'x': correct it or leave it empty$"):
        Numbers("c", 0.0, 1.0).encode(["1", "x"], Places([0, 1]))


def test_numbers_in_parts_go_from_0_to_1_between_two_edges():
    encoder = Numbers("c", mean=2.0, deviation=1.0, missing=1, edges=(0.0, 1.0, 5.0))
    features, _ = encoder.encode([0.5, 3.0, 9.0, -1.0, None], Places(range(5)))
    # Equation 1 of Gorishniy, Rubachev & Babenko (2022); the gap counts as the mean, 2.
    assert {name: list(f) for name, f in zip(encoder.names, features, strict=True)} == {
        "c": [-1.5, 1.0, 7.0, -3.0, 0.0],
        "c from 0 to 1": [0.5, 1.0, 1.0, 0.0, 1.0],
        "c from 1 to 5": [0.0, 0.5, 1.0, 0.0, 0.25],
        "c is missing": [0.0, 0.0, 0.0, 0.0, 1.0],
    }
    assert from_record(Numbers, json.loads(json.dumps(asdict(encoder))), "c") == encoder


def test_months_are_spread_evenly_from_january_to_december():
    # Twelve months: middle 6.5, and sqrt(12) / 11 for each, as of an even spread from 1 to 12.
    dates = Dates("when", "2020-01-01", "2021-12-31")
    features, _ = dates.encode(["2020-01-15", "2020-07-15", "2021-12-15"], Places([0, 1, 2]))
    month = features[list(dates.names).index("when month")]
    assert list(month) == pytest.approx([s * sqrt(12) / 11 for s in (-5.5, 0.5, 5.5)])


def test_of_many_words_the_most_common_become_features(monkeypatch):
    monkeypatch.setattr("chainrule.data.encoders._MOST_WORDS", 2)
    seen = SimpleNamespace(name="text", words={"z": 5, "b": 9, "c": 2, "d": 1})
    assert _words(seen).words == ("b", "z")
