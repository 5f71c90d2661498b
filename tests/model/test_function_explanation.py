"""A function of named arrays is explained as a network is: a transformer written from ops."""

import json
import math
from math import inf, nan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.arrays.random import Generator
from chainrule.errors import KindError, OptionError, ShapeError
from chainrule.nn import FunctionStudy

TOKENS, NEXT = [0, 3, 1, 4, 1, 2], [3, 1, 4, 1, 2, 0]
WORDS, WIDTH, LENGTH = 5, 4, len(TOKENS)
SHAPES = {
    "embedding": (WORDS, WIDTH),
    "position": (LENGTH, WIDTH),
    "block1.gain": (WIDTH,),
    "block1.query": (WIDTH, WIDTH),
    "block1.key": (WIDTH, WIDTH),
    "block1.value": (WIDTH, WIDTH),
    "unembedding": (WIDTH, WORDS),
    "temperature": (),
}
H = 1e-150


def lists(array):
    return xp.asarray(array)


def next_word(lift=lists):
    """The surprise at each next word: embedding, RMS norm, causal attention, and back to words."""
    visible = lift([[0.0 if n <= m else -1e9 for n in range(LENGTH)] for m in range(LENGTH)])
    due = lift([[float(n == word) for n in range(WORDS)] for word in NEXT])

    def losses(p):
        x = cr.take(p["embedding"], TOKENS) + p["position"]
        size = cr.sqrt(cr.mean(x * x, axis=-1, keepdims=True) + 1e-5)
        normed = x / size * p["block1.gain"]
        query, key, value = (
            cr.matmul(normed, p[f"block1.{part}"]) for part in ("query", "key", "value")
        )
        scores = cr.matmul(query, cr.matrix_transpose(key)) / WIDTH**0.5
        x = x + cr.matmul(cr.softmax(scores + visible), value)
        return cr.softmax_cross_entropy(cr.matmul(x, p["unembedding"]) * p["temperature"], due)

    return losses


def weights(lift=lists):
    stream = Generator(7)
    arrays = {}
    for name, shape in SHAPES.items():
        count = 1
        for size in shape:
            count *= size
        numbers = [2 * v - 1 for v in stream.random(count)]
        arrays[name] = lift(xp.reshape(xp.asarray(numbers), shape).tolist())
    return arrays


@pytest.fixture(scope="module")
def ex():
    return cr.explain(next_word(), weights())


def each_entry():
    for name, shape in SHAPES.items():
        places = [()]
        for size in shape:
            places = [(*place, i) for place in places for i in range(size)]
        yield from ((name, place) for place in places)


def at(array, place):
    return float(array[place])


def complex_step(name, place):
    """`dL/dw` without any derivative rule: Im L(w + ih) / h."""
    point = {}
    for other, array in weights().items():
        numbers = xp.reshape(array, (-1,)).tolist()
        if other == name:
            flat = 0
            for one, size in zip(place, array.shape, strict=True):
                flat = flat * size + one
            numbers[flat] += 1j * H
        point[other] = xp.reshape(xp.asarray([complex(v) for v in numbers]), array.shape)
    total = sum(complex(v) for v in next_word()(point).tolist())
    return total.imag / H / LENGTH


def test_every_gradient_is_that_of_a_complex_step(ex):
    for name, place in each_entry():
        measured = complex_step(name, place)
        assert at(ex.gradients[name], place) == pytest.approx(measured, rel=1e-11, abs=1e-15)


@pytest.mark.extra("numpy")
def test_numpy_arrays_give_the_same(ex):
    import numpy as np

    other = cr.explain(next_word(np.asarray), weights(np.asarray))
    assert other.loss == pytest.approx(ex.loss, rel=1e-14)
    for name, place in each_entry():
        ours = at(ex.gradients[name], place)
        assert at(other.gradients[name], place) == pytest.approx(ours, rel=1e-11, abs=1e-15)
    weight = ex.weights[3].name
    assert other.nudge(weight, by=0.1).measured == pytest.approx(ex.nudge(weight, by=0.1).measured)
    assert other.blame_price == ex.blame_price
    zero = cr.explain(next_word(np.asarray), weights(np.asarray), reference="zero").blame
    assert zero.explained == pytest.approx(zero.measured, rel=1e-3)


