"""A receipt multiplies out to the gradient, to the last digit that the number kind allows."""

import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.errors import OptionError
from chainrule.explanations.receipt.chain import WeightPath, gate_note
from chainrule.explanations.receipt.receipt import _latex_number, receipt
from chainrule.explanations.receipt.worked import evaluated
from chainrule.nn import (
    ACTIVATIONS,
    LOSSES,
    Architecture,
    Dense,
    NetworkStudy,
)
from chainrule.words import number

RATIONAL_ACTIVATIONS = ("identity", "relu", "leaky_relu")
RATIONAL_LOSSES = ("mean_squared_error", "mean_absolute_error", "huber", "hinge")


def numbers(random, rows, columns, kind):
    def draw():  # never 0, so that every path carries something
        return kind(random.randint(1, 8) * random.choice((-1, 1))) / 8

    return [[draw() for _ in range(columns)] for _ in range(rows)]


def study(activation, loss, *, sizes=(3, 4, 3, 2), rows=1, seed=1, kind=float, output=None):
    random = Random(seed)
    pairs = list(pairwise(sizes))
    last = output or ("identity" if LOSSES[loss].link else activation)
    layers = [Dense(i, o, activation) for i, o in pairs[:-1]] + [Dense(*pairs[-1], last)]
    weights = {}
    for place, (i, o) in enumerate(pairs, start=1):
        weights[f"dense{place}.weight"] = xp.asarray(numbers(random, o, i, kind))
        weights[f"dense{place}.bias"] = xp.asarray(numbers(random, 1, o, kind)[0])
    x = xp.asarray(numbers(random, rows, sizes[0], kind))
    targets = LOSSES[loss].targets
    t = {
        "values": lambda: numbers(random, rows, sizes[-1], kind),
        "signs": lambda: [[kind(random.choice((-1, 1))) for _ in range(2)] for _ in range(rows)],
        "shares": lambda: [[kind(1), kind(0)] for _ in range(rows)],
    }[targets]()
    return NetworkStudy(Architecture(layers), LOSSES[loss], weights, x, xp.asarray(t))


def every_weight(architecture):
    for name, shape in architecture.layout.shapes.items():
        if len(shape) == 1:
            yield from ((name, (i,)) for i in range(shape[0]))
        else:
            yield from ((name, (i, j)) for i in range(shape[0]) for j in range(shape[1]))


