"""`chainrule predict` answers every new row beside its own columns, in order, or says why not."""

import csv
import io
import json
import os
from math import inf

import pytest

from chainrule.cli.predict import _plain
from chainrule.errors import DataError
from chainrule.files import write_text
from chainrule.model import load
from chainrule.words import percent

HOUSES = "rooms;district;price\n" + "".join(
    f"{n % 7 + 1};{('north', 'south')[n % 2]};{1000 * (n % 7 + 1) + 500 * (n % 2)},5\n"
    for n in range(60)
)
FLOWERS = "width,colour\n" + "".join(f"{2 * n},{'red' if n < 30 else 'blue'}\n" for n in range(60))


@pytest.fixture
def model(chainrule, folder):
    """A model that has learned which colour a width has."""
    (folder / "flowers.csv").write_text(FLOWERS)
    assert chainrule("train", "flowers.csv", "--quiet").status == 0
    return "flowers.safetensors"


def rows_of(text, delimiter=","):
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_every_row_is_answered_in_order_beside_its_own_columns(chainrule, folder, model):
    (folder / "new.csv").write_text("name,width\nb,117\na,2\nc,110\n")
    outcome = chainrule("predict", model, "new.csv")
    assert (outcome.status, outcome.err) == (0, "")
    assert rows_of(outcome.out) == [
        {"name": "b", "width": "117", "predicted colour": "blue"},
        {"name": "a", "width": "2", "predicted colour": "red"},
        {"name": "c", "width": "110", "predicted colour": "blue"},
    ]


def test_a_column_alone_may_have_a_space_in_its_name_and_in_its_cells(chainrule, folder):
    rows = "".join(f"{('Hall 7', 'South West')[n % 2]},{'ab'[n % 2]}\n" for n in range(60))
    (folder / "sales.csv").write_text(f"Sales region,sold\n{rows}")
    assert chainrule("train", "sales.csv", "--quiet").status == 0
    (folder / "new.csv").write_text("sales Region\nSouth West\nHall 7\n")
    outcome = chainrule("predict", "sales.safetensors", "new.csv")
    assert [row["predicted sold"] for row in rows_of(outcome.out)] == ["b", "a"]
    assert list(load("sales.safetensors").predict("new.csv")) == ["b", "a"]


def test_probabilities_and_the_column_an_answer_hangs_on(chainrule, folder, model):
    (folder / "new.csv").write_text("width\n117\n2\n")
    rows = rows_of(chainrule("predict", model, "new.csv", "--proba", "--explain").out)
    for row, colour in zip(rows, ("blue", "red"), strict=True):
        p = {name: float(row[f"probability of {name}"]) for name in ("blue", "red")}
        assert max(p, key=p.get) == colour
        assert sum(p.values()) == pytest.approx(1)
        assert row["because of"].startswith(f"width: {percent(p[colour])} becomes ")


def test_an_answer_that_hangs_on_no_column_says_so(chainrule, folder):
    bright = "x,colour\n" + "".join(f"{n % 7},{'blue' if n == 3 else 'red'}\n" for n in range(70))
    (folder / "bright.csv").write_text(bright)
    assert chainrule("train", "bright.csv", "--quiet", "--epochs", "30").status == 0
    net = load("bright.safetensors")
    last = f"dense{len(net.architecture.layers)}.bias"
    net.set_parameters({**net.parameters, last: [-12.0]})
    net.save("bright.safetensors")
    (folder / "new.csv").write_text("x\n2\n")
    (row,) = rows_of(chainrule("predict", "bright.safetensors", "new.csv", "--explain").out)
    assert row["because of"] == "x: over 99.9% with it and without it"


def test_a_large_value_is_told_to_the_unit_beside_the_column_it_depends_on(chainrule, folder):
    lines = ["area,price", *(f"{n},{1_000_000 + 50_000 * n}" for n in range(30))]
    (folder / "homes.csv").write_text("\n".join(lines) + "\n")
    assert chainrule("train", "homes.csv", "--layers", "none", "--quiet").status == 0
    (row, *_) = rows_of(chainrule("predict", "homes.safetensors", "homes.csv", "--explain").out)
    answer = f"{float(row['predicted price']):,.0f}"
    assert row["because of"].startswith(f"area: {answer} becomes 1,")


