"""First weights: their limits, their spread, and which suits which activation."""

import math

import pytest

from chainrule.arrays.random import Generator
from chainrule.autodiff import primitive
from chainrule.errors import OptionError
from chainrule.nn import ACTIVATIONS, Dense
from chainrule.nn.layers import INITIALIZERS, initial_weights, suited_initializer

IN, OUT = 300, 100
# Glorot & Bengio (2010), eq. 16; He et al. (2015): variance 2/in; LeCun et al. (1998): 1/in.
LIMITS = {
    "glorot": math.sqrt(6 / (IN + OUT)),
    "he": math.sqrt(3 * 2 / IN),
    "lecun": math.sqrt(3 * 1 / IN),
    "uniform": 1 / math.sqrt(IN),
    "zeros": 0.0,
}


def test_every_initializer_has_its_limit_tested():
    assert set(LIMITS) == set(INITIALIZERS)


@pytest.mark.parametrize("name", LIMITS)
def test_weights_fill_the_range_up_to_the_limit(name):
    weights = initial_weights(OUT, IN, Generator(0), initializer=name)
    limit, data = LIMITS[name], weights.reshape(-1).tolist()
    assert weights.shape == (OUT, IN)
    assert max(map(abs, data)) <= limit
    assert max(data) == pytest.approx(limit, rel=1e-3)
    assert min(data) == pytest.approx(-limit, rel=1e-3)


@pytest.mark.parametrize("name", LIMITS)
def test_weights_are_spread_evenly_around_zero(name):
    """A uniform spread has mean 0 and variance limit²/3; 30,000 draws meet both within 3 %."""
    data = initial_weights(OUT, IN, Generator(1), initializer=name).reshape(-1).tolist()
    variance = LIMITS[name] ** 2 / 3
    assert sum(data) / len(data) == pytest.approx(0, abs=0.02 * LIMITS[name])
    assert sum(w * w for w in data) / len(data) == pytest.approx(variance, rel=0.03)


def test_signals_keep_their_size_through_a_layer():
    """He: E[relu(z)²] of unit inputs is 1, as half of the variance 2 is cut off."""
    draw = Generator(2)
    x = [2 * u - 1 for u in draw.random(IN)]
    power = sum(v * v for v in x) / IN
    rows = initial_weights(1000, IN, draw, initializer="he").tolist()
    z = [sum(w * v for w, v in zip(row, x, strict=True)) for row in rows]
    kept = sum(max(0.0, v) ** 2 for v in z) / 1000
    assert kept / power == pytest.approx(1, rel=0.2)


def test_the_same_seed_draws_the_same_weights():
    one, same, other = (initial_weights(2, 3, Generator(seed)).tolist() for seed in (7, 7, 8))
    assert one == same
    assert one != other


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_relu_family_starts_with_he_and_the_others_with_glorot(activation):
    family = {"relu", "leaky_relu", "elu", "softplus", "gelu", "silu"}
    assert suited_initializer(ACTIVATIONS[activation]) == (
        "he" if activation in family else "glorot"
    )


def test_an_unknown_initializer_is_refused_with_those_that_exist():
    with pytest.raises(OptionError, match="'xavier'; choose from glorot, he"):
        Dense(1, 1, initializer="xavier")


@pytest.mark.parametrize(
    ("shut", "left_open", "suited"),
    [(0.49, 0.51, "he"), (-0.49, -0.51, "he"), (0.5, 1.0, "glorot"), (0.0, 0.5, "glorot")],
)
def test_what_passes_less_than_half_on_one_side_and_more_on_the_other_starts_with_he(
    shut, left_open, suited
):
    """The two slopes meet at -2 and 2 already: farther out, at 3, they are as they are."""

    def bent(xp, z):
        """Bend where the middle ends."""
        return z

    op = primitive("a = z", samples=[(1.0,), (2.0,)], listed=False)(bent)

    @op.vjp("z", "da/dz = one of two")
    def bent_wrt_z(xp, g, a, z):
        """One slope below the middle, another above it, and 0 in it."""
        return g * xp.where(z < -2, shut, xp.where(z > 2, left_open, 0))

    assert suited_initializer(op) == suited
