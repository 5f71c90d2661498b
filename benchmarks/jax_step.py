"""The jax engine's Adam step in float32, beside the same step written natively in JAX.

ReLU networks with softmax and cross-entropy. Both sides are compiled, give their state away, take
the same batch from the device, and are waited for after every step.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.timing import Result, Row, compare
from chainrule.arrays.random import Generator
from chainrule.engines.jax import JaxEngine
from chainrule.nn import LOSSES, Architecture, Dense
from chainrule.train import Adam
from chainrule.train.step import initial_state, training_step

# Sizes of the layers, rows of a batch, and how often each side takes its turn.
NETWORKS = (
    ((2, 16, 16, 2), 100, 400, 20),
    ((64, 128, 64, 10), 32, 400, 20),
    ((784, 128, 10), 64, 300, 5),
    ((784, 512, 512, 10), 256, 100, 1),
)
NATIVE = "native"
RATE, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-8


def run(*, quick: bool = False) -> Result:
    """Time both sides in turn, network by network."""
    rows: list[Row] = []
    remarks: list[str] = []
    for sizes, examples, rounds, calls in NETWORKS[:1] if quick else NETWORKS:
        network = f"{'-'.join(map(str, sizes))} ({examples})"
        x, t = batch_of(sizes, examples)
        contenders = {NATIVE: native_step(sizes, x, t), "chainrule": chainrule_step(sizes, x, t)}
        found = compare(
            contenders, control=NATIVE, rounds=rounds, calls=calls, group=network, quick=quick
        )
        rows += found
        remarks.append(f"{network}: {found[1].ratio:.3f} times the native step")
    device = jax.devices()[0]
    title = f"one Adam step in float32, compiled by JAX for {device.device_kind}"
    return Result(title, NATIVE, tuple(rows), tuple(remarks))


def batch_of(sizes: tuple[int, ...], examples: int) -> tuple[Any, Any]:
    generator = Generator(1)
    x = jnp.asarray(generator.random(examples * sizes[0]), jnp.float32).reshape(examples, -1)
    classes = jnp.asarray(generator.random(examples)) * sizes[-1]
    return x, jax.nn.one_hot(classes.astype(int), sizes[-1], dtype=jnp.float32)


def _layers(sizes: tuple[int, ...]) -> Architecture:
    *hidden, last = pairwise(sizes)
    return Architecture([*(Dense(*pair, "relu") for pair in hidden), Dense(*last, "softmax")])


def chainrule_step(sizes: tuple[int, ...], x: Any, t: Any) -> Callable[[], Any]:
    engine, architecture, rule = JaxEngine(), _layers(sizes), Adam()
    weights = {name: engine.asarray(w) for name, w in architecture.initial(0).items()}
    flat = engine.asarray(architecture.layout.join(jnp, weights), dtype="float32")
    state = engine.distribute(initial_state(rule, flat), architecture.layout)
    step = engine.compile(
        training_step(architecture, LOSSES["cross_entropy"], rule),
        donate=(0,),
    )
    number = 0

    def take() -> None:
        nonlocal state, number
        number += 1
        batch = {"x": x, "t": t, "learning_rate": RATE, "step": number}
        state, results = step(state, engine.place(batch))
        jax.block_until_ready((state, results))

    return take


def native_step(sizes: tuple[int, ...], x: Any, t: Any) -> Callable[[], Any]:
    """The step as users of JAX write it: layers in a list, `value_and_grad`, the paper's Adam."""
    keys = jax.random.split(jax.random.key(0), len(sizes) - 1)
    parameters = [
        (jax.random.normal(key, (outputs, inputs)) / inputs**0.5, jnp.zeros(outputs))
        for key, (inputs, outputs) in zip(keys, pairwise(sizes), strict=True)
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

    compiled = jax.jit(step, donate_argnums=0)

    def take() -> None:
        nonlocal state
        state, loss = compiled(state, x, t)
        jax.block_until_ready((state, loss))

    return take
