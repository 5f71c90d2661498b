"""A copy of what is built in, declared under another name, gives the same answers everywhere."""

import re
from dataclasses import replace

import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import OptionError
from chainrule.nn import LOSSES
from chainrule.train import OPTIMIZERS
from tests.twins import twin

X = [[(7 * n % 11) / 5 - 1, (5 * n % 13) / 6 - 1] for n in range(24)]
CLASSES = [int(a * b > 0) + int(a > 0.5) for a, b in X]
VALUES = [[a * a - b] for a, b in X]
YES = [int(a * a > b) for a, b in X]


def network(activation="tanh", head="softmax", outputs=3):
    layers = [cr.Dense(2, 3, activation), cr.Dense(3, 3, activation), cr.Dense(3, outputs, head)]
    return cr.Network(layers, seed=1, engine="python")


def learned(net, y, **options):
    """Everything that is said of a network and its weights once it has learned."""
    options = {"epochs": 4, "batch_size": 8, "learning_rate": 0.05, "progress": False} | options
    history = net.fit(X, y, ledger=True, **options)
    yield from (net, net.predict(X), [(e.loss, e.metric) for e in history], history.ledger)
    ex, name = cr.explain(net, X, y), "dense1.weight[0,0]"
    yield from (ex, ex.to_dict(), ex.measured(), ex.answer, ex.mistake(), ex.culprits())
    yield from (ex.groups(), ex.mend(), ex.columns(), ex.blame, ex.worksheet(row=1))
    yield from (ex.receipt(name), ex.receipt("dense3.bias[0]", row=3), ex.slope(name))
    yield from (ex.nudge(name, by=0.1), ex.counterfactual(name))
    yield ex.taught_by(training=(X, y), progress=False)
    yield from (cr.check_gradients(net, X, y), cr.health(net, X, y))
    yield from (net.program(X[:2], y[:2]), net.program(X, y))


def written(net, y, folder):
    """The page, and what the saved model says of itself."""
    cr.explain(net, X[:1], y[:1]).to_html(folder / "page.html")
    yield (folder / "page.html").read_text("utf-8")
    net.save(folder / "model.safetensors")
    loaded = cr.load(folder / "model.safetensors")
    yield from (loaded.predict(X), cr.health(loaded, X, y))


def mistaken(net, y, op):
    """What the checker says of an op's wrong derivatives."""
    rule = next(iter(op.rules.values()))
    right = rule.function
    for wrong in (
        lambda xp, g, a, *inputs: 2 * right(xp, g, a, *inputs),
        lambda xp, g, a, z, *inputs: right(xp, g, a, 0 * z + 0.5, *inputs),
    ):
        rule.function = wrong
        gradient = net.gradients(X, y)
        rule.function = right
        yield cr.check_gradients(net, X, y, gradient=gradient)


def texts(answers, names):
    """Each answer as text, the copies called by their models' names, without its duration."""
    for answer in map(str, answers):
        for new, old in names.items():
            answer = answer.replace(new, old).replace(new.replace("_", " "), old.replace("_", " "))
        yield re.sub(r"\b[\d.e-]+ m?s\b", "", answer)


pytestmark = pytest.mark.usefixtures("forgotten")


@pytest.mark.parametrize(
    ("name", "new"), [("relu", "rilo"), ("softplus", "softblus"), ("tanh", "tahn")]
)
def test_an_activation_by_another_name_gets_the_same_answers(name, new, tmp_path):
    """The names are as long, so that lines break at the same places."""
    own = twin(getattr(ops, name), new)

    def answers(op):
        net = network(op.name)
        yield from learned(net, CLASSES)
        yield from written(net, CLASSES, tmp_path)
        yield from mistaken(net, CLASSES, op)

    assert list(texts(answers(own), {new: name})) == list(texts(answers(getattr(ops, name)), {}))


@pytest.mark.parametrize(
    ("name", "head", "outputs", "y"),
    [
        ("mean_squared_error", "identity", 1, VALUES),
        ("hinge", "identity", 1, YES),
        ("binary_cross_entropy", "sigmoid", 1, YES),
        ("cross_entropy", "softmax", 3, CLASSES),
    ],
)
def test_a_loss_by_another_name_gets_the_same_answers(
    name, head, outputs, y, monkeypatch, tmp_path
):
    loss, new = LOSSES[name], "".join("q" if sign == "e" else sign for sign in name)
    own = twin(loss.op, "".join("j" if sign == "e" else sign for sign in loss.op.name))
    monkeypatch.setitem(LOSSES, new, replace(loss, name=new, op=own))

    def answers(called):
        net = network(head=head, outputs=outputs)
        yield from learned(net, y, loss=called)
        yield from written(net, y, tmp_path)
        yield from mistaken(net, y, LOSSES[called].op)

    names = {new: name, own.name: loss.op.name}
    assert list(texts(answers(new), names)) == list(texts(answers(name), {}))


