"""The ledger shares the loss change of a whole run out among the weights, and it adds up."""

import re
from math import nan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.errors import OptionError
from chainrule.explanations.shares.ledger import Basis, Ledger, LedgerStep
from chainrule.nn import Layout, objective
from chainrule.train import SGD, Adagrad, Adam, AdamW, RMSProp
from tests.explanations.shares.learning import learn, network

WITHIN = {"relu": 1e-2, "tanh": 1e-3, "sigmoid": 1e-3}
OPTIMIZERS = {
    "sgd": (SGD(), 0.2),
    "momentum": (SGD(momentum=0.9), 0.05),
    "nesterov": (SGD(momentum=0.9, nesterov=True), 0.05),
    "rmsprop": (RMSProp(), 0.01),
    "adagrad": (Adagrad(), 0.05),
    "adam": (Adam(), 0.02),
    "adamw": (AdamW(weight_decay=0.1), 0.02),
}


def total(entries):
    return sum(float(xp.sum(xp.asarray(entry.tolist()))) for entry in entries.values())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", WITHIN)
def test_it_adds_up_whatever_the_activation_and_the_optimizer(data_set, activation, optimizer):
    x, y = data_set("iris")
    net = network(x, y, activation)
    before = net.loss(x, y)
    rule, rate = OPTIMIZERS[optimizer]
    ledger = learn(net, x, y, optimizer=rule, learning_rate=rate)
    really = net.loss(x, y) - before
    assert ledger.measured == pytest.approx(really, rel=1e-9)
    assert total(ledger.entries) == pytest.approx(really, rel=WITHIN[activation])
    assert ledger.explained == pytest.approx(really, rel=WITHIN[activation])
    assert ledger.trusted


@pytest.mark.parametrize("activation", WITHIN)
@pytest.mark.parametrize(("name", "rows"), [("penguins", None), ("digits", 400)])
def test_it_adds_up_on_real_data(data_set, name, rows, activation):
    x, y = data_set(name, rows)
    net = network(x, y, activation)
    before = net.loss(x, y)
    ledger = learn(net, x, y, epochs=2, batch_size=64, learning_rate=0.02)
    assert ledger.explained == pytest.approx(net.loss(x, y) - before, rel=WITHIN[activation])


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("activation", WITHIN)
def test_it_adds_up_on_images_in_both_number_kinds(mnist, activation):
    import numpy as np

    x, y = mnist(300)
    for dtype in ("float64", "float32"):
        net = network(x, y, activation, hidden=20, engine="numpy")
        before = net.loss(x, y)
        images = np.asarray(x, dtype=dtype)
        ledger = learn(net, images, y, epochs=1, optimizer="sgd", learning_rate=0.1)
        assert net.dtype == dtype
        assert str(ledger.entries["dense1.weight"].dtype) == "float64"
        really = net.loss(np.asarray(x), y) - before
        assert ledger.measured == pytest.approx(really, rel=1e-5)
        assert ledger.explained == pytest.approx(really, rel=WITHIN[activation])


@pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=pytest.mark.extra(name)) for name in ("numpy", "jax")]
)
def test_engines_keep_the_same_ledger(data_set, engine):
    x, y = data_set("iris")
    ours = learn(network(x, y), x, y, validation=0.2)
    theirs = learn(network(x, y, engine=engine), x, y, validation=0.2)
    for mine, other in ((ours, theirs), (ours.held_out, theirs.held_out)):
        assert other.flat.tolist() == pytest.approx(mine.flat.tolist(), rel=1e-6, abs=1e-12)
        assert other.helping == mine.helping


