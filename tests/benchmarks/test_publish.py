"""What the READMEs and the pictures show is what the file of results holds."""

import json
import re
import sys
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from benchmarks import machine, plots, publish, run
from benchmarks.run import RESULTS
from benchmarks.timing import Result


@pytest.fixture(scope="module")
def results():
    return json.loads(RESULTS.read_text("utf-8"))


def test_both_readmes_agree_with_the_results(results):
    for path, write in ((publish.README, publish.summary), (publish.FIGURES, publish.section)):
        page = path.read_text("utf-8")
        assert publish.with_section(page, write(results)) == page, (
            f"{path.name}: run python -m benchmarks.publish"
        )


def test_the_readme_has_a_narrow_table_of_our_best_beside_the_others(results):
    steps = results["steps"]
    times = {(row["group"], row["name"]): row["microseconds"] for row in steps["rows"]}
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in publish.summary(results).splitlines()
        if line.startswith("|")
    ]
    assert len(head) == 5
    for network, ours, by_hand, torch, jax in rows:
        best = min(times[network, name] for name in plots.OURS)
        assert ours == f"**{plots.amount(best)}**"
        assert by_hand == plots.amount(times[network, "NumPy by hand"])
        faster = min(times[network, name] for name in ("PyTorch", "PyTorch, fused Adam"))
        assert torch == plots.amount(faster)
        assert jax == plots.amount(times[network, "JAX"])


def test_the_pictures_agree_with_the_results(results):
    for name, picture in publish.pictures(results).items():
        drawn = (publish.PICTURES / name).read_text("utf-8")
        assert picture == drawn, f"{name}: run python -m benchmarks.publish"


def test_a_changed_figure_changes_the_section_and_the_picture(results):
    changed = json.loads(json.dumps(results))
    row = changed["steps"]["rows"][-1]
    row["microseconds"], row["ratio"] = 3 * row["microseconds"], 3 * row["ratio"]
    assert publish.section(changed) != publish.section(results)
    assert publish.summary(changed) != publish.summary(results)
    assert publish.pictures(changed)["how-fast.svg"] != publish.pictures(results)["how-fast.svg"]
    assert publish.pictures(changed)["growth.svg"] == publish.pictures(results)["growth.svg"]


@pytest.fixture
def of_one_machine(results):
    """Those results that were taken on the machine of the first."""
    machine = next(iter(results.values()))["machine"]
    return {name: record for name, record in results.items() if record["machine"] == machine}


def test_what_was_measured_elsewhere_is_said(of_one_machine):
    results, name = of_one_machine, list(of_one_machine)[-1]
    other = {**results[name], "machine": {**results[name]["machine"], "jax": "99.0"}}
    assert "apart" not in publish.section(results)
    said = " ".join(publish.section({**results, name: other}).split())
    assert f"Measured apart from the rest: `{name}` on jax 99.0." in said


@pytest.mark.parametrize(("platform", "named"), [("gpu", True), ("cpu", False)])
def test_the_gpu_that_jax_computes_on_is_named(platform, named, of_one_machine, monkeypatch):
    device = SimpleNamespace(platform=platform, device_kind="NVIDIA H100 80GB HBM3")
    monkeypatch.setitem(sys.modules, "jax", SimpleNamespace(devices=lambda: [device]))
    gpu = machine.describe().get("gpu")
    assert gpu == ("NVIDIA H100 80GB HBM3" if named else None)
    if named:
        measured = of_one_machine["wide"]
        wide = {**measured, "machine": {**measured["machine"], "gpu": gpu}}
        said = " ".join(publish.section({**of_one_machine, "wide": wide}).split())
        assert "Measured apart from the rest: `wide` on gpu NVIDIA H100 80GB HBM3." in said


def test_the_pictures_are_xml_with_a_title_and_a_ground_of_their_own(results):
    for picture in publish.pictures(results).values():
        root = ET.fromstring(picture)
        assert root.find("{*}title").text
        assert root.find("{*}rect").get("fill") == "white"


def test_every_network_has_a_bar_for_everyone_but_the_control(results):
    texts = re.findall(r">([^<]+)</text>", publish.pictures(results)["how-fast.svg"])
    for row in results["steps"]["rows"]:
        expected = 4 if row["name"] != results["steps"]["control"] else 0
        assert texts.count(row["name"]) == expected


