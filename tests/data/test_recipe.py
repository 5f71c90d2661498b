"""A recipe is learned once and treats every later row alike."""

import json
import math
import re
from dataclasses import replace

import pytest

from chainrule.data import Recipe, Table, load, prepare, read_frame
from chainrule.data.csv_file import read_csv
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.table import from_columns
from chainrule.errors import DataError, ModelFileError
from tests.data.texts import learned


@pytest.fixture
def flats(csv):
    """Five flats: numbers, categories, gaps, and one row without a price."""
    return read_csv(
        csv(
            "id,size,city,floor,rent\n"
            "f1,30,Oslo,1,300\nf2,50,Rome,,500\nf3,70,Oslo,3,700\nf4,90,,1,\nf5,50,Oslo,3,400\n"
        )
    )


def test_every_column_is_encoded_in_its_own_way(flats):
    examples = learned(flats).apply(flats)
    names = ("size", "city=Oslo", "city=Rome", "floor", "floor is missing")
    assert examples.feature_names == names
    assert (examples.shape, examples.y_shape, examples.task) == ((4, 5), (4, 1), "regression")
    # Sizes 30, 50, 70, 50: mean 50, deviation √200. Floors 1, 3, 3: mean 7/3, deviation √(8/9).
    assert examples.row(0) == pytest.approx(
        [-20 / math.sqrt(200), 1, 0, (1 - 7 / 3) / math.sqrt(8 / 9), 0]
    )
    assert examples.row(1) == [0, 0, 1, 0, 1]


def test_the_parts_that_numbers_are_laid_out_in_are_counted():
    columns = {"x": [float(n) for n in range(40)], "y": [1.5 * n for n in range(40)]}
    recipe = learned(from_columns(columns, source="rows"), parts=4)
    (told,) = [sentence for sentence in recipe.describe() if "laid out" in sentence]
    assert "in up to 4 parts" in told


def test_pixels_are_led_back_to_their_own_unit_by_their_maximum():
    pixels = from_columns({"p": [0.0, 51.0, 255.0], "y": ["a", "b", "a"]}, source="rows")
    assert learned(replace(pixels, pixel_maximum=255.0)).scales == ((255.0, 0.0),)


def test_each_feature_knows_the_way_back_to_its_own_unit(flats):
    recipe = learned(flats)
    scales = [number for scale in recipe.scales for number in scale]
    size, floor = (math.sqrt(200), 50), (math.sqrt(8 / 9), 7 / 3)
    assert scales == pytest.approx([*size, 1, 0, 1, 0, *floor, 1, 0])


def test_rows_without_a_target_are_left_out_and_counted(flats):
    recipe = learned(flats)
    examples = recipe.apply(flats)
    assert list(examples.row_numbers) == [0, 1, 2, 4]
    assert examples.notes == ("1 row without rent left out.",)
    assert (recipe.rows, recipe.without_target) == (4, 1)


def test_a_name_stands_in_advice_as_a_shell_wants_it():
    texts = [f"{'abcdefgh'[n % 8]}{n} is a text" for n in range(40)]
    columns = {"the note": texts, "x": [*range(3, 43)], "y": ["a", "b"] * 20}
    assert "--types 'the note=text' makes" in " ".join(learned(read_frame(columns)).describe())
    with pytest.raises(DataError, match="or --types 'the note=category'"):
        learned(read_frame(columns), types={"the note": "number"})


