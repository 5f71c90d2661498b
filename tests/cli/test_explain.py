"""`chainrule explain` and `chainrule nudge`: the package's numbers, about the rows asked for."""

import json
import math
import re
import shlex
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.cli.explain import _next
from chainrule.cli.options import Asked
from chainrule.data import load as load_table
from chainrule.explanations.culprits import Answer
from chainrule.model.rows import rows_for
from chainrule.report import named_weight


def as_json(outcome):
    assert (outcome.status, outcome.err) == (0, "")
    return json.loads(outcome.out)


@pytest.fixture
def python(chainrule):
    def command(*words):
        return chainrule(*words, "--engine", "python")

    return command


def test_the_numbers_are_those_of_the_package(python, trained, net):
    found = as_json(python("explain", trained, "--row", 7, "--json"))
    row = rows_for(net).row(7)
    explanation = cr.explain(net, row.x, row.y)
    assert found["rows"] == [7]
    assert found["loss"] == pytest.approx(explanation.loss, rel=1e-12)
    assert found["weights"][0]["name"] == explanation.weights[0].name
    assert found["weights"][0]["slope"] == pytest.approx(explanation.weights[0].slope, rel=1e-12)


def test_a_probability_that_is_not_all_or_nothing_is_not_rounded_to_it(python, trained):
    net = cr.load(trained)
    last = f"dense{len(net.architecture.layers)}.bias"
    net.set_parameters({**net.parameters, last: [9.0, 0.0, -9.0]})
    net.save("sure.safetensors")
    lines = python("explain", "sure.safetensors", "--row", 0).out.splitlines()
    bars = [
        line.split("─")[-1].split("━")[-1].strip() for line in lines if "──" in line or "━━" in line
    ]
    assert bars == [">99.9%  true, said", "<0.1%", "<0.1%"]


def test_without_a_row_all_of_them_are_explained(python, trained):
    found = as_json(python("explain", trained, "--json"))
    assert len(found["rows"]) == 150
    assert len(found["held_out"]) == 30


def test_the_worst_row_is_the_held_out_one_with_the_largest_loss(python, trained, net):
    found = as_json(python("explain", trained, "--row", "worst", "--json"))
    rows = rows_for(net)
    losses = dict(zip(rows.numbers, rows.losses(), strict=True))
    held_out = {number: losses[number] for number in net.data_source.held_out}
    assert found["rows"] == [max(held_out, key=held_out.get)] == found["held_out"]


def test_of_data_that_are_given_the_worst_is_among_all(python, trained, net):
    found = as_json(python("explain", trained, "iris", "--row", "worst", "--json"))
    losses = rows_for(net).losses()
    assert found["rows"] == [losses.index(max(losses))]
    assert found["held_out"] == []


