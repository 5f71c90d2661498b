"""A table goes in, a network that answers in the table's words comes out."""

from dataclasses import fields
from inspect import signature

import pytest

import chainrule as cr
from chainrule.data import load
from chainrule.engines import choose_engine
from chainrule.errors import DataError, OptionError
from chainrule.model.table import NetworkOptions, train_on_table

QUICK = {"engine": "python", "epochs": 1, "progress": False}
HOUSES = {"area": [float(n) for n in range(40)], "price": [3.5 * n + 7 for n in range(40)]}
PETS = {"weight": [4.0, 30.0] * 20, "animal": ["cat", "dog"] * 20}


def output(data, **options):
    return train_on_table(data, **QUICK, **options).net.architecture.output


@pytest.mark.parametrize(
    ("data", "outputs", "activation"),
    [(PETS, 1, "sigmoid"), ("iris", 3, "softmax"), (HOUSES, 1, "identity")],
)
def test_the_output_layer_follows_from_the_target(data, outputs, activation):
    layer = output(data)
    assert (layer.out_features, layer.activation) == (outputs, activation)


@pytest.mark.parametrize(
    ("data", "loss", "outputs", "activation"),
    [
        (PETS, "cross_entropy", 2, "softmax"),
        (PETS, "hinge", 1, "identity"),
        ("iris", "hinge", 3, "identity"),
        ("iris", "binary_cross_entropy", 3, "sigmoid"),
        (HOUSES, "huber", 1, "identity"),
    ],
)
def test_the_output_layer_follows_from_the_loss(data, loss, outputs, activation):
    layer = output(data, loss=loss)
    assert (layer.out_features, layer.activation) == (outputs, activation)


@pytest.mark.parametrize("loss", ["hinge", "cross_entropy", "binary_cross_entropy"])
def test_a_loss_for_classes_is_refused_for_numbers(loss):
    with pytest.raises(OptionError, match=f"{loss} is for classes, and price holds numbers"):
        train_on_table(HOUSES, loss=loss, **QUICK)


def test_dropout_follows_every_hidden_layer():
    net = train_on_table("iris", layers=[5, 4], dropout=0.1, **QUICK).net
    assert list(net.architecture.layers) == ["dense1", "dropout1", "dense2", "dropout2", "dense3"]


def test_held_out_rows_are_remembered_and_not_learned_from():
    done = train_on_table("iris", **QUICK)
    held_out, learned = set(done.held_out.numbers), set(done.train.numbers)
    assert len(held_out) == 30
    assert held_out | learned == set(range(150))
    assert not held_out & learned
    assert set(done.net.data_source.held_out) == held_out == done.held_out.held_out
    assert done.net.recipe.rows == 120


def test_every_class_is_held_out_in_the_same_share():
    done = train_on_table("iris", **QUICK)
    assert [list(done.held_out.truths()).count(name) for name in done.net.recipe.class_names] == [
        10,
        10,
        10,
    ]


def test_answers_are_in_the_table_s_words():
    done = train_on_table(PETS, epochs=60, engine="python", progress=False)
    assert set(done.held_out.answers()) <= {"cat", "dog"}
    assert list(done.train.answers()) == list(done.train.truths())


def test_values_are_in_the_table_s_unit():
    done = train_on_table(HOUSES, epochs=200, engine="python", progress=False)
    worst = max(abs(a - y) for a, y in zip(done.train.answers(), done.train.truths(), strict=True))
    assert worst < 0.1 * (max(HOUSES["price"]) - min(HOUSES["price"]))
    assert list(done.train.truths()) == pytest.approx(
        [HOUSES["price"][number] for number in done.train.numbers]
    )


def test_the_seed_decides_everything_that_is_random():
    first, same, other = (
        train_on_table("iris", seed=seed, **QUICK).net.parameters["dense1.weight"].tolist()
        for seed in (3, 3, 4)
    )
    assert first == same
    assert first != other


