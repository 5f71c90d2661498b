"""What notebook cells show: static, safe, and with the numbers of the text."""

import pkgutil
import re
from importlib import import_module

import pytest

import chainrule as cr
from chainrule.autodiff import Tensor
from chainrule.checking.verdict import Check, Verdict
from chainrule.explanations.culprits import Answer
from chainrule.model.table import train_on_table
from chainrule.train import Epoch, History
from chainrule.words import Records, figure, number, printed, shortened
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
    shown = shortened("</script><script>document.title='broken'</script>", most=30)
    assert shown.startswith("</script>")
    assert shown in cell(hostile).texts["td"]


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


@pytest.fixture(scope="module")
def table():
    done = train_on_table(
        "iris", layers=[4], epochs=5, engine="python", progress=False, ledger=True
    )
    rows = cr.rows_for(done.net)
    return done, rows, cr.explain(done.net, rows.worst())


WEIGHT = "dense1.weight[0,2]"
PIECES = {
    "slope": lambda ex: ex.slope(WEIGHT),
    "nudge": lambda ex: ex.nudge(WEIGHT, by=0.1),
    "counterfactual": lambda ex: ex.counterfactual(WEIGHT),
    "mistake": lambda ex: ex.mistake(),
    "mend": lambda ex: ex.mend(),
    "blame": lambda ex: ex.blame,
    "columns": lambda ex: ex.columns(),
    "worksheet": lambda ex: cr.explain(
        cr.Network([cr.Dense(1, 1)], engine="python"), [[1.0]], [[2.0]]
    ).worksheet(),
}


@pytest.mark.parametrize("name", PIECES)
def test_each_answer_shows_its_first_line_and_its_numbers_in_a_table(table, name):
    piece = PIECES[name](table[2])
    shown = cell(piece).texts
    first = str(piece).partition("\n")[0]
    assert shown["b"][0] == first
    assert shown["td"]
    whole = " ".join(shown.get("pre", [" ".join(shown["td"])]))
    assert set(shown["td"][0].split()) <= set(f"{first} {whole}".split()) | set(shown["td"])


def test_the_numbers_in_a_cell_are_those_of_the_answer(table):
    ex = table[2]
    mend, groups, culprits = ex.mend(), ex.groups(), ex.culprits()
    assert cell(mend).texts["td"][:2] == [mend.changes[0].name, figure(mend.changes[0].before)]
    assert cell(groups).texts["td"][::6] == [group.name for group in groups]
    assert cell(groups).texts["td"][3::6] == [number(g.loss_if_cut, 4) for g in groups]
    assert cell(culprits).texts["td"][::6] == [culprit.name for culprit in culprits]
    assert cell(ex.answer).texts["b"] == [ex.answer]
    assert [line.split()[0] for line in str(culprits).splitlines()[2:]] == [
        c.name for c in culprits
    ]
    blame = cell(ex.blame).texts["td"][::3]
    assert blame == [*ex.blame.by_layer(), *(weight.name for weight in ex.blame.top(10))]


def test_ledger_health_scores_and_program_are_shown(table):
    done, rows, _ = table
    ledger = done.history.ledger
    assert cell(ledger).texts["b"] == [str(ledger).partition("\n")[0]]
    health = cr.health(done.net, rows.x, rows.y)
    assert cell(health).texts["b"] == [str(health).partition("\n")[0]]
    assert cell(done.tested()).texts["td"]
    program = done.net.program(rows.row(0).x, rows.row(0).y)
    assert "".join(cell(program).texts["pre"]) == str(program)


def test_neurons_folds_trials_and_exercises_are_shown_as_they_print():
    quick = {"epochs": 2, "layers": [2], "engine": "python", "progress": False}
    printed = {
        "loss 0.25": cr.Neuron([1.5], 0.5).explain([2.0], 4.0, "mean_squared_error"),
        "2 folds, species": cr.cross_validate("iris", folds=2, **quick),
        "exercises of chapter 1": cr.exercise(1),
    }
    for first, piece in printed.items():
        shown = cell(piece).texts
        assert shown["b"] == [first]
        assert "".join(shown["pre"]).split()[-6:] == str(piece).split()[-6:]


def test_what_stands_in_an_answer_is_shown_and_never_run():
    assert "<script>" not in printed("<script>", "<b>", ["<i>"], [["<script>"]])
    assert "<script>" not in Answer("<script>")._repr_html_()
    assert "<script>" not in Records(["<script>"], "<b>", lambda text: {"<i>": text})._repr_html_()


SILENT = ("arrays", "engines", "cli", "interop")
"""Rooms of numbers, of what runs them, of printing itself, and of other libraries' classes."""
NEEDS_AN_EXTRA = "chainrule.model.torch_modules"


def test_whatever_prints_has_a_cell():
    silent, looked_at = [], set()
    for module in pkgutil.walk_packages(cr.__path__, "chainrule."):
        if module.name.split(".")[1] in (*SILENT, "__main__") or module.name == NEEDS_AN_EXTRA:
            continue
        for named in vars(import_module(module.name)).values():
            room = getattr(named, "__module__", "").removeprefix("chainrule.").partition(".")[0]
            if not isinstance(named, type) or room in SILENT:
                continue
            own = "__str__" in vars(named) and named.__module__.startswith("chainrule.")
            if own and not issubclass(named, BaseException | Tensor):
                looked_at.add(named.__name__)
                silent += [named] * ("_repr_html_" not in dir(named))
    assert {"Mend", "Verdict", "Finding", "Shuffled"} <= looked_at
    assert silent == []


def test_single_weights_groups_and_rows_have_a_cell_in_which_nothing_runs(hostile):
    bad = "<script>alert(1)</script>"
    frame = {bad: [n / 20 for n in range(40)], f"{bad}2": [bad, "no"] * 20}
    done = cr.train_on_table(frame, f"{bad}2", engine="python", epochs=1, progress=False)
    group, weight = hostile.groups()[0], hostile.weights[0]
    assert cell(group).texts["caption"] == [group.name]
    assert cell(weight).texts["caption"] == [weight.name]
    assert cell(weight).texts["td"][:2] == ["value", figure(weight.value)]
    assert cell(hostile.weights).texts["td"][::5] == [w.name for w in hostile.weights.top(10)]
    assert cell(hostile.culprits()[0]).texts["caption"] == [hostile.culprits()[0].name]
    rows = cell(done.train).texts
    assert rows["td"][::4] == [str(n) for n in done.train.numbers[:10]]
    assert bad in rows["td"]
    assert cell(done).texts["p"][0] == done.sentences[0]


@pytest.mark.extra("playwright")
def test_words_and_what_is_printed_keep_their_form_among_the_rules_of_jupyter(browser):
    rules = ".jp-RenderedHTMLCommon:not(.jp-RenderedMarkdown) td { text-align: right }"
    rules += ".jp-OutputArea-output pre { font-family: inherit }"
    shown = printed("a check\nas text", "t", ["name", "by"], [["w", "complex step"]])
    page = browser.new_page()
    output = "<div class='jp-RenderedHTMLCommon jp-OutputArea-output'>"
    page.set_content(f"<style>{rules}</style>{output}{shown}</div>")
    styled = "(e, name) => getComputedStyle(e)[name]"
    assert page.locator("td.words").evaluate(styled, "textAlign") == "left"
    assert page.locator("pre").evaluate(styled, "fontFamily") == "monospace"
    page.close()