def test_what_was_done_is_told(flats):
    name_like = "its text differs from row to row, as a name or a number plate does"
    assert learned(flats).describe() == [
        "target rent: numbers, standardised (mean 475, standard deviation 147.9).",
        "rent is predicted, because no target was named and it comes last.",
        "1 row without rent left out.",
        "2 number columns standardised: size, floor.",
        f"id: left out, because {name_like}.",
        "city: 2 categories one-hot encoded.",
        (
            "floor: 1 missing value (in the rows learned from) filled with the mean 2.333, and a "
            "feature that says where."
        ),
    ]


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([f"1 00{n:02} 000 €" for n in range(30)], "its text differs from row to row"),
        ([f"({n},5" for n in range(30)], r"written with marks: .* \(row 0 is '\(0,5'"),
        (
            [f"{n} %" if n % 2 else f"{n}" for n in range(30)],
            r"15 of its 30 values are not numbers",
        ),
        ([f"192.168.{n + 100}.100" for n in range(30)], "its text differs from row to row"),
        ([f"555 001 {n:03}" for n in range(30)], "its text differs from row to row"),
        (["12:01", *(f"Film {n}" for n in range(29))], "its text differs from row to row"),
        ([f"AB-{n}" for n in range(30)], "its text differs from row to row"),
        ([f"10.0.0.{n}" for n in range(30)], "its text differs from row to row"),
    ],
)
def test_dates_and_numbers_with_marks_are_told_from_names(texts, why):
    table = read_frame({"what": texts, "x": range(30), "y": ["a", "b"] * 15}, target="y")
    told = " ".join(learned(table).describe())
    assert re.search(rf"what: left out, because .*{why}", told)


def test_penguins_are_described_with_the_means_of_palmerpenguins():
    told = learned(load("penguins")).describe()
    # The R package's summary: means 43.92, 17.15, 200.9, 4202, with 2 missing values each.
    start = "bill_length_mm: 2 missing values (in the rows learned from) filled with the mean 43.92"
    assert any(sentence.startswith(start) for sentence in told)
    assert "target species: 3 classes (Adelie 152, Chinstrap 68, Gentoo 124)." in told


def test_held_out_rows_leave_no_trace(flats):
    recipe = learned(flats, rows=[0, 2])
    poisoned = [*flats.column("size")]
    poisoned[1] = poisoned[3] = poisoned[4] = "1e9"
    columns = tuple(poisoned if name == "size" else flats.column(name) for name in flats.names)
    other = Table(flats.names, columns, flats.source, flats.sha256)
    assert learned(other, rows=[0, 2]) == recipe
    assert recipe.apply(flats, rows=[0, 2]).row_numbers == [0, 2]


def test_a_recipe_survives_json(flats):
    for recipe in (learned(flats), learned(load("penguins"))):
        assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize("record", [{}, {"encoders": 3}, {"encoders": [{"kind": "magic"}]}])
def test_a_record_of_something_else_is_refused(record):
    with pytest.raises(ModelFileError, match=r"^recipe.* copy the file again$"):
        Recipe.from_dict(record)


def test_new_rows_without_a_target_can_be_encoded_but_not_scored(flats, csv):
    recipe = learned(flats)
    new = read_csv(csv("floor,city,size\n3,Oslo,50\n"))
    examples = recipe.features_only(new)
    assert examples.y is None
    assert examples.row(0) == recipe.apply(flats, rows=[4]).row(0)
    with pytest.raises(
        DataError, match=r"no column rent, .* to predict rows without it, give them"
    ):
        recipe.apply(new)


def test_a_table_of_other_columns_is_refused_with_both_sides(flats):
    with pytest.raises(DataError) as raised:
        learned(flats).apply(load("iris"))
    assert "iris has no columns size, city, floor, rent, which" in str(raised.value)
    assert "it has sepal_length" in str(raised.value)


def test_a_column_that_was_left_out_may_be_absent_later(flats, csv):
    new = read_csv(csv("size,city,floor\n50,Bonn,\n"))
    examples = learned(flats).features_only(new)
    assert examples.notes == (
        "city: 1 value not seen in training ('Bonn'), encoded as none of its categories.",
    )


def test_predictions_come_back_in_the_units_of_the_target(flats):
    recipe = learned(flats)
    assert recipe.restore(recipe.apply(flats).y) == pytest.approx([300, 500, 700, 400])


def test_the_user_may_say_what_columns_are(flats):
    recipe = learned(flats, types={"floor": "category", "city": "ignore"})
    assert recipe.feature_names == ("size", "floor=1", "floor=3", "floor is missing")
    assert "city: left out, because you said so." in recipe.describe()


