"""What the page shows beside the numbers."""

import pytest

import chainrule as cr
from chainrule.cli.play import tour_stops
from chainrule.data import load
from chainrule.explanations import culprits as causes
from chainrule.playground import Session, session
from chainrule.playground.readings import narrowed


def test_what_is_no_prose_in_the_tour_fits_the_columns_that_the_page_has():
    prose = "A sentence that the page breaks by itself, however narrow it is."
    table = "weight              value     dL/dw\ndense2.bias[0]        0.6     0.138"
    page = Session(tour=[{"name": "loss", "title": "A loss", "text": f"{prose}\n\n{table}"}])
    assert page.tour(stop="loss")["text"] == f"{prose}\n\n{table}"
    said, *rows = page.tour(stop="loss", columns=30)["text"].split("\n\n")
    assert said == prose
    assert "\n".join(rows) == "weight          value  dL/dw\ndense2.bias[0]    0.6  0.138"
    receipt = next(stop for stop in tour_stops() if stop["name"] == "receipt")
    assert narrowed(receipt, 64)["text"] == receipt["text"]
    stop = {"name": "loss", "title": "A loss", "texts": [(40, "Long\nlines"), (30, "Short\nlines")]}
    widths = {40: "Long\nlines", 39: "Short\nlines", 30: "Short\nlines", 29: "Short\nlines"}
    assert {columns: narrowed(stop, columns)["text"] for columns in widths} == widths
    for stop in tour_stops():
        text = Session(tour=[stop]).tour(stop=stop["name"], columns=45)["text"]
        lines = [part for part in text.split("\n\n") if "  " in part]
        assert max(map(len, "\n".join(lines).splitlines())) <= 45
    refused = page.call("tour", {"stop": "loss", "columns": "40"})["error"]
    assert refused == "columns is '40': it must be a whole number, at least 1"


def test_a_network_is_checked_once_until_it_or_the_row_is_another(monkeypatch):
    checked = []
    check = session.check_gradients
    monkeypatch.setattr(session, "check_gradients", lambda *a: checked.append(1) or check(*a))
    asked = Session()
    for act in ({}, {"look": {"row": 3}}, {"edit": {"what": "dense1.bias[0]", "value": 2.0}}):
        for name, given in act.items():
            asked.call(name, given)
        for weight in ("dense1.bias[0]", "dense2.weight[0,1]"):
            assert (
                f"{weight.partition('[')[0]}: agrees"
                in asked.call("why", {"weight": weight})["verdict"]
            )
    assert len(checked) == 3


def test_two_columns_that_are_laid_out_in_parts_have_a_plane_of_what_the_network_says(tmp_path):
    net = cr.train_on_table("moons", layers=[4], epochs=3, progress=False).net
    assert len(net.recipe.feature_names) > 2
    net.save(tmp_path / "moons.safetensors")
    plane = Session(tmp_path / "moons.safetensors").grid()
    table = load("moons")
    held = [float(x) for x in table.column("x0")]
    assert [x for x, _ in plane["points"]] == pytest.approx(held)
    across, up = plane["axes"]
    places = [{"x0": across[at % 37], "x1": up[at // 37]} for at in (0, 36, 700, 1332, 1368)]
    said = [plane["values"][at] for at in (0, 36, 700, 1332, 1368)]
    assert said == pytest.approx([yes for _, yes in net.predict_proba(places).tolist()])


def test_the_mean_of_all_rows_is_the_same_whichever_row_was_looked_at_before():
    asked = Session()
    losses = [asked.call("look", {"row": row})["loss"] for row in range(200)]
    for row in (0, 1, 2):
        asked.call("look", {"row": row, "mean": False})
        asked.call("answer")
        mean = asked.call("look", {"mean": True})["mean_loss"]
        assert mean == pytest.approx(sum(losses) / 200)


def test_the_whole_table_is_looked_through_once_for_all_rows_of_a_state(monkeypatch):
    looked = []
    search = causes.standing_out
    monkeypatch.setattr(causes, "standing_out", lambda *a: looked.append(1) or search(*a))
    asked = Session()
    answers = [asked.call("look", {"row": row}) and asked.call("answer") for row in (3, 7)]
    assert len(looked) == 1
    for row, answer in zip((3, 7), answers, strict=True):
        alone = Session()
        alone.call("look", {"row": row})
        assert alone.call("answer") == answer
    asked.call("edit", {"what": "dense1.bias[0]", "value": 2.0})
    asked.call("answer")
    assert len(looked) == 4
