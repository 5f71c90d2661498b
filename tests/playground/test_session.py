"""One contract for whatever engine stands behind the page: every call, against the public names."""

import base64
import json
import math
import runpy
from dataclasses import replace

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.nn import Dense
from chainrule.playground import Session
from chainrule.playground.opening import Options, open_data

TOUR = [{"name": "loss", "title": "A loss", "text": "How wrong?"}]
XOR = {"data": "xor", "layers": [3], "learning_rate": 0.1, "batch_size": 4}
RARE = {"class_weight": "balanced"}


@pytest.fixture(params=["here", pytest.param("worker", marks=pytest.mark.extra("playwright"))])
def session(request):
    """A session on four rows, some steps trained; in this Python, and in the page's own."""
    here = request.param == "here"
    made = Session(tour=TOUR) if here else request.getfixturevalue("worker")
    assert "error" not in made.call("open", {"options": XOR})
    made.call("train", {"steps": 10})
    return made


def ask(session, name, **arguments):
    answer = session.call(name, arguments)
    assert "error" not in answer, answer
    json.dumps(answer, allow_nan=False)
    return answer


def outside(session):
    """The same network and rows by the public names alone, from what the page can export."""
    program = ask(session, "export", form="python")["text"]
    place = {}
    exec(program.replace("print(ex.answer)", ""), place)
    return place


def close(one, other):
    return one == pytest.approx(other, rel=1e-12, abs=1e-15)


def test_forward_and_backward_numbers_are_those_of_the_explanation(session, capsys):
    look = ask(session, "look", row=2)
    ex = outside(session)["ex"]
    assert close(look["loss"], ex.loss)
    for layer, use in zip(look["passes"], ex.network.uses, strict=True):
        assert close(layer["z"], use.z.tolist()[0])
        assert close(layer["g"], use.g.tolist()[0])
    hidden = look["passes"][0]  # of tanh
    assert close(hidden["a"], [math.tanh(z) for z in hidden["z"]])
    said = outside(session)["net"].forward(ex.network.x).tolist()[0]
    assert close(look["passes"][-1]["a"], said)


def test_every_row_is_reached_and_the_worst_is_the_worst(session):
    losses = [ask(session, "look", row=row)["loss"] for row in range(4)]
    assert ask(session, "look", row="worst")["loss"] == max(losses)
    here = ask(session, "look", row=3)
    assert ask(session, "look", row="next")["row"] == 0
    assert ask(session, "look", row="previous")["row"] == here["row"]


@pytest.mark.parametrize("weight", ["dense1.weight[1,0]", "dense1.bias[2]", "dense2.weight[0,1]"])
def test_why_gives_the_receipt_the_slope_the_curve_and_the_line(session, weight, capsys):
    ask(session, "look", row=1)
    why = ask(session, "why", weight=weight)
    ex = outside(session)["ex"]
    assert close(why["receipt"]["total"], ex.receipt(weight).total)
    assert close(why["slope"]["value"], ex.slope(weight).value)
    curve = ex.counterfactual(weight).curve
    assert close([at for at, _ in why["counterfactual"]["curve"]], [at for at, _ in curve])
    assert close([loss for _, loss in why["counterfactual"]["curve"]], [loss for _, loss in curve])
    left, _, right = why["line"].partition(" = ")
    assert left.startswith("dL_d")
    assert right
    assert why["verdict"].startswith(f"{weight.partition('[')[0]}: agrees")


def test_the_answer_and_the_weights_are_those_of_the_explanation(session, capsys):
    for mean in (False, True):
        ask(session, "look", row=0, mean=mean)
        twin = Session()
        ask(twin, "open", **ask(session, "state")["link"])
        course = twin._course
        ex = cr.explain(course.net, course.rows if mean else course.rows.at([0]))
        assert ex.answer.endswith(" ".join(filter(None, ask(session, "answer")["answer"])))
        rows = ask(session, "weights")["rows"]
        assert [row["name"] for row in rows] == [w.name for w in ex.weights.top(len(rows))]
        assert close(sum(row["share"] for row in rows), 1.0)