@pytest.mark.parametrize("said", ["number", "category", "ignore"])
def test_what_is_said_of_an_unknown_column_is_refused(flats, said):
    with pytest.raises(DataError, match=r"no column 'flor' \(did you mean 'floor'\?\)"):
        learned(flats, types={"flor": said})


def test_a_table_with_nothing_to_learn_from_is_refused(csv):
    table = read_csv(csv("same,one,y\n1,2,a\n1,2,b\n"))
    said = r"no column to predict y from: same: left out, because [^.]*; one: left out, [^.]*$"
    with pytest.raises(DataError, match=said):
        learned(table)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a,a is missing,y\n1,0,u\n,1,v\n3,0,u\n", "a is missing"),
        ("a,a=q,y\nq,1,u\nr,2,v\nq,3,u\n", "a=q"),
    ],
)
def test_features_of_one_name_are_refused(csv, text, name):
    with pytest.raises(DataError, match=f"more than one feature named {name}: rename"):
        learned(read_csv(csv(text)))


def test_thousands_and_millions_in_letters_are_named(csv):
    few = "".join(f"{text},{'ab'[n % 2]}\n" for n, text in enumerate(["1.2K", "950", "3M"] * 9))
    (said,) = (encoder.describe() for encoder in learned(load(csv("x,y\n" + few))).encoders)
    assert said.endswith(
        "; its numbers are written with letters for thousands or millions: write "
        "them out (such as '1.2K')."
    )
    many = "".join(f"{n},${n + 300}K\n" for n in range(60))
    with pytest.raises(DataError, match="with letters for thousands or millions: write them out"):
        learned(load(csv("x,y\n" + many)))


@pytest.mark.parametrize("form", ["{}±0.2", "{} ± 0.2", "{} +/- 0.2", "{} +- 0.2", "{}(2)"])
def test_numbers_with_their_uncertainty_are_named(csv, form):
    texts = [form.format(f"{n}.{n}") for n in range(1, 61)]
    few = "".join(f"{text},{'ab'[n % 2]}\n" for n, text in enumerate(texts[:3] * 9))
    (said,) = (encoder.describe() for encoder in learned(load(csv("x,y\n" + few))).encoders)
    assert said == (
        "x: 3 categories one-hot encoded; its numbers have their uncertainty behind them: write "
        f"the two in two columns (such as '{texts[0]}')."
    )
    many = "".join(f"{n % 5},{text},{'ab'[n % 2]}\n" for n, text in enumerate(texts))
    told = learned(load(csv("z,x,y\n" + many))).describe()
    assert told[-1] == (
        "x: left out, because its numbers have their uncertainty behind them: write the two in two "
        f"columns (line 2 (row 0) is {texts[0]!r})."
    )
    with pytest.raises(DataError, match="target x cannot be learned, because its numbers have"):
        learned(load(csv("z,x\n" + "".join(f"{n % 5},{t}\n" for n, t in enumerate(texts)))))


@pytest.mark.parametrize("text", ["12 (3)", "3+4", "1-2", "5 ± x", "a(2)"])
def test_what_only_looks_like_an_uncertainty_is_a_category(csv, text):
    (said,) = (
        encoder.describe()
        for encoder in learned(load(csv("x,y\n" + f"{text},a\nq,b\n" * 9))).encoders
    )
    assert said == "x: 2 categories one-hot encoded."


