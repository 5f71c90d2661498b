"""What is given in the wrong form is refused in a sentence that says which form is meant."""

import json
from fractions import Fraction
from functools import partial
from importlib import import_module

import pytest

import chainrule as cr
from chainrule.arrays import asarray
from chainrule.data import load
from chainrule.errors import ChainruleError, KindError, OptionError

X, Y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1, 1, 0]
FRAME = {"a": [1, 2, 3, 4], "b": [1.5, 2.5, 3.5, 4.75]}
GIVEN = {"weight[0]": 1.0, "bias": 1.0}
NET = cr.Network([cr.Dense(2, 1, "sigmoid")], engine="python")
EXPLAINED = cr.Neuron([1.0]).explain([2.0], 1.0)


class Several:
    """Like an array: compared entry by entry, without a truth, and iterable only by its looks."""

    __hash__ = None

    def __eq__(self, other):
        return self

    def __bool__(self):
        raise ValueError("the truth value of several entries is ambiguous")

    def __iter__(self):
        raise TypeError("iteration over a 0-d array")

    def __repr__(self):
        return "several"


def fitted(**options):
    return NET.fit(X, Y, **{"epochs": 1, "progress": False, **options})


@pytest.fixture(scope="module")
def net():
    return cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 1, "sigmoid")], engine="python")


@pytest.fixture(scope="module")
def ex(net):
    return cr.explain(net, X, Y)