def test_an_edit_is_what_setting_the_weight_is_and_undo_takes_it_back(session, capsys):
    before = ask(session, "look", row=1)
    value = ask(session, "why", weight="dense1.weight[0,1]")["slope"]["at"]
    nudge = outside(session)["ex"].nudge("dense1.weight[0,1]", by=0.5)
    ask(session, "edit", what="dense1.weight[0,1]", value=value + 0.5)
    after = ask(session, "look")
    assert close(after["loss"] - before["loss"], nudge.measured)
    ask(session, "undo")
    again = ask(session, "look")
    assert (again["loss"], again["passes"]) == (before["loss"], before["passes"])


def test_inputs_and_targets_are_edited_too(session):
    before = ask(session, "look", row=1)
    ask(session, "edit", what="input[0]", value=0.25)
    edited = ask(session, "look")["inputs"][0]
    assert close(edited["value"], 0.25)
    assert edited["reading"].startswith("0.25 here, ")
    ask(session, "edit", what="target", value=1 - before["target"])
    assert ask(session, "look")["wanted"] != before["wanted"]
    ask(session, "undo")
    ask(session, "undo")
    assert ask(session, "look") == before


def test_the_target_of_a_quantity_is_edited_in_its_own_unit():
    session = Session()
    table = "a,price\n" + "".join(f"{i}.5,{100 * i + 7}.25\n" for i in range(12))
    ask(session, "open", csv=table, row=3)
    before = ask(session, "look")
    assert close([before["target"], before["inputs"][0]["value"]], [307.25, 3.5])
    ask(session, "edit", what="target", value=512.0)
    after = ask(session, "look")
    assert close([after["target"], *after["wanted"]], [512.0, 512.0])
    assert after["got"] == before["got"]


def test_a_pixel_is_edited_as_the_image_has_it():
    session = Session()
    ask(session, "open", options={"data": "digits", "layers": [4]}, row=0)
    at = next(i for i, pixel in enumerate(ask(session, "look")["inputs"]) if pixel["value"] == 15.0)
    ask(session, "edit", what=f"input[{at}]", value=8.0)
    assert ask(session, "look")["inputs"][at]["reading"].startswith("8 here, 0.5 when divided")


def test_the_update_is_what_a_step_on_this_row_does(session):
    predicted = ask(session, "look", row=2)["update"]["loss"]
    ask(session, "learn")
    assert close(ask(session, "look")["loss"], predicted)


def test_training_goes_back_and_on_to_the_same_bits(session):
    curve = ask(session, "train", steps=5)["curve"]
    end = ask(session, "look")["passes"]
    ask(session, "rewind", step=10)
    assert ask(session, "train", steps=5)["curve"] == curve
    assert ask(session, "look")["passes"] == end
    start = ask(session, "rewind", step=0)
    assert start["step"] == 0
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1, "sigmoid")], seed=0, engine="python")
    (state,) = (ask(session, "weights")["rows"],)
    first = {row["name"]: row["value"] for row in state}
    assert first["dense1.weight[2,1]"] == net.parameters["dense1.weight"].tolist()[2][1]


def test_a_link_leads_to_the_same_numbers(session):
    ask(session, "edit", what="dense1.weight[0,1]", value=2.0)
    ask(session, "train", steps=7)
    ask(session, "look", row=3)
    link = json.loads(json.dumps(ask(session, "state")["link"]))
    look = ask(session, "look")
    ask(session, "open", options={"data": "iris"})
    ask(session, "open", **link)
    assert ask(session, "look") == look
    assert ask(session, "state")["step"] == 17
    here = Session()
    ask(here, "open", **link)
    for layer, other in zip(ask(here, "look")["passes"], look["passes"], strict=True):
        for key in "zag":  # 17 steps of Adam make more of a last digit that two libms differ in
            assert layer[key] == pytest.approx(other[key], rel=1e-6)


def test_the_ledger_adds_up_to_the_change_of_the_loss(session):
    first, *_, last = ask(session, "state")["curve"]
    ledger = ask(session, "ledger")
    assert sum(ledger["layers"].values()) == pytest.approx(last[1] - first[1], rel=1e-4)
    assert ledger["points"][-1][0] == 10