def test_the_text_names_the_row_and_both_answers(python, trained):
    done = python("explain", trained, "--row", 0)
    assert done.out.startswith("iris, row 0")
    assert "species is setosa, and the network says setosa." in done.out
    *screen, following = done.out.splitlines()
    assert following.startswith("next ")
    assert max(map(len, screen)) <= 80
    assert len(screen) < 24
    assert "\x1b" not in done.out


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_answer_fits_the_screen(python, trained, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for words in (["--row", "worst"], []):
        *screen, _ = python("explain", trained, *words).out.splitlines()
        assert max(map(len, screen)) <= columns
        assert [line for line in screen if line != line.rstrip()] == []


@pytest.mark.parametrize("words", [["--row", "worst"], []])
def test_the_chain_is_that_of_the_steepest_weight_that_the_answer_names(
    python, trained, net, words
):
    out = python("explain", trained, *words).out
    rows = rows_for(net)
    ex = cr.explain(net, rows.worst() if words else rows)
    slopes = {name: abs(ex.slope(name).value) for name in ex.answer.weights}
    name = max(slopes, key=slopes.get)
    assert len(slopes) < len(ex.weights)
    assert f" {name} = " in out.partition("\nwhy ")[2].splitlines()[0]
    assert f"--weight '{name}'" in out.splitlines()[-1]


@pytest.mark.parametrize("words", [["--row", "worst"], ["--row", 7], []])
def test_the_page_opens_the_weight_whose_chain_is_printed(python, trained, words):
    out = python("explain", trained, *words, "--html", "page.html").out
    data = re.search(r'id="data">(.*?)</script>', Path("page.html").read_text("utf-8"))
    opened = json.loads(data[1])["screen"]["details"][0]["name"]
    assert f" {opened} = " in out.partition("\nwhy ")[2].splitlines()[0]


def test_a_nudge_of_the_mean_loss_is_told_from_the_chain_of_one_row(python, trained, net):
    out = python("explain", trained).out
    rows = rows_for(net)
    name, by, predicted = re.search(
        r"why .*?(dense\d\S+) = .*nudged by (\S+), mean of all rows: predicted (\S+),",
        out,
        re.DOTALL,
    ).groups()
    slope = cr.explain(net, rows).nudge(name, by=float(by)).predicted
    assert float(predicted) == pytest.approx(slope, rel=5e-3)
    assert "mean of all rows:" not in python("explain", trained, "--row", 7).out


def test_a_page_beside_the_columns_is_said_to_be_written(python, trained):
    out = python("explain", trained, "--columns", "--html", "page.html").out
    assert out.splitlines()[-1] == "written   page.html"
    assert Path("page.html").exists()


def test_it_says_how_to_see_more(python, trained):
    out = python("explain", trained, "--row", "worst").out
    said = set(re.findall(r"--[a-z-]+", out.partition("\nmore ")[2].partition("\nnext")[0]))
    shown = python("explain", "--help").out
    assert said == {
        *("--weights", "--receipt", "--curve", "--blame"),
        *("--columns", "--taught-by", "--full", "--html"),
    }
    assert said <= set(re.findall(r"--[a-z-]+", shown))


def test_of_the_groups_the_largest_share_has_the_whole_bar(python, trained):
    said = python("explain", trained, "--row", 70).out
    rows = re.findall(r"^.{6,}? \d+  (█*) +<?([\d.]+)%", said, re.MULTILINE)
    bars = [(len(bar), float(share)) for bar, share in rows]
    assert len(bars) == 5
    room = max(bars)[0]
    assert room >= 3
    most = max(share for _, share in bars)
    for bar, share in bars:
        assert bar == pytest.approx(max(room * share / most, 1), abs=0.51)


def test_two_classes_of_one_output_have_bars_too(python):
    assert python("train", "moons", "--epochs", 2, "--layers", 4, "--quiet").status == 0
    out = python("explain", "moons.safetensors", "--row", "worst").out
    net = cr.load("moons.safetensors", engine="python")
    row = rows_for(net).worst()
    shares = sorted(net.predict_proba(row.x).tolist()[0])
    said = [line for line in out.splitlines() if "━" in line]
    assert [line.split()[-2:] for line in said] == [
        [f"{shares[0]:.1%}", "true"],
        [f"{shares[1]:.1%}", "said"],
    ]


def test_each_piece_is_printed_where_it_is_asked_for(python, trained):
    pieces = {"--receipt": "receipt of", "--blame": "blame,", "--weights=2": "to fix"}
    for option in pieces:
        out = python("explain", trained, "--row", 0, option).out
        assert [name for name, said in pieces.items() if said in out] == [option]
    full = python("explain", trained, "--row", 0, "--full").out
    assert all(title in full for title in pieces.values())


def test_every_loss_of_the_answer_is_measured_again(python, trained, net):
    found = as_json(python("explain", trained, "--row", "worst", "--json"))
    group = found["groups"][0]
    row = rows_for(net).row(found["rows"][0])
    cut = {name: w.tolist() for name, w in net.parameters.items()}
    for name in group["weights"]:
        parameter, _, index = name.rstrip("]").partition("[")
        *rows, last = map(int, index.split(","))
        (cut[parameter][rows[0]] if rows else cut[parameter])[last] = 0.0
    before = net.loss(row.x, row.y)
    net.set_parameters(cut)
    printed = python("explain", trained, "--row", "worst").out
    change = net.loss(row.x, row.y) - before
    assert re.search(rf"% +{net.loss(row.x, row.y):.3g} +{change:.3g} ", printed)
    assert group["loss_if_cut"] == pytest.approx(net.loss(row.x, row.y), rel=1e-9)
    assert f"from {before:.3g} to {net.loss(row.x, row.y):.3g}" in found["answer"]
    assert f"{len(group['weights'])} of the" in found["answer"]
    classes = net.recipe.class_names
    assert group["answer"] == classes[net.predict(row.x).tolist()[0]]
    share = max(net.predict_proba(row.x).tolist()[0])
    assert f"{group['answer']}, {share:.0%}" in found["answer"]


def test_the_next_command_can_be_typed_as_it_is_printed(python, trained):
    import shlex

    last = python("explain", trained, "--row", 0).out.splitlines()[-1]
    words = shlex.split(last.removeprefix("next"))
    assert words[:2] == ["chainrule", "nudge"]
    assert python(*words[1:]).status == 0


def test_the_next_command_reads_the_same_labels():
    asked = Asked("m.safetensors", "images.idx", "other labels.idx", "auto", as_json=False)
    weight = SimpleNamespace(name="dense1.bias[0]", slope=1.0)
    command = _next(asked, [0, 1], weight, SimpleNamespace(answer=Answer("Nothing is wrong.")))
    beginning = "chainrule nudge m.safetensors images.idx --labels 'other labels.idx' --weight"
    assert command == f"{beginning} 'dense1.bias[0]' --by -0.1"


def test_the_nudge_to_type_next_puts_a_row_right_where_the_answer_does(python, trained, net):
    every, nudged = rows_for(net), 0
    everyone = cr.explain(net, every)
    for row, (said, true) in enumerate(zip(net.predict(every.x), every.y, strict=True)):
        answer = everyone.of_row(row).answer if said != true else None
        assert not answer or "puts it right" not in answer or answer.moves
        if answer and len(answer.moves) == 1 and "puts it right" in answer:
            nudged += 1
            printed = python("explain", trained, "--row", row).out
            name, by = re.search(r"--weight '(\S+)' --by (\S+)", printed).groups()
            assert name in answer.moves
            parameter, _, index = name.rstrip("]").partition("[")
            moved = {parameter: net.parameters[parameter].tolist()}
            *rows, last = map(int, index.split(","))
            (moved[parameter][rows[0]] if rows else moved[parameter])[last] += float(by)
            other = cr.load(trained, engine="python")
            other.set_parameters({**net.parameters, **moved})
            assert other.predict(every.row(row).x)[0] == true
    assert nudged


def test_a_change_of_two_weights_is_followed_by_what_shows_all_of_it(python, folder):
    rows = list(product((1, 3), repeat=6))
    right = [sum(row) > 12 for row in rows[:-1]] + [False]
    lines = (f"{','.join(map(str, row))},{says}" for row, says in zip(rows, right, strict=True))
    (folder / "sums.csv").write_text("\n".join(["a,b,c,d,e,f,large", *lines]))
    net = cr.train_on_table("sums.csv", layers=[], epochs=1, engine="python", progress=False).net
    net.set_parameters({"dense1.weight": [[4.0] * 6], "dense1.bias": [1.0]})
    net.save("sums.safetensors")
    text = " ".join(python("explain", "sums.safetensors", "--row", 63).out.split())
    found = re.search(
        r"Moving .* \((.*)\) from 4 to (\S+) and .* \((.*)\) from 4 to (\S+) puts", text
    )
    words = text.partition(" next chainrule ")[2]
    assert words == "mend sums.safetensors --row 63"
    changes = as_json(python(*words.split(), "--json"))["changes"]
    said = {found[1]: found[2], found[3]: found[4]}
    assert {change["name"]: f"{change['after']:.3g}" for change in changes} == said


def test_one_row_is_looked_at_closely(python, trained, net):
    found = as_json(python("explain", trained, "--row", 7, "--json"))
    row = rows_for(net).row(7)
    explanation = cr.explain(net, row)
    name = named_weight(explanation).name
    assert found["receipt"]["weight"] == name
    assert found["counterfactual"] == explanation.counterfactual(name).to_dict()
    blame = found["blame"]
    assert blame["explained"] == pytest.approx(blame["measured"], rel=1e-2)


def test_the_weight_that_the_answer_names_is_the_one_looked_at_and_nudged(python, trained, net):
    everyone = cr.explain(net, rows_for(net))
    named = {row: named_weight(everyone.of_row(row)).name for row in range(50, 150, 7)}
    row = next(n for n in named if named[n] != everyone.of_row(n).weights[0].name)
    for option, title in (("--receipt", "receipt of {}"), ("--curve", "had {} been different")):
        out = python("explain", trained, "--row", row, option).out
        assert title.format(named[row]) in out
        assert f"--weight '{named[row]}'" in out.splitlines()[-1]
    assert f"   {named[row]} = " in python("explain", trained, "--row", row).out
    asked = python("explain", trained, "--row", row, "--weight", "dense1.bias[2]").out
    assert "--weight 'dense1.bias[2]'" in asked.splitlines()[-1]


def test_a_factor_below_zero_stands_in_brackets(python, trained):
    out = python("explain", trained, "--row", "worst").out
    slope, product = re.search(r"dL/dw (\S+) = (.* \(dz/d[wb]\))$", out, re.MULTILINE).groups()
    factors = re.findall(r"(?:^|· )(\S+) \(d", product)
    assert all(text.startswith("(-") or float(text) >= 0 for text in factors)
    assert math.prod(float(text.strip("()")) for text in factors) == pytest.approx(
        float(slope), rel=0.02
    )
    assert "(-" in product


def test_a_weight_that_is_asked_for_is_looked_at_closely(python, trained):
    found = as_json(python("explain", trained, "--weight", "dense1.bias[2]", "--json"))
    assert found["receipt"]["weight"] == found["counterfactual"]["weight"] == "dense1.bias[2]"
    assert len(found["rows"]) == 150


def test_a_weight_that_the_answer_moves_not_is_nudged_a_tenth_against_its_slope(
    python, trained, net
):
    ex = cr.explain(net, rows_for(net))
    others = [w for w in ex.weights if w.slope and w.name not in ex.answer.moves]
    for weight in (max(others, key=lambda w: w.slope), min(others, key=lambda w: w.slope)):
        said = python("explain", trained, "--weight", weight.name).out.splitlines()[-1]
        assert said.endswith(f"--weight '{weight.name}' --by {'-' * (weight.slope > 0)}0.1")


def test_only_so_many_weights_are_listed(python, trained):
    for count in (1, 3):
        found = as_json(python("explain", trained, "--top", count, "--json"))
        assert len(found["weights"]) == count
        said = python("explain", trained, "--weights", count).out.splitlines()
        header = [line.startswith("weight  ") for line in said].index(True)
        assert said[header + count + 1].startswith("predicted, measured")


def test_of_weights_that_are_listed_the_first_is_looked_at(python, trained, net):
    ex = cr.explain(net, rows_for(net).row(7))
    assert len({*(weight.name for weight in ex.weights[:2]), ex.weights[-1].name}) == 3
    for listed, name in (
        ((), named_weight(ex).name),
        (("--weights", 2), ex.weights[0].name),
        (("--weights", 2, "--weight", ex.weights[1].name), ex.weights[1].name),
    ):
        out = python("explain", trained, "--row", 7, "--receipt", *listed).out
        assert f"receipt of {name}\n" in out


@pytest.mark.parametrize("row", [("--row", 7), ()])
def test_what_the_listed_weights_of_the_first_layer_read_is_said_once_in_order(
    python, trained, net, row
):
    rows = rows_for(net).row(7) if row else rows_for(net)
    weights = [weight.name for weight in cr.explain(net, rows).weights[:12]]
    inputs = sorted({int(name[:-1].split(",")[1]) for name in weights if "dense1.weight" in name})
    assert len(inputs) > 1
    out = python("explain", trained, *row, "--weights", 12).out
    assert [line for line in out.splitlines() if line.startswith("dense1.weight[..")] == [
        f"dense1.weight[..,{k}] reads {rows.examples.feature_names[k]}"
        f"{f', {rows.reading(k)}' if row else ''}."
        for k in inputs
    ]


def test_a_nudge_predicts_by_the_slope_and_measures(python, trained, net):
    before = trained.read_bytes()
    words = ("--weight", "dense2.bias[1]", "--by", 0.01, "--row", 3, "--json")
    found = as_json(python("nudge", trained, *words))
    row = rows_for(net).row(3)
    slope = net.gradients(row.x, row.y)["dense2.bias"].tolist()[1]
    assert found["predicted"] == pytest.approx(0.01 * slope, rel=1e-9)
    moved = net.parameters["dense2.bias"].tolist()
    moved[1] += 0.01
    loss = net.loss(row.x, row.y)
    net.set_parameters({"dense2.bias": moved})
    assert found["measured"] == pytest.approx(net.loss(row.x, row.y) - loss, abs=1e-12)
    assert trained.read_bytes() == before


def test_changed_data_are_explained_and_said_to_have_changed(python, folder):
    table = load_table("iris")
    lines = [
        ",".join(table.names),
        *(",".join(map(str, row)) for row in zip(*table.columns, strict=True)),
    ]
    Path("flowers.csv").write_text("\n".join(lines) + "\n")
    python("train", "flowers.csv", "--epochs", 1, "--quiet")
    Path("flowers.csv").write_text("\n".join(lines[:-1]) + "\n")
    done = python("explain", "flowers.safetensors", "--row", "worst")
    assert done.status == 0
    said = " ".join(done.out.split())
    assert "flowers.csv has changed since the model was trained on it" in said
    assert "(held out)" not in said


def test_rows_that_taught_a_mistake_are_trained_without_where_that_is_asked_for(python, trained):
    outcome = python("explain", trained, "--row", "worst", "--taught-by")
    assert outcome.status == 0
    assert "trained again 10 times" in outcome.out or "trained again 9 times" in outcome.out
    assert outcome.err.startswith("Training again without rows: at most 10 trainings")


def test_of_one_row_its_own_values_are_shown_and_no_notes_about_others(chainrule, folder):
    lines = ["size,colour,kind", *(f"{n % 7},{'rg'[n % 2]},{'ab'[n % 2]}" for n in range(40))]
    Path("things.csv").write_text("\n".join(lines) + "\n")
    assert chainrule("train", "things.csv", "--epochs", 2, "--quiet").status == 0
    lines[3], lines[6] = "9,blue,a", ",r,b"
    Path("new.csv").write_text("\n".join(lines) + "\n")
    words = ("explain", "things.safetensors", "new.csv")
    assert "blue" in chainrule(*words).out
    other, own = (chainrule(*words, "--row", row).out for row in (8, 2))
    first, second = other.splitlines()[:2]
    assert first.startswith("new.csv, row 8 (line 10): kind is a, ")
    assert second == "it has size 1, colour r"
    assert "blue" not in other
    assert "blue" in own
    assert "size missing" in chainrule(*words, "--row", 5).out


def test_the_nudge_it_suggests_does_what_the_answer_says_though_the_slope_is_zero(python):
    Path("two.csv").write_text("x,y\n" + "0,no\n1,yes\n" * 20)
    assert python("train", "two.csv", "--layers", 2, "--epochs", 1, "--quiet").status == 0
    net = cr.load("two.safetensors", engine="python")
    off = {"dense1.weight": [[1.0], [-1.0]], "dense1.bias": [-2.0, -2.0]}
    net.set_parameters({**off, "dense2.weight": [[1.0, 1.0]], "dense2.bias": [-1.0]})
    net.save("two.safetensors")
    out = python("explain", "two.safetensors", "--row", 1).out
    assert "a small change of it does nothing here; the large one above does" in out
    said = re.search(r"puts\s+it\s+right,\s+at\s+a\s+loss\s+of\s+(\S+)\.", out)
    _, _, *command = shlex.split(out.splitlines()[-1])
    nudge = as_json(python(*command, "--json"))
    assert nudge["loss"] + nudge["measured"] == pytest.approx(float(said[1]), abs=1e-2)


def test_after_the_blame_the_nudge_is_of_the_weight_that_the_answer_names(python, trained, net):
    row = rows_for(net).row(7)
    name = named_weight(cr.explain(net, row)).name
    assert name != cr.explain(net, row).weights[0].name
    said = python("explain", trained, "--row", 7, "--blame").out.splitlines()[-1]
    assert f"--weight '{name}'" in said


@pytest.mark.parametrize(
    "more", [("--receipt",), ("--weight", "dense1.bias[0]"), ("--weights", 2), ("--full",)]
)
def test_columns_are_asked_for_alone(python, trained, more):
    outcome = python("explain", trained, "--columns", *more)
    assert (outcome.status, outcome.out) == (2, "")
    assert "--columns is an answer of its own: ask for the rest without it" in outcome.err


def test_a_list_of_no_weights_is_refused(python, trained):
    outcome = python("explain", trained, "--weights", 0)
    assert (outcome.status, outcome.out) == (2, "")
    assert "--weights" in outcome.err


def test_no_file_is_called_like_the_screen(python, trained):
    """What can be printed is; else `-` is refused before anything is worked out."""
    for option, what, words in (
        ("--html", "page", ("explain", trained)),
        ("--out", "model", ("train", "xor")),
        ("--out", "model", ("mend", trained, "--row", 0)),
        ("--checkpoint", "run", ("train", "xor")),
    ):
        outcome = python(*words, option, "-")
        assert (outcome.status, outcome.out) == (2, "")
        assert f"a {what} is not printed: give {option} the name of a file" in outcome.err
    sheet = python("exercise", 6, "--format", "html")
    assert python("exercise", 6, "--format", "html", "--out", "-").out == sheet.out
    assert not Path("-").exists()
