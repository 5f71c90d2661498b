"""`chainrule score` prints one screen, or everything."""

import csv
import json

from chainrule.data import load


def test_held_out_rows_are_scored_beside_the_baselines(chainrule):
    chainrule("train", "iris", "--epochs", "20", "--quiet")
    done = chainrule("score", "iris.safetensors")
    lines = done.out.splitlines()
    assert lines[0].startswith("30 of 150 rows of iris, held out; loss ")
    assert len(lines) <= 24
    assert any(line.startswith("linear model") for line in lines)
    assert any(line.startswith("setosa every time") for line in lines)
    record = json.loads(chainrule("score", "iris.safetensors", "--json").out)
    assert record["rows"] == 30
    assert record["baselines"][1]["accuracy"] == 10 / 30


def test_the_rows_of_a_file_are_scored_where_one_is_given(chainrule, folder):
    chainrule("train", "iris", "--epochs", "2", "--quiet")
    table = load("iris")
    rows = list(zip(*table.columns, strict=True))[45:55]
    with (folder / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([table.names, *rows])
    done = chainrule("score", "iris.safetensors", "new.csv")
    assert done.out.startswith("10 rows")
    record = json.loads(chainrule("score", "iris.safetensors", "new.csv", "--json").out)
    assert (record["model"], record["rows"]) == ("iris.safetensors", 10)
    assert {name: of["rows"] for name, of in record["classes"].items() if of["rows"]} == {
        "setosa": 5,
        "versicolor": 5,
    }