def test_health_and_grid_are_those_of_the_package(session, capsys):
    ask(session, "look", mean=True)
    net, x, y = (outside(session)[name] for name in ("net", "x", "y"))
    net.loss_name = "binary_cross_entropy"
    public = cr.health(net, x, y, optimizer="adam", learning_rate=0.1).to_dict()
    said = ask(session, "health")
    assert said["healthy"] == public["healthy"]
    plane = ask(session, "grid")
    assert len(plane["values"]) == 37 * 37
    ends = []  # in the unit that the network reads, which the rows say in both
    for axis, own, read in zip(
        plane["axes"], zip(*plane["points"], strict=True), zip(*x, strict=True), strict=True
    ):
        unit = (max(read) - min(read)) / (max(own) - min(own))
        ends.append([min(read) + (axis[end] - min(own)) * unit for end in (0, -1)])
    corner, right = [ends[0][0], ends[1][0]], [ends[0][1], ends[1][0]]
    assert close(plane["values"][0], net.forward([corner]).tolist()[0][0])
    assert close(plane["values"][36], net.forward([right]).tolist()[0][0])


def test_along_one_input_the_answers_and_the_rows_stand_in_the_units_of_the_table():
    session, rows = Session(), [(hour, 3 * hour + hour % 5 + 20) for hour in range(13)]
    ask(session, "open", csv="hour,points\n" + "".join(f"{x},{y}\n" for x, y in rows))
    ask(session, "train", steps=9)
    line = ask(session, "grid")
    assert (line["kind"], line["names"], line["target"]) == ("line", ["hour"], "points")
    assert close([x for (x,) in line["points"]], [x for x, _ in rows])
    assert close(line["targets"], [y for _, y in rows])
    for row in (0, 4, 12):  # the 37 points begin at -1.2 and are 0.4 apart
        assert close(line["axes"][0][3 + round(row / 0.4)], row)
        got = ask(session, "look", row=row)["got"]
        assert close(line["values"][3 + round(row / 0.4)], got[0])


def test_more_than_two_inputs_have_no_plane():
    session = Session()
    ask(session, "open", options={"data": "iris", "layers": [4]})
    assert "needs one or two" in ask(session, "grid")["sentence"]


def test_a_planted_fault_raises_the_loss_and_goes_back_after_the_guess(session):
    before = ask(session, "look", row=0)
    planted = ask(session, "plant", seed=2**31)  # the largest seed there is
    assert planted["loss_after"] > 1.25 * planted["loss_before"]
    assert ask(session, "state")["link"] is None  # it would tell
    assert "hidden already" in session.call("plant")["error"]
    worse = ask(session, "look")["mean_loss"]
    assert close(worse, planted["loss_after"])
    game = ask(session, "guess", weight="dense1.weight[0,0]")
    assert game["hits"]["you"] == (game["name"] == "dense1.weight[0,0]")
    assert game["hits"]["cut"] == (game["name"] in game["methods"]["cut"])
    assert ask(session, "look")["passes"] == before["passes"]
    ask(session, "plant", seed=2**31)
    assert ask(session, "guess", weight=game["name"])["score"]["you"] >= 1
    assert "no weight is hidden" in session.call("guess", {"weight": "dense1.bias[0]"})["error"]


def test_the_rows_of_a_model_are_own_and_kept_for_another_network(tmp_path):
    done = cr.train_on_table("moons", layers=[3], epochs=1, engine="python", progress=False)
    done.net.save(tmp_path / "moons.safetensors")
    session = Session(tmp_path / "moons.safetensors")
    assert ask(session, "edit", what="input[0]", value=9.0)["link"] is None
    state = ask(session, "open", options={"layers": [4]}, own=True)
    assert (state["layers"][0]["units"], state["own"], state["learnt_from"]) == (4, True, 160)
    assert ask(session, "look")["inputs"][0]["value"] != 9.0
    assert ask(session, "open", options={"data": "xor"})["own"] is False