@pytest.mark.extra("torch")
def test_tensors_of_pytorch_are_read():
    import torch

    ex = cr.explain(lambda p: (p["w"] * 2 - 1) ** 2, {"w": torch.tensor([1.0, 2.0])})
    assert "\nloss 5 " in str(ex)
    assert [slope.slope for slope in ex.weights.top(2)] == [6.0, 2.0]


def test_the_loss_is_the_mean_over_its_examples(ex):
    assert ex.rows == tuple(range(LENGTH))
    assert ex.loss == pytest.approx(sum(next_word()(weights()).tolist()) / LENGTH)
    assert [e.loss for e in ex.examples] == sorted(ex.example_losses, reverse=True)


def test_every_weight_stands_in_the_ranking_by_its_name(ex):
    names = [weight.name for weight in ex.weights]
    assert len(names) == len(set(names)) == sum(1 for _ in each_entry())
    assert "temperature" in names
    slopes = [abs(weight.slope) for weight in ex.weights]
    assert slopes == sorted(slopes, reverse=True)
    assert sum(weight.share for weight in ex.weights) == pytest.approx(1)
    groups = ex.weights.by_layer()
    assert list(groups) == ["embedding", "position", "block1", "unembedding", "temperature"]
    assert sum(groups.values()) == pytest.approx(1)


@pytest.mark.parametrize("weight", ["embedding[1,2]", "block1.gain[3]", "temperature"])
def test_a_nudge_is_the_function_run_with_the_weight_moved(ex, weight):
    nudge = ex.nudge(weight, by=0.25)
    parameter, place = ex.study.find(weight)
    moved = weights()
    shape = SHAPES[parameter]
    numbers = xp.reshape(moved[parameter], (-1,)).tolist()
    numbers[place[0] * shape[1] + place[1] if len(place) > 1 else sum(place)] += 0.25
    moved[parameter] = xp.reshape(xp.asarray(numbers), shape)
    after = sum(next_word()(moved).tolist()) / LENGTH
    assert nudge.measured == pytest.approx(after - ex.loss, rel=1e-12)
    assert nudge.predicted == pytest.approx(complex_step(parameter, place) * 0.25, rel=1e-11)


@pytest.mark.parametrize("weight", ["position[2,1]", "block1.key[0,3]", "temperature"])
def test_slope_and_counterfactual_follow_one_weight(ex, weight):
    slope = ex.slope(weight)
    assert slope.value == pytest.approx(complex_step(*ex.study.find(weight)), rel=1e-10)
    assert slope.up == pytest.approx(ex.nudge(weight, by=slope.nudge).measured, rel=1e-9)
    what_if = ex.counterfactual(weight)
    value = what_if.now.value
    assert what_if.zero.change == pytest.approx(ex.nudge(weight, by=-value).measured, rel=1e-9)
    assert what_if.best.loss <= what_if.now.loss
    assert what_if.now.answers == (None,) * LENGTH
    assert max(map(len, str(what_if).splitlines())) <= 80


@pytest.mark.parametrize("reference", ["zero", "given"])
def test_blame_adds_up_from_zero_or_from_given_arrays(reference):
    start = {name: array * 0.5 for name, array in weights().items()}
    given = start if reference == "given" else "zero"
    blame = cr.explain(next_word(), weights(), reference=given).blame
    losses = next_word()(start if reference == "given" else {n: a * 0 for n, a in start.items()})
    assert blame.reference_loss == pytest.approx(sum(losses.tolist()) / LENGTH)
    assert blame.trusted
    assert blame.explained == pytest.approx(blame.measured, rel=1e-3)
    assert ("given weights" if reference == "given" else "all weights zero") in str(blame)


def test_blame_without_a_reference_says_what_to_give(ex):
    with pytest.raises(OptionError, match="reference='zero', or from arrays of your own"):
        _ = ex.blame
    with pytest.raises(OptionError, match="one array for each of embedding, position"):
        _ = cr.explain(
            next_word(), weights(), reference={"embedding": weights()["embedding"]}
        ).blame


def test_text_and_data_hold_what_is_known(ex):
    text = str(ex)
    assert max(map(len, text.splitlines())) <= 80
    assert f"\nloss {ex.loss:.6g} (losses, mean of 6 rows), 117 weights" in text
    assert "worst: row" in text
    record = json.loads(json.dumps(ex.to_dict(top=3)))
    assert record["network"] is None
    assert record["neurons"] == {}
    assert len(record["weights"]) == 3
    assert "<table>" in ex._repr_html_()


