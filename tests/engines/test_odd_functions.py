"""Functions that a network never asks for run right all the same on the numpy engine.

Each is compared with itself on plain NumPy, call after call, without kernels and with them.
"""

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

from chainrule.engines.numpy import NumpyEngine, blocks  # noqa: E402
from tests.engines.interpreted import interpreted  # noqa: E402
from tests.engines.numpy_steps import assert_same  # noqa: E402


@pytest.fixture(params=[False, True], ids=["calls", "kernels"])
def engine(request, monkeypatch):
    monkeypatch.setattr("chainrule.engines.numpy.engine.usable", lambda: True)
    monkeypatch.setattr("chainrule.engines.numpy.program.compiled", interpreted)
    return NumpyEngine(accelerate=request.param)


def joined(*parts):
    return parts[0].__array_namespace__().concat(parts, axis=0)


def flipped(x, v):
    """What NumPy only looks at outlives the memory that it looks at: the other product takes it."""
    doubled = x.__array_namespace__().flip(x * 2, axis=0)
    return x * 3 + v, doubled


def reshaped_part(x, v):
    part = x.__array_namespace__().reshape((x * 2)[:, 1:], (4, 1, 2))
    return x * 3 + v, part


def summed_beside_a_row(x, v):
    return x * (v * -2), x.sum(axis=0) ** 2


def averaged_beside_a_row(x, v):
    return x * (v * -2), x.mean(axis=0) ** 2


def stretched_to_their_own_shapes(x, v):
    """NumPy hands out what is stretched to be read alone, even where nothing was to do."""
    xp = x.__array_namespace__()
    return xp.exp(xp.broadcast_to(x * 2, x.shape) * xp.broadcast_to(xp.sin(x), x.shape)) + v


PURE = {
    "stretches to their own shapes": stretched_to_their_own_shapes,
    "an entry of a buffer": lambda x, v: (x * 2)[1, 0] * 3 + x,
    "an entry of a row": lambda x, v: (v * 2)[0] + v,
    "an entry of an entry's row": lambda x, v: (x * 2)[1][0] + v,
    "a part twice": lambda x, v: joined(v * 2, v * 2) + 1,
    "a part and its end": lambda x, v: joined(a := v * 2, a[1:]) + 1,
    "the end of a part and the part": lambda x, v: joined((a := v * 2)[1:], a) + 1,
    "a part and its mirror image": lambda x, v: joined(a := v * 2, a[::-1], a) + 1,
    "all entries in one line": lambda x, v: (
        x.__array_namespace__().concat([x * 2, v * 3], axis=None) + 1
    ),
    "a mirror image": flipped,
    "a part in another shape": reshaped_part,
    "a column sum beside a row": summed_beside_a_row,
    "a column mean beside a row": averaged_beside_a_row,
    "a bound that is infinite": lambda x, v: x.__array_namespace__().minimum(x * 2, np.inf) + 1,
    "a choice of what is not a number": lambda x, v: (
        x.__array_namespace__().where(x > 1, x * 2, float("nan")) + 1
    ),
}


@pytest.mark.parametrize("name", PURE)
def test_a_pure_function_agrees_call_after_call(name, engine):
    compiled = engine.compile(PURE[name])
    stream = np.random.default_rng(0)
    for _ in range(3):
        x, v = stream.normal(size=(4, 3)), stream.normal(size=3)
        found, expected = compiled(x, v), PURE[name](x, v)
        assert_same(found, expected)


OF_STATE = {
    "an entry of the state": lambda s: {"x": s["x"] * s["x"][0, 0], "y": s["y"] + 1},
    "a state met the other way round": lambda s: {"y": s["y"] + s["x"][::-1], "x": s["x"] * 2},
    "a state met across": lambda s: {"y": s["y"] + s["x"].T, "x": s["x"] * 2},
    "a row of the state": lambda s: {"y": s["y"] + s["x"][0], "x": s["x"] * 2},
    "a result met the other way round": lambda s: {
        "x": (v := s["x"] * 2 + 1)[::-1] * v + s["x"] * 2,
        "y": s["y"] - v,
    },
}


@pytest.mark.parametrize("large", [False, True], ids=["whole", "in stretches"])
@pytest.mark.parametrize("name", OF_STATE)
def test_a_state_agrees_call_after_call(name, large, engine, monkeypatch):
    if large:
        monkeypatch.setattr(blocks, "_LARGE", 16)
        monkeypatch.setattr(blocks, "_STRETCH", 8)
    function = OF_STATE[name]
    compiled = engine.compile(function, donate=(0,))
    stream = np.random.default_rng(0)
    ours = theirs = {"x": stream.normal(size=(6, 6)), "y": stream.normal(size=(6, 6))}
    for _ in range(3):
        ours, theirs = compiled(ours), function(theirs)
        assert_same(ours, theirs)


def test_chains_are_still_cut_where_every_operand_goes_along(monkeypatch):
    monkeypatch.setattr(blocks, "_LARGE", 16)
    monkeypatch.setattr(blocks, "_STRETCH", 8)
    state = {"x": np.ones((6, 6)), "row": np.ones(6)}

    def function(s):
        return {"x": s["x"] * 2 + s["row"] - s["x"] * 3, "row": s["row"]}

    program = NumpyEngine(accelerate=False).program(function, state, donate=(0,))
    assert "in blocks1:" in program.source()


def test_arguments_of_another_form_are_recorded_anew(engine):
    compiled = engine.compile(lambda batch: sum(batch.values()) * 2)
    a, b = np.asarray([1.0, 2.0]), np.asarray([3.0, 4.0])
    for batch in ({"a": a, "b": b}, {"a": a, "c": b}, {"a": a, "b": 5.0}, {0: a, 'say "b"\\': b}):
        assert compiled(batch).tolist() == (sum(batch.values()) * 2).tolist()
    assert len(compiled.programs) == 4


def test_what_cannot_be_computed_says_so_and_leaves_the_programs_as_they_are(engine):
    compiled = engine.compile(lambda x, y: x + y["w"])
    x = np.ones(2)
    assert compiled(x, {"w": x}).tolist() == [2.0, 2.0]
    with pytest.raises(TypeError):
        compiled(x, 3.0)
    assert compiled(x, {"w": x}).tolist() == [2.0, 2.0]


def test_numbers_stay_python_numbers(engine):
    compiled = engine.compile(lambda v: (v * 2.0, abs(v), +v))
    assert compiled(-3.0) == (-6.0, 3.0, -3.0)
    assert engine.compile(lambda x, n: x * abs(n))(np.ones(2), -2.0).tolist() == [2.0, 2.0]


@pytest.mark.parametrize("kind", [">f8", "<f8", ">f4"])
def test_bytes_in_another_order_are_the_same_numbers(engine, kind):
    compiled = engine.compile(lambda x: x * 2 + 1)
    for _ in range(2):
        assert compiled(np.asarray([1.0, 2.0], kind)).tolist() == [3.0, 5.0]
    assert engine.asarray(np.asarray([1.0], kind)).dtype.isnative


@pytest.mark.filterwarnings("ignore:Mean of empty slice")  # NumPy's own, as it is recorded
def test_nothing_adds_up_to_zero_and_has_no_mean(engine):
    compiled = engine.compile(lambda x: (x.sum(), x.sum(axis=0), x.mean(), x.mean(axis=0)))
    total, totals, mean, means = compiled(np.ones((0, 3)))
    assert (total, totals.tolist()) == (0, [0, 0, 0])
    assert np.isnan([mean, *means]).all()
