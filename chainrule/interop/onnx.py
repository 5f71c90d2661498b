"""Networks as ONNX graphs that read a table's own columns, and plain graphs as networks."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from math import prod, sqrt
from pathlib import Path
from typing import Any, NamedTuple, final

from chainrule.data import Categories, LeftOut, Numbers, Pixels, Quantity
from chainrule.engines import Engine
from chainrule.errors import KindError, ModelFileError, missing, require_kind
from chainrule.model import Network
from chainrule.nn import ACTIVATIONS, Dense
from chainrule.train import open_model, write_model
from chainrule.words import plural

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from onnx.reference import ReferenceEvaluator
except ImportError as error:
    raise missing("onnx", "onnx", error) from None

_OPSET = 19
"""The first in which texts can be compared."""

_OURS = {
    "Elu": "elu",
    "Gelu": "gelu",
    "LeakyRelu": "leaky_relu",
    "LogSoftmax": "log_softmax",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Tanh": "tanh",
}
"""The activation of each ONNX operator."""

_THEIRS = {ours: theirs for theirs, ours in _OURS.items()}

_SPELLED = {
    "elu": "Add(Max(z, 0), Sub(Exp(Min(z, 0)), 1))",
    "gelu": "Mul(Mul(z, 0.5), Add(1, Tanh(Mul(Add(z, Mul(Mul(Mul(z, z), z), 0.044715)), "
    "0.7978845608028654))))",  # √(2/π)
    "leaky_relu": "Add(Max(z, 0), Mul(Min(z, 0), 0.01))",
    "relu": "Max(z, 0)",
    # Not z · sigmoid(z), of which older runtimes make an operator that has no float64.
    "silu": "Div(z, Add(1, Exp(Neg(z))))",
    "softplus": "Add(Max(z, 0), Log(Add(1, Exp(Neg(Abs(z))))))",
}
"""Activations that `to_onnx` spells out in operators that every runtime has in float64."""

_NUMBER = re.compile(r"[\d.]+")
_SPELLING = {
    _NUMBER.sub(lambda number: f"{float(number[0]):.6g}", text): name
    for name, text in _SPELLED.items()
}
"""Each of them by its spelling, numbers to six digits: files hold them in float32, too."""

_LONGEST = max(text.count("(") for text in _SPELLED.values())
"""The operators of the longest one."""

_SAME: dict[str, tuple[str, Any, tuple[Any, ...]]] = {
    "Elu": ("alpha", 1.0, (1.0,)),
    "Gelu": ("approximate", b"none", (b"tanh",)),
    "LeakyRelu": ("alpha", 0.01, (0.01,)),
    "LogSoftmax": ("axis", -1, (-1, 1)),
    "Softmax": ("axis", -1, (-1, 1)),
}
"""Of an operator with an option: the option, ONNX's own default, and where it is our activation."""


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
        KindError: If it is no network, or a column or an activation cannot be written so, named in
            the message.
        ModelFileError: If the file cannot be written.
        MissingExtraError: If onnx is not installed.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> net = Network([Dense(2, 1, weight=[[3.0, -1.0]])])
        >>> with TemporaryDirectory() as folder:
        ...     to_onnx(net, f"{folder}/net.onnx")
        ...     from_onnx(f"{folder}/net.onnx").forward([[1.0, 2.0]]).tolist()
        [[1.0]]
    """
    require_kind(net, Network, "a Network is written as an ONNX file")
    if str(path).endswith(".safetensors"):
        raise ModelFileError(f"{path} is the name of a model of chainrule: end it in .onnx")
    graph = _GraphWriter()
    recipe = net.recipe
    if recipe is None:
        a = graph.input("x", TensorProto.DOUBLE, net.architecture.input.in_features)
    else:
        features = [f for encoder in recipe.encoders for f in _features(graph, encoder)]
        a = graph.node("Concat", *features, axis=1)
    for name, layer in net.architecture.layers.items():
        if isinstance(layer, Dense):
            weight, bias = (net.parameters[f"{name}.{s}"].tolist() for s in ("weight", "bias"))
            z = graph.node("Gemm", a, weight, bias, transB=1)
            known = ACTIVATIONS.known_as(layer.activation, ("identity", "silu", *_OURS.values()))
            if known is None:
                raise KindError(
                    f"the activation {layer.activation!r} has no ONNX graph: take another one"
                )
            a = _activation(graph, known, z)
    if recipe is not None and isinstance(recipe.target, Quantity):
        scaled = graph.node("Mul", a, recipe.target.deviation)
        a = graph.node("Add", scaled, recipe.target.mean)
    outputs = net.architecture.output.out_features
    model = graph.model(a, outputs, {"classes": "\n".join(recipe.class_names)} if recipe else {})
    write_model(path, lambda: [model.SerializeToString()])


def from_onnx(path: str | Path, *, engine: str | Engine = "auto") -> Network:
    """The network of an ONNX file whose nodes are layers that follow one another.

    `Gemm`, or `MatMul` and `Add`, and the activations that are ours too. Constants that are added
    or multiplied in between, such as a normalisation, become part of the weights beside them.
    `Cast`, `Dropout`, `Identity`, and what flattens the rows are passed over; rows are given flat.
    The weights are copied, into float64, and the network must then answer some random rows as the
    file does.

    Args:
        path: The file.
        engine: What the network runs on.

    Returns:
        The network; `to_onnx` shows the way there and back.

    Raises:
        KindError: If a node is none of these, or does not read what comes before it.
        ModelFileError: If it cannot be read.
        MissingExtraError: If onnx is not installed.
    """
    with open_model(path):  # which names what is wrong with the file itself
        try:
            model = onnx.load(path)
        except Exception as error:  # noqa: BLE001  # protobuf has errors of its own
            raise ModelFileError(
                f"cannot be read as an ONNX file ({error}): check the name, or export it again"
            ) from None
        if not model.graph.output:
            raise ModelFileError("is no ONNX file: there is no graph in it")
    numbers = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if one.name not in numbers]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise KindError(
            f"the graph has {plural(len(inputs), 'input')} and "
            f"{plural(len(model.graph.output), 'output')}, and a network that comes in has one of "
            "each; one that was trained here on a table is kept by save and load"
        )
    row, nodes = _LayerReader(inputs[0].name, numbers), list(model.graph.node)
    while nodes:
        node = nodes[0]
        try:
            with np.errstate(all="ignore"):  # what is not finite answers otherwise than the file
                del nodes[: row.read(nodes)]
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, KindError):
                raise
            raise _not_ours(node, f"whose constants do not fit ({error})") from None
    net = Network(row.layers(model.graph.output[0].name), engine=engine, dtype="float64")
    _compare(net, model, inputs[0])
    return net


class _LayerRead(NamedTuple):
    weight: Any
    bias: Any
    activation: str = "identity"


@final
class _LayerReader:
    """Layers that follow one another, as they are read node by node.

    Args:
        before: The name of what the next node reads.
        numbers: The constants by name.
    """

    def __init__(self, before: str, numbers: dict[str, Any]) -> None:
        self.before = before
        self.numbers = numbers
        self._layers: list[_LayerRead] = []
        self._shapes: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._z = ""
        self._scale, self._shift = np.ones(1), np.zeros(1)

    def read(self, nodes: list[Any]) -> int:
        """Take the first of the nodes in, or as many as spell an activation; says how many."""
        node = nodes[0]
        if self._last.activation == "identity":
            name, size = _spelled_by(nodes, self.numbers, self.before)
            if size:
                self._activate(name)
                self.before = nodes[size - 1].output[0]
                return size
        inputs = [self._renamed.get(name, name) for name in node.input if name]
        if node.op_type == "Shape" or all(n in self.numbers or n in self._shapes for n in inputs):
            self._aside(node, inputs)
        elif node.op_type in ("Cast", "Identity"):
            self._renamed[node.output[0]] = inputs[0]
        else:
            self._step(node, inputs)
            self.before = node.output[0]
        return 1

    def layers(self, output: str) -> list[Dense]:
        """The layers, when every node has been read up to the output."""
        if self._renamed.get(output, output) != self.before:
            raise KindError(f"the graph's output, {output}, is not what its last node gives")
        if not self._layers or np.any(self._scale != 1) or np.any(self._shift != 0):
            raise KindError(
                "the graph has numbers at its end that no weights follow, and a network here is a "
                "row of Gemm, or MatMul and Add, each with its activation"
            )
        return [
            Dense(w.shape[1], len(w), activation, weight=w.tolist(), bias=b.tolist())
            for w, b, activation in self._layers
        ]

    @property
    def _last(self) -> _LayerRead:
        return self._layers[-1] if self._layers else _LayerRead(None, None, "")

    def _activate(self, activation: str) -> None:
        self._layers[-1] = self._layers[-1]._replace(activation=activation)

    def _aside(self, node: Any, inputs: list[str]) -> None:
        """Constants, worked out, and the rows' shape: no row goes through them."""
        if node.op_type == "Shape" or any(name in self._shapes for name in inputs):
            self._shapes.update(node.output)
        else:
            worked_out = ReferenceEvaluator(node).run(None, {n: self.numbers[n] for n in inputs})
            self.numbers.update(zip(node.output, worked_out, strict=False))

    def _step(self, node: Any, inputs: list[str]) -> None:
        """A node that the rows go through."""
        op, first = node.op_type, inputs[0] == self.before
        options = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        known = [self.numbers[name] for name in inputs if name in self.numbers]
        activation = self._last.activation
        if op == "Mul" and activation == "sigmoid" and {*inputs} == {self._z, self.before}:
            self._activate("silu")
        elif {*inputs} - {*self.numbers} - self._shapes != {self.before}:
            raise _not_ours(node, "which does not read what comes straight before it")
        elif op == "Gemm" and first and {1} >= {options.get(n, 1) for n in ("alpha", "beta")}:
            self._sum(known[0] if options.get("transB") else known[0].T, *known[1:])
        elif op == "MatMul" and first and known:
            self._sum(known[0].T)
        elif known and (op in ("Add", "Mul") or (op in ("Sub", "Div") and first)):
            self._constant(node, known[0].astype(float).reshape(-1))
        elif op in _OURS and activation == "identity":
            self._activate(_activation_of(node, options))
            self._z = self.before
        elif op not in ("Dropout", "Flatten", "Reshape"):
            so = op in _OURS or op == "Gemm"
            raise _not_ours(node, f"which is not {'used so' if so else 'a layer'} here")

    def _sum(self, weight: Any, bias: Any = 0.0) -> None:
        """A weighted sum, with weights `(outputs, inputs)`, of inputs scaled by constants."""
        weight, bias = weight.astype(float), np.asarray(bias, dtype=float).reshape(-1)
        # Constants for the last axis of rows that are flattened come round again.
        scale, shift = (np.resize(each, weight.shape[1]) for each in (self._scale, self._shift))
        self._layers.append(_LayerRead(weight * scale, bias + weight @ shift))
        self._scale, self._shift = np.ones(1), np.zeros(1)

    def _constant(self, node: Any, given: Any) -> None:
        """Constants for every row: part of the weights before them, or of those to come."""
        scale, shift = np.ones(1), np.zeros(1)
        if node.op_type in ("Mul", "Div"):
            scale = given if node.op_type == "Mul" else 1 / given
        else:
            shift = given if node.op_type == "Add" else -given
        weight, bias, activation = self._last
        summed = activation == "identity"
        size = (bias if summed else self._scale * self._shift).size
        if 1 not in (given.size, size) and given.size != size:
            raise _not_ours(node, f"with {given.size} constants where there are {size}")
        if summed:
            self._layers[-1] = _LayerRead(weight * scale[:, None], bias * scale + shift)
        else:
            self._scale, self._shift = self._scale * scale, self._shift * scale + shift