@pytest.mark.parametrize(
    "ask",
    [
        lambda ex, _: ex.receipt("embedding[0,0]"),
        lambda ex, _: ex.mistake(),
        lambda ex, _: ex.inputs,
        lambda ex, path: ex.to_html(path / "page.html"),
    ],
    ids=["receipt", "mistake", "inputs", "page"],
)
def test_what_needs_layers_says_so(ex, ask, tmp_path):
    with pytest.raises(KindError, match="needs the layers of a network, and a function was given"):
        ask(ex, tmp_path)
    assert not list(tmp_path.iterdir())


def test_one_number_is_one_example(tmp_path):
    ex = cr.explain(lambda p: (p["w"] - 3) ** 2 * p["s"], {"w": 5, "s": 2.0})
    assert (ex.loss, ex.rows) == (8.0, (0,))
    assert {weight.name: weight.slope for weight in ex.weights} == {"w": 8.0, "s": 4.0}
    assert ex.nudge("w", by=-2.0).measured == -8.0
    assert str(ex.counterfactual("w"))
    with pytest.raises(KindError, match="ask for its answer, weights, slope"):
        ex.to_html(tmp_path / "page.html")
    numbered = cr.explain(lambda p: p["w"] * xp.asarray([1.0, 2.0]), {"w": 1.0}, rows=[7, 9])
    assert [e.row for e in numbered.examples] == [9, 7]


@pytest.mark.parametrize(
    "ask",
    [
        lambda f: cr.explain(lambda p: f(p["w"]), {"w": [1.0, 2.0]}),
        lambda f: cr.grad(f)(1.0),
        lambda f: cr.check_gradients(f, xp.asarray([1.0, 2.0]), gradient=[1.0, 1.0]),
    ],
)
def test_an_error_of_another_library_becomes_a_sentence_with_the_way_out(ask):
    def torchlike(array):
        raise TypeError(f"must be Tensor, not {type(array).__name__}")

    with pytest.raises(KindError, match=r"must be Tensor.*the ops of cr, such as cr.tanh"):
        ask(torchlike)


def test_losses_that_are_cut_off_from_their_arrays_are_refused():
    cut_off = cr.explain(lambda p: sum(w * w for w in p["w"].tolist()), {"w": [0.5, -1.0]})
    with pytest.raises(KindError, match="do not depend on w by operators and ops of cr alone"):
        cut_off.gradients  # noqa: B018


@pytest.mark.extra("numpy")
def test_an_array_of_numpy_without_a_name_is_refused():
    numpy = pytest.importorskip("numpy")
    with pytest.raises(KindError, match="in a dict; found ndarray"):
        cr.explain(lambda p: p, numpy.ones(2))


@pytest.mark.parametrize(
    "ask",
    [
        lambda w: cr.check_gradients(lambda w: w**2, w, gradient=1.0),
        lambda w: cr.explain(lambda p: p["w"], {"w": w}),
        lambda w: cr.slope(lambda w: w * 2, at=w),
        cr.grad(lambda w: w * 2),
        lambda w: cr.Neuron(weights=[w], bias=0),
    ],
)
def test_a_number_that_no_float_holds_is_refused(ask):
    with pytest.raises(cr.ChainruleError, match="too large for a float: scale it down"):
        ask(10**400)


@pytest.mark.parametrize(
    "ask", [cr.grad, lambda f: lambda w: cr.check_gradients(f, w, gradient=1.0)]
)
def test_a_function_that_returns_nothing_is_named(ask):
    with pytest.raises(KindError, match="returned None; end it with `return`"):
        ask(lambda w: None)(1.0)


def test_an_error_about_numbers_of_the_users_own_stays_as_it_is():
    with pytest.raises(ValueError, match="math domain error") as caught:
        cr.check_gradients(math.sqrt, -1.0, gradient=1.0)
    assert not hasattr(caught.value, "__notes__")