def test_an_own_table_and_an_own_model_are_opened(tmp_path):
    table = "a,b,kind\n" + "".join(f"{i},{i % 3},{'yes' if i > 5 else 'no'}\n" for i in range(12))
    session = Session()
    state = ask(session, "open", csv=table, options={"layers": [2]})
    assert (state["rows"], state["inputs"], state["link"]) == (12, ["a", "b"], None)
    assert state["classes"] == ["no", "yes"]
    done = cr.train_on_table("iris", layers=[3], epochs=2, engine="python", progress=False)
    done.net.save(tmp_path / "iris.safetensors")
    model = base64.b64encode((tmp_path / "iris.safetensors").read_bytes()).decode()
    assert ask(session, "open", model=model)["rows"] == 150
    loose = cr.train_on_table(load("iris"), layers=[3], epochs=1, engine="python", progress=False)
    loose.net.save(tmp_path / "loose.safetensors")
    alone = base64.b64encode((tmp_path / "loose.safetensors").read_bytes()).decode()
    assert "a table in memory" in session.call("open", {"model": alone})["error"]
    by_file = Session(tmp_path / "iris.safetensors")
    assert ask(by_file, "look")["loss"] == ask(session, "look")["loss"]


def test_what_is_exported_reads_back(session, tmp_path, capsys):
    listed = ask(session, "weights")["rows"]
    header, *lines = ask(session, "export", form="csv")["text"].splitlines()
    assert header == "name,value,slope,share"
    assert len(lines) == len(listed)
    record = json.loads(ask(session, "export", form="json")["text"])
    assert record["weights"][0] == listed[0]
    script = tmp_path / "again.py"
    script.write_text(ask(session, "export", form="python")["text"], encoding="utf-8")
    runpy.run_path(str(script))
    assert close(float(capsys.readouterr().out.split()[0]), record["loss"])


def test_a_run_that_leaves_the_numbers_says_where_and_keeps_what_was():
    session = Session()
    wild = {**XOR, "optimizer": "sgd", "learning_rate": 1e300, "activation": "relu"}
    ask(session, "open", options=wild)
    sentence = ""
    for _ in range(20):
        sentence = sentence or session.call("train", {"steps": 3}).get("error", "")
    assert "step" in sentence
    assert "error" not in session.call("look")


def test_the_tour_has_the_words_that_it_was_given():
    session = Session(tour=TOUR)
    assert ask(session, "state")["tour"] == [{"name": "loss", "title": "A loss"}]
    assert ask(session, "tour", stop="loss")["text"] == "How wrong?"


def test_a_cure_that_health_names_is_applied_and_undone(session):
    ask(session, "open", options={**XOR, "learning_rate": 5.0})
    before = ask(session, "state")
    cures = [each["cure"] for each in ask(session, "health")["findings"]]
    assert {"learning_rate": 0.2} in cures
    changed = ask(session, "change", options={"learning_rate": 0.2})
    assert changed["options"]["learning_rate"] == 0.2
    assert "learning rate" not in [f["check"] for f in ask(session, "health")["findings"]]
    assert changed["curve"] == before["curve"]
    assert ask(session, "undo")["options"] == before["options"]


def test_classes_that_weigh_the_same_are_a_cure_for_one_class_said_of_everything(session):
    rare = "a,kind\n" + "".join(f"{n % 10 // 3},{'no' if n % 10 else 'yes'}\n" for n in range(60))
    ask(session, "open", csv=rare, options={"layers": []})
    ask(session, "train", steps=100)
    cures = {each["check"]: each["cure"] for each in ask(session, "health")["findings"]}
    assert cures["one class for everything"] == RARE
    changed = ask(session, "change", options=RARE)
    assert changed["options"]["class_weight"] == "balanced"
    assert changed["step"] == 100
    ask(session, "train", steps=300)
    checks = [each["check"] for each in ask(session, "health")["findings"]]
    assert "one class for everything" not in checks


