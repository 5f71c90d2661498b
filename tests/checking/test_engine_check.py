"""The gradient that an engine compiles is held against the float64 walk."""

import pytest

from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense

ENGINES = [
    pytest.param(engine, dtype, marks=pytest.mark.extra(engine))
    for engine, dtypes in {
        "numpy": ("float64", "float32"),
        "jax": ("float64", "float32", "bfloat16"),
    }.items()
    for dtype in dtypes
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("engine", "dtype"), ENGINES)
def test_what_an_engine_compiles_is_checked(monkeypatch, engine, dtype):
    layers = [Dense(3, 4, "tanh"), Dense(4, 2, "softmax")]
    net = Network(layers, seed=1, engine=engine, dtype=dtype)
    x, y = [[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]], [0, 1]
    right = check_gradients(net, x, y).verdicts[-1]
    assert right.name == f"{engine} {dtype}"
    assert right.outcome == ("agrees" if dtype == "float64" else "rounded")
    rest = "" if dtype == "float64" else f", and the rest is {dtype} rounding"
    assert right.sentence == f"agrees to {right.digits} digits{rest}"
    own = type(net.engine).compile

    def faulty(self, function, **options):
        run = own(self, function, **options)
        return lambda *given: (run(*given)[0], 3 * run(*given)[1])

    monkeypatch.setattr(type(net.engine), "compile", faulty)
    wrong = check_gradients(net, x, y).verdicts[-1]
    assert wrong.outcome == "wrong"
    assert wrong.given == pytest.approx(3 * wrong.found, rel=0.05)
    assert wrong.sentence == (
        f"wrong at {wrong.entry}: the engine gives {wrong.given:.9g} and the float64 walk "
        f"{wrong.found:.9g}, further apart than {dtype} rounding explains"
    )


@pytest.mark.extra("jax")
def test_where_rounding_is_as_large_as_the_slopes_nothing_is_claimed():
    layer = Dense(1, 1, weight=[[1.0]], bias=[0.0])
    net = Network([layer], engine="jax", dtype="bfloat16")
    x, y = [[1.0], [1.0]], [[2.0], [0.001]]  # of two pulls next to nothing is left
    found = check_gradients(net, x, y).verdicts[-1]
    assert found.outcome == "unclear"
    assert found.passed is None
    assert found.sentence.startswith("cannot tell: bfloat16 rounding")


@pytest.mark.extra("numpy")
def test_an_engine_that_gives_the_very_same_slopes_is_shown_one_and_promises_digits():
    net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="numpy")
    check = check_gradients(net, [[2.0]], [[4.0]])
    same = check.verdicts[-1]
    assert same.name == "numpy float64"
    assert (same.given, same.found) == (-2.0, -2.0)  # 2 (3.5 - 4) · 2
    assert same.promised > 10
    assert "the methods promise 0" not in str(check)