@pytest.mark.parametrize(("rows", "epochs"), [(4, 500), (1000, 31), (100_000, 10)])
def test_small_tables_are_seen_more_often(rows, epochs):
    from chainrule.model import table

    assert table.suited_epochs(rows, 32, choose_engine("python")) == epochs


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(
    ("rows", "steps"), [(499, 1000), (500, 1000), (700, 1400), (1499, 2000), (9000, 2000)]
)
def test_a_wider_network_takes_two_steps_for_each_row(rows, steps):
    from chainrule.engines import choose_engine
    from chainrule.model import table

    assert table.suited_options(rows, choose_engine("numpy")).steps == steps


def wide_table(rows):
    return {
        "size": [n * 37 % rows + 0.5 for n in range(rows)],
        "price": [abs(n * 37 % rows - rows / 3) for n in range(rows)],
    }


@pytest.mark.parametrize(
    ("rows", "task", "l2"),
    [(499, "regression", 0.01), (500, "regression", 0.001), (499, "classification", 0.001)],
)
def test_few_numbers_are_learned_under_more_penalty_unless_one_is_asked_for(rows, task, l2):
    options = {**QUICK, "validation": 0, "task": task}
    table = wide_table(rows) | {"price": [n % 3 for n in range(rows)]}
    assert train_on_table(table, **options).net.trained_with["l2"] == l2
    assert train_on_table(table, l2=0.0, **options).net.trained_with["l2"] == 0


@pytest.mark.parametrize(
    ("columns", "task", "l2"),
    [(20, "classification", 0.001), (21, "classification", 0.03), (21, "regression", 0.01)],
)
def test_classes_are_told_apart_under_more_penalty_by_more_inputs_than_rows(columns, task, l2):
    table = {f"x{n}": [(n + 2) * row * 37 % 101 / 7 for row in range(20)] for n in range(columns)}
    table["y"] = [row % 3 for row in range(20)]
    options = {**QUICK, "validation": 0, "task": task}
    assert train_on_table(table, **options).net.trained_with["l2"] == l2


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(("rows", "neurons"), [(499, 16), (500, 64), (1499, 64), (1500, 128)])
def test_layers_follow_the_rows(rows, neurons):
    options = {**QUICK, "engine": "numpy", "validation": 0}
    layers = train_on_table(wide_table(rows), **options).net.architecture.to_dict()
    assert [layer["out_features"] for layer in layers] == [neurons, neurons, 1]
    asked = train_on_table(wide_table(rows), layers=[3], **options).net.architecture.to_dict()
    assert [layer["out_features"] for layer in asked] == [3, 1]


def test_pure_python_keeps_layers_small_and_says_what_numpy_brings():
    done = train_on_table(wide_table(600), validation=0, **QUICK)
    assert [layer.out_features for layer in done.net.architecture.layers.values()] == [16, 16, 1]
    assert (
        "with NumPy (pip install 'chainrule[fast]') 600 rows get layers of 64"
        in (done.sentences[-1])
    )
    few, asked = (
        train_on_table(wide_table(rows), layers=layers, **QUICK).sentences
        for rows, layers in ((400, None), (900, [4]))
    )
    assert "NumPy" not in " ".join((*few, *asked))


def test_numbers_are_laid_out_in_parts_and_rows_are_read_in_their_own_unit():
    done = train_on_table(wide_table(600), **QUICK)
    names = done.net.recipe.feature_names
    assert len(names) == 17
    assert (names[0], names[1][:10]) == ("size", "size from ")
    assert done.train.reading(0).startswith(f"{wide_table(600)['size'][done.train.numbers[0]]:g} ")


def test_the_weights_of_the_best_epoch_are_back_unless_stopping_is_asked_for():
    noise = {"x": [n * 7919 % 101 / 101 for n in range(60)], "y": [n * 31 % 2 for n in range(60)]}
    options = {"engine": "python", "task": "classification", "epochs": 40, "progress": False}
    done = train_on_table(noise, "y", learning_rate=0.05, **options)
    best = min(done.history, key=lambda epoch: epoch.validation_loss)
    assert best.epoch < 40
    assert (
        f"the weights of epoch {best.epoch}, the best on held-out rows, are back"
        in done.history.stopped
    )
    held_out = done.held_out
    assert done.net.loss(held_out.x, held_out.y) == pytest.approx(best.validation_loss)
    for rows, chosen in ((25, False), (30, True)):  # of which 5 and 6 are held out
        few = {name: column[:rows] for name, column in noise.items()}
        tried = train_on_table(few, "y", learning_rate=0.05, **options)
        assert ("are back" in tried.history.stopped) is chosen is (len(tried.held_out) > 5)
    stopped = train_on_table(noise, "y", learning_rate=0.05, early_stopping=1, **options)
    assert len(stopped.history) < 40