def _spelled_by(nodes: list[Any], numbers: dict[str, Any], z: str) -> tuple[str, int]:
    """The activation that the first of the nodes spell, the longest one, and how many they are."""
    texts = {name: f"{value:.6g}" for name, value in numbers.items() if value.ndim == 0} | {z: "z"}
    spelled = "", 0
    for size, node in enumerate(nodes[:_LONGEST], start=1):
        text = f"{node.op_type}({', '.join(texts.get(name, '?') for name in node.input)})"
        texts[node.output[0]] = text
        spelled = (_SPELLING[text], size) if text in _SPELLING else spelled
    return spelled


def _activation_of(node: Any, options: dict[str, Any]) -> str:
    """Our name of an operator, where its option is ours."""
    option, default, ours = _SAME.get(node.op_type, ("", 0, (0,)))
    value = options.get(option, default)
    if (round(value, 6) if isinstance(value, float) else value) not in ours:
        said = value.decode() if isinstance(value, bytes) else f"{value:g}"
        raise _not_ours(node, f"with {option} {said}, which is not ours")
    return _OURS[node.op_type]


def _compare(net: Network, model: Any, given: Any) -> None:
    """Refuse a network that does not answer random rows as its file does."""
    asked = given.type.tensor_type
    sizes = [one.dim_value for one in asked.shape.dim] or [0, 0]
    width = net.architecture.input.in_features // prod(size or 1 for size in sizes[1:])
    shape = [sizes[0] or 3, *(size or width for size in sizes[1:])]
    drawn = np.random.default_rng(0).normal(0, 2, shape)
    try:
        kind = helper.tensor_dtype_to_np_dtype(asked.elem_type)
        rows = (drawn if kind.kind == "f" else np.abs(drawn)).astype(kind)
        (theirs,) = ReferenceEvaluator(model).run(None, {given.name: rows})
        ours = net.forward(rows.astype(float).reshape(shape[0], -1).tolist())
        gap = np.abs(np.asarray(ours.tolist()) - theirs.reshape(shape[0], -1)).max()
        same = gap <= sqrt(np.finfo(theirs.dtype).eps) * max(1.0, np.abs(theirs).max())
    except Exception:  # noqa: BLE001  # whatever onnx and NumPy raise where shapes do not fit
        same = False
    if not same:
        raise KindError(
            "the network that was read does not answer as its file does: the graph's layers are "
            "not a plain row, or it takes rows that are not numbers in a line"
        )


