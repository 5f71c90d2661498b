"""The data that comes along is what its authors published."""

import gzip
import os
import statistics
from collections import Counter
from pathlib import Path

import pytest

import chainrule.data.builtin as door
from chainrule.data import BUILT_IN, ReadingOptions, load
from chainrule.errors import DataError
from tests.data.texts import learned

FOLDER = Path(door.__file__).parent / "builtin"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_has_a_target_and_can_be_learnt_from(name):
    table = load(name)
    examples = learned(table).apply(table)
    assert table.target is not None
    assert len(examples) == table.rows
    assert len(table.sha256) == 64


def test_iris_has_fifty_of_each_species_and_the_means_that_uci_gives():
    iris = load("iris")
    assert Counter(iris.column("species")) == {"setosa": 50, "versicolor": 50, "virginica": 50}
    # UCI's iris.names: 5.84, 3.05, 3.76, 1.20; its 3.05 comes from two mistyped rows, which this
    # file has as Fisher printed them (mean 3.057).
    means = [statistics.fmean(map(float, column)) for column in iris.columns[:4]]
    assert means == pytest.approx([5.843, 3.057, 3.758, 1.199], abs=5e-4)


def test_penguins_are_those_of_gorman_and_others():
    penguins = load("penguins")
    assert penguins.rows == 344
    counts = {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    assert Counter(penguins.column("species")) == counts
    assert penguins.column("bill_length_mm").count(None) == 2
    # From the summary in the R package palmerpenguins.
    assert penguins.column("sex").count(None) == 11
    masses = [float(mass) for mass in penguins.column("body_mass_g") if mass is not None]
    assert statistics.fmean(masses) == pytest.approx(4201.754, abs=5e-4)


def test_digits_are_the_test_part_of_optdigits():
    digits = load("digits")
    # Class counts from UCI's optdigits.names; the sum of pixels from scikit-learn.
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert Counter(map(int, digits.column("digit"))) == dict(enumerate(counts))
    assert sum(sum(map(int, column)) for column in digits.columns[:-1]) == 561_718
    assert digits.names[:2] + digits.names[-2:] == ("pixel0", "pixel1", "pixel63", "digit")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.gz")), ids=lambda path: path.name)
def test_packed_files_carry_no_date_and_stand_in_the_table_of_licences(path):
    assert path.read_bytes()[4:8] == bytes(4)
    assert gzip.decompress(path.read_bytes()).count(b"\n") > 100
    assert f"`{path.name}`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_a_file_wins_over_a_built_in_of_its_name(csv, monkeypatch):
    monkeypatch.chdir(csv("x,y\n1,2\n", name="iris").parent)
    assert load("iris").names == ("x", "y")


def test_an_unknown_name_gets_the_closest_one_and_all_of_them():
    with pytest.raises(DataError) as raised:
        load("pengiuns")
    assert "(did you mean 'penguins'?)" in str(raised.value)
    assert all(name in str(raised.value) for name in BUILT_IN)


def test_a_name_too_long_for_any_file_is_unknown():
    with pytest.raises(DataError, match="there is no file"):
        load("x" * 10_000)


def test_another_target_can_be_named_and_must_exist():
    assert load("penguins", target="sex").target == "sex"
    with pytest.raises(DataError, match="did you mean 'island'"):
        load("penguins", target="iland")


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1, "y": "p"},\n {"y": "NA"}]',
        '\ufeff[\n{"a": 1, "y": "p"},\n {"y": "NA"}]',
        '{"a": 1, "y": "p"}\n\n{"y": "NA"}\n',
    ],
)
def test_json_holds_rows_in_a_list_or_line_by_line(csv, text):
    table = load(csv(text, "rows.json"))
    assert (table.names, table.columns) == (("a", "y"), ([1.0, None], ["p", "NA"]))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"a": 1}\n{"a": }\n', "not JSON in its object 1"),
        ('{"a": 1}\n{"a": 1, "a": 2}\n', "object 1 of rows.json has 'a' twice: give each value"),
        ("[{},\n{}]", "holds no rows"),
        ('{"a": {"0": 1}, "y": {"0": "p"}}', "is one object of columns, and one for each row is"),
        ('{"a": [1, 2], "y": ["p", "q"]}', "as pandas does with orient="),
    ],
)
def test_json_that_holds_no_rows_is_refused(csv, text, sentence):
    with pytest.raises(DataError, match=sentence):
        load(csv(text, "rows.json"))


@pytest.mark.parametrize(
    ("option", "said"),
    [({"header": False}, "--no-header"), ({"encoding": "latin-1"}, "--encoding")],
)
def test_how_a_csv_file_is_written_is_refused_for_what_is_built_in(option, said):
    with pytest.raises(DataError, match=f"^{said} says how a CSV file is written, and iris is"):
        load("iris", options=ReadingOptions(**option))


@pytest.mark.parametrize(
    ("options", "said"), [({"decimal": ","}, "--decimal"), ({"thousands": "."}, "--thousands")]
)
def test_marks_are_said_of_files_alone(options, said):
    with pytest.raises(DataError, match=f"^{said} says how a CSV file is written, and iris is"):
        load("iris", options=ReadingOptions(**options))
    assert load("iris", options=ReadingOptions(missing=("setosa",))).column("species")[0] is None


def test_pixels_of_digits_go_up_to_16_and_rows_of_what_is_built_in_are_no_lines():
    assert load("digits").pixel_maximum == 16.0
    assert (load("iris").pixel_maximum, load("iris").lines) == (None, None)
    with pytest.raises(DataError, match="labels go with IDX images, and xor is built in: leave"):
        load("xor", labels="answers")
    with pytest.raises(DataError, match=r"there is no file 'nothing'.*; built in are iris, "):
        load("nothing", labels="answers")


def test_json_in_a_file_is_read_with_the_words_that_are_said(csv):
    path = csv('{"a": "?", "y": "p"}\n{"a": "none", "y": "q"}\n', "rows.json")
    table = load(path, options=ReadingOptions(missing=("none",)))
    assert table.column("a") == ["?", None]
    with pytest.raises(DataError, match=r"--encoding says how a CSV file .* is a json file"):
        load(path, options=ReadingOptions(encoding="utf-8"))
    with pytest.raises(DataError, match="holds 3, where an object with a name for each value is"):
        load(csv('{"a": 1}\n3\n', "rows.json"))
    with pytest.raises(DataError, match="is not JSON in its object 0"):
        load(csv('[{"a": 1},\n {]', "rows.json"))
    assert load(csv('{"a": 1}\n{"b": {}}\n', "rows.json")).columns == ([1.0, None], [None, "{}"])


def test_a_table_comes_from_whatever_holds_one():
    iris = load("iris")
    assert load(iris) is iris
    assert load(iris, target="petal_width").target == "petal_width"
    assert load("iris", target="petal_width").target == "petal_width"
    assert load({"0": [1, 2], "1": ["a", "b"]}, target=1).target == "1"


def test_a_file_may_go_by_whatever_leads_to_its_path(tmp_path):
    (tmp_path / "two.csv").write_text("x,y\n1,2\n")
    (entry,) = os.scandir(tmp_path)
    assert load(entry).names == ("x", "y")