def explained(**options):
    return cr.explain(cr.Network([cr.Dense(1, 1)]), [[1.0], [2.0]], [[2.0], [4.0]], **options)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cr.Network(None), "a list of layers; found None: write it as"),
        (
            lambda: cr.Network(cr.Dense(2, 1)),
            r"a list of layers; found Dense\(2, 1, 'identity'\): write",
        ),
        (lambda: cr.Neuron(1.5), "weights come in a list, one for each input; found 1.5"),
        (
            lambda: cr.Neuron([1.5]).forward([1, 2]),
            "has 1 weight and needs as many inputs; found 2",
        ),
        (lambda: cr.Neuron([1.5]).forward([]), "needs as many inputs; found 0"),
        (lambda: cr.Neuron([1.5]).forward([[1], [2]]), "needs as many inputs; found 2 examples"),
        (lambda: cr.Neuron([1.5], [0.5]), r"and one bias; found .* and the bias \[0.5\]"),
        (lambda: cr.Neuron([[1.5]]), r"and one bias; found the weights \[\[1.5\]\]"),
        (lambda: cr.Neuron([1.5]).explain([2], [4]), r"target is one number; found \[4\]"),
        (lambda: cr.take([1.0, 2.0], 1), "take picks entries by a list .*; found int"),
        (lambda: cr.stack([]), "stack was asked of no arrays"),
        (lambda: cr.train_on_table([]), "a list is not a data frame: .* a list of dictionaries"),
        (lambda: cr.Dropout("a"), "the dropout rate is 'a': it must be at least 0 and below 1"),
        (lambda: cr.load(None), "a file goes by its name; found None"),
        (lambda: cr.load("a\0b"), r"a file goes by its name; found 'a\\x00b'"),
        (lambda: cr.train_on_table("iris", types="number"), "types names columns and what they"),
        *[
            (lambda name=name: NET.fit(X, Y, **{name: True}), f"{name} is True: it must be ")
            for name in ("epochs", "batch_size", "learning_rate", "l1", "l2", "clip_norm")
        ],
        (lambda: cr.train_on_table(FRAME, validation=False), "hold out is False: it must be at"),
        (lambda: cr.Dropout(False), "the dropout rate is False: it must be at least 0 and below"),
        (lambda: cr.sum([1.0, 2.0], axis="a"), "an axis is a whole number; found 'a'"),
        (lambda: cr.sum([1.0, 2.0], axis=1.0), "an axis is a whole number; found 1.0"),
        (lambda: cr.explain(None, X, Y), "a Network or a function; found NoneType"),
        (lambda: cr.explain(NET, None, Y), "on examples x and their targets y; give both"),
        (lambda: cr.check_gradients(NET, None, Y), "its loss; give the examples x too"),
        (lambda: cr.health(NET, None, Y), "on examples x and their targets y; give both"),
        (lambda: cr.health(None, X, Y), "layers of a Network, or at a History; found NoneType"),
        (lambda: cr.check_gradients(None, 1.0), "a Network or a function; found NoneType"),
        (lambda: cr.grad(3), "only a function can be differentiated; found int"),
        (lambda: cr.hessian(None), "only a function can be differentiated; found NoneType"),
        (lambda: cr.grad(lambda w: w * w)(10**400), "too large for a float"),
        (lambda: cr.Neuron([1.0]).updated({"bias": 1.0}, 0.1), r"the gradient of weight\[0\]"),
        (lambda: cr.train_on_table(FRAME, 3), "no column '3'; it has a, b"),
        (lambda: cr.train_on_table(FRAME, weight_column="b"), "is b, which is the target: name"),
        (lambda: cr.cross_validate(FRAME, group=" b"), "group is  b, which is the target: name"),
        (lambda: cr.cross_validate(FRAME, weight_column="b"), "weight_column is b, which is the"),
        (lambda: cr.train_on_table(FRAME, layers=16), "layers is 16: give the sizes"),
        (lambda: cr.train_on_table(FRAME, layers="16,16"), "layers is '16,16': give the sizes"),
        (lambda: cr.train_on_table(FRAME, dropout="a"), "the dropout rate"),
        (lambda: cr.train_on_table(FRAME, batch_size="a"), "batch_size is 'a'"),
        (lambda: cr.train_on_table(FRAME, task=[]), r"task is \[\]"),
        (lambda: cr.Neuron([1.0], activation=["relu"]), r"no activation is called \['relu'\]"),
        (lambda: cr.Neuron([1.0], 1j), "dense1.bias holds real numbers; found complex128"),
        (lambda: cr.Neuron([1.0]).updated(None, 0.1), r"the gradient of weight\[0\]"),
        *(
            (lambda rate=rate: cr.Neuron([1.0]).updated(GIVEN, rate), "learning_rate is .* finite")
            for rate in ("a", None, 1j, 10**400, float("nan"))
        ),
        (lambda: cr.Neuron([1.0]).updated({**GIVEN, "bias": "a"}, 0.1), "gradient of bias is 'a'"),
        (lambda: EXPLAINED.slope(["bias"]), r"no weight of the neuron is called \['bias'\]"),
        *(
            (lambda of=of: cr.grad(lambda w: w * w, of)(5.0), "derivative by argument .* was asked")
            for of in (None, "w", 0.0, [2], (0, "w"), Fraction(0), 10**9999)
        ),
        (lambda: cr.jacobian(pow, (0, 1))(2.0, 3.0), "one number or one array; found a tuple"),
        (
            lambda: cr.check_gradients(NET, X, Y, gradient=NET.gradients),
            r"a network's own method.*: give its value, net.gradients\(x, y\)",
        ),
        (lambda: cr.health(X), "found list: of a module of PyTorch cr.from_torch makes a Network"),
        (lambda: cr.Dense(1, 1, cr.tanh), "<op tanh: .*>; did you mean 'tanh'"),
        (
            lambda: NET.fit(X, Y, optimizer=cr.Adam),
            "<class 'chainrule.train.optimizer.Adam'>; did you mean 'adam'",
        ),
        (lambda: cr.slope(lambda w: w * w, at=5.0, nudge="a"), "nudge is 'a': it must be above 0"),
        (lambda: cr.slope(lambda w: w * w, at=5.0, nudge=0), "nudge is 0: it must be above 0"),
        (lambda: cr.Network([cr.Dense(1, 1)], engine=[]), r"no engine is called \[\]"),
        (lambda: cr.EarlyStopping(metric={}), "no metric is called {}"),
        (lambda: cr.EarlyStopping(10**9999), "patience is <int>: it must be 0 or more"),
        (lambda: cr.Dropout("x" * 999), "the dropout rate is 'xxx.*x…: it must"),
        (lambda: cr.explain(lambda p: p["w"], None), "by name, in a dict; found NoneType"),
        (lambda: cr.explain(lambda p: p["w"], {"w": 1.0}, rows=3), "rows is 3: give the examples'"),
        (lambda: cr.explain(NET, X, Y, rows={}), "rows is {}: give the examples'"),
        (lambda: cr.explain(lambda p: p["w"], {"w": 1.0}, rows="a"), "the number of a row is 'a'"),
        (lambda: cr.open_ledger(None, {"w": 1.0}), "losses is None: it must be a function"),
        (lambda: cr.open_ledger(lambda p: p["w"], [1.0]), "by name, in a dict; found list"),
        (
            lambda: cr.open_ledger(lambda p: p["w"], {"w": 1.0}).moved(None),
            "by name, in a dict; found NoneType",
        ),
        (lambda: cr.check_update(abs, "sgd", ["a"]), r"real numbers are asked for.*found \['a'\]"),
        (lambda: cr.check_update(abs, "sgd", [10**400]), "too large for a float"),
        (lambda: cr.check_gradients(cr.exp, 1.0, gradient="a"), "an array of numbers was"),
        (lambda: cr.to_frame({"a": 1}), "made of a list of records; found {.a.: 1}"),
        (lambda: cr.check_update(None, "sgd"), "update is None: it must be a function"),
        (lambda: cr.check_update(abs, "sgd", steps="a"), "steps is 'a': it must be a whole"),
        (lambda: cr.check_update(abs, "sgd", learning_rate=0), "learning_rate is 0: it must be"),
        (lambda: cr.check_update(abs, "sgd", clip_norm="a"), "clip_norm is 'a': it must be"),
        (lambda: cr.exercise([1]), r"there are chapters 1 to 10; found \[1\]"),
        (lambda: cr.exercise(1).check(1, 10**400), "the answer is a number, or several"),
        (lambda: explained().mend("0"), r"rows is '0': give a list of rows, such as \[0\]"),
        (lambda: explained().mend(["0"]), "there is no row '0' among the 2 explained, 0 to 1"),
        (lambda: explained().columns(reference=[1, 2]), "each input, 1 in all; found 2"),
        (lambda: explained(rows=[1]), "there is 1 row number for 2 examples: give one for each"),
        (
            lambda: cr.Network([cr.Dense(1, 1)]).set_parameters({"dense1.wieght": [[1.0]]}),
            r"no parameter 'dense1.wieght' \(did you mean 'dense1.weight'\?\)",
        ),
    ],
)
def test_a_wrong_form_is_refused(call, sentence):
    with pytest.raises(ChainruleError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"types": {1: 2}}, "data frame has no column 1"),
        ({"types": 3}, "types names columns and what they hold"),
        ({"reading": "utf-8"}, "reading is 'utf-8': say it in ReadingOptions"),
        ({"weight_column": ["a"]}, "data frame has no column"),
        ({"weight_column": 3}, "data frame has no column 3"),
        ({"labels": "labels.idx"}, "labels go with IDX images, and this is a table in memory"),
        ({"sample_weight": 3}, r"one number for each of the 4 rows; found shape \(\)"),
        ({"sample_weight": [1.0]}, r"one number for each of the 4 rows; found shape \(1,\)"),
        (
            {"validation": ()},
            r"validation is \(\): give the part to hold out, or the rows to learn",
        ),
        ({"validation": (1, 2)}, r"validation is \(1, 2\): give the part to hold out"),
        ({"announce": None}, "announce is None: it must be a function"),
        ({"engine": {}}, "no engine is called {}"),
        ({"sample_weight": ["a"] * 4}, "an array of numbers was asked for and a str"),
        ({"dropout": ""}, "the dropout rate is '': it must be at least 0 and below 1"),
        ({"last_epoch": "no"}, "last_epoch is 'no': it must be True or False"),
        ({"layer": [3]}, "no option is called 'layer'; did you mean 'layers'?"),
        ({"epoch": 3}, "no option is called 'epoch'; did you mean 'epochs'?"),
    ],
)
def test_training_on_a_table_refuses_it(options, sentence):
    with pytest.raises(ChainruleError, match=sentence):
        cr.train_on_table(FRAME, **options)


