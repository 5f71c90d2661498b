"""The gradient of every example's own loss; norms and products without holding any of them."""

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.autodiff import Tensor, backward
from chainrule.nn import (
    ACTIVATIONS,
    LOSSES,
    Architecture,
    Dense,
    Dropout,
    NetworkStudy,
    example_losses,
    objective,
    per_example_along,
    per_example_entry,
    per_example_gradients,
    per_example_norms,
)

X = [[0.3, -1.0], [2.0, 0.5], [-0.7, 0.1], [0.0, 1.5]]


def case(activation="tanh", loss="mean_squared_error", lift=xp.asarray):
    output = "identity" if LOSSES[loss].link else activation
    layers = [Dense(2, 4, activation), Dropout(0.5), Dense(4, 3, activation), Dense(3, 2, output)]
    architecture = Architecture(layers)
    weights = {name: lift(w.tolist()) for name, w in architecture.initial(4).items()}
    t = lift([[1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    if LOSSES[loss].targets == "shares":
        t = (t + 1) / 2
    return architecture, LOSSES[loss], weights, lift(X), t


def numbers(array):
    return xp.reshape(xp.asarray(array.tolist()), (-1,)).tolist()


def one_by_one(architecture, loss, weights, x, t):
    """Each example alone, by a walk of its own."""
    found = []
    for n in range(x.shape[0]):
        traced = {name: Tensor(w, name=name) for name, w in weights.items()}
        total = objective(architecture, loss, traced, x[n : n + 1], t[n : n + 1])
        found.append(dict(zip(traced, backward(total, list(traced.values())), strict=True)))
    return found


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_one_walk_gives_what_a_walk_for_each_example_gives(activation, loss):
    given = case(activation, loss)
    together = per_example_gradients(NetworkStudy(*given))
    for n, alone in enumerate(one_by_one(*given)):
        for name, g in alone.items():
            assert together[name].shape == (4, *g.shape)
            assert numbers(together[name][n]) == pytest.approx(numbers(g), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_their_mean_is_the_gradient_of_the_mean_loss(loss):
    architecture, chosen, weights, x, t = case("tanh", loss)
    traced = {name: Tensor(w, name=name) for name, w in weights.items()}
    whole = backward(objective(architecture, chosen, traced, x, t), list(traced.values()))
    apart = per_example_gradients(NetworkStudy(architecture, chosen, weights, x, t))
    for (name, _), g in zip(weights.items(), whole, strict=True):
        mean = xp.mean(apart[name], axis=0)
        assert numbers(mean) == pytest.approx(numbers(g), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("activation", ["tanh", "relu", "softmax"])
def test_norms_and_products_are_those_of_the_gradients(activation):
    given = case(activation)
    flat = [[v for g in alone.values() for v in numbers(g)] for alone in one_by_one(*given)]
    expected = [[sum(a * b for a, b in zip(f, g, strict=True)) for g in flat] for f in flat]
    for alone, row in zip(one_by_one(*given), expected, strict=True):
        products = per_example_along(NetworkStudy(*given), alone).tolist()
        assert products == pytest.approx(row, rel=1e-11, abs=1e-15)
    norms = per_example_norms(NetworkStudy(*given)).tolist()
    assert norms == pytest.approx([expected[n][n] ** 0.5 for n in range(4)], rel=1e-11)


@pytest.mark.parametrize(
    ("parameter", "index"),
    [
        ("dense1.weight", (3, 1)),
        ("dense2.weight", (0, 2)),
        ("dense3.bias", (1,)),
        ("dense1.bias", (0,)),
    ],
)
def test_one_entry_is_that_of_the_gradients(parameter, index):
    given = case()
    whole = per_example_gradients(NetworkStudy(*given))[parameter]
    found = per_example_entry(NetworkStudy(*given), parameter, index)
    assert found == pytest.approx([float(whole[(n, *index)]) for n in range(4)], rel=1e-14)


def test_a_layer_at_work_holds_what_went_in_came_out_and_came_back():
    given = case()
    architecture, loss, weights, x, t = given
    uses = NetworkStudy(*given).uses
    assert [use.layer for use in uses] == ["dense1", "dense2", "dense3"]
    assert uses[0].x.tolist() == X
    for use in uses:
        again = architecture.layers[use.layer].scores(
            {"weight": weights[use.weight], "bias": weights[use.bias]}, use.x
        )
        assert again.tolist() == use.z.tolist()
    # A nudge of one bias moves one column of z, and the losses by g.
    h = 1e-6
    moved = {**weights, "dense2.bias": weights["dense2.bias"] + xp.asarray([h, 0.0, 0.0])}
    then = example_losses(architecture, loss, moved, x, t)
    now = example_losses(architecture, loss, weights, x, t)
    slopes = [(b - a) / h for a, b in zip(now.tolist(), then.tolist(), strict=True)]
    assert slopes == pytest.approx([row[0] for row in uses[1].g.tolist()], abs=1e-5)


def test_a_network_gives_them_under_the_names_of_its_parameters():
    net = cr.Network([cr.Dense(2, 3, "relu"), cr.Dense(3, 1)], engine="python")
    found = net.per_example_gradients(X, [[1.0]] * 4)
    assert {name: g.shape for name, g in found.items()} == {
        "dense1.weight": (4, 3, 2),
        "dense1.bias": (4, 3),
        "dense2.weight": (4, 1, 3),
        "dense2.bias": (4, 1),
    }


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_numpy_gives_the_same(activation, loss):
    import numpy as np

    ours = per_example_gradients(NetworkStudy(*case(activation, loss)))
    theirs = per_example_gradients(NetworkStudy(*case(activation, loss, lift=np.asarray)))
    for name, g in ours.items():
        assert numbers(theirs[name]) == pytest.approx(numbers(g), rel=1e-10, abs=1e-14)


@pytest.mark.extra("jax")
def test_jax_gives_the_same():
    import jax.numpy as jnp

    ours = per_example_gradients(NetworkStudy(*case("gelu", "cross_entropy")))
    theirs = per_example_gradients(NetworkStudy(*case("gelu", "cross_entropy", lift=jnp.asarray)))
    for name, g in ours.items():
        assert numbers(theirs[name]) == pytest.approx(numbers(g), rel=1e-4, abs=1e-5)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize(
    "function", [per_example_norms, lambda study: per_example_along(study, study.parameters)]
)
def test_norms_and_products_never_hold_the_gradients(function):
    import tracemalloc

    import numpy as np

    rows = 64
    architecture = Architecture([Dense(100, 100, "tanh"), Dense(100, 10)])
    weights = {name: np.asarray(w.tolist()) for name, w in architecture.initial(0).items()}
    x = np.sin(np.arange(rows * 100.0)).reshape(rows, 100)
    t = np.zeros((rows, 10))
    given = NetworkStudy(architecture, LOSSES["mean_squared_error"], weights, x, t)
    function(given)
    tracemalloc.start()
    function(given)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    parameters = 8 * architecture.layout.size
    assert peak < rows * parameters / 10
    assert peak < 10 * rows * 210 * 8 + rows * rows * 8 * 6
