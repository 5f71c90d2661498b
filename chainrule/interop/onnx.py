"""Networks as ONNX graphs that read a table's own columns, and plain graphs as networks."""

from __future__ import annotations

from itertools import pairwise
from math import pi, sqrt
from pathlib import Path
from typing import Any, final

from chainrule.data import Categories, LeftOut, Numbers, Pixels, Quantity
from chainrule.engines import Engine
from chainrule.errors import KindError, MissingExtraError, ModelFileError
from chainrule.model import Network
from chainrule.nn import Dense

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise MissingExtraError(f'this needs onnx: pip install "chainrule[onnx]" ({error})') from None

_SCALES = ("alpha", "beta")
_OPSET = 19
"""The first in which texts can be compared."""

_OURS = {
    "Elu": "elu",
    "Identity": "identity",
    "LeakyRelu": "leaky_relu",
    "LogSoftmax": "log_softmax",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Tanh": "tanh",
}
"""The activation of each ONNX operator."""

_SAME: dict[str, dict[str, float]] = {
    "alpha": {"Elu": 1.0, "LeakyRelu": 0.01},
    "axis": {"LogSoftmax": -1, "Softmax": -1},
}
"""The options with which an operator is the activation; ONNX's own defaults are the same."""


def to_onnx(net: Network, path: str | Path) -> None:
    """Write a network as an ONNX file, in float64, checked by onnx.

    A network that was trained on a table takes the table's columns, each of shape `(rows, 1)`, as
    they are: numbers in float64, NaN where missing, and categories as texts, empty where missing.
    What the recipe does to them is in the graph. It gives the outputs that `forward` gives; in
    regression, the value in the target's own unit. Any other network takes `x`.

    Args:
        net: The network.
        path: The file.

    Raises:
        KindError: If a column or an activation cannot be written so, named in the message.
        ModelFileError: If the file cannot be written.
    """
    graph = _Graph()
    recipe = net.recipe
    if recipe is None:
        a = graph.input("x", TensorProto.DOUBLE, net.architecture.input.in_features)
    else:
        features = [f for encoder in recipe.encoders for f in _features(graph, encoder)]
        a = graph.node("Concat", *features, axis=1)
    for name, layer in net.architecture.layers.items():
        if isinstance(layer, Dense):
            weight, bias = (net.parameters[f"{name}.{s}"].tolist() for s in ("weight", "bias"))
            z = graph.node("Gemm", a, graph.number(weight), graph.number(bias), transB=1)
            a = _activation(graph, layer.activation, z)
    if recipe is not None and isinstance(recipe.target, Quantity):
        scaled = graph.node("Mul", a, graph.number(recipe.target.deviation))
        a = graph.node("Add", scaled, graph.number(recipe.target.mean))
    outputs = net.architecture.output.out_features
    model = graph.model(a, outputs, {"classes": "\n".join(recipe.class_names)} if recipe else {})
    try:
        onnx.save(model, path)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be written: {error}") from None


def from_onnx(path: str | Path, *, engine: str | Engine = "auto") -> Network:
    """The network of an ONNX file whose nodes are layers that follow one another.

    `Gemm`, or `MatMul` and `Add`, and the activations that are ours too; `Flatten` and `Dropout`
    are passed over. The weights are copied, into float64.

    Args:
        path: The file.
        engine: What the network runs on.

    Raises:
        KindError: If a node is none of these, or does not read what comes before it.
        ModelFileError: If it cannot be read.
    """
    try:
        graph = onnx.load(path).graph
    except Exception as error:  # noqa: BLE001  # protobuf has errors of its own
        raise ModelFileError(f"{path} cannot be read as an ONNX file: {error}") from None
    numbers = {one.name: numpy_helper.to_array(one).astype(float) for one in graph.initializer}
    layers: list[Dense] = []
    before = next(one.name for one in graph.input if one.name not in numbers)
    for node in graph.node:
        last = layers[-1] if layers else None
        options = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        known = [numbers[name] for name in node.input if name in numbers]
        if node.input[0] != before:
            raise _not_ours(node, "which does not read what comes straight before it")
        if node.op_type == "Gemm" and known and {1} >= {options.get(s, 1) for s in _SCALES}:
            weight = known[0] if options.get("transB") else known[0].T
            layers.append(_dense(weight, known[1] if len(known) > 1 else None))
        elif node.op_type == "MatMul" and known:
            layers.append(_dense(known[0].T))
        elif node.op_type == "Add" and known and last and last.bias is None:
            layers[-1] = _dense(last.weight, known[0])
        elif node.op_type in _OURS and last and last.activation == "identity":
            for option, at in _SAME.items():
                if (
                    abs(options.get(option, at.get(node.op_type, 0)) - at.get(node.op_type, 0))
                    > 1e-6
                ):
                    raise _not_ours(node, f"with another {option} than ours")
            layers[-1] = _dense(last.weight, last.bias, _OURS[node.op_type])
        elif node.op_type not in ("Flatten", "Dropout"):
            raise _not_ours(node, "which is not a layer here")
        before = node.output[0]
    return Network(layers, engine=engine, dtype="float64")


