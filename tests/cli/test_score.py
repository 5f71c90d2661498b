"""`chainrule score` prints one screen, or everything."""

import json


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