def test_twins_get_fresh_weights_and_a_loss_of_chance_more_epochs(tmp_path):
    half = [[0.5, 0.5], [0.5, 0.5]]
    net = cr.Network(
        [Dense(2, 2, "tanh", weight=half), Dense(2, 1, "sigmoid")], engine="python", seed=3
    )
    net.recipe = open_data(Options()).net.recipe
    net.save(tmp_path / "twins.safetensors")
    session = Session(tmp_path / "twins.safetensors", "moons")
    cures = {each["check"]: each["cure"] for each in ask(session, "health")["findings"]}
    assert cures["symmetric twins"] == {"seed": 0}
    assert cures["loss no better than chance"] == {"epochs": 20}
    ask(session, "change", options={"seed": 0})
    checks = [each["check"] for each in ask(session, "health")["findings"]]
    assert "symmetric twins" not in checks


def cures(session):
    return {each["check"]: each["cure"] for each in ask(session, "health")["findings"]}


def test_inputs_far_out_are_scaled_anew_and_keep_their_unit(session):
    ask(session, "look", row=0)
    ask(session, "edit", what="input[0]", value=1000.0)
    before = ask(session, "look")
    assert cures(session)["unscaled inputs"] == {"scaled": True}
    changed = ask(session, "change", options={"scaled": True})
    assert changed["step"] == 10
    assert "unscaled inputs" not in cures(session)
    here = ask(session, "look")["inputs"][0]
    assert close(here["value"], 1000.0)
    assert here["reading"] == "1000 here, 1.732 when standardised"  # one of four: sqrt(3)
    ask(session, "undo")
    assert ask(session, "look") == before


def test_gradients_that_explode_get_fresh_weights_and_a_bound(session):
    ask(session, "open", options={"layers": [4, 4], "activation": "relu"})
    for unit in range(4):
        ask(session, "edit", what=f"dense3.weight[0,{unit}]", value=3000.0)
    before = ask(session, "look")
    assert cures(session)["exploding gradients"] == {"seed": 0, "clip_norm": 1.0}
    changed = ask(session, "change", options={"seed": 0, "clip_norm": 1.0})
    assert changed["options"]["clip_norm"] == 1.0
    assert "exploding gradients" not in cures(session)
    ask(session, "undo")
    assert ask(session, "look") == before


def test_a_gradient_is_no_longer_than_its_bound(session):
    wild = XOR | {"optimizer": "sgd", "learning_rate": 1.0, "batch_size": 4}
    moved = []
    for bound in (None, 1e-3):
        ask(session, "open", options=wild | {"clip_norm": bound})
        before = {w["name"]: w["value"] for w in ask(session, "weights")["rows"]}
        ask(session, "train", steps=1)
        after = {w["name"]: w["value"] for w in ask(session, "weights")["rows"]}
        moved.append(math.dist(before.values(), [after[name] for name in before]))
    assert moved[0] > 0.01
    assert moved[1] == pytest.approx(1e-3, rel=1e-6)


@pytest.mark.parametrize(
    ("output", "deviation", "check"),
    [("sigmoid", 1.0, "output out of reach"), ("identity", 1e-3, "unscaled targets")],
)
def test_targets_out_of_reach_or_large_are_scaled_anew(session, tmp_path, output, deviation, check):
    table = {"target": "petal_length", "layers": [3], "epochs": 1, "engine": "python"}
    done = cr.train_on_table("iris", **table, progress=False)
    net = cr.Network(
        [Dense(len(done.net.recipe.feature_names), 3, "tanh"), Dense(3, 1, output)],
        seed=0,
        engine="python",
    )
    recipe = done.net.recipe
    net.recipe = replace(recipe, target=replace(recipe.target, deviation=deviation))
    net.data_source, net.loss_name = done.net.data_source, "mean_squared_error"
    net.save(tmp_path / "far.safetensors")
    model = base64.b64encode((tmp_path / "far.safetensors").read_bytes()).decode()
    ask(session, "open", model=model, row=0)
    before = ask(session, "look")
    assert cures(session)[check] == {"scaled": True}
    changed = ask(session, "change", options={"scaled": True})
    assert changed["layers"][-1]["activation"] == "identity"
    assert check not in cures(session)
    assert close(ask(session, "look")["wanted"], before["wanted"])
    ask(session, "undo")
    assert ask(session, "look") == before


