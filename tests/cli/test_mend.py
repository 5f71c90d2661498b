"""`chainrule mend`: what it changes is enough, what it says it breaks is broken, files stay."""

import json
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.model.rows import rows_for
from chainrule.words import answer_text


def mistakes(net):
    rows = rows_for(net)
    pairs = zip(rows.numbers, rows.answers(), rows.truths(), strict=True)
    return [number for number, answer, truth in pairs if answer != truth]


def test_the_fixed_model_is_right_where_the_model_was_wrong(chainrule, trained, net, folder):
    row, before = mistakes(net)[0], trained.read_bytes()
    words = ("mend", trained, "--row", row, "--engine", "python", "--json")
    assert chainrule(*words).status == 0
    assert list(Path().glob("*fixed*")) == []
    found = json.loads(chainrule(*words, "--out", "fixed.safetensors").out)
    assert ", but the network says " in chainrule(*words[:-1], "--out", "fixed.safetensors").out
    fixed = cr.load("fixed.safetensors", engine="python")
    assert trained.read_bytes() == before
    assert found["right"]
    assert row not in mistakes(fixed)
    broken = sorted(set(mistakes(fixed)) - set(mistakes(net)))
    assert found["broken"] == broken
    assert found["fixed"] == sorted(set(mistakes(net)) - set(mistakes(fixed)) - {row})
    one = rows_for(net).row(row)
    assert found["loss_before"] == pytest.approx(net.loss(one.x, one.y))
    assert found["loss_after"] == pytest.approx(fixed.loss(one.x, one.y))
    amounts = sum(change["amount"] for change in found["changes"])
    assert amounts == pytest.approx(found["loss_before"] - found["loss_after"])


def test_a_number_is_said_before_and_after(chainrule, folder):
    lines = [f"{n},{3 * n % 17}.5" for n in range(40)]
    (folder / "numbers.csv").write_text("\n".join(["x,y", *lines]))
    words = ("--target", "y", "--epochs", "3", "--engine", "python", "--quiet")
    assert chainrule("train", "numbers.csv", *words).status == 0
    words = ("numbers.safetensors", "--row", "worst", "--engine", "python")
    found = json.loads(chainrule("mend", *words, "--out", "fixed.safetensors", "--json").out)
    (row,), (target,) = found["rows"], found["targets"]
    assert target == 3 * row % 17 + 0.5
    said = []
    for model, key in (("numbers", "answers_before"), ("fixed", "answers_after")):
        net = cr.load(f"{model}.safetensors", engine="python")
        one = rows_for(net).row(row)
        assert found[key] == [one.answers()]
        said.append(answer_text(one.answers()[0]))
    text = chainrule("mend", *words).out
    assert f"  answer {said[0]} → {said[1]}\n" in text
    assert abs(found["answers_after"][0][0] - target) <= found["error"]


def test_which_row_it_is_stands_in_json_as_explain_has_it(chainrule, trained):
    words = (trained, "--row", "worst", "--engine", "python", "--json")
    mended, explained = (json.loads(chainrule(word, *words).out) for word in ("mend", "explain"))
    about = rows_for(cr.load(trained)).worst().to_dict()
    assert about["held_out"]
    assert {key: mended[key] for key in about} == {key: explained[key] for key in about}
    assert mended["others_held_out"] == 29


def test_a_row_that_is_right_writes_nothing(chainrule, trained, net, folder):
    right = next(n for n in rows_for(net).numbers if n not in mistakes(net))
    done = chainrule("mend", trained, "--row", right, "--out", "fixed.safetensors")
    assert done.status == 0
    assert "right as it is" in done.out
    last = done.out.splitlines()[-1]
    assert last == "written   nothing was changed, so fixed.safetensors was not written"
    assert not Path("fixed.safetensors").exists()


def test_the_model_itself_is_never_written_over(chainrule, trained):
    done = chainrule("mend", trained, "--row", 0, "--out", trained)
    assert done.status == 2
    assert "would overwrite the model; give it another name" in done.err