def test_what_is_unusual_is_told_row_by_row(chainrule, folder):
    (folder / "houses.csv").write_text(HOUSES)
    assert chainrule("train", "houses.csv", "--quiet", "--epochs", "1").status == 0
    (folder / "new.csv").write_text("rooms;district\n1;west\nNA;north\nNA;east\n")
    told = chainrule("predict", "houses.safetensors", "new.csv").err.splitlines()
    assert [line.split()[1] for line in told] == ["2", "3", "4", "4"]


def test_twenty_notes_are_told_and_the_others_counted(chainrule, folder, model):
    for count, last in (
        (20, "line 21 (row 19): width"),
        (21, "and 1 more."),
        (1500, "and 1,480 more."),
    ):
        (folder / "new.csv").write_text("width\n" + "NA\n" * count)
        told = chainrule("predict", model, "new.csv").err.splitlines()
        assert told[19].startswith("line 21 (row 19): width is missing")
        assert (len(told), told[-1][: len(last)]) == (min(count, 21), last)


def test_what_stands_below_the_rows_is_told_however_much_is_unusual(chainrule, folder, model):
    (folder / "new.csv").write_text("width,b\n" + "NA,1\n" * 1001 + "Source: a\n")
    told = chainrule("predict", model, "new.csv").err.splitlines()
    assert told[0].startswith("line 1003 holds 'Source: a' below the table")
    assert (len(told), told[-1]) == (21, "and 982 more.")


def test_a_whole_number_is_written_without_a_point_where_a_float_holds_every_one():
    most = 2.0**53 - 1
    whole = [_plain(value) for value in (3.0, -most, most)]
    assert [str(value) for value in whole] == ["3", "-9007199254740991", "9007199254740991"]
    other = (0.5, 2.0**53, -(2.0**53), inf, "3.0", None)
    assert [*map(str, map(_plain, other))] == [*map(str, other)]


@pytest.mark.parametrize(
    ("write", "cells", "told"),
    [
        ("{}.01.2024", "05/06/2024", "05/06/2024, read as 2024-06-05 by the order that training"),
        ("{}.01.2024", "05/13/2024", None),
        ("{}.01.2024", "15/06/2024", ""),
        ("{}.01.2024", "05.06.2024", ""),
        ("{}.01.2024", "2024-06-05", ""),
        ("1/{}/2024", "5-6-2024", "5-6-2024, read as 2024-05-06 by the order that training had."),
        ("2024-01-{}", "2024/06/05", ""),
        ("{},5", "1.234 12,5", "1.234, read with a decimal point, as 12,5 is not."),
        ("{}.000,5", "1.234 12.5", "12.5, read with a decimal point, as 1.234 is not."),
        ("{},5", "1.234 12.5", ""),
        ("{},5", "12 12.5", ""),
        ("{},5", "12 1.234", "1.234, read with a decimal point, where training had a comma."),
        ("{},5", "0.234 1.234", ""),
    ],
)
def test_what_may_mean_another_date_or_number_than_in_training_is_told(
    chainrule, folder, write, cells, told
):
    rows = [f"{write.format(n)};{'pq'[n % 2]}\n" for n in range(10, 30)]
    (folder / "own.csv").write_text("c;y\n" + "".join(rows))
    args = "--quiet", "--epochs", "1", "--validation", "0"
    assert chainrule("train", "own.csv", *args).status == 0
    (folder / "new.csv").write_text("c;x\n" + "".join(f"{one};1\n" for one in cells.split()))
    outcome = chainrule("predict", "own.safetensors", "new.csv")
    assert (outcome.status == 2) == (told is None)
    assert outcome.err.partition(": c is ")[2].startswith(told or "")
    assert bool(outcome.err) == (told != "")
    assert chainrule("predict", "own.safetensors", "own.csv").err == ""