@final
class _Graph:
    """A graph that is being written, node by node."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []

    def input(self, name: str, kind: int, width: int | None) -> str:
        """A column, or a table, that is handed in."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, ["rows", width]))
        return name

    def number(self, value: Any) -> str:
        """A constant."""
        name = f"constant{len(self.numbers)}"
        self.numbers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op: str, *inputs: str, **options: Any) -> str:
        """The result of an operator."""
        name = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **options))
        return name

    def model(self, output: str, width: int | None, said: dict[str, str]) -> Any:
        """The whole model, checked."""
        self.nodes.append(helper.make_node("Identity", [output], ["output"]))
        result = helper.make_tensor_value_info("output", TensorProto.DOUBLE, ["rows", width])
        graph = helper.make_graph(self.nodes, "chainrule", self.inputs, [result], self.numbers)
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=9,
            producer_name="chainrule",
        )
        helper.set_model_props(model, said)
        onnx.checker.check_model(model, full_check=True)
        return model


def _features(graph: _Graph, encoder: Any) -> list[str]:
    """What an encoder makes of its column, each of shape `(rows, 1)`."""
    if isinstance(encoder, LeftOut):
        return []
    if isinstance(encoder, Categories) and not encoder.numeric:
        cells = graph.input(encoder.column, TensorProto.STRING, 1)
        return [_is(graph, cells, level or "") for level in encoder.levels]
    if not isinstance(encoder, Categories | Numbers | Pixels):
        raise KindError(
            f"the column {encoder.column} is read as {type(encoder).__name__.lower()}, which has "
            "no ONNX graph yet: leave it out of the training, or give it as numbers"
        )
    cells = graph.input(encoder.column, TensorProto.DOUBLE, 1)
    missing = graph.node("IsNaN", cells)
    gap = graph.node("Cast", missing, to=TensorProto.DOUBLE)
    if isinstance(encoder, Categories):
        return [
            gap if level is None else _is(graph, cells, float(level)) for level in encoder.levels
        ]
    mean, deviation = 0.0, getattr(encoder, "maximum", 1.0)
    if isinstance(encoder, Numbers):
        mean, deviation = encoder.mean, encoder.deviation
    full = graph.node("Where", missing, graph.number(mean), cells)
    features = [_scaled(graph, full, mean, deviation)]
    if isinstance(encoder, Numbers):
        ends = graph.number(0.0), graph.number(1.0)
        for low, high in pairwise(encoder.edges):
            features.append(graph.node("Clip", _scaled(graph, full, low, high - low), *ends))
        features += [gap] * bool(encoder.missing)
    return features


def _is(graph: _Graph, cells: str, level: str | float) -> str:
    """1 where a cell is of that level, else 0."""
    constant = graph.number(np.asarray(level, dtype=object if isinstance(level, str) else float))
    return graph.node("Cast", graph.node("Equal", cells, constant), to=TensorProto.DOUBLE)


def _scaled(graph: _Graph, cells: str, start: float, width: float) -> str:
    moved = graph.node("Sub", cells, graph.number(start))
    return graph.node("Div", moved, graph.number(width))


def _activation(graph: _Graph, name: str, z: str) -> str:
    """An activation in operators that every runtime has in float64."""
    one, zero = graph.number(1.0), graph.number(0.0)
    if name == "identity":
        return z
    if name in ("sigmoid", "tanh"):
        return graph.node(name.capitalize(), z)
    if name in ("softmax", "log_softmax"):
        return graph.node("Softmax" if name == "softmax" else "LogSoftmax", z, axis=-1)
    above = graph.node("Max", z, zero)
    if name == "relu":
        return above
    if name == "silu":
        return graph.node("Mul", z, graph.node("Sigmoid", z))
    if name == "softplus":
        power = graph.node("Exp", graph.node("Neg", graph.node("Abs", z)))
        return graph.node("Add", above, graph.node("Log", graph.node("Add", one, power)))
    below = graph.node("Min", z, zero)
    if name == "leaky_relu":
        return graph.node("Add", above, graph.node("Mul", below, graph.number(0.01)))
    if name == "elu":
        return graph.node("Add", above, graph.node("Sub", graph.node("Exp", below), one))
    if name == "gelu":
        cube = graph.node("Mul", graph.node("Mul", z, z), z)
        bent = graph.node("Add", z, graph.node("Mul", cube, graph.number(0.044715)))
        t = graph.node("Tanh", graph.node("Mul", bent, graph.number(sqrt(2 / pi))))
        half = graph.node("Mul", z, graph.number(0.5))
        return graph.node("Mul", half, graph.node("Add", one, t))
    raise KindError(f"the activation {name!r} has no ONNX graph: take another one")


def _dense(weight: Any, bias: Any = None, activation: str = "identity") -> Dense:
    """A layer with weights of shape `(outputs, inputs)`."""
    outputs, inputs = weight.shape
    given = bias if bias is None or isinstance(bias, list) else bias.reshape(-1).tolist()
    return Dense(inputs, outputs, activation, weight=weight.tolist(), bias=given)


def _not_ours(node: Any, why: str) -> KindError:
    return KindError(
        f"the graph has the node {node.op_type} ({node.name or node.output[0]}), {why}: a network "
        f"here is a row of Gemm, or MatMul and Add, and {', '.join(_OURS)}"
    )
