"""Kernels compute what the calls compute that they stand for."""

import gc
import re
import sys
from itertools import pairwise
from weakref import ref

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

from chainrule import ops  # noqa: E402 - needs NumPy
from chainrule.arrays import namespace_of  # noqa: E402 - needs NumPy
from chainrule.engines.numpy import NumpyEngine, NumpyProgram, kernel_compiler  # noqa: E402
from chainrule.engines.numpy import engine as numpy_engine  # noqa: E402
from chainrule.engines.numpy.kernel import Kernel  # noqa: E402
from chainrule.engines.recording import record  # noqa: E402
from chainrule.errors import MissingExtraError  # noqa: E402
from chainrule.nn import ACTIVATIONS, LOSSES, Architecture, Dense  # noqa: E402
from chainrule.train.metrics import Metric  # noqa: E402
from chainrule.train.optimizer import OPTIMIZERS, choose_optimizer  # noqa: E402
from chainrule.train.step import initial_state, training_step  # noqa: E402
from tests.engines.interpreted import interpreted  # noqa: E402
from tests.engines.numpy_steps import assert_same, direct  # noqa: E402
from tests.engines.op_cases import CASES, case_name, value_and_derivatives  # noqa: E402


@pytest.fixture
def without_compiler(monkeypatch):
    monkeypatch.setattr("chainrule.engines.numpy.program.compiled", interpreted)
    monkeypatch.setattr(numpy_engine, "installed", lambda: True)
    monkeypatch.setattr(numpy_engine, "usable", lambda: True)


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_kernels_of_every_op_and_rule_are_right(case, without_compiler):
    op, sample, options = case
    inputs = [np.asarray(x) for x in sample]
    function = value_and_derivatives(op, options)
    compiled = NumpyEngine(accelerate=True).compile(function)
    assert_same(compiled(*inputs), direct(function, *inputs))
    others = [x if x.dtype == bool else x * 1.25 + 0.125 for x in inputs]
    assert_same(compiled(*others), direct(function, *others))


def make_step(activation="relu", loss="mean_squared_error", optimizer="adam", outputs=3, **options):
    architecture = Architecture([Dense(4, 5, activation), Dense(5, outputs)])
    made = choose_optimizer(optimizer)
    step = training_step(architecture, LOSSES[loss], made, **options)
    weights = {name: np.asarray(w.tolist()) for name, w in architecture.initial(3).items()}
    return step, initial_state(made, architecture.layout.join(np, weights))


def make_batch(number, outputs=3, dtype="float64"):
    stream = np.random.default_rng(number)
    t = np.eye(3)[stream.integers(0, 3, 6)][:, :outputs]
    return {
        "x": stream.normal(size=(6, 4)).astype(dtype),
        "t": np.asfortranarray(t.astype(dtype)),
        "learning_rate": 0.05 / number,
    }


def assert_steps_agree(step, state, outputs=3, accelerate=True):
    compiled = NumpyEngine(accelerate=accelerate).compile(step, donate=(0,))
    ours, theirs = state, state
    for number in (1, 2, 3):
        ours, our_results = compiled(ours, make_batch(number, outputs))
        theirs, their_results = direct(step, theirs, make_batch(number, outputs))
        assert_same((ours, our_results), (theirs, their_results))
    return compiled


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_steps_with_kernels_agree_with_every_activation(activation, without_compiler):
    assert_steps_agree(*make_step(activation=activation))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_steps_with_kernels_agree_with_every_loss(loss, outputs, without_compiler):
    assert_steps_agree(*make_step(loss=loss, outputs=outputs), outputs)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_with_kernels_agree_with_every_optimizer(optimizer, without_compiler):
    options = {"clip_norm": 0.5, "l1": 0.001, "l2": 0.01}
    assert_steps_agree(*make_step(optimizer=optimizer, **options))


