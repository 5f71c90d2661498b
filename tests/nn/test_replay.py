"""A weight that is moved reaches the loss through its own neuron: as if the whole network ran."""

import pytest

import chainrule.arrays as xp
from chainrule.nn import LOSSES, Architecture, Dense, NetworkStudy
from chainrule.nn.replay import Place, Replay
from chainrule.nn.study import with_entry

X = [[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25], [2.0, 1.0]]
T = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
WEIGHTS = {
    "dense1.weight": [[0.5, -1.0], [1.5, 0.25]],
    "dense1.bias": [0.1, -0.2],
    "dense2.weight": [[1.0, -0.5], [0.3, 0.7], [-1.2, 0.4]],
    "dense2.bias": [0.0, 0.5, -0.5],
}
EVERY = [Place("dense1", n, i) for n in range(2) for i in range(3)] + [
    Place("dense2", n, i) for n in range(3) for i in range(3)
]


def study_of(hidden="tanh", weights=None):
    layers = Architecture([Dense(2, 2, hidden), Dense(2, 3, "softmax")])
    parameters = {name: xp.asarray(w) for name, w in WEIGHTS.items()}
    loss = LOSSES["cross_entropy"]
    return NetworkStudy(layers, loss, parameters, xp.asarray(X), xp.asarray(T), weights=weights)


def run_again(study, place, move):
    """The loss of the whole network with the weight moved."""
    bias = place.input == 2
    name = f"{place.layer}.{'bias' if bias else 'weight'}"
    index = (place.neuron,) if bias else (place.neuron, place.input)
    array = study.parameters[name]
    moved = with_entry(array, index, float(array[index]) + move)
    return float(study.loss({**study.parameters, name: moved}))


@pytest.mark.parametrize("places", [EVERY, EVERY[:1], EVERY[-1:]])
@pytest.mark.parametrize("at_a_time", [1, 40, 500_000])
@pytest.mark.parametrize(
    ("hidden", "weights"), [("tanh", None), ("softmax", None), ("relu", (1.0, 3.0, 0.0, 0.5))]
)
def test_moves_of_weights_give_the_losses_of_the_whole_network(
    monkeypatch, hidden, weights, at_a_time, places
):
    monkeypatch.setattr("chainrule.nn.replay.NUMBERS_AT_A_TIME", at_a_time)
    study = study_of(hidden, weights)
    replay = Replay(study)
    moves = [[0.5, -2.0, 0.01 * k] for k in range(len(places))]
    losses = replay.moved(places, moves, replay.mean_losses)
    for place, own, found in zip(places, moves, losses, strict=True):
        assert found == pytest.approx([run_again(study, place, move) for move in own], rel=1e-12)


@pytest.mark.parametrize(
    ("weights", "run"),
    [
        ([], []),
        (["dense2.bias[1]"], ["dense2"]),
        (["dense2.weight[2,0]", "dense2.bias[1]"], ["dense2"]),
        (["dense1.weight[1,0]"], ["dense1", "dense2"]),
        (["dense2.bias[1]", "dense1.bias[0]"], ["dense1", "dense2"]),
    ],
)
def test_only_the_layers_from_a_moved_weight_on_are_run_again(monkeypatch, weights, run):
    study, ran = study_of(), []
    values = {name: study.value(name) + 0.5 for name in weights}
    whole = study.architecture.scores(study.parameters_with(values), study.x).tolist()
    assert study.scores().tolist() == study.scores(study.parameters).tolist()
    forward = Dense.scores

    def scores(layer, own, x):
        ran.extend(name for name, dense in study.dense.items() if dense is layer)
        return forward(layer, own, x)

    monkeypatch.setattr(Dense, "scores", scores)
    assert study.scores(study.parameters_with(values)).tolist() == whole
    assert ran == run


def test_an_example_counts_as_much_as_its_weight():
    losses = study_of().losses().tolist()
    shares = (1.0, 3.0, 0.0, 0.5)
    mean = sum(w * loss for w, loss in zip(shares, losses, strict=True)) / 4.5
    assert float(study_of(weights=shares).loss()) == pytest.approx(mean, rel=1e-14)


def test_no_weight_is_moved_where_none_is_given():
    replay = Replay(study_of())
    assert replay.moved([], [], replay.mean_losses) == []


def test_an_input_is_as_large_as_it_is_on_all_examples_and_that_of_a_bias_is_1():
    assert Replay(study_of()).sizes("dense1") == [4.5, 6.25, 4.0]
