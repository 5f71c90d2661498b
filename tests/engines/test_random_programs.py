"""Random programs give the same results from planned memory as call by call.

Each is made of calls drawn at random over a few given-away and a few given arrays, with views,
matrix products, reductions and concatenations in between, so that values die, share memory and are
written over in ways that nobody thought of.
"""

import random

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

from chainrule.engines.numpy import NumpyEngine  # noqa: E402 - needs NumPy
from tests.engines.interpreted import interpreted  # noqa: E402

SIZE = 3
SHAPES = [(SIZE, 4), (4, SIZE), (4,), (SIZE,), (SIZE, 1), (12,), ()]
SINGLE = ["negative", "abs", "square", "sqrt", "exp", "tanh"]
PAIR = ["add", "subtract", "multiply", "divide", "maximum", "minimum"]


def random_function(seed):
    """A function of a state and a batch, which makes the same random calls whenever it is run."""

    def function(state, batch):
        stream = random.Random(seed)
        xp = state["a"].__array_namespace__()
        values = [*state.values(), batch["x"], batch["y"]]
        for _ in range(stream.randrange(3, 25)):
            values.append(random_call(xp, stream, values, batch["rate"]))
        after = {name: pick(stream, values, old.shape) for name, old in state.items()}
        return after, {"one": stream.choice(values), "two": stream.choice(values)}

    return function


def pick(stream, values, shape):
    return stream.choice([x for x in values if x.shape == shape])


def random_call(xp, stream, values, rate):
    x = stream.choice(values)
    y = pick(stream, values, x.shape)
    z = pick(stream, values, x.shape)
    kind = stream.randrange(12)
    if kind == 0:
        return getattr(xp, stream.choice(SINGLE))(x)
    if kind in (1, 2, 3):
        return getattr(xp, stream.choice(PAIR))(x, y)
    if kind == 4:
        return xp.where(x > y, z, stream.choice([0, 1.5, y]))
    if kind == 5:
        return stream.choice([x * rate, x + 0.5, 2 - x, x / 3, xp.maximum(x, 0)])
    if kind == 6 and len(x.shape) == 2:
        axis = stream.choice([0, 1, -1, None])
        name = stream.choice(["sum", "mean", "max", "min"])
        reduced = getattr(xp, name)(x, axis=axis, keepdims=stream.random() < 0.5)
        return reduced if reduced.shape in SHAPES else x - reduced
    if kind == 7 and x.shape == (SIZE, 4):
        return stream.choice([xp.matrix_transpose(x), xp.reshape(x, (-1,))])
    if kind == 8 and x.shape == (4, SIZE):
        return xp.reshape(xp.matrix_transpose(x), (SIZE, 4))
    if kind == 9:
        left, right = pick(stream, values, (SIZE, 4)), pick(stream, values, (4, SIZE))
        return xp.reshape(xp.matmul(left, right), (-1,))[:SIZE]
    if kind == 10:
        flat = pick(stream, values, (12,))
        parts = [xp.reshape(x, (-1,)), pick(stream, values, (12,)), flat]
        return xp.concat(parts, axis=0)[:12] if x.shape != () else flat[4:8]
    table, row = pick(stream, values, (SIZE, 4)), pick(stream, values, (4,))
    return stream.choice([table * row, table + pick(stream, values, (SIZE, 1))])


def arguments(stream):
    shapes = {"a": (SIZE, 4), "b": (12,), "c": (12,), "d": (4,)}
    state = {name: stream.uniform(0.5, 2, shape) for name, shape in shapes.items()}
    x, y = stream.uniform(0.5, 2, (4, SIZE)), stream.uniform(0.5, 2, (SIZE, 1))
    return state, {"x": x, "y": y, "rate": float(stream.uniform())}


def check(found, expected):
    for one, other in zip(found, expected, strict=True):
        for name in other:
            assert one[name].shape == other[name].shape
            np.testing.assert_allclose(one[name], other[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("seed", range(150))
def test_random_programs_agree_call_after_call(seed, accelerate, monkeypatch):
    monkeypatch.setattr("chainrule.engines.numpy.engine.usable", lambda: True)
    monkeypatch.setattr("chainrule.engines.numpy.program.compiled", interpreted)
    function = random_function(seed)
    stream = np.random.default_rng(seed)
    state, batch = arguments(stream)
    compiled = NumpyEngine(accelerate=accelerate).compile(function, donate=(0,))
    ours, theirs, kept = state, state, []
    for _ in range(3):
        with np.errstate(all="ignore"):
            expected = function(theirs, batch)
            found = compiled(ours, batch)
            check(found, expected)
        kept.append((found[1], {name: x.copy() for name, x in found[1].items()}))
        ours, theirs = found[0], expected[0]
        if not all(np.isfinite(x).all() and np.abs(x).max() < 1e6 for x in theirs.values()):
            ours = theirs = arguments(stream)[0]
        _, batch = arguments(stream)
    for results, copies in kept:
        check([results], [copies])