def test_what_a_kernel_reads_lies_in_order(without_compiler):
    def function(x, y):
        return ops.tanh(ops.matrix_transpose(x @ y) * 2 + 1)  # a view of what is kept

    x, y = np.arange(12.0).reshape(4, 3) / 10, np.arange(15.0).reshape(3, 5) / 10
    compiled = NumpyEngine(accelerate=True).compile(function)
    for inputs in ((x, y), (-x, y + 1)):
        assert_same(compiled(*inputs), direct(function, *inputs))


def fused(step, state, batch):
    return NumpyProgram(record(step, state, batch), (0,), accelerate=True)


def test_the_whole_update_is_one_kernel_over_the_weights():
    program = fused(*make_step(), make_batch(1))
    kernels = [k for k in program.program.instructions if isinstance(k, Kernel)]
    assert [k.shape for k in kernels if len(k.shape) == 1] == [(4 * 5 + 5 + 5 * 3 + 3,)]


def test_loss_and_its_derivative_are_one_kernel():
    program = fused(*make_step(loss="cross_entropy"), make_batch(1))
    kernels = [k for k in program.program.instructions if isinstance(k, Kernel)]
    functions = [{i.function for i in k.instructions} for k in kernels]
    assert any({"exp", "log", "mean", "divide", "multiply"} <= found for found in functions)


def test_layers_of_any_size_share_their_kernels():
    def texts(sizes, rows):
        layers = [Dense(a, b, "relu") for a, b in pairwise(sizes)]
        architecture = Architecture(layers)
        step = training_step(architecture, LOSSES["mean_squared_error"], choose_optimizer("adam"))
        state = initial_state(choose_optimizer("adam"), np.zeros(architecture.layout.size))
        batch = make_batch(1)
        batch |= {"x": np.zeros((rows, sizes[0])), "t": np.zeros((rows, sizes[-1]))}
        source = fused(step, state, batch).source()
        return set(re.findall(r"^def kernel\d+(.*?)\n\n", source, re.DOTALL | re.MULTILINE))

    assert texts([4, 5, 6, 3], 6) == texts([7, 9, 8, 11, 5], 12)


def test_kernels_come_when_they_are_worth_it_and_change_nothing(monkeypatch, without_compiler):
    monkeypatch.setattr(numpy_engine, "_WORTH_SECONDS", 1e-5)
    compiled = assert_steps_agree(*make_step(), accelerate=None)
    (program,) = compiled.programs.values()
    assert "kernel1" in program.source()


def test_kernels_come_as_soon_to_a_function_that_rests_between_its_calls(
    monkeypatch, without_compiler
):
    monkeypatch.setattr(numpy_engine, "_MUCH_MEMORY", 0)
    engine, (step, state) = NumpyEngine(), make_step()
    saved = fused(step, state, make_batch(1)).saved_seconds
    monkeypatch.setattr(numpy_engine, "_WORTH_SECONDS", 2.5 * saved)
    compiled, kernels = engine.compile(step, donate=(0,)), []
    for number in (1, 2, 3, 4):
        state, _ = compiled(state, make_batch(number))
        (program,) = compiled.programs.values()
        kernels.append("kernel1" in program.source())
        engine.rest(compiled)
    assert kernels == [False, False, True, True]


def test_a_short_run_never_meets_the_compiler(monkeypatch, without_compiler):
    def refused(*_):
        raise AssertionError("compiled too early")

    monkeypatch.setattr("chainrule.engines.numpy.program.compiled", refused)
    assert_steps_agree(*make_step(), accelerate=None)


def test_a_numba_that_cannot_be_imported_is_done_without(monkeypatch, without_compiler):
    monkeypatch.setattr(numpy_engine, "_WORTH_SECONDS", 1e-5)
    monkeypatch.setattr(numpy_engine, "usable", kernel_compiler.usable)
    monkeypatch.setitem(sys.modules, "numba", None)
    compiled = assert_steps_agree(*make_step(), accelerate=None)
    (program,) = compiled.programs.values()
    assert "kernel1" not in program.source()