@final
class _GraphWriter:
    """A graph that is being written, node by node."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []

    def input(self, name: str, kind: int, width: int | None) -> str:
        """A column, or a table, that is handed in."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, ["rows", width]))
        return name

    def node(self, op: str, *inputs: Any, **options: Any) -> str:
        """The result of an operator; of its inputs, what is no name is a constant."""
        name = f"{op.lower()}{len(self.nodes)}"
        read = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        self.nodes.append(helper.make_node(op, read, [name], name=name, **options))
        return name

    def _constant(self, value: Any) -> str:
        name = f"constant{len(self.numbers)}"
        numbers = np.asarray(value, dtype=getattr(value, "dtype", float))
        self.numbers.append(numpy_helper.from_array(numbers, name))
        return name

    def model(self, output: str, width: int | None, said: dict[str, str]) -> Any:
        """The whole model, checked."""
        self.nodes.append(helper.make_node("Identity", [output], ["output"]))
        result = helper.make_tensor_value_info("output", TensorProto.DOUBLE, ["rows", width])
        graph = helper.make_graph(self.nodes, "chainrule", self.inputs, [result], self.numbers)
        kind = {"opset_imports": [helper.make_opsetid("", _OPSET)], "ir_version": 9}
        model = helper.make_model(graph, producer_name="chainrule", **kind)
        helper.set_model_props(model, said)
        onnx.checker.check_model(model, full_check=True)
        return model