@pytest.mark.extra("numpy")
def test_below_500_rows_every_engine_trains_the_same_network():
    python, numpy = (
        train_on_table(wide_table(400), epochs=5, engine=engine, progress=False)
        for engine in ("python", "numpy")
    )
    assert python.net.recipe == numpy.net.recipe
    assert len(python.net.recipe.feature_names) == 17
    assert python.tested().loss == pytest.approx(numpy.tested().loss)


def test_what_was_read_is_told_once():
    sentences = train_on_table("penguins", **QUICK).sentences
    assert sentences[0].startswith("target species: 3 classes")
    assert len(set(sentences)) == len(sentences)
    assert any("missing" in sentence for sentence in sentences)


def test_a_table_in_memory_has_no_name_to_be_found_by():
    assert train_on_table(PETS, **QUICK).net.data_source.name is None


def test_what_a_prompt_echoes_is_short_and_says_what_to_ask():
    done = train_on_table("iris", epochs=1, engine="python", progress=False, ledger=True)
    ex = cr.explain(done.net, done.train.x, done.train.y)
    neuron = cr.Neuron([1.0]).explain([1.0], 1.0)
    check = cr.check_gradients(lambda w: w * w, 1.0)
    shown = [
        (done.train, "<120 rows of iris; ask for .answers() or .losses()>"),
        (done.train.examples, "<120 examples of 4 features>"),
        (done.history, "<history up to epoch 1; print it, or ask for .columns()>"),
        (done.history.ledger, "<ledger of 4 steps; print it, or ask for .by_layer()>"),
        (ex, "<explanation of 120 examples; print it, or ask for .weights>"),
        (ex.weights, "<ranking of 403 weights; ask for [0], .top(10) or .by_layer()>"),
        (neuron, "<explanation of a neuron, loss 0; print it>"),
        (
            check,
            "<check of chainrule's own gradient of 1 number: passed; print it, or ask for .worst>",
        ),
        (load("iris"), "<table iris: 150 rows of 5 columns>"),
        (cr.UpdateProbe("dense1.weight[0,0]"), "<probe of dense1.weight[0,0]; 0 updates seen>"),
    ]
    for value, words in shown:
        assert repr(value) == words
    assert repr(ex.blame).startswith("<blame for -0.")
    assert len(repr(done)) < 600


def test_a_column_to_ignore_is_no_input_at_any_door(tmp_path):
    path = tmp_path / "pets.csv"
    path.write_text("id,size,weight,animal\n" + "1,3,4,cat\n2,5,30,dog\n" * 20)
    for ignore in (["id", "size"], ("id", "size")):
        done = train_on_table(path, ignore=ignore, **QUICK)
        assert done.net.recipe.feature_names == ("weight",)
    kept = train_on_table(path, ignore="id", types={"size": "ignore"}, **QUICK)
    assert kept.net.recipe.feature_names == ("weight",)
    streamed = cr.train_on_stream(path, ignore=["id", "size"], **QUICK)
    assert streamed.net.recipe.feature_names == ("weight",)
    with pytest.raises(DataError, match="from: id: left out, because you said so; size: left"):
        cr.cross_validate(path, folds=2, ignore=["id", "size", "weight"], **QUICK)


def test_what_is_left_out_of_the_options_of_a_network_is_what_a_table_s_training_takes():
    taken = signature(train_on_table).parameters
    assert {field.name: field.default for field in fields(NetworkOptions)} == {
        name: taken[name].default for name in NetworkOptions.NAMES
    }
