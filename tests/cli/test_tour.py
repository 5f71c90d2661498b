"""`chainrule tour`: the story of one neuron, in numbers that anyone can check on paper."""

import json
import re

import pytest

from chainrule.cli.play import tour_stops
from chainrule.cli.tour.command import STEPS


@pytest.fixture
def values(chainrule):
    """The numbers of one step."""

    def step(name, *options):
        done = chainrule("tour", name, *options, "--json")
        assert (done.status, done.err) == (0, "")
        (page,) = json.loads(done.out).values()
        return page["values"]

    return step


def test_a_neuron_weighs_its_input_and_adds_its_bias(values):
    assert values("neuron") == {"z": 3.5}


def test_the_loss_is_the_square_of_the_distance_to_the_target(values):
    assert values("loss")["loss"] == 0.25


def test_the_receipt_multiplies_the_local_slopes(values, chainrule):
    found = values("receipt")
    assert (found["weight[0]"], found["bias"]) == (-2, -1)
    page = chainrule("tour", "receipt").out
    assert "dL/dw = dL/da · da/dz · dz/dw = (-1) · 1 · 2 = -2" in page
    assert "dL/db = dL/da · da/dz · dz/db = (-1) · 1 · 1 = -1" in page


@pytest.mark.parametrize(
    ("at", "slope", "direction"), [("5", 4, "decrease"), ("1", -4, "increase"), ("3", 0, "stop")]
)
def test_the_slope_of_a_parabola_says_which_way(at, slope, direction, values):
    found = values("slope")["slopes"][at]
    assert (found["value"], found["direction"]) == (slope, direction)


def test_mazur_s_network_feeds_forward_and_back(values):
    # M. Mazur, "A Step by Step Backpropagation Example" (2015).
    assert values("forward")["outputs"] == pytest.approx([0.75136507, 0.772928465], abs=5e-9)
    found = values("backpropagation")
    assert found["loss"] == pytest.approx(0.298371109, abs=5e-10)
    assert found["gradients"]["dense2.weight"][0][0] == pytest.approx(0.082167041, abs=5e-10)
    assert found["gradients"]["dense1.weight"][0][0] == pytest.approx(0.000438568, abs=5e-10)


def test_the_steepest_weight_of_mazur_s_network_is_moved_downhill(chainrule):
    # Its slope is Mazur's delta of the first output, 0.138498562.
    page = chainrule("tour", "weights").out
    assert "dense2.bias[0]: 0.6 → 0.5 (-0.1)" in page
    assert "predicted change of the loss -0.0138499 " in page


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        ("neuron", ["z = w·x + b", "= 1.5 · 2 + 0.5", "= 3.5"]),
        (
            "activation",
            [
                "f at z = 3.5 a da/dz",
                "identity a = z 3.5 1",
                "relu a = max(0, z) 3.5 1",
                "sigmoid a = 1 / (1 + e^-z) 0.970688 0.028453",
                "tanh a = tanh z 0.998178 0.00364088",
            ],
        ),
        (
            "layer",
            [
                "neuron 0: a = relu(1.5 · 2 + 0.5) = 3.5",
                "neuron 1: a = relu((-1.5) · 2 + 0.5) = 0",
                "neuron 2: a = relu(0.75 · 2 + (-0.5)) = 1",
            ],
        ),
        (  # here and below the numbers of Mazur's article
            "forward",
            [
                "inputs 0.05, 0.1",
                "hidden layer 0.593269992, 0.596884378",
                "output layer 0.75136507, 0.772928465",
            ],
        ),
        ("loss", ["L = (a - y)² = (3.5 - 4)² = 0.25"]),
        ("slope", ["at w = 5 the slope is 4: decrease", "at w = 1 the slope is -4: increase"]),
        ("by-hand", ["by hand by machine", "L 0.25 0.25", "dL_dw -2 -2", "dL_db -1 -1"]),
        (
            "update",
            [
                "w ← w - rate · dL/dw = 1.5 - 0.05 · (-2) = 1.6",
                "b ← b - rate · dL/db = 0.5 - 0.05 · (-1) = 0.55",
                "loss before 0.25",
                "loss after 0.0625",
            ],
        ),
    ],
)
def test_each_step_writes_out_the_numbers_that_one_finds_on_paper(step, lines, chainrule):
    said = [" ".join(line.split()) for line in chainrule("tour", step).out.splitlines()]
    assert [line for line in said if line in lines] == lines


def test_every_gradient_of_mazur_s_network_is_named_and_is_the_one_that_moved_his_weights(
    chainrule,
):
    # His weights w1 to w8 before and after one step with a learning rate of 0.5.
    before = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
    after = (0.149780716, 0.19956143, 0.24975114, 0.29950229)
    after += (0.35891648, 0.408666186, 0.511301270, 0.561370121)
    rows = re.findall(
        r"^ +w(\d) +(\S+) +(\S+)$", chainrule("tour", "backpropagation").out, re.MULTILINE
    )
    places = [f"dense{n}.weight[{i},{j}]" for n in (1, 2) for i in (0, 1) for j in (0, 1)]
    assert [row[:2] for row in rows] == [(str(n), name) for n, name in enumerate(places, 1)]
    moved = [(w - then) / 0.5 for w, then in zip(before, after, strict=True)]
    assert [float(row[2]) for row in rows] == pytest.approx(moved, abs=2e-8)


def test_the_loss_of_mazur_s_network_stands_beside_what_it_should_have_said(chainrule):
    said = " ".join(chainrule("tour", "loss").out.split())
    assert "should have said 0.01 and 0.99; its loss is 0.298371109." in said