def test_asking_for_kernels_without_numba_says_what_to_install(monkeypatch):
    monkeypatch.setattr(numpy_engine, "usable", lambda: False)
    with pytest.raises(MissingExtraError, match=r"chainrule\[fast\]"):
        NumpyEngine(accelerate=True)


@pytest.mark.extra("numba")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_kernels_agree(dtype, tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_compiler, "cache_folder", lambda kind: tmp_path / kind)
    kernel_compiler._compiled.cache_clear()
    step, state = make_step(loss="cross_entropy")
    state = initial_state(choose_optimizer("adam"), state["parameters"].astype(dtype))
    compiled = NumpyEngine(accelerate=True).compile(step, donate=(0,))
    ours, theirs = state, state
    for number in (1, 2, 3):
        batch = make_batch(number, dtype=dtype)
        ours, our_results = compiled(ours, batch)
        theirs, their_results = direct(step, theirs, batch)
        assert_same(
            (ours, our_results), (theirs, their_results), tolerance=1e-12 if "64" in dtype else 1e-5
        )
    assert list((tmp_path / "kernels").glob("kernel_*.py"))


@pytest.mark.extra("numba")
def test_compiled_kernels_let_nan_and_infinity_through():
    def function(z, g):
        xp = z.__array_namespace__()
        return xp.maximum(z, 0) / 0, xp.where(z > 0, g, 0) + 0 * xp.minimum(z, g), z / (z - z)

    compiled = NumpyEngine(accelerate=True).compile(function)
    z = np.asarray([[1.0, -1.0, np.nan, np.inf]])
    g = np.asarray([[np.inf, np.inf, np.nan, 2.0]])
    for one, other in zip(compiled(z, g), direct(function, z, g), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.extra("numba")
def test_a_kernel_that_is_kept_is_not_compiled_again(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_compiler, "cache_folder", lambda _kind: tmp_path / "kernels")
    for hits in (0, 1):
        kernel_compiler._compiled.cache_clear()
        kernel = kernel_compiler._compiled("def kernel(x):\n    x[0] = 2.0", ("float64[::1]",))
        assert sum(kernel.stats.cache_hits.values()) == hits


def _nobody_knows_a_home(_kind):
    raise RuntimeError("Could not determine home directory.")


@pytest.mark.extra("numba")
@pytest.mark.parametrize("damage", ["kernel_*.py", "*.nbi", "*.nbc", "a file there", "no home"])
def test_kernels_are_compiled_without_a_place_to_keep_them_and_where_those_kept_are_damaged(
    damage, tmp_path, monkeypatch
):
    def first_answer():
        kernel_compiler._compiled.cache_clear()
        return NumpyEngine(accelerate=True).compile(lambda x: x * 3 + 1)(np.ones(2)).tolist()

    folder = tmp_path / "kernels"
    monkeypatch.setattr(kernel_compiler, "cache_folder", lambda _kind: folder)
    if damage == "a file there":
        folder.write_text("", "utf-8")
    elif damage == "no home":
        monkeypatch.setattr(kernel_compiler, "cache_folder", _nobody_knows_a_home)
    else:
        assert first_answer() == [4.0, 4.0]
        kept = list(folder.glob(f"**/{damage}"))
        assert kept
        for entry in kept:
            entry.write_bytes(b"")
    assert first_answer() == [4.0, 4.0]


def test_what_is_not_needed_any_more_is_given_back_at_once():
    """Without waiting for the collector, which may be long: the buffers of a run can be large."""
    engine = NumpyEngine()
    compiled = engine.compile(lambda x: namespace_of(x).exp(x * 2.0 + 1.0) * x)
    compiled(np.ones((64, 64)))
    left, collecting = ref(compiled), gc.isenabled()
    gc.disable()
    try:
        del compiled
        assert left() is None
    finally:
        if collecting:
            gc.enable()


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("shape", [(6, 4), (3, 7)])
def test_a_mean_in_a_kernel_is_over_as_many_entries_as_it_is_taken_of(
    axis, shape, without_compiler
):
    stream = np.random.default_rng(5)
    x, y = stream.normal(size=shape), stream.normal(size=shape)

    def function(x, y):
        z = ops.tanh(x) * y + x
        return z, ops.mean(z * z - y, axis=axis)

    compiled = NumpyEngine(accelerate=True).compile(function)
    assert_same(compiled(x, y), direct(function, x, y))
    assert_same(compiled(y, x), direct(function, y, x))


@pytest.mark.parametrize("keepdims", [True, False])
def test_numbers_of_each_row_spread_over_the_columns_are_a_table_again(keepdims, without_compiler):
    def function(x, y):
        xp = namespace_of(x)
        row = xp.sum(x * x, axis=-1, keepdims=True) + 1
        spread = row * y if keepdims else xp.broadcast_to(xp.reshape(row, (-1, 1)), x.shape) - y
        return x + spread, xp.sum(spread * 2, axis=-1)

    x, y = np.arange(12.0).reshape(4, 3) / 10, np.asarray([1.0, -2.0, 0.5])
    compiled = NumpyEngine(accelerate=True).compile(function)
    for inputs in ((x, y), (-x, y + 1)):
        assert_same(compiled(*inputs), direct(function, *inputs))


@pytest.mark.parametrize(("function", "kept"), [(ops.tanh, []), (ops.softmax, ["2"])])
def test_only_what_a_later_way_over_the_row_reads_again_is_kept_for_it(function, kept):
    def outer(x):
        return function(x * 2 + 1) - 1

    program = NumpyProgram(record(outer, np.ones((4, 3))), accelerate=True)
    assert re.findall(r"spare = empty\(\((\d+), columns\)", program.source()) == kept


def test_the_place_of_the_largest_is_numpys_with_ties_infinities_and_nan(without_compiler):
    inf, nan = float("inf"), float("nan")
    rows = [[1.0, 3.0, 3.0], [-inf, -inf, -inf], [2.0, nan, nan], [nan, 5.0, nan], [0.0, -1.0, 9.0]]
    x, t = np.asarray(rows), np.asarray([[0.0, 1.0, 0.0]] * 5)

    def hits(x, t):
        xp = namespace_of(x)
        same = xp.equal(xp.argmax(x * 2, axis=-1), xp.argmax(t, axis=-1))
        return xp.sum(xp.where(same, xp.ones_like(x[:, 0]), 0))

    engine = NumpyEngine(accelerate=True)
    kernels = [i for i in engine.program(hits, x, t).program.instructions if type(i) is Kernel]
    assert [i.function for k in kernels for i in k.instructions].count("argmax") == 2
    assert float(engine.compile(hits)(x, t)) == sum(np.argmax(x, axis=-1) == 1) == 2


@pytest.mark.parametrize("rule", ["largest", "above"])
@pytest.mark.parametrize("shares", [(), (np.asarray([0.5, 1.0, 0.0, 2.0, 4.0]),)], ids=len)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_right_answers_are_counted_in_one_kernel(rule, shares, dtype, without_compiler):
    scores = [[1.0, 3.0], [0.0, -1.0], [2.0, 1.0], [-3.0, 5.0], [9.0, 4.0]]
    t = [[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
    tables = [np.asarray(table, dtype) for table in (scores, t, *shares)]
    metric, engine = Metric("accuracy", rule), NumpyEngine(accelerate=True)
    program = engine.program(metric.count, *tables).program
    assert [type(instruction) for instruction in program.instructions] == [Kernel]
    right = {"largest": [1, 0, 1, 0, 1], "above": [0.5, 0.5, 0.5, 0, 1]}[rule]
    expected = sum(np.multiply(right, *shares) if shares else right)
    count = engine.compile(metric.count)(*tables)
    assert (count, count.dtype) == (expected, dtype)
