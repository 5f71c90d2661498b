"""Each kind of column becomes features in its own way."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest

from chainrule.data.builtin import load
from chainrule.data.cells import Places
from chainrule.data.column_choice import _words, choose_encoder
from chainrule.data.column_statistics import MOST_LEVELS, ColumnStatistics
from chainrule.data.encoders import (
    Categories,
    LeftOut,
    Numbers,
    Pixels,
    own_value,
)
from chainrule.data.frames import read_frame
from chainrule.errors import DataError
from chainrule.records import from_record
from tests.data.texts import learned


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
    assert encoder.describe().startswith(
        "c: 1 missing value (in the rows learned from) filled with the mean 3"
    )


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
        (
            "c: 2 values not seen in training, in 3 rows ('x', missing), encoded as none of its "
            "categories."
        )
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


def test_parts_of_large_numbers_are_named_to_the_unit():
    encoder = Numbers("price", mean=0.0, deviation=1.0, edges=(-0.25, 9500.0, 1_449_000.0))
    assert encoder.names[1:] == ("price from -0.25 to 9500", "price from 9500 to 1,449,000")


def test_of_many_words_the_most_common_become_features(monkeypatch):
    monkeypatch.setattr("chainrule.data.column_choice._MOST_WORDS", 2)
    seen = SimpleNamespace(name="text", words={"z": 5, "b": 9, "c": 2, "d": 1})
    assert _words(seen).words == ("b", "z")


@pytest.mark.parametrize(
    ("parts", "edges"), [(0, ()), (1, ()), (2, (0, 50, 100)), (4, (0, 25, 50, 75, 100))]
)
def test_numbers_are_laid_out_in_as_many_parts_as_are_asked_for(parts, edges):
    assert chosen([str(n) for n in range(101)], parts=parts).edges == edges
    assert chosen(["0"] * 90 + ["1"] * 10, parts=8).edges == ()  # one part would be the whole


def test_edges_that_do_not_rise_are_refused():
    for edges in ((0.0, 1.0, 1.0), (0.0, 2.0, 1.0)):
        with pytest.raises(DataError, match="column c would be divided by"):
            Numbers("c", 0.0, 1.0, edges=edges)


@pytest.mark.parametrize(
    ("numbers", "texts", "named"),
    [(6, 6, False), (7, 6, True), (15, 7, False), (2, 1, True), (1, 1, False)],
)
def test_up_to_six_texts_among_more_numbers_are_named(numbers, texts, named):
    levels = [*map(str, range(numbers)), *(f"t{n}" for n in range(texts))]
    said = Categories("c", tuple(levels)).unusual
    assert ("are numbers: --na" in said) == named
    assert not Categories("c", tuple(levels), numeric=True).unusual


def test_what_is_unusual_of_categories_is_said():
    said = Categories("c", ("1.2K", "950", "low")).unusual
    assert said.endswith("millions: write them out (such as '1.2K')")
    assert Categories("c", ("a", None)).unusual == ", one of them for missing values"


def test_up_to_five_values_not_seen_are_named():
    for values, named in (("bcdef", True), ("bcdefg", False)):
        (note,) = Categories("c", ("a",)).encode(list(values), Places(range(6)))[1]
        assert ("'f')" in note) == named


def test_one_value_and_gaps_are_categories():
    assert chosen(["a", None]) == Categories("c", ("a", None))
    assert chosen(["a", "b"]).describe().startswith("c: left out, because its text differs")


def test_a_bag_holds_up_to_two_hundred_words():
    for words, kept in ((200, 200), (201, 200)):
        seen = ColumnStatistics("c", words=True)
        text = " ".join(f"w{n}" for n in range(words))
        seen.update([text, text, None], Places(range(3)))
        encoder = choose_encoder(seen, said="text")
        assert len(encoder.names) == kept
        assert encoder.describe() == "c: a bag of its 200 commonest words."
    with pytest.raises(DataError, match="column c has no word that stands in two rows"):
        chosen(["a", "b"], said="text")


def test_a_bag_of_words_is_made_of_texts_if_asked_for():
    texts = [f"good wine {n}" if n % 2 else f"bad beer {n}" for n in range(60)]
    table = read_frame({"note": texts, "x": list(range(60)), "y": ["a", "b"] * 30}, target="y")
    assert "--types note=text makes a bag of words" in " ".join(learned(table).describe())
    recipe = learned(table, types={"note": "text", "x": "ignore"})
    assert recipe.feature_names == tuple(f"note has {w}" for w in ("bad", "beer", "good", "wine"))
    assert recipe.apply(table).row(1) == [0, 0, 1, 1]


def test_a_column_of_long_codes_is_left_out_as_what_it_is(csv):
    text = "id,x,y\n" + "".join(f"{10**17 + n},{n % 7},{'pq'[n % 2]}\n" for n in range(40))
    assert learned(load(csv(text))).encoders[0].reason == (
        "its values are codes rather than numbers: 100000000000000000 is longer than the 15 digits "
        "that a number keeps"
    )


@pytest.mark.parametrize(
    ("mean", "deviation"), [(1524.58, 1.36), (890.83, 432.95), (1878.3, 228.78)]
)
def test_what_was_0_in_the_table_is_0_again_and_no_rounding(mean, deviation):
    scaled = (0.0 - mean) / deviation
    assert scaled * deviation + mean != 0
    assert own_value(scaled, deviation, mean) == 0
    assert own_value(2.0, 0.5, 1e9) == 1_000_000_001.0
    assert own_value(1e-30, 16.0, 0.0) == 1.6e-29
