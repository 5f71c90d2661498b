"""ONNX graphs that read a table's own columns, run by onnxruntime, and graphs as networks."""

import errno

import pytest

import chainrule as cr

pytest.importorskip("onnx", exc_type=ImportError)
pytest.importorskip("onnxruntime", exc_type=ImportError)
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from chainrule.errors import ModelFileError
from chainrule.interop.onnx import from_onnx, to_onnx
from chainrule.nn import ACTIVATIONS

pytestmark = pytest.mark.extra("numpy", "onnx", "onnxruntime")
COLUMNS = {
    "size": [1.0, 2.5, None, 4.0, 5.5, 3.0, 2.0, 8.0] * 5,
    "colour": ["red", "blue", None, "red", "green", "blue", "red", "blue"] * 5,
    "doors": [2, 4, 2, 4, 2, 2, 4, 4] * 5,
    "same": [1] * 40,
}


def answers(path, rows):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, rows)[0]


def cells(columns):
    """The columns as they come: texts as texts, gaps empty or NaN."""
    return {
        name: np.array(["" if v is None else v for v in values], dtype=object)[:, None]
        if any(isinstance(v, str) for v in values)
        else np.array([np.nan if v is None else v for v in values], dtype=float)[:, None]
        for name, values in columns.items()
    }


@pytest.mark.parametrize("target", [["yes", "no", "no", "yes"] * 10, ["a", "b", "c", "b"] * 10])
@pytest.mark.parametrize("types", [{}, {"doors": "category"}])
def test_a_graph_reads_the_columns_of_the_table(target, types, tmp_path):
    done = cr.train_on_table(
        {**COLUMNS, "y": target}, "y", types=types, epochs=3, validation=0, progress=False
    )
    path = tmp_path / "net.onnx"
    to_onnx(done.net, path)
    known = {name: values for name, values in COLUMNS.items() if name != "same"}
    ours = np.asarray(done.net.forward(known))
    assert np.abs(answers(path, cells(known)) - ours).max() < 1e-12
    fresh = {**known, "size": [7.0, None, 1e3, -2.0] * 10, "colour": ["violet", None] * 20}
    with (
        pytest.warns(UserWarning, match="violet"),
        pytest.warns(UserWarning, match="size is 1000.0, further from the mean"),
    ):
        ours = np.asarray(done.net.forward(fresh))
    assert np.abs(answers(path, cells(fresh)) - ours).max() < 1e-12
    model = onnx.load(path)
    read = {name for node in model.graph.node for name in node.input}
    assert {one.name for one in model.graph.initializer} <= read  # a runtime warns of each other
    said = {one.key: one.value for one in model.metadata_props}
    assert said["classes"].split("\n") == sorted(set(target))


def test_a_quantity_comes_in_its_own_unit(tmp_path):
    done = cr.train_on_table(
        {**COLUMNS, "price": [100.5 + 3 * n for n in range(40)]}, "price", epochs=3, progress=False
    )
    to_onnx(done.net, tmp_path / "net.onnx")
    table = {name: values for name, values in COLUMNS.items() if name != "same"}
    ours = np.asarray(done.net.predict(table)).ravel()
    assert np.abs(answers(tmp_path / "net.onnx", cells(table)).ravel() - ours).max() < 1e-9


