"""The jax engine's Adam step in float32, beside the same step written natively in JAX.

ReLU networks with softmax and cross-entropy. Both sides are compiled, give their state away and
take the same batch from the device. They are waited for after every step; and, once more, after
several in a row, as one trains: the next step is handed over while the last one is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.networks import Sizes, layers_of, name_of
from benchmarks.timing import Result, Row, compare
from chainrule.engines.jax import JaxEngine
from chainrule.nn import LOSSES, Architecture
from chainrule.train import Adam
from chainrule.train.step import initial_state, training_step

NETWORKS = (
    ((2, 16, 16, 2), 100, 50),
    ((64, 128, 64, 10), 32, 50),
    ((784, 128, 10), 64, 10),
    ((784, 512, 512, 10), 256, 2),
)
"""Sizes of the layers, rows of a batch, and steps in a row."""

NATIVE = "native"
RATE, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-8


def run(*, quick: bool = False) -> Result:
    """Time both sides in turn, network by network."""
    rows: list[Row] = []
    remarks: list[str] = []
    for sizes, examples, steps in NETWORKS[:1] if quick else NETWORKS:
        x, t = batch_of(sizes, examples)
        for how, wait in (("", True), (", in a row", False)):
            network = f"{name_of(sizes, examples)}{how}"
            contenders = {
                NATIVE: native_steps(sizes, x, t, steps, wait=wait),
                "chainrule": chainrule_steps(sizes, x, t, steps, wait=wait),
            }
            repeats = dict.fromkeys(contenders, steps)
            found = compare(
                contenders, control=NATIVE, rounds=500, repeats=repeats, group=network, quick=quick
            )
            rows += found
            remarks.append(f"{network}: {found[1].ratio:.3f} times the native step")
    device = jax.devices()[0]
    title = f"one Adam step in float32, compiled by JAX for {device.device_kind}"
    return Result(title, NATIVE, tuple(rows), tuple(remarks))


def batch_of(sizes: Sizes, examples: int) -> tuple[Any, Any]:
    """Examples from 0 to 1 and a class for each, drawn on the device, where they stay."""
    inputs, outputs = sizes[0], sizes[-1]
    x = jax.random.uniform(jax.random.key(1), (examples, inputs), jnp.float32)
    classes = jax.random.randint(jax.random.key(2), (examples,), 0, outputs)
    return x, jax.nn.one_hot(classes, outputs, dtype=jnp.float32)


def random_array(number: int, shape: tuple[int, ...]) -> Any:
    """Small numbers around 0 in float32, made on the device."""
    return jax.random.normal(jax.random.key(number), shape) / shape[-1] ** 0.5


def whole_products() -> AbstractContextManager[Any]:
    """Products of float32 numbers with all their bits, as the engine's are, also on a GPU."""
    context: AbstractContextManager[Any] = jax.default_matmul_precision("highest")
    return context


def _turn(
    steps: Iterator[Any], count: int, wait: bool, scope: Callable[[], AbstractContextManager[Any]]
) -> Callable[[], None]:
    """Take so many steps, and wait for each or for the last."""

    def take() -> None:
        with scope():
            for _ in range(count):
                made = next(steps)
                if wait:
                    jax.block_until_ready(made)
            jax.block_until_ready(made)

    return take


def chainrule_steps(
    sizes: Sizes,
    x: Any,
    t: Any,
    count: int,
    *,
    wait: bool = True,
    dtype: str = "float32",
) -> Callable[[], None]:
    """Steps as `fit` takes them: in one scope of the engine."""
    engine, architecture, rule = JaxEngine(), Architecture(layers_of(sizes)), Adam()
    shapes = architecture.layout.shapes
    drawn = {
        name: random_array(number, shape) for number, (name, shape) in enumerate(shapes.items())
    }
    flat = architecture.layout.join(jnp, drawn)
    state = engine.distribute(initial_state(rule, flat), architecture.layout)
    loss, narrower = LOSSES["cross_entropy"], None if dtype == "float32" else dtype
    step = engine.compile(training_step(architecture, loss, rule, dtype=narrower), donate=(0,))

    def taken(state: Any) -> Iterator[Any]:
        while True:
            state, results = step(state, engine.place({"x": x, "t": t, "learning_rate": RATE}))
            yield state, results

    return _turn(taken(state), count, wait, engine.scope)


def native_steps(
    sizes: Sizes, x: Any, t: Any, count: int, *, wait: bool = True
) -> Callable[[], None]:
    """Steps as users of JAX write them."""
    first, step = native_parts(sizes)

    def taken(state: Any) -> Iterator[Any]:
        while True:
            state, loss = step(state, x, t)
            yield state, loss

    return _turn(taken(first), count, wait, whole_products)


def native_parts(sizes: Sizes) -> tuple[Any, Callable[..., Any]]:
    """First state and compiled step: layers in a list, `value_and_grad`, the paper's Adam."""
    parameters = [
        (random_array(number, (outputs, inputs)), jnp.zeros(outputs))
        for number, (inputs, outputs) in enumerate(pairwise(sizes))
    ]
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.asarray(0.0))

    def mean_loss(parameters: Any, x: Any, t: Any) -> Any:
        *hidden, (w, b) = parameters
        for weight, bias in hidden:
            x = jax.nn.relu(x @ weight.T + bias)
        return -jnp.mean(jnp.sum(t * jax.nn.log_softmax(x @ w.T + b), axis=-1))

    def step(state: Any, x: Any, t: Any) -> Any:
        parameters, m, v, number = state
        loss, g = jax.value_and_grad(mean_loss)(parameters, x, t)
        number = number + 1
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
        c1, c2 = 1 - BETA1**number, 1 - BETA2**number
        parameters = jax.tree.map(
            lambda p, m, v: p - RATE * (m / c1) / (jnp.sqrt(v / c2) + EPSILON), parameters, m, v
        )
        return (parameters, m, v, number), loss

    return state, jax.jit(step, donate_argnums=0)
