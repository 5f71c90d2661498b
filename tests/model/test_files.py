"""A network that was saved and read again is the same network."""

import json
from dataclasses import replace

import pytest

from chainrule.errors import DataError, ModelFileError
from chainrule.model import load
from chainrule.model.data_source import DataSource
from chainrule.model.files import is_model
from chainrule.model.network import Network
from chainrule.model.rows import rows_for
from chainrule.model.table import train_on_table
from chainrule.nn import Dense, Dropout
from chainrule.train.described import FORMAT
from chainrule.train.safetensors import TensorBytes, read_tensors, write_tensors

X = [[0.5, -1.0], [1.5, 2.0], [-0.25, 0.75], [2.0, 1.0]]


TRAINED = {
    "epochs": 2,
    "batch_size": 2,
    "optimizer": {"name": "adam"},
    "learning_rate": 0.001,
    "loss": "binary_cross_entropy",
    "validation": None,
    "l1": 0.0,
    "l2": 0.0,
    "clip_norm": None,
    "schedule": "constant",
    "early_stopping": None,
}
"""The options of a training as a file keeps them."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def net():
    """Trained for a moment, with every kind of layer."""
    net = Network(
        [Dense(2, 3, "tanh"), Dropout(0.25), Dense(3, 1, "sigmoid")], seed=7, engine="python"
    )
    net.fit(X, [0, 1, 0, 1], epochs=2, batch_size=2, validation=None, progress=False)
    return net


@pytest.fixture
def saved(net, path):
    """The file that it was saved in."""
    net.save(path)
    return path


def lists(parameters):
    return {name: array.tolist() for name, array in parameters.items()}


def rewritten(path, **changes):
    """The file with another description."""
    tensors, texts = read_tensors(path)
    found = {**json.loads(texts["chainrule"]), **changes}
    write_tensors(path, tensors, {"chainrule": json.dumps(found)})


def test_every_number_comes_back_to_the_last_bit(net, saved):
    again = load(saved, engine="python")
    assert lists(again.parameters) == lists(net.parameters)
    assert lists(again.initial_parameters) == lists(net.initial_parameters)
    assert again.forward(X).tolist() == net.forward(X).tolist()


def test_the_rest_of_the_network_comes_back(net, saved):
    again = load(saved, engine="python")
    assert again.architecture.to_dict() == net.architecture.to_dict()
    assert (again.seed, again.dtype, again.fits) == (7, "float64", 1)
    assert again.loss_name == "binary_cross_entropy"
    assert again.history.to_dict() == net.history.to_dict()


def test_training_goes_on_as_if_it_had_never_been_saved(net, saved):
    again = load(saved, engine="python")
    for one in (net, again):
        one.fit(X, [0, 1, 0, 1], epochs=2, batch_size=2, validation=None, progress=False)
    assert lists(again.parameters) == lists(net.parameters)


def test_the_same_network_makes_the_same_bytes(saved, tmp_path):
    load(saved, engine="python").save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_the_recipe_and_the_origin_come_back(path):
    done = train_on_table("iris", layers=[3], epochs=1, engine="python", progress=False)
    done.net.save(path)
    again = load(path, engine="python")
    assert again.recipe == done.net.recipe
    assert again.data_source == done.net.data_source
    assert again.data_source.name == "iris"
    assert len(again.data_source.held_out) == 30


def test_the_ledger_comes_back(net, path):
    net.fit(X, [0, 1, 0, 1], epochs=1, validation=None, ledger=True, progress=False)
    net.save(path)
    ledger = load(path, engine="python").history.ledger
    assert ledger.by_layer() == net.history.ledger.by_layer()
    assert ledger.sentence() == net.history.ledger.sentence()


def test_a_network_that_was_never_trained_can_be_kept(path):
    Network([Dense(2, 1)], engine="python").save(path)
    again = load(path, engine="python")
    assert again.history is again.loss_name is again.recipe is again.data_source is None


def test_other_tools_find_the_weights_by_name(saved):
    tensors, texts = read_tensors(saved)
    assert tensors["dense1.weight"].shape == (3, 2)
    assert tensors["initial.dense1.weight"].shape == (3, 2)
    assert json.loads(texts["chainrule"])["format"] == FORMAT


@pytest.mark.extra("numpy")
def test_a_narrow_network_is_stored_narrow_and_read_on_any_engine(path):
    import numpy as np

    net = Network([Dense(2, 1)], engine="numpy", dtype="float32")
    net.save(path)
    assert read_tensors(path)[0]["dense1.weight"].dtype == "F32"
    wide, narrow = load(path, engine="python"), load(path, engine="numpy")
    assert lists(wide.parameters) == lists(net.parameters)
    assert narrow.parameters["dense1.weight"].dtype == np.float32


def test_what_is_no_network_is_told_apart(saved, tmp_path):
    other = tmp_path / "other.safetensors"
    write_tensors(other, {"w": TensorBytes.of_floats([1.0], (1,))}, {})
    assert is_model(saved)
    assert not is_model(other)
    assert not is_model(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"format": FORMAT + 1}, f"this version reads format {FORMAT}"),
        ({"layers": []}, "the list is empty"),
        ({"layers": [{"kind": "conv"}]}, "layer.kind should be one of dense, dropout"),
        ({"layers": 3}, "model.layers should be a list and is 3"),
        ({"loss": "hing"}, "did you mean 'hinge'?"),
        ({"recipe": {"encoders": []}}, "model.recipe has no target"),
        ({"origin": {"name": "iris"}}, "model.origin has no sha256"),
        ({"seed": -1}, "description is damaged"),
        ({"trained": {**TRAINED, "optimizer": {"name": "adam", "beta1": 5}}}, "trained is damaged"),
        ({"trained": {**TRAINED, "epochs": "ten"}}, "trained.epochs should be"),
    ],
)
def test_a_damaged_description_is_refused_in_one_sentence(change, part, saved):
    rewritten(saved, **change)
    with pytest.raises(ModelFileError) as caught:
        load(saved, engine="python")
    assert part in str(caught.value)
    assert str(saved) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "outputs", "inputs", "said"),
    [
        (["a", "b", "c"], 3, 1, None),
        (["a", "b", "c"], 2, 1, "makes 1 inputs for 1 and has 3 classes for 2 outputs"),
        (["a", "b"], 1, 1, None),
        (["a", "b"], 2, 1, None),
        (["a", "b"], 3, 1, "has 2 classes for 3 outputs"),
        ([0.5, 1.5], 1, 1, None),
        ([0.5, 1.5], 2, 1, "has no classes for 2 outputs"),
        ([0.5, 1.5], 1, 2, "makes 1 inputs for 2 and has no classes"),
    ],
)
def test_a_recipe_that_does_not_fit_the_layers_is_refused(target, outputs, inputs, said, path):
    table = {"x": [float(n) for n in range(30)], "y": [target[n % len(target)] for n in range(30)]}
    net = Network([Dense(inputs, outputs)], engine="python")
    net.recipe = train_on_table(table, epochs=1, engine="python", progress=False).net.recipe
    net.save(path)
    if said is None:
        assert load(path, engine="python").recipe == net.recipe
    else:
        with pytest.raises(ModelFileError, match=said):
            load(path, engine="python")


def test_a_tensor_of_another_size_is_named(saved):
    tensors, texts = read_tensors(saved)
    tensors["dense1.bias"] = TensorBytes.of_floats([0.0, 0.0], (2,))
    write_tensors(saved, tensors, texts)
    with pytest.raises(ModelFileError, match=r"dense1\.bias has shape \(2,\).* need \(3,\)"):
        load(saved, engine="python")


def test_a_file_with_one_bit_turned_over_is_refused_wherever_it_is(saved):
    whole = saved.read_bytes()
    begin = whole.index(b'"seed')
    for place in (begin + whole[begin:].index(b"4"), len(whole) - 1, len(whole) - 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        saved.write_bytes(damaged)
        with pytest.raises(ModelFileError, match="it has changed since it was saved; copy"):
            load(saved, engine="python")


def test_a_file_without_a_seal_is_a_model_too(net, saved):
    tensors, texts = read_tensors(saved)
    write_tensors(saved, tensors, {"chainrule": texts["chainrule"]})
    assert lists(load(saved, engine="python").parameters) == lists(net.parameters)


def test_a_missing_tensor_is_named(saved):
    tensors, texts = read_tensors(saved)
    del tensors["initial.dense1.bias"]
    write_tensors(saved, tensors, texts)
    with pytest.raises(ModelFileError, match=r"initial\.dense1\.bias is missing"):
        load(saved, engine="python")


def test_a_file_of_another_tool_is_refused(path):
    write_tensors(path, {"w": TensorBytes.of_floats([1.0], (1,))}, {"format": "pt"})
    with pytest.raises(ModelFileError, match="1 tensors and not which network"):
        load(path, engine="python")


def test_a_network_runs_on_the_very_engine_that_is_given(net, saved):
    assert load(saved, engine=net.engine).engine is net.engine


def test_the_data_are_found_from_another_folder_and_where_both_have_moved(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    text = "x,y\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(40))
    (tmp_path / "data" / "table.csv").write_text(text)
    monkeypatch.chdir(tmp_path / "data")
    done = train_on_table("table.csv", epochs=1, engine="python", progress=False)
    done.net.save("model.safetensors")
    monkeypatch.chdir(tmp_path)
    assert len(rows_for(done.net)) == len(rows_for(load("data/model.safetensors"))) == 40
    (tmp_path / "data").rename(tmp_path / "moved")
    assert len(rows_for(load("moved/model.safetensors"))) == 40
    assert str(tmp_path) not in (tmp_path / "moved" / "model.safetensors").read_bytes().decode(
        "latin-1"
    )


@pytest.mark.parametrize("folder", ["\ud800", "\0", "x" * 5000])
def test_a_folder_that_no_disk_can_hold_is_told_when_the_data_are_needed(folder):
    source = DataSource("table.csv", "0" * 64, 40, folder=folder).found_from("model.safetensors")
    with pytest.raises(DataError, match=r"trained on table\.csv, which cannot be read again"):
        source.load()


def test_a_file_lies_where_it_lay_at_training_or_as_its_name_says_here(tmp_path):
    source = DataSource("rows.csv", "", 0, folder=str(tmp_path))
    assert source.path == "rows.csv"
    (tmp_path / "rows.csv").touch()
    assert source.path == str(tmp_path / "rows.csv")
    assert replace(source, name=None).path is None