@pytest.mark.parametrize("activation", RATIONAL_ACTIVATIONS)
@pytest.mark.parametrize("loss", RATIONAL_LOSSES)
def test_in_fractions_every_receipt_is_the_gradient_exactly(activation, loss):
    about = study(activation, loss, kind=Fraction, seed=3, output="identity")
    carried = 0
    for name, index in every_weight(about.architecture):
        found = receipt(about, name, index, top=100)
        assert isinstance(found.gradient, Fraction | int)
        assert found.total == found.gradient
        assert sum(path.product for path in found.paths) == found.gradient
        assert found.path_count == len(found.paths)
        for merge in found.merges:
            assert sum(term.product for term in merge.terms) == merge.total
        carried += found.gradient != 0
    assert carried


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_in_floats_every_receipt_is_the_gradient_to_twelve_digits(activation, loss):
    about = study(activation, loss, sizes=(2, 3, 3, 2))
    for name, index in every_weight(about.architecture):
        found = receipt(about, name, index, top=2)
        assert found.total == pytest.approx(found.gradient, rel=1e-12, abs=1e-15)
        shown = sum(path.product for path in found.paths)
        assert shown + found.hidden_paths_sum == pytest.approx(found.gradient, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_factor_and_every_sum_is_worked_out_in_numbers(activation, loss):
    about = study(activation, loss, sizes=(2, 3, 3, 2))
    for name, index in every_weight(about.architecture):
        found = receipt(about, name, index)
        said = [(f.worked, f.value) for f in found.chain]
        for text, value in [*said, *((m.worked, m.total) for m in found.merges)]:
            left, _, right = text.rpartition(" = ")
            assert right == number(value, 4)
            assert not left or number(evaluated(left), 4) == right


@pytest.mark.parametrize("output", ["softmax", "log_softmax"])
def test_an_output_whose_entries_compete_is_summed_over_them(output):
    about = study("tanh", "mean_squared_error", output=output)
    found = receipt(about, "dense3.weight", (1, 2))
    assert [factor.symbol for factor in found.chain] == ["dL/dz", "dz/dw"]
    assert found.merges[0].symbol == "dL/da · da/dz"
    assert found.total == pytest.approx(found.gradient, rel=1e-12)


def test_a_receipt_runs_through_any_depth():
    about = study("tanh", "mean_squared_error", sizes=(2, *[3] * 12, 2))
    found = receipt(about, "dense1.weight", (1, 0), top=3)
    assert found.path_count == 3**11 * 2
    assert found.total == pytest.approx(found.gradient, rel=1e-12)
    ways = [path.product for path in found.paths]
    assert ways == sorted(ways, key=abs, reverse=True)


def test_the_heaviest_paths_are_the_heaviest_of_all():
    about = study("leaky_relu", "mean_squared_error", sizes=(2, 4, 4, 3))
    for name, index in (("dense1.weight", (2, 1)), ("dense1.bias", (0,))):
        everything = receipt(about, name, index, top=1000).paths
        few = receipt(about, name, index, top=4).paths
        assert len(everything) > 4
        assert [abs(p.product) for p in few] == [abs(p.product) for p in everything[:4]]


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_a_batch_names_the_examples_that_carry_its_gradient(activation):
    about = study(
        activation, "mean_squared_error", rows=6, kind=Fraction if activation == "relu" else float
    )
    single = [receipt(about.only([n]), "dense2.weight", (1, 2)).gradient for n in range(6)]
    found = receipt(about, "dense2.weight", (1, 2), top=2)
    assert found.rows == 6
    assert float(found.batch_gradient) == pytest.approx(float(sum(single)) / 6, rel=1e-12)
    parts = [part for _, part in found.examples]
    along = [g / 6 for g in single if g * found.batch_gradient >= 0]
    against = [g / 6 for g in single if g * found.batch_gradient < 0]
    assert parts == sorted(along, key=abs, reverse=True)[:2]
    assert [part for _, part in found.against] == sorted(against, key=abs, reverse=True)[:2]
    assert ("against it: row" in str(found)) == bool(against)
    assert f"and {6 - len(parts)} more: " in " ".join(str(found).split())
    assert float(sum(parts) + found.hidden_examples_sum) == pytest.approx(
        float(found.batch_gradient), rel=1e-12
    )
    assert found.row == found.examples[0][0]
    assert found.gradient == single[found.row]


def test_a_row_that_is_not_there_is_refused():
    about = study("relu", "huber", rows=3)
    assert receipt(about, "dense1.bias", (0,), row=2).row == 2
    numbered = replace(about, rows=(10, 12, 14))
    assert receipt(numbered, "dense1.bias", (0,), row=12).row == 12
    with pytest.raises(OptionError, match="no row 3 among the 3 explained, 0 to 2"):
        receipt(about, "dense1.bias", (0,), row=3)


def test_one_neuron_prints_the_chain_rule_with_its_numbers():
    # The issue's own story: x = 2, w = 1.5, b = 0.5, y = 4.
    neuron = cr.Neuron(weights=[1.5], bias=0.5, activation="identity")
    text = str(neuron.explain([2.0], target=4.0, loss="mean_squared_error").receipt("weight[0]"))
    assert "dL/dw = dL/da · da/dz · dz/dw = (-1) · 1 · 2 = -2" in text
    assert "The input scales how much the weight matters" in " ".join(text.split())
    assert "dL/db = dL/da · da/dz · dz/db = (-1) · 1 · 1 = -1" in str(
        neuron.explain([2.0], target=4.0).receipt("bias")
    )


@pytest.fixture
def mazur():
    """The network of M. Mazur, "A Step by Step Backpropagation Example" (2015)."""
    hidden = Dense(2, 2, "sigmoid", weight=[[0.15, 0.20], [0.25, 0.30]], bias=[0.35, 0.35])
    output = Dense(2, 2, "sigmoid", weight=[[0.40, 0.45], [0.50, 0.55]], bias=[0.60, 0.60])
    net = cr.Network([hidden, output], engine="python")
    return cr.explain(net, [[0.05, 0.10]], [[0.01, 0.99]], loss="mean_squared_error")


def test_the_worked_example_of_mazur_comes_out_digit_by_digit(mazur):
    assert mazur.loss == pytest.approx(0.298371109, abs=5e-10)
    w5 = mazur.receipt("dense2.weight[0,0]")
    assert w5.gradient == pytest.approx(0.082167041, abs=5e-10)
    assert [factor.value for factor in w5.chain] == pytest.approx(
        [0.74136507, 0.186815602, 0.593269992], abs=5e-9
    )
    assert mazur.receipt("dense1.weight[0,0]").gradient == pytest.approx(0.000438568, abs=5e-10)
    # ∂E/∂out_h1 = 0.055399425 + (-0.019049119) = 0.036350306
    merge = mazur.receipt("dense1.weight[0,0]").merges[0]
    assert [term.product for term in merge.terms] == pytest.approx(
        [0.055399425, -0.019049119], abs=5e-9
    )
    assert merge.total == pytest.approx(0.036350306, abs=5e-9)


def test_an_output_neuron_says_each_line_once(mazur):
    lines = str(mazur.receipt("dense2.weight[0,0]")).splitlines()
    numbered = [line.strip() for line in lines if "=" in line]
    assert len(numbered) == len(set(numbered))
    assert "level by level" not in "\n".join(lines)


def test_a_hidden_neuron_is_not_given_the_formula_of_the_next_layer(mazur):
    head = mazur.receipt("dense1.weight[0,0]").chain[0]
    assert head.symbol == "dL/da"
    assert head.formula == ""
    assert "dz/dx = w" not in str(mazur.receipt("dense1.weight[0,0]"))
    assert "over the 2 entries of dense2.z" in str(mazur.receipt("dense1.weight[0,0]"))


def silent_network():
    layers = [Dense(1, 2, "relu", weight=[[-0.3], [1.0]]), Dense(2, 1, weight=[[1.0, 2.0]])]
    return cr.explain(cr.Network(layers, engine="python"), [[1.0]], [[0.0]])


def test_a_silent_neuron_is_called_silent():
    text = " ".join(str(silent_network().receipt("dense1.weight[0,0]")).split())
    assert "The neuron is silent: z = -0.3, so no gradient passes" in text
    assert "-0 " not in text.replace("-0.", "")
    assert text.endswith("(dL/da_k = 2·(a_k - y_k) / outputs)")


@pytest.mark.parametrize(
    ("activation", "z", "state"),
    [("tanh", -40.0, "saturated"), ("sigmoid", 40.0, "saturated"), ("sigmoid", -800.0, "silent")],
)
def test_a_neuron_that_says_something_is_not_called_silent(activation, z, state):
    layers = [cr.Dense(1, 1, activation, weight=[[z]]), cr.Dense(1, 1, weight=[[1.0]])]
    net = cr.Network(layers, engine="python")
    text = str(cr.explain(net, [[1.0]], [[0.5]]).receipt("dense1.weight[0,0]"))
    assert f"the neuron is {state}: z = {z:g}, so no gradient passes" in " ".join(
        text.lower().split()
    )


def test_a_small_weight_is_no_gate():
    layers = [cr.Dense(1, 1, "tanh", weight=[[0.5]]), cr.Dense(1, 1, weight=[[0.01]])]
    net = cr.Network(layers, engine="python")
    found = cr.explain(net, [[1.0]], [[1.0]]).receipt("dense1.weight[0,0]")
    assert [merge.note for merge in found.merges] == ["", "", ""]
    assert found.total == found.gradient


@pytest.mark.parametrize("top", [0, -3])
def test_a_receipt_that_lists_nothing_is_refused(top):
    with pytest.raises(OptionError, match=f"top is {top}: it must be a whole number, at least 1"):
        silent_network().receipt("dense1.weight[0,0]", top=top)


def test_a_saturated_neuron_is_called_almost_shut():
    layers = [Dense(1, 1, "sigmoid", weight=[[9.0]]), Dense(1, 1)]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0]], [[0.0]])
    text = " ".join(str(ex.receipt("dense1.weight[0,0]")).split())
    assert "The gate is almost shut at z = 9: only 0.000123 passes" in text