@pytest.mark.parametrize(
    ("write", "cell", "told"),
    [
        ("{}%", "0.12", "is 0.12, where all of training had %; it counts as 0.12 %."),
        ("{},5 kg", "7,5", "is 7,5, where all of training had kg; it counts as 7,5 kg."),
        ("{},5 kg", "7,5 kg", ""),
        ("{} €", "7", ""),  # the sign of a currency is left out more often
        ("{}", "-999", "is -999, further from the mean 20.5 than all of training."),
        ("{}", "93", ""),  # 40 numbers may lie √39 deviations away, and no further
        ("{}", "94", "is 94, further from the mean 20.5 than all of training."),
        ("{}", "-52", ""),
        ("{}", "-53", "is -53, further from the mean 20.5 than all of training."),
        ("{}000", "-99000", "is -99000, further from the mean 20,500 than all of training."),
    ],
)
def test_numbers_that_training_cannot_have_had_are_told(chainrule, folder, write, cell, told):
    rows = [f"{write.format(n)};{'pq'[n % 2]}\n" for n in range(1, 41)]
    (folder / "own.csv").write_text("c;y\n" + "".join(rows))
    args = "--quiet", "--epochs", "1", "--validation", "0"
    assert chainrule("train", "own.csv", *args).status == 0
    (folder / "new.csv").write_text(f"c;x\n{cell};1\n")
    outcome = chainrule("predict", "own.safetensors", "new.csv")
    assert (outcome.status, outcome.err) == (0, f"line 2 (row 0): c {told}\n" if told else "")
    assert chainrule("predict", "own.safetensors", "own.csv").err == ""
    (folder / "new.csv").write_text("c\n5 miles\n")
    refused = (
        "chainrule: column c holds numbers, but line 2 (row 0) has '5 miles': correct it or leave"
    )
    unit = write.partition("{}")[2].removeprefix(",5").removesuffix("000").strip()
    training = f"; training had the unit {unit}" if unit else ""
    assert (
        chainrule("predict", "own.safetensors", "new.csv").err == f"{refused} it empty{training}.\n"
    )


def test_a_file_is_written_whole_or_not_at_all(chainrule, folder, model):
    (folder / "new.csv").write_text("width\n117\n" + "3\n" * 1500 + "wide\n")
    (folder / "out.csv").write_text("before")
    outcome = chainrule("predict", model, "new.csv", "--out", "out.csv")
    assert outcome.status == 2
    assert "column width holds numbers, but line 1503 (row 1501) has 'wide'" in outcome.err
    assert (folder / "out.csv").read_text() == "before"
    assert not list(folder.glob(".*"))
    (folder / "new.csv").write_text("width\n117\n" + "3\n" * 1500)
    outcome = chainrule("predict", model, "new.csv", "--out", "out.csv")
    assert outcome.out == "written   1,501 rows answered in out.csv\n"
    for silent in ("--quiet", "--json"):
        quiet = chainrule("predict", model, "new.csv", "--out", "out.jsonl", silent)
        assert quiet.out + quiet.err == ""
    written = rows_of((folder / "out.csv").read_text())
    assert [row["predicted colour"] for row in written] == ["blue"] + ["red"] * 1500