def _features(graph: _GraphWriter, encoder: Any) -> list[str]:
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
    full = graph.node("Where", missing, mean, cells)
    features = [_scaled(graph, full, mean, deviation)]
    if isinstance(encoder, Numbers):
        for low, high in pairwise(encoder.edges):
            features.append(graph.node("Clip", _scaled(graph, full, low, high - low), 0.0, 1.0))
        features += [gap] * bool(encoder.missing)
    return features


def _is(graph: _GraphWriter, cells: str, level: str | float) -> str:
    """1 where a cell is of that level, else 0."""
    constant = np.asarray(level, dtype=object if isinstance(level, str) else float)
    return graph.node("Cast", graph.node("Equal", cells, constant), to=TensorProto.DOUBLE)


def _scaled(graph: _GraphWriter, cells: str, start: float, width: float) -> str:
    return graph.node("Div", graph.node("Sub", cells, start), width)


def _activation(graph: _GraphWriter, name: str, z: str) -> str:
    """What an activation makes of `z`."""
    if name == "identity":
        return z
    if name in _SPELLED:
        calls = {op: partial(graph.node, op) for op in re.findall("[A-Z][a-z]+", _SPELLED[name])}
        a: str = eval(_SPELLED[name], {**calls, "z": z})
        return a
    return graph.node(_THEIRS[name], z, **({"axis": -1} if "softmax" in name else {}))


def _not_ours(node: Any, why: str) -> KindError:
    return KindError(
        f"the graph has the node {node.op_type} ({node.name or node.output[0]}), {why}: a network "
        f"here is a row of Gemm, or MatMul and Add, and {', '.join(_OURS)}: write the file from a "
        "model with such layers"
    )