@pytest.mark.parametrize(
    ("name", "new", "outputs", "y", "loss"),
    [
        ("softmax", "sofdmax", 3, CLASSES, None),
        ("softmax", "sofdmax", 3, CLASSES, "cross_entropy"),
        ("softmax", "sofdmax", 3, CLASSES, "mean_squared_error"),
        ("sigmoid", "siqmoid", 1, YES, None),
        ("sigmoid", "siqmoid", 1, YES, "hinge"),
    ],
)
def test_an_output_by_another_name_gets_the_same_answers(name, new, outputs, y, loss, tmp_path):
    own = twin(getattr(ops, name), new)

    def answers(head):
        net = network(head=head, outputs=outputs)
        yield net.loss(X, y)
        yield from learned(net, y, loss=loss)
        yield from (net.classifies, cr.score(net, X, y, linear=False))
        yield from written(net, y, tmp_path)
        yield from mistaken(net, y, getattr(ops, name) if head == name else own)

    assert list(texts(answers(new), {new: name})) == list(texts(answers(name), {}))


@pytest.mark.parametrize("name", ["hinge", "binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("classes", ["ab", "abc"])
def test_a_table_gets_the_output_that_a_loss_by_another_name_asks_for(name, classes, monkeypatch):
    monkeypatch.setitem(LOSSES, "own", replace(LOSSES[name], name="own"))
    rows = [{"a": str(n % 7), "kind": classes[n % len(classes)]} for n in range(30)]
    trained = [
        cr.train_on_table(rows, target="kind", loss=loss, epochs=1, engine="python", progress=False)
        for loss in (name, "own")
    ]
    built_in, own = (repr(each.net.architecture.output) for each in trained)
    assert own == built_in


class OwnOptimizer(cr.Adam):
    name = "adum"


del OPTIMIZERS["adum"]  # other tests go through all of them


def test_an_optimizer_by_another_name_gets_the_same_answers(monkeypatch, tmp_path):
    monkeypatch.setitem(OPTIMIZERS, "adum", OwnOptimizer)

    def answers(optimizer):
        net = network()
        yield from learned(net, CLASSES, optimizer=optimizer)
        yield from written(net, CLASSES, tmp_path)

    own = texts(answers(OwnOptimizer()), {"adum": "adam", "OwnOptimizer": "Adam"})
    assert list(own) == list(texts(answers(cr.Adam()), {}))


def test_an_optimizer_is_known_by_its_name_as_soon_as_its_class_is_written():
    class Another(cr.SGD):
        name = "another"

    assert OPTIMIZERS.pop("another") is Another


def test_a_model_answers_where_the_optimizer_that_trained_it_is_not_declared(tmp_path):
    net = network()
    net.fit(X, CLASSES, epochs=2, optimizer=OwnOptimizer(), progress=False)
    net.save(tmp_path / "model.safetensors")
    loaded = cr.load(tmp_path / "model.safetensors", engine="python")
    assert loaded.predict(X).tolist() == net.predict(X).tolist()
    with pytest.raises(OptionError, match="no optimizer is called 'adum'"):
        cr.health(loaded, X, CLASSES)
    assert cr.health(loaded, X, CLASSES, optimizer="adam").looked_at


def test_an_activation_that_bends_nothing_is_found_by_what_it_does():
    own = twin(ops.identity, "idontity")
    built_in, other = (cr.health(network(name), X, CLASSES) for name in ("identity", own.name))
    assert "nothing bends what passes" in str(built_in)
    assert str(other) == str(built_in)


def test_a_neuron_alone_takes_no_activation_that_several_share():
    twin(ops.softmax, "softmux")
    for name in ("softmax", "softmux"):
        with pytest.raises(OptionError, match=f"{name} shares 1 among several neurons"):
            cr.Neuron([0.5], activation=name)


@pytest.mark.extra("torch")
@pytest.mark.parametrize("name", ["relu", "silu", "softmax"])
def test_a_module_of_pytorch_is_found_for_an_activation_by_another_name(name):
    import torch

    twin(getattr(ops, name), "own")
    net, other = network(name), network("own")
    x = torch.tensor(X, dtype=torch.float64)
    assert other.to_torch()(x).tolist() == net.to_torch()(x).tolist()


@pytest.mark.extra("onnx")
@pytest.mark.parametrize("name", ["relu", "silu", "softmax"])
def test_an_onnx_graph_is_written_for_an_activation_by_another_name(name, tmp_path):
    twin(getattr(ops, name), "own")
    for called in (name, "own"):
        cr.to_onnx(network(called), tmp_path / called)
    assert (tmp_path / name).read_bytes() == (tmp_path / "own").read_bytes()