def test_a_column_that_is_laid_out_in_parts_is_so_in_the_graph(tmp_path):
    table = {"x": [n * n / 7 for n in range(600)]}
    done = cr.train_on_table(
        {**table, "y": [n % 150 for n in range(600)]}, "y", epochs=2, progress=False
    )
    assert done.net.parameters["dense1.weight"].shape[1] > 2
    to_onnx(done.net, tmp_path / "net.onnx")
    fresh = {"x": [-50.0, 3.0, 999.5, 1e6]}
    with pytest.warns(UserWarning, match="x is 1000000.0, further from the mean"):
        ours = np.asarray(done.net.predict(fresh)).ravel()
    assert np.abs(answers(tmp_path / "net.onnx", cells(fresh)).ravel() - ours).max() < 1e-9


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS)))
def test_every_activation_goes_out(name, tmp_path):
    net = cr.Network([cr.Dense(3, 4, name), cr.Dropout(0.5), cr.Dense(4, 2)], engine="numpy")
    to_onnx(net, tmp_path / "net.onnx")
    graph = onnx.load(tmp_path / "net.onnx").graph
    read = {name for node in graph.node for name in node.input} | {"output"}
    assert {name for node in graph.node for name in node.output} <= read
    x = np.random.default_rng(0).normal(size=(9, 3)) * 4
    assert np.abs(answers(tmp_path / "net.onnx", {"x": x}) - net.forward(x)).max() < 1e-12


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS)))
def test_what_goes_out_comes_back(name, tmp_path):
    net = cr.Network([cr.Dense(3, 4, name), cr.Dense(4, 2, "softmax")], engine="numpy")
    to_onnx(net, tmp_path / "net.onnx")
    again = from_onnx(tmp_path / "net.onnx")
    assert again.architecture.to_dict() == net.architecture.to_dict()
    assert (again.flat == net.flat).all()


def test_an_activation_spelled_with_another_number_does_not_come_back(tmp_path):
    net = cr.Network([cr.Dense(3, 4, "leaky_relu"), cr.Dense(4, 2)], engine="numpy")
    to_onnx(net, tmp_path / "net.onnx")
    model = onnx.load(tmp_path / "net.onnx")
    (slope,) = (n for n in model.graph.initializer if numpy_helper.to_array(n).tolist() == 0.01)
    slope.CopyFrom(numpy_helper.from_array(np.asarray(0.02), slope.name))
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(cr.ChainruleError, match=r"the node Min \(min2\)"):
        from_onnx(tmp_path / "net.onnx")


def test_what_is_no_network_is_said(tmp_path):
    with pytest.raises(cr.ChainruleError, match="written as an ONNX file; found dict"):
        to_onnx({}, tmp_path / "net.onnx")


def test_a_graph_of_a_table_does_not_come_back(tmp_path):
    net = cr.train_on_table({**COLUMNS, "y": ["a", "b"] * 20}, "y", epochs=1, progress=False).net
    to_onnx(net, tmp_path / "net.onnx")
    with pytest.raises(cr.ChainruleError, match=r"has 3 inputs and 1 output, .* save and load"):
        from_onnx(tmp_path / "net.onnx")


def test_a_column_that_has_no_graph_is_named(tmp_path):
    days = [f"2024-01-{n % 28 + 1:02}" for n in range(40)]
    table = {**COLUMNS, "day": days, "y": ["yes", "no"] * 20}
    net = cr.train_on_table(table, "y", epochs=1, progress=False).net
    with pytest.raises(cr.ChainruleError, match="the column day is read as dates"):
        to_onnx(net, tmp_path / "net.onnx")


def graph_of(*nodes, **numbers):
    """A model of a few nodes from x to y, as another program would write it."""
    given = [numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in numbers.items()]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None])] for name in "xy"]
    return helper.make_model(
        helper.make_graph(list(nodes), "theirs", *ends, given),
        opset_imports=[helper.make_opsetid("", 19)],
        ir_version=9,
    )


@pytest.mark.parametrize("turned", [0, 1])
@pytest.mark.parametrize(
    "op", ["Elu", "LeakyRelu", "Relu", "Sigmoid", "Softmax", "Softplus", "Tanh"]
)
def test_a_plain_graph_comes_in(op, turned, tmp_path):
    rng = np.random.default_rng(0)
    model = graph_of(
        helper.make_node("Gemm", ["x", "w1", "b1"], ["z1"], transB=turned),
        helper.make_node(op, ["z1"], ["a1"]),
        helper.make_node("MatMul", ["a1", "w2"], ["p"]),
        helper.make_node("Add", ["p", "b2"], ["y"]),
        w1=rng.normal(size=(4, 3) if turned else (3, 4)),
        b1=rng.normal(size=4),
        w2=rng.normal(size=(4, 2)),
        b2=rng.normal(size=2),
    )
    onnx.save(model, tmp_path / "theirs.onnx")
    x = rng.normal(size=(9, 3)).astype(np.float32)
    there = answers(tmp_path / "theirs.onnx", {"x": x})
    assert np.abs(cr.from_onnx(tmp_path / "theirs.onnx").forward(x) - there).max() < 1e-6