def test_kinks_and_numbers_that_cannot_be_trusted_are_noted():
    corner = cr.explain(lambda p: cr.relu(p["w"]), {"w": [0.0, 1.0]})
    assert any("exactly on a corner" in note for note in corner.notes())
    lost = cr.explain(lambda p: p["w"] * nan, {"w": 1.0})
    assert any("the loss is nan" in note for note in lost.notes())


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda f: cr.explain(f, [1.0]), KindError, "by name, in a dict; found list"),
        (lambda f: cr.explain(f, {}), KindError, "found an empty dict"),
        (lambda f: cr.explain(f, {"w": {"v": 1.0}}), KindError, "'w' must be an array or a number"),
        (
            lambda f: cr.explain(f, {"w": 1.0}, [1.0]),
            OptionError,
            "y, loss and sample_weight belong",
        ),
        (lambda f: cr.explain(f, {"w": 1.0}, rows=[1, 2]), ShapeError, "2 row numbers for 1 ex"),
        (
            lambda f: cr.explain(lambda p: p["w"], {"w": [[1.0, 2.0]]}),
            ShapeError,
            r"it gave shape \(1, 2\)",
        ),
        (lambda f: cr.explain(f, {0: 1.0}), KindError, "found int: write it as '0'"),
        (lambda f: cr.explain(f, {"w": [1j]}), KindError, "'w' is complex"),
        (lambda f: cr.explain(lambda p: p["w"] * 1j, {"w": 1.0}), KindError, "complex losses"),
        (
            lambda f: cr.open_ledger(f, {"w": 1.0}).moved({"w": [1.0]}),
            ShapeError,
            r"the account's w has shape \(\); found \(1,\)",
        ),
        (
            lambda f: cr.open_ledger(f, {"w": 1.0}).moved({"v": 1.0}),
            ShapeError,
            r"the account's w has shape \(\); found none",
        ),
        (lambda f: cr.explain(f, {"w": []}), ShapeError, r"\(0,\): give it an example"),
        (lambda f: cr.explain(lambda p: None, {"w": 1.0}), KindError, "end it with `return`"),
        (
            lambda f: cr.explain(f, {"w": [1.0]}, reference={"w": 1.0}).blame,
            ShapeError,
            r"w has shape \(1,\); found \(\)",
        ),
        (lambda f: cr.explain(f, {"w": 1.0}).slope("v"), OptionError, "no parameter is called 'v'"),
        (lambda f: cr.explain(f, {"w": 1.0}).slope("w[0]"), OptionError, r"leave \[\] out"),
    ],
)
def test_a_wrong_form_is_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call(lambda p: p["w"] * p["w"])


def test_a_function_that_reads_no_parameter_blames_none():
    blame = cr.explain(lambda p: xp.asarray([2.0, 4.0]), {"w": [1.0]}, reference="zero").blame
    assert (blame.loss, blame.reference_loss, blame.entries["w"].tolist()) == (3.0, 3.0, [0.0])


def test_blame_counts_from_lists_as_from_arrays():
    def losses(p):
        return (p["w"] - 1) ** 2

    ex = cr.explain(losses, {"w": [1.0, 2.0]}, reference={"w": [0, 4]})
    assert [round(entry, 12) for entry in ex.blame.entries["w"].tolist()] == [-0.5, -4.0]
    net = cr.Network([cr.Dense(1, 1, weight=[[2.0]], bias=[1.0])])
    given = {"dense1.weight": [[0]], "dense1.bias": [0]}
    ex = cr.explain(net, [[1.0]], [3.0], reference=given)
    assert (round(ex.blame.reference_loss, 12), ex.loss) == (9.0, 0.0)


def test_a_study_of_a_function_knows_losses_gradients_and_loss():
    study = FunctionStudy(lambda p: (p["w"] - 3) ** 2, {"w": [5.0, 2.0]}, rows=(4, 8))
    assert study.losses().tolist() == [4.0, 1.0]
    assert float(study.loss({"w": xp.asarray([3.0, 3.0])})) == 0
    assert study.gradients["w"].tolist() == [2.0, -1.0]
    assert study.place_of_row(8) == 1