def test_a_weight_on_an_input_of_zero_does_not_matter():
    layers = [Dense(2, 1, weight=[[1.0, 1.0]])]
    ex = cr.explain(cr.Network(layers, engine="python"), [[0.0, 1.0]], [[0.0]])
    found = ex.receipt("dense1.weight[0,0]")
    assert found.gradient == 0
    assert found.path_count == 0
    assert "The input is 0, so this weight does not matter here" in " ".join(str(found).split())


def test_what_is_not_listed_is_counted_and_summed():
    about = study("sigmoid", "mean_squared_error", sizes=(2, 3, 30, 2))
    found = receipt(about, "dense1.weight", (0, 0), top=5)
    text = str(found)
    assert found.merges[0].hidden == 25
    listed = sum(term.product for term in found.merges[0].terms)
    assert listed + found.merges[0].hidden_sum == pytest.approx(found.merges[0].total, rel=1e-12)
    assert f"and 25 more: {found.merges[0].hidden_sum:.6g}" in text
    assert f"and 55 more: {found.hidden_paths_sum:.6g}" in text


@pytest.mark.parametrize("rows", [1, 40])
def test_the_text_fits_an_80_column_screen(rows):
    about = study("gelu", "cross_entropy", sizes=(3, 12, 12, 2), rows=rows)
    for name, index in (("dense1.weight", (11, 2)), ("dense3.bias", (1,)), ("dense2.bias", (10,))):
        assert max(map(len, str(receipt(about, name, index)).splitlines())) <= 80