def cast(node):
    """A node with a Cast to the same kind before it, as Keras writes each through PyTorch."""
    before, node.input[0] = node.input[0], f"cast_for_{node.output[0]}"
    return helper.make_node("Cast", [before], [node.input[0]], to=TensorProto.FLOAT), node


def test_a_graph_of_keras_comes_in(tmp_path):
    """The nodes of a Sequential of Normalization, Flatten, Dense, BatchNormalization and so on."""
    rng = np.random.default_rng(0)
    node = helper.make_node
    shape = [
        node("Shape", ["x"], ["shape"]),
        node("Constant", [], ["first"], value=numpy_helper.from_array(np.array(0))),
        node("Gather", ["shape", "first"], ["rows"]),
        node("Constant", [], ["axes"], value=numpy_helper.from_array(np.array([0]))),
        node("Unsqueeze", ["rows", "axes"], ["count"]),
        node("Constant", [], ["line"], value=numpy_helper.from_array(np.array([-1]))),
        node("Concat", ["count", "line"], ["flat"], axis=0),
        node("Identity", ["mean"], ["bias2"]),
        node("Transpose", ["turned"], ["w2"]),
    ]
    through = [
        node("Sub", ["x", "low"], ["moved"]),
        node("Div", ["moved", "wide"], ["normal"]),
        node("Reshape", ["normal", "flat"], ["line_of"]),
        node("MatMul", ["line_of", "w1"], ["p1"]),
        node("Add", ["p1", "b1"], ["z1"]),
        node("Sub", ["z1", "mean"], ["c1"]),
        node("Mul", ["c1", "gain"], ["n1"]),
        node("Add", ["n1", "mean"], ["m1"]),
        node("Relu", ["m1"], ["a1"]),
        node("MatMul", ["a1", "w2"], ["p2"]),
        node("Add", ["p2", "bias2"], ["z2"]),
        node("Sigmoid", ["z2"], ["s2"]),
        node("Mul", ["z2", "s2"], ["a2"]),
        node("MatMul", ["a2", "w3"], ["p3"]),
        node("Gelu", ["p3"], ["a3"], approximate="tanh"),
        node("Gemm", ["a3", "w4"], ["z4"]),
        node("Softmax", ["z4"], ["y"], axis=1),
    ]
    weights = {
        "w1": (6, 5), "b1": 5, "mean": 5, "gain": 5, "turned": (5, 5), "w3": (5, 4), "w4": (4, 3),
    }  # fmt: skip
    model = graph_of(
        *shape,
        *(each for one in through for each in cast(one)),
        low=np.array([[0.1, 0.2, 0.3]]),
        wide=np.array(2.0),
        **{name: rng.normal(size=size) for name, size in weights.items()},
    )
    model.opset_import[0].version = 20
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 2, 3])
    model.graph.input[0].CopyFrom(given)
    onnx.save(model, tmp_path / "keras.onnx")
    x = rng.normal(size=(9, 2, 3)).astype(np.float32)
    there = answers(tmp_path / "keras.onnx", {"x": x})
    net = cr.from_onnx(tmp_path / "keras.onnx")
    assert np.abs(net.forward(x.reshape(9, 6)) - there).max() < 1e-5
    assert [layer.activation for layer in net.architecture.layers.values()] == [
        "relu",
        "silu",
        "gelu",
        "softmax",
    ]
    ex = cr.explain(net, x.reshape(9, 6), there.argmax(axis=1), reference="zero")
    assert ex.blame.trusted