def test_what_is_seen_after_a_step_comes_along_where_it_is_asked_for(session):
    answer = ask(session, "train", steps=2, look=True)
    assert answer.pop("look") == ask(session, "look")
    assert answer == ask(session, "state")


def test_other_units_begin_anew_and_take_as_many_steps(session):
    before = ask(session, "state")
    changed = ask(session, "change", options={"activation": "relu"})
    afresh = ask(session, "open", options={**XOR, "activation": "relu"})
    assert changed["step"] == before["step"] == 10
    assert ask(session, "train", steps=10)["curve"] == changed["curve"] != before["curve"]
    ask(session, "open", **changed["link"])
    assert ask(session, "state")["curve"] == changed["curve"]
    assert afresh["curve"] == changed["curve"][:1]
    ask(session, "undo")
    assert ask(session, "state")["curve"] == before["curve"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("lok", {}, "did you mean 'look'?"),
        ("change", {"options": {"layers": [2]}}, "layers"),
        ("open", {"options": {"class_weight": "x"}}, "balanced"),
        ("open", {"csv": "a,b\n" + "1.5,2.25\n3.5,7.75\n" * 9, "options": RARE}, "holds numbers"),
        ("change", {"options": {"activation": "rely"}}, "relu"),
        ("look", {"rows": 3}, "does not fit"),
        ("look", {"row": 99}, "the rows are 0 to 3"),
        ("look", {"row": True}, "there is no row True"),
        ("why", {"weight": "dense9.weight[0,0]"}, "dense9"),
        ("edit", {"what": "dense1.weight[0,0]", "value": "1"}, "a finite number"),
        ("edit", {"what": "dense1.weight[0,0]", "value": math.nan}, "a finite number"),
        ("edit", {"what": "input[7]", "value": 1}, "input[0] to input[1]"),
        ("edit", {"what": "target", "value": 0.5}, "the index of a class"),
        ("train", {"steps": 10**9}, "from 1 to 2,000"),
        ("rewind", {"step": "0"}, "a whole number"),
        ("open", {"options": {"data": "mons"}}, "did you mean 'moons'?"),
        ("open", {"options": {"layer": [3]}}, "did you mean 'layers'?"),
        ("open", {"options": {"layers": [0]}}, "from 1 to 256"),
        ("open", {"options": {"layers": 3}}, "in a list"),
        ("open", {"options": {"activation": "softmax"}}, "no activation"),
        ("open", {"options": {"loss": "nope"}}, "no loss"),
        ("open", {"options": {"learning_rate": 0}}, "above 0"),
        ("open", {"options": {"clip_norm": -1}}, "clip norm is -1: it must be above 0"),
        ("change", {"options": {"scaled": 1}}, "true or false"),
        ("open", {"options": {"seed": -1}}, "seed"),
        ("open", {"csv": ""}, "your file is empty"),
        ("open", {"model": "AAAA"}, "your file is"),
        ("open", {"model": "§"}, "base64"),
        ("open", {"acts": [["format", "disk"]]}, "is not an act"),
        ("open", {"acts": ["train"]}, "is not an act"),
        ("open", {"acts": [["edit", 1]]}, "is incomplete"),
        ("open", {"acts": [["learn"]]}, "is incomplete"),
        ("open", {"acts": [["train", 100_001]]}, "a whole number from 1 to 100,000"),
        ("guess", {"weight": "dense1.bias[0]"}, "plant a fault first"),
        ("export", {"form": "exe"}, "no format"),
        ("tour", {"stop": "x"}, "no stop"),
        ("weights", {"top": 0}, "at least 1"),
        ("plant", {"seed": 0.5}, "a whole number"),
        ("ledger", {"steps": 3}, "does not fit"),
    ],
)
def test_a_bad_call_gets_a_sentence_and_changes_nothing(session, name, arguments, said):
    before = ask(session, "state"), ask(session, "look")
    error = session.call(name, arguments)["error"]
    assert said in error
    assert "\n" not in error
    assert (ask(session, "state"), ask(session, "look")) == before


def test_nothing_edited_is_nothing_to_undo():
    session = Session()
    assert "nothing to undo" in session.call("undo")["error"]