def test_objects_within_rows_are_told(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text('[{"a": 1, "b": {"c": 2}, "d": [3]}, {"a": 2, "b": {"c": 3}, "d": [4]}]')
    (note,) = load(path).notes
    assert note.startswith(
        "b, d: objects, lists and bytes are read as texts; give each of their values"
    )


@pytest.mark.parametrize(
    ("header", "row", "known"),
    [
        ("size,KIND", "3.5 m,u", True),
        ("KIND,Kind,size", "0,u,3.5 m", True),
        ("kind,KIND,size", "u,u,3.5 m", False),
        ("Siz,Kind", "3.5 m,u", False),
        ("SIZE,other", "3.5 m,u", False),
    ],
)
def test_names_that_capitals_alone_tell_apart_are_those_of_training(csv, header, row, known):
    rows = "".join(f"{n}.5 m,{'uv'[n % 2]},{n}\n" for n in range(10))
    recipe = learned(read_csv(csv("Size,Kind,y\n" + rows)), "y")
    table = read_csv(csv(f"{header}\n{row}\n"))
    if not known:
        with pytest.raises(
            DataError, match=rf"has no column .*; it has {header.split(',')[0]}[, ]"
        ):
            recipe.features_only(table)
        return
    size, u, v = recipe.features_only(table).x
    assert size == pytest.approx((3.5 - 5) / 8.25**0.5)
    assert (u, v) == (1, 0)


def test_a_table_of_one_column_is_refused_in_a_whole_sentence(csv):
    with pytest.raises(DataError, match=r"predict a:y from: it has a:y alone; give a table with"):
        learned(read_csv(csv("a:y\n1:2\n2:3\n")))
    with pytest.raises(DataError, match=r"predict y from: it has a&y alone; give a table with"):
        learned(read_csv(csv("a&y\n1&2\n2&3\n")), "y")


def test_a_column_without_a_name_is_never_a_feature_nor_the_target(csv):
    table = read_csv(csv(",x,y,\n0,1,a,\n1,2,b,\n".replace("y,\n", "y\n").replace(",\n", "\n")))
    recipe = learned(table)
    assert (recipe.target.column, recipe.feature_names) == ("y", ("x",))


def test_images_are_only_divided_by_their_maximum():
    examples = learned(load("digits")).apply(load("digits"))
    assert examples.shape == (1797, 64)
    # The first digit's first row of pixels in optdigits.tes: 0,0,5,13,9,1,0,0.
    assert examples.row(0)[:8] == [0, 0, 5 / 16, 13 / 16, 9 / 16, 1 / 16, 0, 0]


def test_mnist_lies_between_zero_and_one(mnist):
    table = load(mnist)
    examples = learned(table).apply(table, rows=range(100))
    assert examples.shape == (100, 784)
    assert (min(examples.x), max(examples.x)) == (0.0, 1.0)


def test_a_file_without_a_header_is_told_of(csv):
    rows = "\n".join(f"{'uv'[n % 2]},{n}.1,{n}.25" for n in range(10))

    def told(header, target="a"):
        return " ".join(learned(read_csv(csv(header + rows)), target).describe())

    alarm = "Names of columns are numbers, such as 0.1: if they are the first row, give --no-"
    assert alarm in told("", "u")
    assert "numbers, such as 7.5:" in told("u,size,7.5\n", "u")  # u is one of the values below it
    assert "Names of columns" not in told("a,1,2\n") + told("a,1990,2000\n") + told("a,b,7.5\n")
    assert "numbers, such as 3.5:" in " ".join(
        learned(read_csv(csv("u,3.5\n" + "v,2.5\nu,1.5\n" * 9)), "3.5", "regression").describe()
    )
    with pytest.raises(DataError, match=r"named 3: .* if its first line is a row, put a header"):
        read_csv(csv(f"a,3,3\n{rows}"))


def test_a_recipe_of_before_readings_were_kept_lets_a_table_prove_how_it_is_written(csv):
    path = csv("x;y\n" + "".join(f"{n},5;{'ab'[n % 2]}\n" for n in range(20)))
    recipe = learned(read_csv(path))
    record = recipe.to_dict()
    del record["readings"]
    old = Recipe.from_dict(record)
    assert old.readings is None
    assert old.apply(read_csv(path)).x == recipe.apply(read_csv(path)).x
    record["encoders"] = [{"kind": "categories", "column": "x", "levels": ["TRUE", "FALSE"]}]
    truths = read_frame({"x": [True, False]})
    assert Recipe.from_dict(record).features_only(truths).x.tolist() == [1, 0, 0, 1]


def test_a_recipe_of_before_spaces_around_names_were_taken_off_reads_the_same_tables(csv):
    path = csv("x;w;y\n" + "".join(f"{n},5;{n % 3};{'ab'[n % 2]}\n" for n in range(20)))
    recipe = replace(learned(read_csv(path)), weight_column="w")
    record = recipe.to_dict() | {"weight_column": " w"}
    record["readings"] = {f"{name} ": reading for name, reading in record["readings"].items()}
    for part in (*record["encoders"], record["target"]):
        part["column"] = f" {part['column']} "
    assert Recipe.from_dict(record) == recipe


def test_a_class_of_which_no_row_is_held_out_is_named():
    class InOrder:
        def permutation(self, n):
            return list(range(n))

    columns = {"x": [n * 1.5 for n in range(42)], "y": ["a", "b"] * 20 + ["c", "c"]}
    told = prepare(read_frame(columns, target="y"), generator=InOrder()).told
    assert [said for said in told if said.startswith("No row of c is held out")]
    columns["y"] = ["a", "b"] * 21
    assert not prepare(read_frame(columns, target="y"), generator=InOrder()).told


@pytest.mark.parametrize(
    ("rows", "width", "parts"),
    [
        (160, 1, 16),
        (80, 1, 8),
        (79, 1, 0),
        (320, 2, 16),
        (319, 2, 15),
        (160, 2, 8),
        (159, 2, 0),
        (499, 10, 0),
        (500, 10, 5),
        (560, 14, 4),
        (559, 14, 0),
    ],
)
def test_numbers_get_parts_where_each_gets_ten_rows(rows, width, parts):
    columns = {f"c{k}": [n + k / 10 for n in range(rows)] for k in range(width)}
    table = from_columns(
        {**columns, "y": ["u", "v"] * (rows // 2) + ["u"] * (rows % 2)}, source="t"
    )
    recipe = learned(table, "y", parts=16)
    assert [max(len(e.edges) - 1, 0) for e in recipe.encoders] == [parts] * width
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert ("also laid out" in " ".join(recipe.describe())) == bool(parts)


def test_numbers_stay_whole_where_parts_are_not_asked_for():
    assert learned(load("iris")).encoders[0].edges == ()


def test_many_columns_of_categories_are_told_of_together():
    table = read_frame({f"c{n}": ["a", "b"] * 10 for n in range(7)} | {"y": [1.5, 2.5] * 10})
    assert learned(table, "y").describe()[1:] == [
        f"7 columns of categories one-hot encoded: {', '.join(f'c{n} (2)' for n in range(7))}."
    ]


def test_a_column_of_nothing_is_said_to_be_empty_whatever_its_name(tmp_path):
    path = tmp_path / "trailing.csv"
    path.write_text("a,y,\n" + "".join(f"{n % 7},{'pq'[n % 2]},\n" for n in range(40)))
    recipe = learned(load(path))
    assert recipe.target.column == "y"
    assert "column3: left out, because it holds no values." in recipe.describe()


def test_a_target_is_read_as_that_of_training_and_must_be_there():
    table = read_frame({"x": list(range(40)), "y": [f"{n},5" for n in range(40)]})
    recipe = learned(table, "y")
    mean = sum(range(40)) / 40 + 0.5
    assert recipe.restore(recipe.targets_only(["3,5", "20"])) == pytest.approx([3.5, 20])
    assert (recipe.target.mean, recipe.readings["y"].decimal) == (pytest.approx(mean), ",")
    with pytest.raises(DataError, match="target y, row 1 is missing: leave the row out"):
        recipe.targets_only(["3,5", None])
    classes = learned(read_frame({"x": [1, 2, 3, 4], "y": ["a", "b", "a", "b"]}), "y")
    assert list(classes.targets_only(["b", "a"])) == [1, 0]
    assert classes.restore([1, 0]) == [1, 0]


@pytest.mark.parametrize(("columns", "together"), [(5, False), (6, True)])
def test_more_than_five_columns_of_categories_are_told_of_together(columns, together):
    table = read_frame({f"c{n}": ["a", "b"] * 10 for n in range(columns)} | {"y": [1.5, 2.5] * 10})
    said = learned(table, "y").describe()
    assert (f"{columns} columns of categories one-hot encoded" in " ".join(said)) == together
    assert len(said) == (2 if together else 1 + columns)


def test_rows_of_weight_0_are_left_out_and_told_and_the_others_carry_their_weight():
    table = read_frame({"x": [1, 2, 3, 4], "w": [1, 0, 2, 1], "y": ["a", "b", "b", None]})
    recipe = replace(learned(table, "y", types={"w": "ignore"}), weight_column="w")
    examples = recipe.apply(table)
    assert (examples.row_numbers, examples.weights.tolist()) == ([0, 2], [1, 2])
    assert examples.notes == ("2 rows without y or of weight 0 left out.",)
    assert "w: it says how much each row counts." in recipe.describe()
    assert not any(said.startswith("w: left out") for said in recipe.describe())
    without = recipe.apply(read_frame({"x": [1, 2], "y": ["a", "b"]}))
    assert without.weights is None


def test_the_scale_of_a_column_is_that_of_its_number_and_not_of_its_parts():
    columns = {"x": [float(n) for n in range(40)], "y": [1.5 * n for n in range(40)]}
    recipe = learned(from_columns(columns, source="rows"), parts=2)
    assert recipe.scales[1:] == ((1.0, 0.0), (1.0, 0.0))
    assert recipe.scales[0] == (recipe.encoders[0].deviation, 19.5)
    assert recipe.feature_columns == ("x", "x", "x")


def test_a_column_that_counts_rows_in_the_order_of_the_classes_is_left_out():
    columns = {"n": list(range(1, 41)), "x": [1.5, 2.25] * 20, "y": ["a"] * 20 + ["b"] * 20}
    table = read_frame(columns)
    assert any(
        said.startswith("n: left out, because it counts the rows")
        for said in learned(table).describe()
    )
    assert "n" in learned(table, types={"n": "number"}).feature_names
    named = learned(read_frame({"my n": columns["n"], **columns})).describe()
    assert "--types 'my n=number' uses it" in " ".join(named)
    assert "n" in learned(read_frame({**columns, "y": ["a", "b"] * 20})).feature_names


def test_only_a_target_that_nobody_named_is_assumed(flats):
    assert learned(flats).assumed
    assert not learned(flats, "rent").assumed
    assert not learned(load("iris")).assumed
    told = learned(replace(flats, target="rent")).describe()
    assert not any("no target was named" in said for said in told)


def test_parts_may_be_asked_for_where_no_column_holds_numbers():
    table = read_frame({"x": ["a", "b"] * 20, "y": ["p", "q"] * 20})
    assert learned(table, parts=4).feature_names == ("x=a", "x=b")


def test_truth_values_are_one_thing_however_they_are_spelt(csv):
    table = read_csv(csv("t,y\n" + "TRUE,false\nfalse,TRUE\ntrue,True\nFALSE,False\n" * 5))
    recipe = learned(table)
    assert recipe.class_names == ("False", "True")
    assert recipe.feature_names == ("t=False", "t=True")
    frame = read_frame({"t": [True, False]})
    assert recipe.features_only(frame).x.tolist() == [0, 1, 1, 0]


def test_spellings_that_differ_in_capitals_alone_are_told(csv):
    table = read_csv(csv("t,y\n" + "Red,a\nred,b\nRED,b\nblue,A\n" * 5))
    told = learned(table).describe()
    assert "t: 4 categories one-hot encoded; RED, Red, red differ in capitals," in told[-1]
    assert "(A 5, a 5, b 10); A, a differ in capitals, spaces or a last point alone" in told[0]


def test_the_words_that_mean_no_target_are_told_with_the_rows(csv):
    path = csv("x,y\n" + "".join(f"{n},{('a', 'b', 'open')[n % 3]}\n" for n in range(60)))
    table = read_csv(path, options=ReadingOptions(ignored=("open",)))
    assert "20 rows without y ('open') left out." in learned(table).describe()