def test_a_loop_of_ones_own_keeps_its_ledger():
    losses, p = next_word(), weights()
    account = cr.open_ledger(losses, p, keep_each=True)
    before = cr.explain(losses, p).loss
    for _ in range(8):
        gradients = cr.explain(losses, p).gradients
        p = {name: array - 0.1 * gradients[name] for name, array in p.items()}
        account.moved(p)
    ledger = account.ledger()
    assert ledger.measured == pytest.approx(cr.explain(losses, p).loss - before, rel=1e-10)
    assert ledger.explained == pytest.approx(ledger.measured, rel=1e-3)
    assert ledger.trusted
    assert [step.step for step in ledger.steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert sum(ledger.by_layer().values()) == pytest.approx(ledger.explained)
    assert ledger.entries["block1.query"].shape == (WIDTH, WIDTH)
    steps = sum(float(ledger.at_step(n)["temperature"]) for n in range(8))
    assert steps == pytest.approx(float(ledger.entries["temperature"]))
    assert "in 8 steps" in " ".join(str(ledger).split())


def test_its_gradient_is_checked_as_that_of_the_mean(ex):
    assert cr.check_gradients(next_word(), weights()).passed
    assert cr.check_gradients(next_word(), weights(), gradient=ex.gradients).passed
    wrong = {**ex.gradients, "block1.key": ex.gradients["block1.key"] * 1.5}
    check = cr.check_gradients(next_word(), weights(), gradient=wrong)
    assert not check.passed
    assert check.worst.name.startswith("block1.key")


@pytest.mark.parametrize(("top", "tried"), [(5, 20), (21, 21)])
def test_of_a_function_the_twenty_steepest_weights_are_tried_for_culprits(top, tried, monkeypatch):
    asked, counterfactual = [], cr.Explanation.counterfactual

    def noted(explanation, weight):
        asked.append(weight)
        return counterfactual(explanation, weight)

    monkeypatch.setattr(cr.Explanation, "counterfactual", noted)
    slopes = xp.asarray([1.0 + n for n in range(25)])
    ex = cr.explain(lambda p: cr.sum(p["w"] * slopes) + 9.0, {"w": xp.asarray([0.0] * 25)})
    culprits = ex.culprits(top=top)
    assert asked == [f"w[{n}]" for n in range(24, 24 - tried, -1)]
    assert culprits[0].name == "w[24]"
    for culprit in culprits:
        assert culprit.recovered == pytest.approx(ex.loss - culprit.loss_after)
    losses = [culprit.loss_after for culprit in culprits]
    assert losses == sorted(losses)


def test_the_answer_of_a_function_names_the_weight_that_lowers_the_loss_most():
    ex = cr.explain(lambda p: (p["w"] * 2 - 4) ** 2, {"w": 1.5})
    assert ex.answer.startswith(
        "The weight that lowers the loss most is w: moved from 1.5 to 2, it takes the loss of row 0"
        " from 1 to "
    )
    assert repr(ex) == "<explanation of 1 example; print it, or ask for .weights>"
    assert ex.answer.weights == ["w"]
    still = cr.explain(lambda p: p["w"] * 0.0 + xp.asarray([1.0, 2.0]), {"w": xp.asarray(1.0)})
    assert still.answer == "No weight lowers the mean loss of all rows when moved alone."
    many = cr.explain(lambda p: p["w"] ** 2, {"w": xp.asarray([0.5] * 30)})
    assert many.answer.startswith(
        "Of the 20 steepest of 30 weights, the one that lowers the loss most is w[0]: moved from "
        "0.5 to "
    )
    assert "it takes the mean loss of all rows from 0.25 to 0.24" in many.answer
    flat = cr.explain(lambda p: p["w"] * 0.0, {"w": xp.asarray([0.5] * 30)})
    assert flat.answer == (
        "Of the 20 steepest of 30 weights, none lowers the mean loss of all rows when moved alone."
    )


@pytest.mark.parametrize(
    ("w", "said"),
    [
        (1e308, "The weight that lowers the loss most is w: moved from 1e+308 to 0, it takes"),
        (inf, "The weight that lowers the loss most is w: moved from inf to 0, it takes the loss"),
        (nan, "The loss is not a number (nan), so no weight can be named for it: of a network"),
    ],
)
def test_a_function_prints_where_its_loss_is_not_finite(w, said):
    text = str(cr.explain(lambda p: (p["w"] * 2 - p["b"]) ** 2, {"w": w, "b": 1.0}))
    assert " ".join(text.split()).startswith(" ".join(said.split()))


@pytest.mark.extra("numpy")
def test_arrays_that_change_afterwards_change_no_explanation():
    np = pytest.importorskip("numpy")
    w = np.asarray([1.0, 2.0])
    explanation = cr.explain(lambda p: cr.sum(p["w"] * p["w"]), {"w": w})
    w[:] = 7.0
    assert explanation.loss == 5.0
    assert explanation.counterfactual("w[0]").zero.loss == 4.0


@pytest.mark.parametrize(
    ("best", "moved"), [(1.0, "0.5 to 1, it"), (3.0, "0.5 to 1.5, as far as was tried, it")]
)
def test_it_is_told_where_the_best_value_is_the_farthest_that_was_tried(best, moved):
    answer = cr.explain(lambda p: (p["w"] - best) ** 2, {"w": 0.5}).answer
    assert f"moved from {moved} takes the loss" in answer
