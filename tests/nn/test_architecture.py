"""Layers in a row: names, sizes that must fit, forward propagation."""

import pytest

from chainrule import arrays
from chainrule.autodiff import Tensor, tape
from chainrule.errors import KindError, ShapeError
from chainrule.nn import Architecture, Dense, Dropout

LAYERS = [
    Dense(2, 3, "relu"),
    Dropout(0.5),
    Dense(3, 4, "tanh"),
    Dropout(0.25),
    Dense(4, 2, "softmax"),
]


@pytest.fixture
def architecture():
    return Architecture(LAYERS)


def test_layers_are_numbered_by_kind_from_one(architecture):
    assert list(architecture.layers) == ["dense1", "dropout1", "dense2", "dropout2", "dense3"]
    assert architecture.output_name == "dense3"
    assert (architecture.input.in_features, architecture.output.out_features) == (2, 2)


def test_the_layout_holds_every_array_in_order(architecture):
    assert architecture.layout.shapes == {
        "dense1.weight": (3, 2),
        "dense1.bias": (3,),
        "dense2.weight": (4, 3),
        "dense2.bias": (4,),
        "dense3.weight": (2, 4),
        "dense3.bias": (2,),
    }
    assert architecture.layout.size == 6 + 3 + 12 + 4 + 8 + 2


def test_two_sizes_that_do_not_fit_are_named_with_both_layers():
    with pytest.raises(ShapeError, match="dense2 takes 4 inputs but dense1 before it gives 3"):
        Architecture([Dense(2, 3), Dropout(0.1), Dense(4, 1)])


@pytest.mark.parametrize(
    ("layers", "error", "sentence"),
    [
        ([], ShapeError, "at least one layer"),
        ([Dropout(0.5)], ShapeError, r"ends in a Dense layer; this one ends in Dropout\(0.5\)"),
        ([Dense(1, 1), Dropout(0.5)], ShapeError, "ends in a Dense layer"),
        (
            [Dense(1, 1), "relu"],
            KindError,
            "a list of layers; found 'relu': write it as",
        ),
    ],
)
def test_what_is_no_network_is_refused(layers, error, sentence):
    with pytest.raises(error, match=sentence):
        Architecture(layers)


def test_the_start_depends_on_the_seed_alone(architecture):
    one, same, other = (architecture.initial(seed) for seed in (0, 0, 1))
    assert list(one) == list(architecture.layout.shapes)
    assert {name: array.shape for name, array in one.items()} == architecture.layout.shapes
    assert all(one[name].tolist() == same[name].tolist() for name in one)
    assert one["dense1.weight"].tolist() != other["dense1.weight"].tolist()
    assert one["dense1.weight"].tolist()[0] != one["dense2.weight"].tolist()[0][:2]


def test_forward_propagation_feeds_each_layer_with_the_one_before(architecture):
    parameters = architecture.initial(0)
    x = arrays.asarray([[0.5, -1.0], [2.0, 0.25]])
    a = x
    for number in (1, 2, 3):
        layer = architecture.layers[f"dense{number}"]
        own = {key: parameters[f"dense{number}.{key}"] for key in ("weight", "bias")}
        a = layer.forward(own, a)
    outputs = architecture.outputs(parameters, x)
    assert outputs.tolist() == a.tolist()
    assert [sum(row) for row in outputs.tolist()] == pytest.approx([1, 1])
    z = architecture.scores(parameters, x)
    assert architecture.activate(z).tolist() == outputs.tolist()


def test_masks_silence_inputs_only_where_they_are_given(architecture):
    parameters, x = architecture.initial(0), arrays.asarray([[0.5, -1.0]])
    ones = {"dropout1": arrays.ones((1, 3)), "dropout2": arrays.ones((1, 4))}
    plain = architecture.scores(parameters, x).tolist()
    assert architecture.scores(parameters, x, ones).tolist() == plain
    silent = architecture.scores(parameters, x, ones | {"dropout2": arrays.zeros((1, 4))})
    assert silent.tolist() == [parameters["dense3.bias"].tolist()]


def test_dropouts_say_their_rate_and_width(architecture):
    assert architecture.dropouts == {"dropout1": (0.5, 3), "dropout2": (0.25, 4)}
    assert Architecture([Dropout(0.1), Dense(2, 1)]).dropouts == {"dropout1": (0.1, 2)}


@pytest.mark.parametrize("shape", [(4,), (4, 3), (1, 2, 2)])
def test_a_batch_of_another_width_is_refused(architecture, shape):
    with pytest.raises(ShapeError, match=r"takes 2 inputs, so x must have shape \(rows, 2\)"):
        architecture.outputs(architecture.initial(0), arrays.zeros(shape))


def test_the_tape_carries_the_names_of_the_textbook(architecture):
    parameters = {name: Tensor(w, name=name) for name, w in architecture.initial(0).items()}
    outputs = architecture.outputs(parameters, arrays.asarray([[0.5, -1.0]]))
    names = {t.name for t in tape(outputs)} - {None}
    values = {f"dense{n}.{short}" for n in (1, 2, 3) for short in "za"}
    assert names == set(parameters) | values


def test_an_architecture_is_made_again_from_its_description(architecture):
    again = Architecture.from_dict(architecture.to_dict())
    assert again.to_dict() == architecture.to_dict()
    assert again.layout.shapes == architecture.layout.shapes


def test_what_passes_a_dropout_while_learning_has_a_name():
    architecture = Architecture([Dense(1, 2, "relu"), Dropout(0.5), Dense(2, 1)])
    weights = {name: Tensor(a, name=name) for name, a in architecture.initial(0).items()}
    masks = {"dropout1": arrays.asarray([[2.0, 0.0]])}
    names = [x.name for x in tape(architecture.scores(weights, arrays.asarray([[1.0]]), masks))]
    assert names.index("dense1.a") < names.index("dropout1.a") < names.index("dense2.z")