def test_a_row_or_an_input_that_is_none_is_refused():
    rows = cr.rows_for(cr.train_on_table("iris", epochs=1, engine="python", progress=False).net)
    for row in (None, "a", [0], 150, True, 3.5, asarray([1, 2])):
        with pytest.raises(OptionError, match=r"there is no row .*: iris has the rows 0 to 149"):
            rows.row(row)
    with pytest.raises(OptionError, match="the network has 4 inputs, from 0 on; found 4"):
        rows.reading(4)
    with pytest.raises(OptionError, match="feature is 'a': it must be a whole number"):
        rows.reading("a")


def test_a_name_that_no_file_can_have_is_told_as_every_other(net, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for call in (
        lambda: net.save("x" * 999),
        lambda: cr.load("x" * 999),
        lambda: cr.explain(net, X, Y).to_html("x" * 999),
        lambda: net.program(X, Y).save("x" * 999),
        lambda: net.fit(X, Y, checkpoint="x" * 999, progress=False),
    ):
        with pytest.raises(ChainruleError, match="File name too long"):
            call()
    with pytest.raises(OptionError, match="a file goes by its name; found None"):
        net.program(X, Y).save(None)


def test_the_layers_of_a_network_may_come_one_by_one():
    assert cr.Network(layer for layer in [cr.Dense(2, 1)]).forward(X).shape == (3, 1)


@pytest.mark.parametrize(
    "engine", ["python", pytest.param("numpy", marks=pytest.mark.extra("numpy"))]
)
def test_targets_that_are_a_tensor_are_refused_where_their_gradient_would_be_lost(engine):
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], engine=engine)
    with pytest.raises(KindError, match=r"would lose its gradient|would cut it off"):
        cr.grad(lambda y: net.loss(X, y))([1.0, 0.0, 1.0])


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("name", ["learning_rate", "clip_norm", "l1", "l2"])
def test_a_number_of_any_kind_trains_as_its_float(name):
    losses = []
    for number in (Fraction(1, 4), 0.25):
        net = cr.Network([cr.Dense(2, 1, "sigmoid")], engine="numpy")
        net.fit(X, Y, epochs=2, batch_size=1, progress=False, **{name: number})
        losses.append(net.loss(X, Y))
    assert losses[0] == losses[1]


