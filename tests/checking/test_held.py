"""What a function holds beside its argument is found wherever it stands."""

from functools import partial

import pytest

from chainrule import check_gradients
from chainrule.checking.held import holds_float32

pytestmark = pytest.mark.extra("numpy")


class Holder:
    def __init__(self, a, y):
        self.a, self.y = a, y

    def __call__(self, x):
        return slopes(self.a, self.y, x)

    def method(self, x):
        return self(x)


def loss(a, y, x):
    return float(((a @ x - y) ** 2).sum())


def slopes(a, y, x):
    """In float64, but for what lies between: it is written into an array of float32."""
    between = y * 0
    between[:] = a @ x - y
    return 2.0 * (a.T.astype("float64") @ between)


def in_defaults(a, y):
    return lambda x, a=a, y=y: slopes(a, y, x)


def in_keywords(a, y):
    def gradient(x, *, a=a, y=y):
        return slopes(a, y, x)

    return gradient


def in_a_closure(a, y):
    data = {"a": [a], "y": [y]}
    return lambda x: slopes(data["a"][0], data["y"][0], x)


PLACES = {
    "defaults": in_defaults,
    "keywords": in_keywords,
    "a closure": in_a_closure,
    "a partial function": lambda a, y: partial(slopes, a, y),
    "an object": Holder,
    "a method": lambda a, y: Holder(a, y).method,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("as_numbers", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_arrays_of_float32_do_not_make_a_right_gradient_wrong_wherever_they_stand(
    place, as_numbers, seed
):
    import numpy as np

    draw = np.random.default_rng(seed)
    a, y = (draw.normal(size=shape).astype("float32") for shape in ((8, 4), 8))
    x, gradient = draw.normal(size=4), PLACES[place](a, y)

    def check(factor):
        given = factor * gradient(x) if as_numbers else lambda x: factor * gradient(x)
        return check_gradients(partial(loss, a, y), x, gradient=given)

    assert {v.outcome for v in check(1.0).verdicts} == {"agrees"}
    assert "float32" in check(1.0).worst.sentence
    assert not check(1.00001).passed
    plain = check_gradients(lambda x: (x**2).sum(), x, gradient=2 * x * (1 + 1e-7 * np.eye(4)[0]))
    assert not plain.passed  # nothing that it was computed with is of float32


@pytest.mark.parametrize(("before", "beside"), [(99, 998), (100, 998), (99, 999)])
def test_arrays_are_looked_for_among_a_thousand_things_and_a_hundred_parts_of_each(before, beside):
    import numpy as np

    parts = [1.0] * before + [np.zeros(2, "float32")]
    assert holds_float32(*[2.0] * beside, parts) is ((before, beside) == (99, 998))


@pytest.mark.parametrize(("off", "outcome"), [(0.0, "unclear"), (2e-5, "wrong")])
def test_rounding_explains_as_much_as_it_is_seen_to_move_the_gradient_function(off, outcome):
    import numpy as np

    a = np.asarray([[6.3, -5.7], [0.2, 6.8], [6.2, 0.1], [-6.4, 6.6]], "float32")

    def function(x):
        return np.tanh(a @ x).sum()

    def gradient(x):
        t = np.tanh((a @ x).astype("float32"))
        return (1 + off) * ((1 - t * t).astype("float64") @ a.astype("float64"))

    check = check_gradients(function, np.asarray([0.4, -0.7]), gradient=gradient)
    assert check.worst.outcome == outcome
