"""A column of truth values is one thing, however its file spells them."""

import json
from array import array

import pytest

from chainrule.data.builtin import load
from chainrule.data.cells import MISSING
from chainrule.data.column_survey import ColumnSurvey
from chainrule.data.csv_file import read_csv
from chainrule.data.frames import read_frame
from chainrule.data.recipe import Recipe
from chainrule.errors import DataError
from tests.data.texts import learned


def rows_of(cells):
    return [{"t": cell, "x": n % 7, "y": "ab"[n % 3 == 0]} for n, cell in enumerate(cells)]


def lines_of(cells):
    return "t,x,y\n" + "".join(",".join(map(str, row.values())) + "\n" for row in rows_of(cells))


MIXED = [True, 0, 1, False] * 5


@pytest.mark.parametrize(
    "cells", [MIXED, ["TRUE", "0", "1", "false"] * 5, ["1.0", "0.0", "1", "0"] * 5 + ["true"]]
)
def test_1_and_true_are_one_value_in_a_column_that_has_both(csv, cells):
    recipe = learned(load(csv(lines_of(cells))), target="y")
    assert recipe.feature_names == ("t=False", "t=True", "x")
    assert "t: 1 and True are the same here, as are 0 and False." in recipe.describe()


@pytest.mark.parametrize("kind", ["json", "rows", "objects"])
def test_that_is_so_in_rows_and_frames_too(tmp_path, kind):
    if kind == "json":
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(map(json.dumps, rows_of(MIXED))))
        table = load(path)
    elif kind == "rows":
        table = read_frame({"t": MIXED, "y": [0, 1, 2, 3, 4] * 4})
    else:
        table = read_frame({"t": [str(v) if n % 2 else v for n, v in enumerate(MIXED)], "y": MIXED})
        assert learned(table, target="y").class_names == ("False", "True")
    recipe = learned(table, target="y")
    assert recipe.feature_names[:2] == ("t=False", "t=True")
    assert recipe.features_only(table).x.tolist()[:2] == [0, 1]


def test_a_long_file_may_prove_it_in_its_last_part(csv, monkeypatch):
    path = csv(lines_of([0, 1] * 20 + [True]))
    whole = learned(load(path), target="y")
    monkeypatch.setattr("chainrule.data.csv_file._CELLS_AT_ONCE", 9)
    table = load(path)
    assert table.column("t") == ["False", "True"] * 20 + ["True"]
    assert learned(table, target="y") == whole


@pytest.mark.parametrize(("numbers", "kind"), [([0, 1], "truth"), ([0, 2], "plain")])
def test_parts_that_hold_numbers_alone_count_too(numbers, kind):
    survey = ColumnSurvey("t")
    survey.update(array("d", numbers), MISSING)
    survey.update(["True", "False"], MISSING)
    assert survey.reading().kind == kind


@pytest.mark.parametrize("cells", [["True", "False"] * 9, MIXED])
def test_new_rows_may_spell_truth_values_in_the_other_way(csv, cells):
    recipe = learned(load(csv(lines_of(cells))), target="y")
    again = Recipe.from_dict(recipe.to_dict())
    for others in (["0", "1"], ["false", "TRUE"], ["0.0", "1.0"]):
        examples = again.features_only(read_csv(csv(lines_of(others))))
        assert examples.x.tolist()[0:2] == [1, 0]
        assert examples.x.tolist()[3:5] == [0, 1]
        assert not examples.notes
    assert again.features_only(read_frame({"t": [0, 1], "x": [1, 2]})).x[3:5].tolist() == [0, 1]


def test_0_and_1_alone_stay_numbers_and_true_among_them_later_gets_a_way_out(csv):
    recipe = learned(load(csv(lines_of([0, 1] * 9))), target="y")
    assert recipe.feature_names == ("t", "x")
    assert not recipe.readings
    with pytest.raises(DataError, match=r"'True': .*, or write 1 for True and 0 for False$"):
        recipe.features_only(read_csv(csv(lines_of(["True", "False"]))))


@pytest.mark.parametrize("cells", [["True", "2", "0", "1"] * 5, ["ja", "1", "0", "no"] * 5])
def test_what_is_no_truth_value_leaves_the_others_what_they_are(csv, cells):
    recipe = learned(load(csv(lines_of(cells))), target="y")
    assert len(recipe.feature_names) == 5
    assert not recipe.readings


@pytest.mark.parametrize(
    ("cells", "levels", "said"),
    [
        (
            ["Yes", "N", "Y", "No", "Y"],
            ["No", "Yes"],
            "Y and Yes are the same here, as are N and No",
        ),
        (["no", "yes", "YES", "yes"], ["no", "yes"], "YES and yes are the same here"),
        (["t", "FALSE", "true", "f"], ["False", "True"], "True and t are the same here, as are"),
        (["yes", "1", "0"], ["no", "yes"], "1 and yes are the same here, as are 0 and no"),
        (["Ja", "J", "Nein", "j"], ["Ja", "Nein"], "J, Ja and j are the same here"),
        (["oui", "O", "non"], ["non", "oui"], "O and oui are the same here"),
    ],
)
def test_answers_in_several_spellings_are_two_and_it_is_said(csv, cells, levels, said):
    recipe = learned(load(csv(lines_of(cells * 8))), target="y")
    assert list(recipe.encoders[0].levels) == levels
    assert any(sentence.startswith(f"t: {said}") for sentence in recipe.describe())
    of = {"n": levels[0], "0": levels[0], "f": levels[0], "1": levels[1], "y": levels[1]}
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    names = again.readings["t"].answers
    table = again.read(read_csv(csv(lines_of(of))))
    assert table.column("t") == [names[word in "1y"] for word in of]
    counted = learned(load(csv(lines_of(cells * 8))), target="t").target
    assert dict(zip(counted.levels, counted.counts, strict=True)) == {
        name: 8 * sum((cell[0].lower() in "ytjo1") == (name == names[1]) for cell in cells)
        for name in levels
    }


@pytest.mark.parametrize("cells", [["Y", "N"], ["Yes", "No"], ["t", "f"], ["Y", "no"], ["T", "n"]])
def test_answers_in_one_spelling_keep_their_names(csv, cells):
    recipe = learned(load(csv(lines_of(cells * 8))), target="y")
    assert set(recipe.encoders[0].levels) == set(cells)
    assert not recipe.readings


@pytest.mark.parametrize("cells", [["yes", "t", "no", "T"], ["Y", "y", "maybe"], ["M", "m", "f"]])
def test_words_of_two_kinds_or_others_are_no_answers(csv, cells):
    recipe = learned(load(csv(lines_of(cells * 8))), target="y")
    assert set(recipe.encoders[0].levels) == set(cells)