def test_latex_and_json_carry_the_same_numbers():
    about = study("relu", "mean_squared_error", kind=Fraction, seed=3)
    found = receipt(about, "dense3.weight", (0, 1))
    latex = found.to_latex()
    assert latex.startswith(r"\begin{aligned}")
    assert r"\frac{\partial L}{\partial w}" in latex
    assert latex.count("{") == latex.count("}")
    record = json.loads(json.dumps(found.to_dict()))
    assert Fraction(record["total"]) == found.total
    assert [Fraction(f["value"]) for f in record["chain"]] == [f.value for f in found.chain]


def test_a_product_that_is_no_number_says_so():
    layers = [Dense(1, 1, weight=[[float("nan")]])]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0]], [[0.0]])
    assert str(ex.receipt("dense1.weight[0,0]")).endswith("not a number to go by.")


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("activation", ["relu", "softmax", "gelu"])
def test_numpy_gives_the_same_receipt(activation):
    import numpy as np

    about = study(activation, "cross_entropy", rows=4)
    arrays = {name: np.asarray(w.tolist()) for name, w in about.parameters.items()}
    x, t = np.asarray(about.x.tolist()), np.asarray(about.t.tolist())
    other = NetworkStudy(about.architecture, about.loss_function, arrays, x, t)
    ours = receipt(about, "dense1.weight", (1, 2), row=1)
    theirs = receipt(other, "dense1.weight", (1, 2), row=1)
    assert theirs.total == pytest.approx(ours.total, rel=1e-12)
    assert theirs.batch_gradient == pytest.approx(ours.batch_gradient, rel=1e-12)
    assert theirs.path_count == ours.path_count


def test_a_receipt_of_one_row_hides_no_example_and_its_sums_are_indented_by_two():
    net = cr.Network([cr.Dense(1, 2, "tanh"), cr.Dense(2, 1)], engine="python", seed=1)
    found = cr.explain(net, [[1.0]], [[1.0]]).receipt("dense1.weight[0,0]")
    assert found.hidden_examples_sum == 0
    (merge, *_) = found.merges
    assert merge.lines()[0].startswith("  dL/d")
    assert not merge.lines()[0].startswith("   ")