@pytest.mark.extra("numpy")
def test_epochs_are_refused_by_their_own_name_where_the_best_is_kept():
    with pytest.raises(OptionError, match="epochs is -3: it must be a whole number"):
        cr.train_on_table("iris", epochs=-3, engine="numpy", progress=False)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: cr.cross_validate(FRAME, group=""), "data frame has no column ''"),
        (lambda: cr.cross_validate(FRAME, group=["a"]), "data frame has no column"),
        (lambda: cr.cross_validate(FRAME, types=3), "types names columns and what they hold"),
        (lambda: cr.train_on_table(FRAME, ignore=3), "ignore names columns, as in .*; found 3"),
        (lambda: cr.cross_validate(FRAME, validation=0.2), "folds say which rows are held out"),
        (lambda: cr.search(FRAME, epochs="a"), "epochs is 'a': it must be a whole number"),
        (lambda: cr.search(FRAME, epochs=-1), "epochs is -1: it must be a whole number"),
        (lambda: cr.search(FRAME, group="a"), "group and time divide rows into folds: give folds"),
        (lambda: cr.search(FRAME, tell=None), "tell is None: it must be a function"),
        (lambda: cr.rows_for(None), "rows are read for a Network; found NoneType: cr.load"),
        (lambda: load("iris", labels="labels.idx"), "labels go with IDX images, and iris"),
        (lambda: cr.train_on_stream("a\0b"), "a file goes by its name"),
        (lambda: cr.train_on_stream("t.csv", announce=3), "announce is 3: it must be a function"),
    ],
)
def test_what_takes_a_table_refuses_it(call, sentence):
    with pytest.raises(ChainruleError, match=sentence):
        call()