def test_every_total_is_the_same_sum(data_set):
    x, y = data_set("iris")
    ledger = learn(network(x, y), x, y, ledger="all")
    assert sum(ledger.by_layer().values()) == pytest.approx(ledger.explained)
    assert sum(ledger.by_neuron().values()) == pytest.approx(ledger.explained)
    assert sum(step.explained for step in ledger.steps) == pytest.approx(ledger.explained)
    assert len(ledger.by_neuron()) == 6 + 3
    layers = [sum(step.layers[i] for step in ledger.steps) for i in range(2)]
    assert layers == pytest.approx(list(ledger.by_layer().values()))
    assert all(len(sums) == len(ledger.steps) for sums in ledger.running.values())
    assert {name: sums[-1] for name, sums in ledger.running.items()} == pytest.approx(
        ledger.by_layer()
    )
    steps = [ledger.at_step(place)["dense2.bias"].tolist() for place in range(len(ledger.steps))]
    summed = [sum(column) for column in zip(*steps, strict=True)]
    assert ledger.entries["dense2.bias"].tolist() == pytest.approx(summed)


def test_steps_are_kept_only_where_they_were_asked_for(data_set):
    x, y = data_set("iris")
    ledger = learn(network(x, y), x, y)
    with pytest.raises(OptionError, match="ledger='all'"):
        ledger.at_step(0)
    with pytest.raises(OptionError, match="'totals' or 'all'"):
        learn(network(x, y), x, y, ledger="everything")


def test_the_loss_is_the_data_loss_in_prediction_mode_and_the_penalty_has_its_own_line(data_set):
    x, y = data_set("iris")
    net = network(x, y, dropout=0.5)

    def penalty():
        weights = [w for name, w in net.parameters.items() if name.endswith("weight")]
        return 0.01 * sum(v * v for w in weights for row in w.tolist() for v in row)

    before, at_first = net.loss(x, y), penalty()
    ledger = learn(net, x, y, l2=0.01, learning_rate=0.02)
    assert ledger.measured == pytest.approx(net.loss(x, y) - before, rel=1e-9)
    assert ledger.explained == pytest.approx(ledger.measured, rel=1e-3)
    assert ledger.penalty == pytest.approx(penalty() - at_first, rel=1e-9)
    assert "penalty on the weights, counted apart" in str(ledger)


def test_small_steps_along_the_gradient_of_all_rows_help_with_every_weight(data_set):
    # To first order A_i = -η (∂L/∂w_i)², which is never above zero.
    x, y = data_set("iris")
    ledger = learn(network(x, y), x, y, batch_size=150, optimizer="sgd", learning_rate=1e-4)
    assert ledger.helping == [1, 1, 1]
    assert ledger.top(3, only="hurt") == []
    assert [share.effect for share in ledger.top(3)] == ["helped"] * 3
    amounts = [share.amount for share in ledger.top(45)]
    assert amounts == sorted(amounts)


def test_shares_are_those_of_a_parabola_by_hand():
    # L = (w + b - 1)² along (0, 0) → (0.2, 0.2) → (0.32, 0.32): each weight carries half of it.
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    ledger = learn(net, [[1.0]], [[1.0]], epochs=2, optimizer="sgd", learning_rate=0.1)
    changes = [0.6**2 - 1, 0.36**2 - 0.6**2]
    assert [step.measured for step in ledger.steps] == pytest.approx(changes)
    assert ledger.flat.tolist() == pytest.approx([sum(changes) / 2] * 2)
    said = "change of the loss: explained -0.8704 of -0.8704, on the one training row, in 2 steps"
    assert " ".join(str(ledger).split()).startswith(said)


