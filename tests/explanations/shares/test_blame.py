"""Blame shares today's error out among the weights, counted from a stated reference."""

from importlib import import_module

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.autodiff import Rule
from chainrule.errors import OptionError
from chainrule.explanations.shares.blame import NEAR, PRICE, Blame
from chainrule.explanations.shares.path_integral import PathIntegral
from chainrule.explanations.shares.secant_path import pieces_of, secant_path_integral
from chainrule.nn import Layout
from tests.marked_engines import NUMPY

module = import_module(Blame.__module__)


@pytest.fixture(scope="module")
def trained(data_set):
    """A network trained on iris, and its rows."""
    x, y = data_set("iris")

    def train(activation="tanh", engine="python"):
        layers = [cr.Dense(4, 6, activation), cr.Dense(6, 3, "softmax")]
        net = cr.Network(layers, seed=2, engine=engine)
        net.fit(x, y, epochs=8, learning_rate=0.03, validation=None, progress=False)
        return net, x, y

    return train


def with_weights(net, parameters):
    other = cr.Network(list(net.architecture.layers.values()), engine="python")
    other.set_parameters(parameters)
    return other


def at(net, reference):
    """The network with the weights that blame counts from."""
    scale = 1 if reference == "initial" else 0
    return with_weights(
        net, {name: scale * xp.asarray(w.tolist()) for name, w in net.initial_parameters.items()}
    )


@pytest.mark.parametrize("rows", [slice(None), slice(70, 71)], ids=["a batch", "one example"])
@pytest.mark.parametrize("reference", ["initial", "zero"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_entries_add_up_to_the_difference_from_the_reference(trained, activation, reference, rows):
    net, x, y = trained(activation)
    x, y = x[rows], y[rows]
    blame = cr.explain(net, x, y, reference=reference).blame
    really = net.loss(x, y) - at(net, reference).loss(x, y)
    entries = [v for e in blame.entries.values() for v in xp.reshape(e, (-1,)).tolist()]
    assert blame.measured == pytest.approx(really, rel=1e-9)
    assert sum(entries) == pytest.approx(really, rel=1.001e-3)
    assert sum(blame.by_layer().values()) == pytest.approx(blame.explained)
    assert sum(blame.by_neuron().values()) == pytest.approx(blame.explained)
    assert blame.trusted
    assert blame.points <= PRICE.most


def test_a_straight_gradient_shares_out_by_the_mean_of_both_ends(trained):
    # A quadratic loss: A_i = (end_i - start_i) · (gradient_i at start + gradient_i at end) / 2.
    x, y = [[2.0, -1.0], [0.5, 3.0]], [[1.0], [-2.0]]
    net = cr.Network([cr.Dense(2, 1)], seed=4, engine="python")
    net.fit(x, y, epochs=5, learning_rate=0.1, validation=None, progress=False)
    blame = cr.explain(net, x, y).blame
    first, now = net.initial_parameters, net.parameters
    started = with_weights(net, first).gradients(x, y)
    ended = net.gradients(x, y)
    for name, share in blame.entries.items():
        by_hand = (now[name] - first[name]) * (started[name] + ended[name]) / 2
        assert xp.reshape(share, (-1,)).tolist() == pytest.approx(
            xp.reshape(by_hand, (-1,)).tolist(), rel=1e-9
        )


def test_weights_as_they_began_have_nothing_to_answer_for(data_set):
    x, y = data_set("iris")
    net = cr.Network([cr.Dense(4, 3, "softmax")], engine="python")
    blame = cr.explain(net, x, y).blame
    assert blame.explained == blame.measured == 0
    assert blame.trusted
    assert [share.effect for share in blame.top(2)] == ["did nothing"] * 2
    said = " ".join(str(blame).split())
    assert "no weight differs from the initial weights, so there is nothing to share" in said
    assert "nothing to share out" not in str(cr.explain(net, x, y, reference="zero").blame)


@pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=pytest.mark.extra(name)) for name in ("numpy", "jax")]
)
def test_engines_lay_the_same_blame(trained, engine):
    net, x, y = trained()
    other = cr.Network(list(net.architecture.layers.values()), engine=engine)
    other.set_parameters(net.initial_parameters, initial=True)
    other.set_parameters(net.parameters)
    ours, theirs = cr.explain(net, x, y).blame, cr.explain(other, x, y).blame
    assert theirs.points == ours.points
    assert theirs.flat.tolist() == pytest.approx(ours.flat.tolist(), rel=1e-7, abs=1e-12)


def test_the_price_is_known_before_and_is_what_was_paid(trained):
    net, x, y = trained()
    explanation = cr.explain(net, x, y)
    assert str(explanation.blame_price) == "4 to 84 gradients"
    blame = explanation.blame
    assert blame.points == blame.price.least == blame.price.most
    assert explanation.blame_price.least <= blame.points <= explanation.blame_price.most
    assert explanation.blame is blame


def test_the_sentence_names_both_losses_and_the_reference(trained):
    net, x, y = trained()
    blame = cr.explain(net, x, y, reference="zero").blame
    # With all weights zero the softmax says 1/3 to each class: the loss is log 3 = 1.0986.
    assert blame.reference_loss == pytest.approx(1.0986122886681098)
    assert blame.sentence().startswith(f"loss {blame.loss:.4g} now and 1.099 with all weights zero")
    assert str(blame).count("\n") == 1 + 2 + 10 + 2