@pytest.mark.parametrize("places", [[150], [-1], "ab", [0.5], [None]])
def test_examples_that_are_not_there_are_refused(places):
    rows = cr.rows_for(cr.train_on_table("iris", epochs=1, engine="python", progress=False).net)
    with pytest.raises(OptionError, match="the examples stand at the places 0 to 149; found"):
        rows.at(places)
    with pytest.raises(OptionError, match="the examples stand at the places 0 to 149; found"):
        rows.at(3)
    with pytest.raises(OptionError, match="the examples stand at the places 0 to 149; found"):
        rows.examples.row(places[0])
    assert len(rows.examples.row(149)) == 4


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda net: net.save(None), "a file goes by its name; found None"),
        (lambda net: net.set_parameters(None), "arrays by name, in a dict; found NoneType"),
        (lambda net: net.set_parameters([1.0]), "arrays by name, in a dict; found list"),
        (lambda net: net.fit(X, Y, watchers=3, progress=False), "of Watcher, in a list; found int"),
        (lambda net: net.fit(X, Y, watchers=[3], progress=False), "in a list; found int"),
        (lambda net: net.fit([1, 1, 0], X), r"takes 2 inputs, so x must .*; found \(1, 3\)"),
        (lambda net: net.fit(X, ["no", "no", "yes"]), "targets y are numbers, classes 0, 1"),
        (lambda net: net.predict("new.csv"), "x is 'new.csv', and only a network that was trained"),
        (lambda net: net.predict({"a": [1]}), r"x is {'a': \[1\]}, and only a network that was"),
        (cr.explain, "this network was not trained on a table, .* give it arrays x and y"),
        (cr.health, "this network was not trained on a table, .* give it arrays x and y"),
        (cr.check_gradients, "this network was not trained on a table, .* give it arrays x and"),
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
        (lambda ex: ex.mend(True), r"rows is True: give a list of rows, such as \[0\]"),
        (lambda ex: ex.mend(1.5), r"rows is 1.5: give a list of rows, such as \[0\]"),
        (lambda ex: ex.mend("worst"), r"rows is 'worst': give a list of rows, such as \[0\]"),
        (lambda ex: ex.receipt("dense1.bias[0]", top="8"), "top is '8'"),
        (lambda ex: ex.to_html("page.html", top="8"), "top is '8': it must be a whole number"),
        (lambda ex: ex.columns(repeats="a"), "repeats is 'a': it must be a whole number"),
        (lambda ex: ex.columns(reference=3), "each input, 2 in all; found 3: give"),
        (lambda ex: ex.columns(reference="ab"), "each input, 2 in all; found 'ab': give"),
        (lambda ex: ex.blame.top(only="hurts"), "no effect is called 'hurts'"),
        (lambda ex: ex.mend(seed=[]), r"seed is \[\]: it must be a whole number, at least 0"),
        (lambda ex: ex.mend(error="a"), "error is 'a': it must be 0 or more"),
        (lambda ex: ex.nudge("dense1.bias[0]", by=10**400), "by is 1000.*: it must be a finite"),
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
        (
            lambda ledger: ledger.at_step("a"),
            "place is 'a': it must be a whole number from -1 to 0",
        ),
        (lambda ledger: ledger.at_step(9), "place is 9: it must be a whole number from -1 to 0"),
        (lambda ledger: ledger.to_dict(top="8"), "top is '8': it must be a whole number"),
    ],
)
def test_a_ledger_refuses_it(call, sentence):
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], engine="python")
    ledger = net.fit(X, Y, epochs=1, ledger="all", validation=None, progress=False).ledger
    with pytest.raises(ChainruleError, match=sentence):
        call(ledger)


def test_health_and_a_lesson_say_in_which_form_they_take_what_they_need(net, ex):
    with pytest.raises(ChainruleError, match="history is a History; found str"):
        cr.health(net, X, Y, history="a")
    for rate in ("a", 0, -0.1, float("nan")):
        with pytest.raises(ChainruleError, match=f"learning_rate is {rate!r}: it must be above 0"):
            cr.health(net, X, Y, learning_rate=rate)
    taught = cr.Network([cr.Dense(2, 1, "sigmoid")], engine="python")
    taught.fit(X, Y, epochs=1, validation=None, progress=False)
    with pytest.raises(ChainruleError, match=r"\(x, y, sample_weight\); found 1 thing"):
        cr.explain(taught, X, Y).taught_by(training=(X,), progress=False)


def test_a_weight_is_found_by_its_name_too(ex):
    steepest = ex.weights[0]
    assert ex.weights[steepest.name] == steepest
    assert ex.weights[0:0] == []


@pytest.mark.parametrize(
    ("function", "asked", "meant"),
    [
        (cr.train_on_stream, "memry", "memory"),
        (cr.train_on_stream, "layer", "layers"),
        (cr.cross_validate, "fold", "folds"),
        (cr.search, "trial", "trials"),
        (cr.search, "type", "types"),
    ],
)
def test_an_option_of_a_table_that_is_misspelt_is_told_the_nearest(function, asked, meant):
    with pytest.raises(OptionError, match=f"no option is called '{asked}'; did you mean '{meant}'"):
        function("table.csv", **{asked: 3})


