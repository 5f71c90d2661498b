"""What notebook cells show: static, safe, and with the numbers of the text."""

import re

import pytest

import chainrule as cr
from chainrule.checking.verdict import Check, Verdict
from chainrule.train import Epoch, History
from tests.report.test_html import Reader


def cell(shown):
    text = shown._repr_html_()
    reader = Reader(text)
    assert reader.open == []
    assert "script" not in [tag for tag, _ in reader.elements]
    assert not [a for _, a in reader.elements if any(key.startswith("on") for key in a)]
    rules = re.findall(r"([^{}]+)\{", "".join(reader.texts["style"]))
    assert all(rule.startswith(".chainrule") for rule in ",".join(rules).split(","))
    return reader


def test_an_explanation_shows_its_loss_and_its_steepest_weights(explanation):
    ex = explanation(classes=("no", "yes"))
    shown = cell(ex).texts
    assert f"Loss {ex.loss:.4g}" in shown["b"]
    assert [text for text in shown["td"] if text.startswith("dense")] == [
        weight.name for weight in ex.weights.top(10)
    ]


def test_hostile_names_stay_text_in_a_cell(hostile):
    assert "</script><script>document.title='broken'</script>" in cell(hostile).texts["td"]


def test_a_receipt_shows_its_factors(explanation):
    ex = explanation()
    receipt = ex.receipt(ex.weights[0].name)
    assert [factor.symbol for factor in receipt.chain] == [
        text for text in cell(receipt).texts["td"] if re.fullmatch(r"d\w/d\w", text)
    ]


def test_a_history_shows_its_first_and_last_epoch():
    history = History([Epoch(epoch=i, step=i, loss=1 / i) for i in range(1, 41)])
    history.stopped = "All 40 epochs are done."
    shown = cell(history).texts["td"]
    assert shown[:2] == ["1", "1"]
    assert shown[-2:] == ["40", "0.025"]
    assert "No epoch yet." in cell(History()).texts["p"]


def test_a_check_that_failed_says_so_in_words():
    wrong = Verdict("w", "wrong", "complex step", 10.0, 12.0, 1e-12, "wrong at w <here>")
    shown = cell(Check("f", [wrong])).texts
    assert shown["b"] == ["f: NOT passed"]
    assert shown["p"] == ["w: wrong at w <here>"]


def test_a_network_shows_its_layers():
    net = cr.Network([cr.Dense(2, 3, "relu"), cr.Dropout(0.5), cr.Dense(3, 1)], engine="python")
    shown = cell(net).texts
    assert shown["caption"] == ["a network of 13 weights"]
    assert shown["td"][:4] == ["dense1", "2 → 3", "relu", "9"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_cannot_be_trusted_says_so(value):
    shown = cell(History([Epoch(epoch=1, step=1, loss=value)])).texts["td"]
    assert shown[1] == f"{value} (not a number to go by)"
