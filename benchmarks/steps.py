"""One Adam step of float32 classifiers on every engine, beside the same step elsewhere.

ReLU hidden layers, softmax with cross-entropy, Adam over all weights. The control is the bare
matrix products of the step, into arrays made beforehand.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.networks import Sizes, again_and_again, drawn, layers_of, name_of
from benchmarks.timing import Result, Row, compare, left_out
from chainrule.engines.numpy import NumpyEngine, NumpyProgram
from chainrule.nn import Architecture, choose_loss
from chainrule.train import Adam
from chainrule.train.step import initial_state, training_step

BARE, SKLEARN = "bare products", "scikit-learn"
JAX_ENGINE, JAX = "jax engine", "JAX"
NETWORKS = (
    ((2, 16, 16, 2), 100, 200),
    ((64, 128, 64, 10), 32, 100),
    ((784, 128, 10), 64, 30),
    ((784, 512, 512, 10), 256, 3),
)
"""Sizes, batch, and calls in a row at each turn."""


def run(*, quick: bool = False) -> Result:
    """Time one step of each, on each network."""
    rows: list[Row] = []
    for sizes, batch, calls in NETWORKS[:1] if quick else NETWORKS:
        rows += compare(
            _contenders(sizes, batch, calls),
            control=BARE,
            rounds=25,
            calls=calls,
            repeats=dict.fromkeys((SKLEARN, JAX_ENGINE, JAX), calls),
            group=name_of(sizes, batch),
            quick=quick,
        )
    notes = left_out("jax", "numba", "torch", "sklearn")
    return Result("one Adam step in float32, batch in brackets", BARE, tuple(rows), notes)


def _contenders(sizes: Sizes, batch: int, calls: int) -> dict[str, Callable[[], Any]]:
    found = {BARE: _bare(sizes, batch), "numpy engine": numpy_step(sizes, batch, accelerate=False)}
    if find_spec("numba"):
        found["numpy engine, numba"] = numpy_step(sizes, batch, accelerate=True)
    found["NumPy by hand"] = step_by_hand(sizes, batch)
    if find_spec("torch"):
        found["PyTorch"] = torch_step(sizes, batch)
        found["PyTorch, fused Adam"] = torch_step(sizes, batch, fused=True)
    if find_spec("sklearn"):
        found[SKLEARN] = _sklearn(sizes, batch, calls)
    if find_spec("jax"):
        found |= _jax(sizes, batch, calls)
    return found


def _data(sizes: Sizes, batch: int) -> tuple[Any, Any]:
    """Inputs, and targets as one-hot rows."""
    x, classes = drawn(sizes, batch)
    return x, np.eye(sizes[-1], dtype="float32")[classes]


def first_weights(count: int) -> Any:
    return np.random.default_rng(0).standard_normal(count, "float32") / 20


def _bare(sizes: Sizes, batch: int) -> Callable[[], Any]:
    products = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        x, w = np.ones((batch, inputs), "float32"), np.ones((outputs, inputs), "float32")
        z = np.zeros((batch, outputs), "float32")
        products += [(x, w.T, z.copy()), (z.T, x, w.copy())]
        products += [(z, w, x.copy())] if number else []

    def multiply() -> None:
        for left, right, out in products:
            np.dot(left, right, out)

    return multiply


def numpy_step(sizes: Sizes, batch: int, *, accelerate: bool) -> Callable[[], Any]:
    """A step of the numpy engine to take again and again."""
    function, state, inputs = _parts(sizes, batch)
    step = NumpyEngine(accelerate=accelerate).compile(function, donate=(0,))
    return again_and_again(step, state, inputs)


def numpy_program(sizes: Sizes, batch: int) -> NumpyProgram:
    """What the numpy engine makes of the step."""
    return NumpyEngine(accelerate=False).program(*_parts(sizes, batch), donate=(0,))


def _parts(sizes: Sizes, batch: int) -> tuple[Any, Any, dict[str, Any]]:
    """Our step, and the state and the batch that it begins with."""
    architecture = Architecture(layers_of(sizes))
    loss = choose_loss(None, "softmax", sizes[-1])
    x, t = _data(sizes, batch)
    state = initial_state(Adam(), first_weights(architecture.layout.size))
    inputs = {"x": x, "t": t, "learning_rate": 0.001}
    return training_step(architecture, loss, Adam()), state, inputs


def step_by_hand(sizes: Sizes, batch: int) -> Callable[[], Any]:
    """What one writes with NumPy: gradients in one flat vector, Adam over it in place."""
    x, t = _data(sizes, batch)
    shapes = [shape for a, b in pairwise(sizes) for shape in ((b, a), (b,))]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)]).tolist()
    stretches = [slice(start, stop) for start, stop in pairwise(ends)]
    flat = first_weights(ends[-1])
    gradient, m, v, spare, other = (np.zeros_like(flat) for _ in range(5))
    weights = [flat[s].reshape(shape) for s, shape in zip(stretches, shapes, strict=True)]
    slopes = [gradient[s].reshape(shape) for s, shape in zip(stretches, shapes, strict=True)]
    step = 0

    def take() -> None:
        nonlocal step
        step += 1
        activations = [x]
        for number in range(0, len(weights) - 2, 2):
            z = activations[-1] @ weights[number].T
            z += weights[number + 1]
            activations.append(np.maximum(z, 0, out=z))
        z = activations[-1] @ weights[-2].T + weights[-1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = (e / e.sum(axis=1, keepdims=True) - t) / batch
        for number in range(len(weights) - 2, -1, -2):
            np.dot(g.T, activations[number // 2], out=slopes[number])
            g.sum(axis=0, out=slopes[number + 1])
            if number:
                g = g @ weights[number]
                g *= activations[number // 2] > 0
        np.multiply(m, 0.9, out=m)
        np.add(m, np.multiply(gradient, 0.1, out=spare), out=m)
        np.multiply(v, 0.999, out=v)
        np.multiply(gradient, gradient, out=spare)
        np.add(v, np.multiply(spare, 0.001, out=spare), out=v)
        root = (1 - 0.999**step) ** 0.5
        np.add(np.sqrt(v, out=spare), 1e-8 * root, out=spare)
        np.divide(np.multiply(m, 0.001 * root / (1 - 0.9**step), out=other), spare, out=other)
        np.subtract(flat, other, out=flat)

    return take


def torch_parts(sizes: Sizes, *, fused: bool | None = None) -> tuple[Any, Any, Any]:
    """Network, optimizer and loss as users of PyTorch write them."""
    import torch

    layers: list[Any] = []
    for inputs, outputs in pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, fused=fused)
    return net, optimizer, torch.nn.CrossEntropyLoss()


def torch_step(sizes: Sizes, batch: int, *, fused: bool | None = None) -> Callable[[], Any]:
    import torch

    net, optimizer, loss = torch_parts(sizes, fused=fused)
    x, t = (torch.from_numpy(array) for array in _data(sizes, batch))
    classes = t.argmax(dim=1)

    def take() -> None:
        optimizer.zero_grad()
        loss(net(x), classes).backward()
        optimizer.step()

    return take


def _sklearn(sizes: Sizes, batch: int, steps: int) -> Callable[[], Any]:
    """One pass over many batches: `fit` looks its input over once, `partial_fit` at every step."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)  # one pass is not meant to converge
    x, t = _data(sizes, batch)
    many, labels = np.tile(x, (steps, 1)), np.tile(t.argmax(axis=1), steps)
    options = {"solver": "adam", "alpha": 0, "shuffle": False, "max_iter": 1, "warm_start": True}
    model = MLPClassifier(sizes[1:-1], batch_size=batch, **options)
    return lambda: model.fit(many, labels)


def _jax(sizes: Sizes, batch: int, steps: int) -> dict[str, Callable[[], Any]]:
    """The jax engine, and the step written natively in JAX, both compiled."""
    import jax.numpy as jnp

    from benchmarks.jax_step import chainrule_steps, native_steps

    x, t = map(jnp.asarray, _data(sizes, batch))
    return {
        JAX_ENGINE: chainrule_steps(sizes, x, t, steps),
        JAX: native_steps(sizes, x, t, steps),
    }