@pytest.mark.parametrize("note", ["Source: census,,", "Source: census", "\nSource: census,,\n,,"])
def test_a_note_below_a_table_is_told_and_gets_no_answer(chainrule, folder, note):
    rows = "".join(f"{n % 7},{n % 5},{'ab'[n % 2]}\n" for n in range(60))
    (folder / "table.csv").write_text(f"p,q,kind\n{rows}{note}\n")
    told = chainrule("train", "table.csv", "--epochs", "2").out
    assert "holds 'Source: census' below the table, and is no row." in told
    (folder / "new.csv").write_text(f"p,q,r\n3,1,x\n4,2,y\n{note}\n")
    outcome = chainrule("predict", "table.safetensors", "new.csv", "--proba", "--explain")
    line = 4 + note.count("\n", 0, 1)
    said = f"line {line} holds 'Source: census' below the table, and is no row.\n"
    assert (outcome.status, outcome.err) == (0, said)
    assert chainrule("predict", "table.safetensors", "new.csv", "--quiet").err == ""
    answered = rows_of(outcome.out)
    assert [row["predicted kind"] in ("a", "b") for row in answered] == [True, True]
    (folder / "new.csv").write_text("p,q,r\n3,1,x\nSource: census,,y\n")  # it may be mistyped
    refused = chainrule("predict", "table.safetensors", "new.csv")
    assert (refused.status, "has 'Source: census'" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("out", "sentence"),
    [
        ("new.csv", "would overwrite the data"),
        ("flowers.safetensors", "would overwrite the model"),
        ("nowhere/out.csv", "there is no folder "),
        (".", "is a folder"),
        ("out.parquet", "written as CSV or JSON lines"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused(chainrule, folder, model, out, sentence):
    (folder / "new.csv").write_text("width\n117\n")
    outcome = chainrule("predict", model, "new.csv", "--out", out)
    assert outcome.status == 2
    assert sentence in outcome.err
    assert (folder / "new.csv").read_text() == "width\n117\n"


def test_a_pipe_or_device_is_not_replaced_by_a_file(chainrule, folder, model):
    (folder / "new.csv").write_text("width\n117\n")
    os.mkfifo(folder / "pipe")
    for words in (("predict", model, "new.csv"), ("train", "iris", "--epochs", "1")):
        outcome = chainrule(*words, "--out", "pipe")
        assert (outcome.status, "is a device or a pipe" in outcome.err) == (2, True)
    with pytest.raises(DataError, match="it is a folder, a device or a pipe"):
        write_text(folder / "pipe", "a text", "the text")
    assert (folder / "pipe").is_fifo()


def test_json_lines_are_answered_in_json_lines(chainrule, folder, model):
    (folder / "new.jsonl").write_text('{"width": 117, "n": 1}\n\n{"width": 2}\n')
    lines = chainrule("predict", model, "new.jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"width": 117.0, "n": 1.0, "predicted colour": "blue"},
        {"width": 2.0, "n": None, "predicted colour": "red"},
    ]
    assert lines[0].startswith('{"width": 117, "n": 1, ')
    own = {"width": 117, "tags": ["a", {"b": None}], "new": True, "id": 12345678901234567890}
    (folder / "new.jsonl").write_text(json.dumps(own))
    row = json.loads(chainrule("predict", model, "new.jsonl").out)
    assert row == {**own, "predicted colour": "blue"}
    (folder / "new.csv").write_text("width,code\n117,07\n,8\n")
    assert chainrule("predict", model, "new.csv", "--out", "answers.jsonl").status == 0
    rows = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    assert [(row["width"], row["code"]) for row in rows] == [(117, "07"), (None, "8")]
    assert rows[0]["predicted colour"] == "blue"
    (folder / "new.jsonl").write_text('{"width": 117}\n[2]\n')
    assert "an object with a name for each value" in chainrule("predict", model, "new.jsonl").err


def test_rows_may_come_from_standard_input(chainrule, folder, model, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"width\n117\n2\n")))
    rows = rows_of(chainrule("predict", model, "-").out)
    assert [row["predicted colour"] for row in rows] == ["blue", "red"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert "standard input is empty" in chainrule("predict", model, "-").err


def test_numbers_are_read_and_answered_as_the_table_of_training_writes_them(chainrule, folder):
    (folder / "houses.csv").write_text(HOUSES)
    assert chainrule("train", "houses.csv", "--quiet", "--epochs", "200").status == 0
    (folder / "new.csv").write_text("rooms;district\n7;north\nNA;west\n")
    outcome = chainrule("predict", "houses.safetensors", "new.csv")
    first, second = rows_of(outcome.out, ";")
    assert float(first["predicted price"]) == pytest.approx(7000.5, rel=0.1)
    assert second["rooms"] == "NA"
    gap, unseen = outcome.err.splitlines()
    assert gap.startswith("line 3 (row 1): rooms is missing, which training never had; it counts")
    assert gap.endswith("as the mean 4.104.")
    assert unseen.startswith("line 3 (row 1): district is 'west', which training never had;")
    refused = chainrule("predict", "houses.safetensors", "new.csv", "--proba")
    assert "price is a number, which has no probabilities" in refused.err


def test_a_table_without_a_column_of_training_is_refused(chainrule, folder, model):
    (folder / "new.csv").write_text("height\n117\n")
    outcome = chainrule("predict", model, "new.csv")
    assert outcome.status == 2
    assert "new.csv has no column width" in outcome.err
    assert outcome.out == ""


def test_python_predicts_from_a_file_as_from_a_frame(chainrule, folder, model):
    import chainrule as cr

    (folder / "new.csv").write_text("width\n117\n2\n")
    net = cr.load(model)
    frame, rows = net.predict({"width": [117, 2]}), net.predict([{"width": 117}, {"width": 2}])
    assert net.predict("new.csv") == frame == rows == ["blue", "red"]
    assert frame.tolist() == ["blue", "red"]


def test_train_obeys_what_is_said_of_the_file(chainrule, folder):
    rows = "".join(f"{n % 9},0{n % 3},{('NA', 'x', 'none so')[n % 3]}\n" for n in range(60))
    (folder / "codes.csv").write_text(rows)
    words = ("--no-header", "--keep", "NA", "--types", "column2=number", "--ignore", "column1")
    outcome = chainrule("train", "codes.csv", *words, "--json", "--epochs", "1")
    record = json.loads(outcome.out)
    assert record["classes"] == ["NA", "none so", "x"]
    assert record["features"] == ["column2"]
    assert chainrule("explain", "codes.safetensors", "--json").status == 0
    assert "is not a column with its type" in chainrule("train", "codes.csv", "--types", "zip").err
    assert "decimal is 'x'" in chainrule("train", "codes.csv", "--decimal", "x").err


@pytest.mark.parametrize("command", ["train", "predict", "explain", "check", "health"])
def test_a_wild_row_of_a_table_is_taken_for_no_cell(chainrule, folder, model, command):
    # Once scaled, 9,000 lies so far out that it looks more like a cell than like an input; a
    # warning is an error here.
    (folder / "wild.csv").write_text("width,colour\n9000,red\n" + FLOWERS.partition("\n")[2])
    (folder / "one.csv").write_text("width,colour\n9000,red\n")
    words = ["wild.csv", "--quiet"] if command == "train" else [model, "one.csv"]
    outcome = chainrule(command, *words)
    assert "look like cells" not in outcome.err
    assert outcome.status == 0


def test_every_command_tells_of_new_rows_what_predict_tells(chainrule, folder):
    names = "when;weight;amount;y\n"
    rows = [f"{n}.01.2024;{n} kg;{n},5;{'pq'[n % 2]}\n" for n in range(10, 30)]
    (folder / "own.csv").write_text(names + "".join(rows))
    args = "--quiet", "--epochs", "1", "--validation", "0", "--layers", "none"
    assert chainrule("train", "own.csv", *args).status == 0
    cells = ["05/06/2024;12 kg;12,5;p", "06/07/2024;12;1.234;q", "06.07.2024;12 kg;12,5;p"]
    (folder / "new.csv").write_text(names + "\n".join(cells) + "\n")
    date = "when is 05/06/2024, read as 2024-06-05 by the order that training had; 2 rows are"
    unit = "line 3 (row 1): weight is 12, where all of training had kg; it counts as 12 kg."
    mark = "line 3 (row 1): amount is 1.234, read with a decimal point, as 12,5 is not."
    for command in ("score", "explain", "check", "health"):
        told = " ".join(chainrule(command, "own.safetensors", "new.csv").out.split())
        assert [said for said in (date, unit, mark) if said not in told] == []
    for command in ("explain", "mend", "check"):
        told = " ".join(chainrule(command, "own.safetensors", "new.csv", "--row", "1").out.split())
        assert unit in told
        assert "when is 06/07/2024, read as 2024-07-06 by the order that training had." in told
    assert "training had" not in chainrule("score", "own.safetensors", "own.csv").out