@pytest.mark.parametrize("odd", [Several(), {"a": 1}, b"a"], ids=repr)
@pytest.mark.parametrize(
    ("call", "asked"),
    [
        (lambda odd: cr.Network([cr.Dense(2, 1)], engine=odd), "no engine is called"),
        (lambda odd: cr.Network([cr.Dense(2, 1)], dtype=odd), "found the dtype"),
        (lambda odd: cr.Network(odd), "a network is a list of layers; found"),
        (lambda odd: cr.Neuron([1.0], activation=odd), "no activation is called"),
        (lambda odd: NET.loss(X, Y, odd), "no loss is called"),
        (lambda odd: NET.program(X, Y, engine=odd), "a program was asked of engine="),
        (lambda odd: NET.set_parameters({}, initial=odd), "initial is"),
        (lambda odd: fitted(validation=odd), "validation is"),
        (lambda odd: fitted(ledger=odd), "ledger is"),
        (lambda odd: fitted(progress=odd), "progress is"),
        (lambda odd: fitted(watchers=odd), "watchers are objects of Watcher"),
        (lambda odd: cr.health(NET, X, Y, optimizer=odd), "optimizer|option of an optimizer"),
        (lambda odd: cr.score(NET, X, Y, linear=odd), "linear is"),
        (lambda odd: cr.explain(NET, X, Y, rows=odd), "rows? is|1 row number"),
        (lambda odd: cr.check_gradients(NET, X, Y, rows=odd), "rows is a number above 0"),
        (lambda odd: cr.check_gradients(NET, X, Y, seed=odd), "seed is"),
        (lambda odd: cr.explain(NET, X, Y).of_row(odd), "there is no row"),
        (lambda odd: cr.explain(NET, X, Y).mend(odd), "rows? (is|'a'|97)"),
        (lambda odd: cr.explain(NET, X, Y).worksheet(row=0, answers=odd), "answers is"),
        (lambda odd: cr.exercise(1, seed=odd), "seed is"),
        (lambda odd: cr.SGD(momentum=0.9, nesterov=odd), "nesterov is"),
        (lambda odd: cr.EarlyStopping().update(odd, 1), "watches loss, a number; found"),
        (lambda odd: cr.Tensor(1.0, name=odd), "a tensor's name is a text; found"),
        (lambda odd: cr.open_ledger(lambda p: p["w"], {"w": 1.0}, keep_each=odd), "keep_each is"),
    ],
)
def test_what_has_no_truth_of_its_own_is_refused_by_the_name_of_the_option(call, asked, odd):
    with pytest.raises(ChainruleError, match=asked):
        call(odd)


@pytest.mark.parametrize("yes", ["no", "False", 2, 1.0, None, [], b""], ids=repr)
def test_a_switch_takes_true_and_false_alone(yes):
    with pytest.raises(OptionError, match=r"initial is .*: it must be True or False"):
        NET.set_parameters({}, initial=yes)


@pytest.mark.extra("jax")
@pytest.mark.parametrize("module", ["numpy", "jax.numpy"])
def test_a_row_a_switch_and_a_number_kind_may_be_another_library_s(module, ex):
    xp = import_module(module)
    assert ex.mend(xp.asarray([1])).rows == ex.mend([1]).rows == (1,)
    assert ex.of_row(xp.asarray([1])[0]).rows == (1,)
    one = xp.asarray([1])[0]
    numbered = cr.explain(NET, X, Y, rows=xp.asarray([4, 6, 8]))
    nudged = ex.nudge("dense1.bias[0]", by=one if module == "numpy" else 1)
    assert json.dumps(nudged.to_dict()) == json.dumps(ex.nudge("dense1.bias[0]", by=1).to_dict())
    assert json.dumps(ex.mistake(one).to_dict()) == json.dumps(ex.mistake(1).to_dict())
    assert numbered.of_row(6).to_dict()["rows"] == [6]
    assert json.loads(json.dumps(numbered.to_dict()))["rows"] == [4, 6, 8]
    yes = xp.asarray([True])[0]
    NET.set_parameters({}, initial=yes)
    assert fitted(ledger=yes).ledger is not None
    small = xp.ones(1, dtype="float32")
    assert cr.Network([cr.Dense(1, 1)], engine="numpy", dtype=small.dtype).dtype == "float32"


@pytest.mark.parametrize("row", [True, 1.0, Fraction(1)], ids=repr)
def test_a_row_is_a_whole_number(row):
    with pytest.raises(OptionError, match="there is no row"):
        cr.explain(NET, X, Y).of_row(row)
    with pytest.raises(IndexError, match="there is no"):
        cr.explain(NET, X, Y).weights[row]


@pytest.mark.parametrize("loss", ["", False, [], 0], ids=repr)
def test_an_empty_name_of_a_loss_is_none_that_exists(loss):
    for asked in (NET.loss, NET.gradients, partial(cr.explain, NET)):
        with pytest.raises(OptionError, match="no loss is called"):
            asked(X, Y, loss)


def test_lists_too_deep_to_read_are_refused():
    within = []
    within.append(within)
    for deep in (within, deepest(3000)):
        with pytest.raises(ChainruleError, match="nested more than 64 deep"):
            NET.forward(deep)
        with pytest.raises(OptionError, match="no loss is called"):
            NET.loss(X, Y, deep)


def deepest(count):
    made = 1.0
    for _ in range(count):
        made = [made]
    return made
