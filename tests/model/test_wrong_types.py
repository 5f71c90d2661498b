"""What is given in the wrong form is refused in a sentence that says which form is meant."""

import pytest

import chainrule as cr
from chainrule.errors import ChainruleError

X, Y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1, 1, 0]
FRAME = {"a": [1, 2, 3, 4], "b": [1.5, 2.5, 3.5, 4.75]}


@pytest.fixture(scope="module")
def net():
    return cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1, "sigmoid")], engine="python")


@pytest.fixture(scope="module")
def ex(net):
    return cr.explain(net, X, Y)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cr.Network(None), "a list of layers such as Dense and Dropout; found NoneType"),
        (lambda: cr.Network(3), "a list of layers such as Dense and Dropout; found int"),
        (lambda: cr.Neuron(1.5), "weights come in a list, one for each input; found 1.5"),
        (
            lambda: cr.Neuron([1.5]).forward([1, 2]),
            "has 1 weight and needs as many inputs; found 2",
        ),
        (lambda: cr.Dropout("a"), "a dropout rate is at least 0 and below 1; found 'a'"),
        (lambda: cr.load(None), "a file goes by its name; found None"),
        (lambda: cr.load("a\0b"), r"a file goes by its name; found 'a\\x00b'"),
        (lambda: cr.train_on_table("iris", types="number"), "types names columns and what they"),
        (lambda: cr.sum([1.0, 2.0], axis="a"), "an axis is a whole number; found 'a'"),
        (lambda: cr.sum([1.0, 2.0], axis=1.0), "an axis is a whole number; found 1.0"),
        (lambda: cr.explain(None, X, Y), "a Network or a function; found NoneType"),
        (lambda: cr.health(None, X, Y), "layers of a Network, or at a History; found NoneType"),
        (lambda: cr.check_gradients(None, 1.0), "a network or a function; found NoneType"),
        (lambda: cr.grad(3), "only a function can be differentiated; found int"),
        (lambda: cr.hessian(None), "only a function can be differentiated; found NoneType"),
        (lambda: cr.grad(lambda w: w * w)(10**400), "too large for a float"),
        (lambda: cr.Neuron([1.0]).updated({"bias": 1.0}, 0.1), r"the gradient of weight\[0\]"),
        (lambda: cr.train_on_table(FRAME, 3), "no column '3'; it has a, b"),
        (lambda: cr.train_on_table(FRAME, layers=16), "layers is 16: give the sizes"),
        (lambda: cr.train_on_table(FRAME, layers="16,16"), "layers is '16,16': give the sizes"),
        (lambda: cr.train_on_table(FRAME, dropout="a"), "a dropout rate"),
        (lambda: cr.train_on_table(FRAME, batch_size="a"), "batch_size is 'a'"),
        (lambda: cr.train_on_table(FRAME, task=[]), r"task is \[\]"),
    ],
)
def test_a_wrong_form_is_refused(call, sentence):
    with pytest.raises(ChainruleError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda net: net.save(None), "a file goes by its name; found None"),
        (lambda net: net.set_parameters(None), "arrays by name, in a dict; found a NoneType"),
        (lambda net: net.set_parameters([1.0]), "arrays by name, in a dict; found a list"),
        (
            lambda net: net.fit(X, Y, watchers=3, progress=False),
            "of Watcher, in a list; found 3",
        ),
        (lambda net: net.fit(X, Y, watchers=[3], progress=False), "in a list; found 3"),
    ],
)
def test_a_network_refuses_it(call, sentence, net):
    with pytest.raises(ChainruleError, match=sentence):
        call(net)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda ex: ex.to_html(None), "a file goes by its name; found None"),
        *(
            (lambda ex, top=top: ex.measured(top), f"list is {top!r}: it must be a whole number")
            for top in (-1, 1.5, "a")
        ),
        (lambda ex: ex.mistake(top=-1), "top is -1"),
        (lambda ex: ex.mend(5), r"rows is 5: give a list of rows, such as \[0\]"),
        (lambda ex: ex.receipt("dense1.bias[0]", top="8"), "top is '8'"),
        (lambda ex: ex.to_html("page.html", top="8"), "top is '8': it must be a whole number"),
        (lambda ex: ex.columns(repeats="a"), "repeats is 'a': it must be a whole number"),
        (lambda ex: ex.columns(reference=3), "one example with 2 inputs; found 3: give their"),
        (lambda ex: ex.columns(reference="ab"), "one example with 2 inputs; found 'ab': give"),
        (lambda ex: ex.blame.top("8"), "list is '8': it must be a whole number, at least 0"),
        (lambda ex: ex.blame.plot(top="8"), "top is '8': it must be a whole number, at least 0"),
        (lambda ex: ex.blame.to_dict(top=2.5), "top is 2.5: it must be a whole number"),
        (lambda ex: ex.weights["dense1.weigh[0,0]"], "did you mean 'dense1.weight'?"),
        *(
            (lambda ex, i=i: ex.counterfactual("dense1.bias[0]", interval=i), "low < high; found")
            for i in (3, ("a", "b"), (1, 0), (0,), (0, float("inf")))
        ),
    ],
)
def test_an_explanation_refuses_it(call, sentence, ex):
    with pytest.raises(ChainruleError, match=sentence):
        call(ex)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda ledger: ledger.top(-1), "list is -1: it must be a whole number, at least 0"),
        (lambda ledger: ledger.helping_training_alone("8"), "list is '8': it must be a whole"),
        (lambda ledger: ledger.to_dict(top="8"), "top is '8': it must be a whole number"),
    ],
)
def test_a_ledger_refuses_it(call, sentence):
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], engine="python")
    ledger = net.fit(X, Y, epochs=1, ledger=True, validation=None, progress=False).ledger
    with pytest.raises(ChainruleError, match=sentence):
        call(ledger)


def test_a_weight_is_found_by_its_name_too(ex):
    steepest = ex.weights[0]
    assert ex.weights[steepest.name] == steepest
    assert ex.weights[0:0] == []