@pytest.mark.parametrize(
    ("reference", "beginning"),
    [
        ("zero", "loss 1.235 now and 2.346 with all weights zero: "),
        ("initial", "loss 1.235 now; no weight differs from the initial weights, so "),
    ],
)
def test_losses_have_four_digits(reference, beginning):
    y = -(2.34567**0.5)
    layer = cr.Dense(1, 1, weight=[[y + 1.23456**0.5]], bias=[0.0])
    net = cr.Network([layer], engine="python")
    blame = cr.explain(net, [[1.0]], [[y]], reference=reference).blame
    assert blame.sentence().startswith(beginning)


def test_no_digits_of_one_share_are_shown_that_have_not_settled(trained):
    net, x, y = trained()
    blame = cr.explain(net, x, y).blame
    lines = str(blame).splitlines()
    shown = dict(line.split()[:2] for line in lines[2:] if line.split()[-1] in ("hurt", "helped"))
    for share in blame.top(10):
        assert shown[share.name] == f"{share.amount:+.2g}"
    said = " ".join(" ".join(lines[-2:]).split())
    assert said == f"{NEAR}"
    # Many times as many pieces share it out almost exactly.
    study, initial = cr.explain(net, x, y).study, net.initial_parameters
    piece = pieces_of(study.losses, initial, study.parameters)
    exact = secant_path_integral(
        piece, initial, study.parameters, study.layout, least_splits=32
    ).entries.tolist()
    largest = max(map(abs, exact))
    off = [abs(a - b) / largest for a, b in zip(blame.flat.tolist(), exact, strict=True)]
    assert max(off) < 0.04
    assert sum(exact) == pytest.approx(blame.explained, rel=2e-3)


def test_the_largest_shares_come_first(trained):
    net, x, y = trained()
    blame = cr.explain(net, x, y).blame
    shares = blame.top(45)
    assert [abs(share.amount) for share in shares] == sorted(
        (abs(share.amount) for share in shares), reverse=True
    )
    parameter, _, index = shares[0].name.partition("[")
    place = tuple(int(i) for i in index.rstrip("]").split(","))
    assert float(blame.entries[parameter][place]) == shares[0].amount
    assert all(share.amount > 0 for share in blame.top(5, only="hurt"))
    assert blame.to_dict(top=1)["weights"] == [shares[0].to_dict()]
    assert len(blame.to_dict()["weights"]) == 10


@pytest.mark.parametrize(
    ("gradients", "said"),
    [(PRICE.most, "; the bound of 84 gradients was reached"), (PRICE.most - 1, "")],
)
def test_a_bound_that_was_reached_is_said(gradients, said):
    found = PathIntegral(
        entries=xp.asarray([1.0]),
        measured=1.5,
        explained=1.0,
        splits=100,
        gradients=gradients,
        trusted=False,
        end=(2.0, xp.asarray([1.0])),
    )
    blame = Blame(Layout({"dense1.bias": (1,)}), found, reference="zero", loss=2.0, unmoved=False)
    assert blame.sentence() == (
        "loss 2 now and 0.5 with all weights zero: explained 1 of 1.5, which is too far off to "
        f"trust the shares{said}"
    )


def test_references_that_do_not_exist_are_refused(trained):
    net, x, y = trained()
    with pytest.raises(
        OptionError, match="'initial' or 'zero', or from arrays by name; found reference='random'"
    ):
        cr.explain(net, x, y, reference="random")


def test_neurons_stand_in_the_order_of_their_size(trained):
    net, x, y = trained()
    sizes = [abs(share) for share in cr.explain(net, x, y).blame.to_dict()["neurons"].values()]
    assert sizes == sorted(sizes, reverse=True) != sorted(sizes)


@pytest.mark.parametrize("engine", ["python", NUMPY])
def test_a_walk_that_the_engine_compiles_shares_out_alike(trained, engine, monkeypatch):
    net, x, y = trained("relu", engine)
    plain = cr.explain(net, x, y).blame
    compiled = []
    monkeypatch.setattr(module, "COMPILED_FROM", 0)
    compile_walk = type(net.engine).compile
    monkeypatch.setattr(
        type(net.engine), "compile", lambda *args: compiled.append(1) or compile_walk(*args)
    )
    blame = cr.explain(net, x, y).blame
    assert compiled
    assert blame.points == plain.points
    for name, entries in plain.entries.items():
        assert blame.entries[name].tolist() == [pytest.approx(row) for row in entries.tolist()]


@pytest.mark.extra("numpy")
def test_the_next_blame_of_a_network_records_nothing_anew_unless_a_rule_has_changed(
    trained, monkeypatch
):
    from chainrule.engines.numpy import engine as numpy_engine

    net, x, y = trained("tanh", "numpy")
    recorded, record = [], numpy_engine.record
    monkeypatch.setattr(module, "COMPILED_FROM", 0)
    monkeypatch.setattr(
        numpy_engine, "record", lambda *args: recorded.append(args) or record(*args)
    )
    first = cr.explain(net, x, y).blame
    count = len(recorded)
    assert count
    assert cr.explain(net, x, y).blame.explained == first.explained
    assert len(recorded) == count
    rule = cr.tanh.rules["z"]

    def same(xp, g, a, z):
        """Give what the rule gives."""
        return rule.function(xp, g, a, z)

    monkeypatch.setitem(cr.tanh.rules, "z", Rule("z", rule.formula, same))
    assert cr.explain(net, x, y).blame.explained == first.explained
    assert len(recorded) > count