def test_a_step_too_far_hurts():
    net = cr.Network([cr.Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
    ledger = learn(net, [[1.0]], [[1.0]], epochs=1, optimizer="sgd", learning_rate=1.0)
    assert ledger.flat.tolist() == pytest.approx([4, 4])
    assert [share.effect for share in ledger.top()] == ["hurt", "hurt"]
    assert ledger.helping == [0]
    assert "dense1  +8  hurt" in str(ledger)


def test_weights_that_never_move_are_counted_apart(data_set):
    x, y = data_set("iris")
    x = [[*row, 0.0] for row in x]  # a sixth input that says nothing: its 6 weights stay
    ledger = learn(network(x, y), x, y)
    assert ledger.unmoved == 6
    assert [row[4] for row in ledger.moved["dense1.weight"].tolist()] == [0] * 6
    assert all(step.moved == ledger.layout.size - 6 for step in ledger.steps)
    assert all(step.helped + step.hurt == step.moved for step in ledger.steps)
    assert f"never moved: 6 of {ledger.layout.size} weights" in str(ledger)


def test_held_out_rows_have_a_ledger_of_their_own(data_set):
    x, y = data_set("iris")
    held = x[:50:5] + x[50::5], y[:50:5] + y[50::5]
    net = network(x, y)
    before = net.loss(*held)
    ledger = learn(net, x, y, epochs=30, validation=held, learning_rate=0.05)
    assert ledger.held_out.measured == pytest.approx(net.loss(*held) - before, rel=1e-9)
    assert ledger.held_out.basis.rows == 30
    pairs = ledger.helping_training_alone(5)
    assert pairs
    for here, out in pairs:
        assert here.amount < 0 < out.amount
    hurt = [out.amount for _, out in pairs]
    assert hurt == sorted(hurt, reverse=True)
    assert f"{pairs[0][0].name}" in str(ledger)
    assert "these helped on training rows" in str(ledger)
    assert max(map(len, str(ledger).splitlines())) <= 80


def test_helping_training_alone_takes_both_signs():
    def ledger(shares, held_out=None):
        flat = xp.asarray(shares)
        layout = Layout({"dense1.weight": (2, 2)})
        return Ledger(layout, flat, xp.ones(4), [], Basis(1, 1, 1), held_out=held_out)

    both = ledger([-1.0, -2.0, 3.0, -4.0], held_out=ledger([5.0, 6.0, 7.0, -8.0]))
    assert [
        (here.name, here.amount, out.amount) for here, out in both.helping_training_alone()
    ] == [
        ("dense1.weight[0,1]", -2, 6),
        ("dense1.weight[0,0]", -1, 5),
    ]
    assert len(both.helping_training_alone(1)) == 1
    text = str(ledger([-1 / 3, 0.0, 0.0, 0.0], held_out=ledger([2 / 3, 0.0, 0.0, 0.0])))
    assert re.search(r"dense1\.weight\[0,0\] +-0\.3333 +0\.6667\n?", text)
    assert ledger([-1.0, 0.0, 0.0, 0.0]).helping_training_alone() == []


def test_numbers_that_are_none_are_not_printed_as_shares():
    step = LedgerStep(
        step=1,
        measured=nan,
        explained=nan,
        helped=0,
        hurt=0,
        moved=1,
        splits=2,
        trusted=False,
        layers=(nan,),
    )
    ledger = Ledger(
        Layout({"dense1.weight": (1, 1)}),
        xp.asarray([nan]),
        xp.asarray([1.0]),
        [step],
        Basis(1, 1, 3),
    )
    assert not ledger.trusted
    assert ledger.sentence().startswith("the shares cannot be trusted")


def ledger_of(shares, measured, **fields):
    """A ledger of one step."""
    step = LedgerStep.from_row([1, measured, sum(shares), 1, 1, len(shares), 2, True, sum(shares)])
    ones = xp.ones(len(shares))
    layout = Layout({"dense1.weight": (1, len(shares))})
    return Ledger(layout, xp.asarray(shares), ones, [step], Basis(7, 1500, 3), **fields)


@pytest.mark.parametrize(
    ("shares", "measured", "trusted"),
    [
        ([1.0, 0.0], 1.0099, True),  # 1 % of the change
        ([1.0, 0.0], 1.0103, False),
        ([50.0, -49.99], 0.1089, True),  # 0.1 % of all shares, of which most is lost
        ([50.0, -49.99], 0.1111, False),
    ],
)
def test_a_run_is_trusted_to_a_hundredth_of_its_change_or_a_thousandth_of_its_shares(
    shares, measured, trusted
):
    assert ledger_of(shares, measured).trusted is trusted


def test_a_ledger_reads_in_four_digits():
    text = str(ledger_of([1 / 3, -2 / 7, 0.0], 1 / 21, penalty=-1 / 7)).splitlines()
    assert [" ".join(line.split()) for line in text] == [
        "change of the loss: explained 0.04762 of 0.04762, on 7 training rows drawn from",
        "1,500, in 1 step",
        "dense1 +0.04762 hurt",
        "helping weights per step: 33.3% of those that moved",
        "change of the penalty on the weights, counted apart: -0.1429",
        "dense1.weight[0,0] +0.3333 hurt",
        "dense1.weight[0,1] -0.2857 helped",
        "dense1.weight[0,2] 0 did nothing",
    ]
    seven = str(ledger_of([float(n) for n in range(7)], 21.0)).splitlines()
    assert sum("dense1.weight" in line for line in seven) == 5


def test_totals_go_into_arrays_and_come_back(data_set):
    x, y = data_set("iris")
    net = network(x, y)
    ledger = learn(net, x, y, validation=0.2, l2=0.01)
    arrays = ledger.to_arrays()
    assert arrays["dense1.weight"].tolist() == ledger.entries["dense1.weight"].tolist()
    shuffled = dict(sorted(arrays.items(), reverse=True))
    again = Ledger.from_arrays(shuffled, net.architecture.layout)
    assert again.to_dict() == ledger.to_dict()
    assert str(again) == str(ledger)
    assert again.held_out.steps == ledger.held_out.steps


def test_json_holds_the_same_numbers(data_set):
    x, y = data_set("iris")
    net = network(x, y)
    ledger = learn(net, x, y, validation=0.2)
    record = ledger.to_dict(top=2)
    assert record["explained"] + record["residual"] == pytest.approx(record["measured"])
    assert [weight["name"] for weight in record["weights"]] == [w.name for w in ledger.top(2)]
    assert len(record["steps"]) == 12
    assert record["steps"][0]["helping"] == ledger.helping[0]
    assert record["held_out"]["rows"] == 30


def test_the_loss_of_the_ledger_is_the_one_that_was_fitted(data_set):
    x, y = data_set("iris")
    net = network(x, y)
    rows = net.as_batch(x, y, None)
    before = float(objective(net.architecture, rows[2], net.parameters, *rows[:2]))
    ledger = learn(net, x, y)
    after = float(objective(net.architecture, rows[2], net.parameters, *rows[:2]))
    assert ledger.measured == pytest.approx(after - before, rel=1e-9)


def test_three_weights_that_help_training_alone_are_printed():
    layout, five = Layout({"a.weight": (1, 5)}), xp.asarray([-1.0, -2.0, -3.0, -4.0, -5.0])
    step = LedgerStep.from_row([1, -15.0, -15.0, 5, 0, 5, 1, True, -15.0])
    there = Ledger(layout, -five, five, [step], Basis(1, 1, 1))
    ledger = Ledger(layout, five, five, [step], Basis(1, 1, 1), held_out=there)
    lines = str(ledger).splitlines()
    alone = lines[lines.index("  these helped on training rows and hurt on held-out rows:") + 1 :]
    assert [line.split()[0] for line in alone] == [f"a.weight[0,{n}]" for n in (4, 3, 2)]


@pytest.mark.extra("pandas")
def test_the_steps_as_a_frame_have_a_column_for_each_layer(data_set):
    x, y = data_set("iris")
    ledger = learn(network(x, y), x, y, ledger=True)
    frame = ledger.steps_to_frame()
    assert "layers" not in frame.columns
    assert list(frame["dense2"]) == [step.layers[1] for step in ledger.steps]


def test_the_mean_of_helping_weights_leaves_out_steps_in_which_none_moved(data_set):
    ledger = learn(network(*data_set("iris")), *data_set("iris"))
    moved = [step.helping for step in ledger.steps if step.helping is not None]
    assert ledger.mean_helping == pytest.approx(sum(moved) / len(moved))
    assert 0 < ledger.mean_helping < 1