W = [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ([helper.make_node("Cos", ["x"], ["y"])], "the node Cos"),
        (
            [
                helper.make_node("Gemm", ["x", "w"], ["z"]),
                helper.make_node("Elu", ["z"], ["y"], alpha=0.5),
            ],
            "with alpha 0.5, which is not ours",
        ),
        (
            [
                helper.make_node("Gemm", ["x", "w"], ["z"]),
                helper.make_node("LeakyRelu", ["z"], ["y"], alpha=0.010004),
            ],
            "with alpha 0.010004, which is not ours",
        ),
        (
            [helper.make_node("Gemm", ["x", "w"], ["z"]), helper.make_node("Relu", ["x"], ["y"])],
            "does not read what comes straight before",
        ),
        (
            [helper.make_node("Gemm", ["x", "w"], ["y"], alpha=2.0)],
            "the node Gemm .* is not used so here",
        ),
        (
            [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Gelu", ["h"], ["y"])],
            "approximate none, which is not ours",
        ),
        (
            [
                helper.make_node("MatMul", ["x", "w"], ["h"]),
                helper.make_node("Tanh", ["h"], ["a"]),
                helper.make_node("Mul", ["a", "w"], ["y"]),
            ],
            "numbers at its end that no weights follow",
        ),
        (
            [
                helper.make_node("MatMul", ["x", "w"], ["h"]),
                helper.make_node("Add", ["h", "x"], ["y"]),
            ],
            "does not read what comes straight before",
        ),
        (
            [
                helper.make_node("Cast", ["x"], ["whole"], to=TensorProto.INT32),
                helper.make_node("Cast", ["whole"], ["again"], to=TensorProto.FLOAT),
                helper.make_node("MatMul", ["again", "w"], ["y"]),
            ],
            "does not answer as its file does",
        ),
        (
            [
                helper.make_node("MatMul", ["x", "w"], ["y"]),
                helper.make_node("Relu", ["y"], ["unread"]),
            ],
            "output, y, is not what its last node gives",
        ),
        ([helper.make_node("MatMul", ["x", "line"], ["y"])], "MatMul .*constants do not fit"),
        ([helper.make_node("Gemm", ["x", "w", "line"], ["y"])], "Gemm .*constants do not fit"),
        (
            [
                helper.make_node("MatMul", ["x", "w"], ["z"]),
                helper.make_node("Div", ["z", "nothing"], ["y"]),
            ],
            "does not answer as its file does",
        ),
    ],
)
def test_a_node_that_is_no_layer_is_named(nodes, said, tmp_path):
    given = {"w": W, "line": [1.0, 2.0, 3.0], "nothing": 0.0}
    onnx.save(graph_of(*nodes, **given), tmp_path / "theirs.onnx")
    with pytest.raises(cr.ChainruleError, match=said):
        from_onnx(tmp_path / "theirs.onnx")


def test_a_file_that_cannot_be_read_or_written_is_named_as_models_are(tmp_path):
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name, said in (
        ("none.onnx", "there is no file .*none.onnx: check the name and the folder"),
        (".", "is a folder: give one model file in it"),
        ("empty.onnx", "empty.onnx is no ONNX file: there is no graph in it"),
    ):
        with pytest.raises(ModelFileError, match=said):
            from_onnx(tmp_path / name)
    net = cr.Network([cr.Dense(2, 1)])
    with pytest.raises(ModelFileError, match=r"there is no folder .*none; make it first"):
        cr.to_onnx(net, tmp_path / "none" / "ours.onnx")
    with pytest.raises(ModelFileError, match=r"is the name of a model of chainrule: .* in \.onnx"):
        cr.to_onnx(net, tmp_path / "ours.safetensors")
    with pytest.raises(ModelFileError, match="it is a folder; give the name of a file"):
        cr.to_onnx(net, tmp_path)


def test_what_was_there_stays_where_a_graph_cannot_be_written_whole(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "ours.onnx").write_bytes(b"as it was")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ModelFileError, match="no room is left"):
        cr.to_onnx(cr.Network([cr.Dense(2, 1)]), tmp_path / "ours.onnx")
    assert (tmp_path / "ours.onnx").read_bytes() == b"as it was"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_no_graph_is_refused(tmp_path):
    (tmp_path / "theirs.onnx").write_text("no graph")
    with pytest.raises(cr.ChainruleError, match="cannot be read"):
        from_onnx(tmp_path / "theirs.onnx")