def test_a_negative_half_is_one_in_latex():
    assert _latex_number(Fraction(-1, 2)) == r"(-\tfrac{1}{2})"


def test_a_path_names_the_units_on_its_way():
    path = WeightPath(("L", "dense2.z[0]", "dense1.z[3]", "dense1.weight[3,2]"), (1, 2, 3), 6)
    assert str(path).split(maxsplit=1) == ["6", "L ← dense2[0] ← dense1[3]"]


def test_where_every_path_is_listed_nothing_is_hidden():
    about = study("tanh", "mean_squared_error")
    for name, index in every_weight(about.architecture):
        every = receipt(about, name, index, top=10**6)
        assert len(every.paths) == every.path_count
        assert every.hidden_paths_sum == 0
        assert len(receipt(about, name, index).paths) == min(5, every.path_count)


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        (0.019, "the gate is almost shut at z = 1.23457: only 0.019 passes"),
        (-0.0123456, "the gate is almost shut at z = 1.23457: only -0.0123 passes"),
        (0.02, ""),
        (0, "the neuron is saturated: z = 1.23457, so no gradient passes"),
    ],
)
def test_a_gate_that_lets_less_than_a_fiftieth_through_is_almost_shut(slope, said):
    assert gate_note(1.0, 1.2345678, slope) == said


@pytest.mark.parametrize(("target", "blamed"), [(1.0, False), (1.5, True), (0.5, True)])
def test_a_neuron_to_which_nothing_comes_back_is_not_to_blame(target, blamed):
    # The answer is 1; what comes back to the hidden neuron is 2 (1 - target), 0, -1 or 1.
    layers = [Dense(1, 1, weight=[[1.0]], bias=[0.0]), Dense(1, 1, weight=[[1.0]], bias=[0.0])]
    ex = cr.explain(cr.Network(layers, engine="python"), [[1.0]], [[target]])
    text = " ".join(str(ex.receipt("dense1.weight[0,0]")).split())
    assert ("othing comes back to this neuron" not in text) is blamed


def test_a_mean_receipt_reads_in_few_digits():
    net = cr.Network([Dense(1, 1, weight=[[1.0]], bias=[0.0])], engine="python")
    x, y = [[1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0]], [[0.0], [1 / 3], [2.0], *[[0.9]] * 4]
    text = " ".join(str(cr.explain(net, x, y).receipt("dense1.weight[0,0]", top=2)).split())
    # Slopes of 2, 4/3, -2 and four of 0.2, each a seventh: 2.1333 / 7 in all.
    assert (
        "dL/dw = 0.304762, the mean over 7 rows; most: row 0: 0.286, row 1: 0.19, and 5 more: "
        "-0.171 against it: row 2: -0.286 written out for row 0, whose own dL/dw is 2:"
    ) in text


def test_a_sum_over_paths_as_latex():
    about = study("identity", "mean_squared_error", sizes=(1, 1, 2), kind=Fraction, seed=3)
    found = receipt(about, "dense1.weight", (0, 0))
    (line,) = [line for line in found.to_latex().splitlines() if r"\mathrm{dense1.a[0]}" in line]
    terms = found.merges[0].terms
    assert line.count(r"\cdot") == len(terms) == 2
    assert " + 0" not in line
    few = receipt(about, "dense1.weight", (0, 0), top=1)
    (line,) = [line for line in few.to_latex().splitlines() if r"\mathrm{dense1.a[0]}" in line]
    assert line.count(r"\cdot") == 1
    assert f" + {_latex_number(few.merges[0].hidden_sum)} = " in line


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-9, r"1 \times 10^{-9}"), (-2.5e20, r"(-2.5 \times 10^{20})"), (0.5, "0.5")],
)
def test_a_small_or_large_number_in_latex(value, text):
    assert _latex_number(value) == text