def test_a_step_says_how_to_go_on_and_the_last_one_ends(chainrule):
    for place, name in enumerate(STEPS, start=1):
        title, *_, last = chainrule("tour", name).out.rstrip().splitlines()
        assert title.startswith(f"{place}. ")
        assert (last == f"next: chainrule tour {place + 1}") is (place < len(STEPS))
    assert "next:" not in chainrule("tour").out
    names = [line.split()[:2] for line in chainrule("tour", "--list").out.splitlines()]
    assert names == [[str(place), name] for place, name in enumerate(STEPS, start=1)]


NUMBERS = ("--x", -3, "--w", 0.5, "--b", 2, "--y", 1)  # a = 0.5, L = 0.25, dL/da = -1


def test_the_reader_s_own_numbers_are_used(values):
    assert values("neuron", *NUMBERS) == {"z": 0.5}
    found = values("receipt", *NUMBERS)
    assert (found["weight[0]"], found["bias"]) == (3, -1)


@pytest.mark.parametrize("number", ["1e51", "-1e200", "inf", "nan"])
def test_numbers_that_a_square_would_carry_out_of_range_are_refused(number, chainrule):
    done = chainrule("tour", "--w", number)
    assert (done.status, done.out) == (2, "")
    assert "is not a number from -1e+50 to 1e+50" in done.err


def test_the_largest_numbers_that_are_taken_stay_finite(values):
    found = values("by-hand", "--w", -1e50, "--x", 1e50)
    assert found["dL_dw"] == pytest.approx(-2e150)


def test_the_program_by_hand_is_run_as_printed(values, chainrule):
    assert values("by-hand", *NUMBERS) == {"L": 0.25, "dL_dw": 3, "dL_db": -1}
    printed = chainrule("tour", "by-hand", *NUMBERS).out.splitlines()
    start = printed.index("  z = w * x + b")
    names = {"x": -3, "w": 0.5, "b": 2, "y": 1}
    lines = [line.strip() for line in printed[start : start + 6]]
    exec("\n".join(lines), names)
    assert (names["dL_dw"], names["dL_db"]) == (3, -1)
    assert not any(line.startswith(("import", "from")) for line in lines)


def test_an_update_goes_against_the_slope_and_lowers_the_loss(values):
    # w = 1.5 + 0.05 · 2, b = 0.5 + 0.05 · 1, so a = 3.75 and L = 0.25².
    found = values("update")
    assert (found["weight"], found["bias"]) == pytest.approx((1.6, 0.55))
    assert (found["before"], found["after"]) == pytest.approx((0.25, 0.0625))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "The loss is smaller."),
        (("--learning-rate", 2), "The loss is no smaller"),
        (("--y", 3.5), "There was nothing to improve"),
        (("--learning-rate", 0), "The answer stays where it was"),
    ],
)
def test_the_update_is_judged_by_what_it_did(options, said, chainrule):
    assert said in chainrule("tour", "update", *options).out


def test_a_step_uphill_is_refused(chainrule):
    assert "-1.0 is not 0 or more" in chainrule("tour", "update", "--learning-rate", -1).err


def test_a_check_passes_the_machine_and_fails_the_hand_that_forgot_a_factor(values):
    found = values("check")
    assert found["passed"] is True
    assert "wrong" in found["wrong"]


def test_a_forgotten_factor_does_not_pass_without_a_word(values, chainrule):
    at_the_target = values("check", "--y", 3.5)  # the error is 0, and so is half of it
    assert "wrong at a second point" in at_the_target["wrong"]
    no_input = " ".join(chainrule("tour", "check", "--x", 0).out.split())
    assert "It passes with these numbers: the right slope is 0" in no_input


def test_all_steps_are_told_in_order_within_80_columns(chainrule):
    done = chainrule("tour")
    headings = [line for line in done.out.splitlines() if line.partition(".")[0].isdecimal()]
    assert [int(line.partition(".")[0]) for line in headings] == list(range(1, len(STEPS) + 1))
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out


def test_the_page_has_each_stop_in_lines_of_half_a_page_and_of_phones():
    for stop in tour_stops():
        lengths, texts = zip(*stop["texts"], strict=True)
        assert lengths == (64, 48, 40, 36, 32)
        lines = [len(text.splitlines()) for text in texts]
        assert lines == sorted(lines)


def test_a_step_is_found_by_number_and_by_name(chainrule):
    assert chainrule("tour", 5).out == chainrule("tour", "loss").out
    assert len(chainrule("tour", "--list").out.splitlines()) == len(STEPS)


@pytest.mark.parametrize(
    ("step", "part"), [("los", "did you mean 'loss'?"), (0, "1 to 12"), (13, "1 to 12")]
)
def test_a_step_that_is_not_there_is_refused(step, part, chainrule):
    done = chainrule("tour", step)
    assert (done.status, done.out) == (2, "")
    assert part in done.err


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        (0.5, "The loss is no smaller: the step went past the lowest point."),
        (1e-20, "The answer stays where it was: a step of this length does not move it."),
    ],
)
def test_a_loss_that_is_the_same_after_an_update_was_leapt_over_or_is_not_moved(
    rate, said, chainrule
):
    # w + b = 1 should be 0, and a learning rate of 0.5 leads to -1.
    words = ("--x", 1, "--w", 1, "--b", 0, "--y", 0, "--learning-rate", rate)
    assert said in " ".join(chainrule("tour", "update", *words).out.split())