def test_a_bar_is_measured_by_the_fastest_of_the_others():
    rows = [
        {"name": "bare", "ratio": 1.0},
        {"name": "numpy engine", "ratio": 2.0},
        {"name": "PyTorch", "ratio": 8.0},
        {"name": "JAX", "ratio": 4.0},
    ]
    expected = {"numpy engine": 0.5, "PyTorch": 2.0, "JAX": 1.0}
    assert plots.beside_best_peer(rows, "bare") == expected


def test_the_results_name_the_machine_the_threads_and_every_version(results):
    for record in results.values():
        machine = record["machine"]
        assert {"processor", "cores", "threads", "python", "numpy", "torch", "jax"} <= set(machine)
        assert "gpu" in machine or "not installed" not in machine.values()


def test_each_machine_has_a_column(results):
    said = publish.section(results).splitlines()
    heads = [line for line in said if line.endswith(" NVIDIA H100 80GB HBM3 |")]
    assert len(heads) == 3
    # As the GPU's run printed it: 233.6 µs, 1.223 times the native step.
    ours = [line for line in said if line.endswith("| 234, 1.22 |")]
    assert [line.partition(" (")[0] for line in ours] == ["| 2-16-16-2"]


def test_what_a_gpu_gave_stands_beside_what_the_processor_gave(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results.json")
    for described in ({"cores": "2"}, {"gpu": "H100"}, {"cores": "4"}):
        run.keep("wide", Result("how near", "peak"), described)
    kept = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert {name: of["machine"] for name, of in kept.items()} == {
        "wide": {"cores": "4"},
        "wide on H100": {"gpu": "H100"},
    }


def test_a_training_is_rated_by_its_rows_and_beside_its_bare_steps():
    bare = {"numpy engine" + publish.STEP: 20.0, "numpy engine" + publish.READY: 22.0}
    times = {**bare, "numpy engine": 25.0, "JAX": 50.0}
    rows = [
        {"group": "2-2 (100)", "name": name, "microseconds": spent, "ratio": spent / 25.0}
        for name, spent in times.items()
    ]
    said = publish._fit({"rows": rows}).splitlines()
    assert "| 2-2 (100) | **4,000,000** | 2,000,000 | 2.00 |" in said
    assert said.index("| 2-2 (100) | 1.25 |") < said.index("| 2-2 (100) | 1.14 |")


def test_a_rank_is_the_mean_place_and_ties_share_the_better_one():
    assert publish.mean_ranks([[90.0, 80.0], [70.0, 70.0], [50.0, 60.0]]) == [4 / 3, 4 / 3]


def test_the_table_of_tables_marks_the_best_and_those_that_defaults_were_chosen_on(results):
    figures = results["tables"]["figures"]
    said = publish.section(results)
    assert {line.split(" ")[1] for line in said.splitlines() if " † |" in line} == {
        name for name, of in figures.items() if of["chosen on"]
    }
    assert f"| olive | 572 | {len(figures['olive']['chainrule']['points'])} |" in said


def test_we_are_set_beside_real_mlp_on_the_seeds_that_both_have():
    ours, theirs = {"points": [90.0, 80.0, 10.0]}, {"points": [88.0, 83.0]}
    found = {"chainrule": ours, "RealMLP": theirs}
    assert publish.ahead_of_real_mlp(found) == ("-0.5", "2")
    assert publish.ahead_of_real_mlp({"chainrule": ours}) == ("", "")


def test_what_is_behind_by_more_than_a_point_or_slower_is_named():
    def of(points, seconds):
        return {"points": [points], "seconds": seconds}

    figures = {
        "a": {"chainrule": of(90, 1.0), "MLP": of(91, 1.0), "RealMLP": of(92.5, 9)},
        "b": {"chainrule": of(90, 2.0), "MLP": of(91.25, 1.0)},
    }
    assert publish.goals(figures) == (
        "At most a point behind MLP on 1 of 2 (but b 1.2); at most a point behind RealMLP on 0 of "
        "1 (but a 2.5); in no more time than MLP on 1 of 2, not on b (2.0 s for 1.0)."
    )
