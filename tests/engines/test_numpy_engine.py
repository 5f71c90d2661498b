"""A compiled function gives what the function itself gives on NumPy, call after call."""

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

import chainrule.arrays as lists  # noqa: E402
from chainrule.engines.numpy import NumpyEngine  # noqa: E402
from chainrule.errors import KindError  # noqa: E402
from chainrule.nn import ACTIVATIONS, LOSSES, Architecture, Dense  # noqa: E402
from chainrule.train.optimizer import OPTIMIZERS, choose_optimizer  # noqa: E402
from chainrule.train.step import initial_state, training_step  # noqa: E402
from tests.engines.interpreted import interpreted  # noqa: E402
from tests.engines.numpy_steps import assert_same, direct, leaves, make_batch, make_step  # noqa: E402
from tests.engines.op_cases import CASES, case_name, value_and_derivatives  # noqa: E402


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_every_op_and_rule_is_compiled_as_it_is(case, dtype):
    op, sample, options = case
    inputs = [np.asarray(x) for x in sample]
    inputs = [x if x.dtype == bool else x.astype(dtype) for x in inputs]
    function = value_and_derivatives(op, options)
    compiled = NumpyEngine().compile(function)
    assert_same(compiled(*inputs), direct(function, *inputs), dtype)
    others = [x if x.dtype == bool else x * 1.25 + 0.125 for x in inputs]
    assert_same(compiled(*others), direct(function, *others), dtype)


def assert_steps_agree(step, state, dtype, donate, steps=4, rows=4):
    compiled = NumpyEngine().compile(step, donate=donate)
    ours, theirs = state, state
    for number in range(1, steps + 1):
        batch = make_batch(number, rows, dtype)
        ours, our_results = compiled(ours, batch)
        theirs, their_results = direct(step, theirs, batch)
        assert_same((ours, our_results), (theirs, their_results), dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "options",
    [*({"activation": name} for name in ACTIVATIONS), *({"loss": name} for name in LOSSES)],
    ids=str,
)
def test_steps_agree_with_every_activation_and_loss(options, dtype):
    step, state, _ = make_step(dtype, **options)
    assert_steps_agree(step, state, dtype, (0,))


@pytest.mark.parametrize("donate", [(), (0,)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_agree_with_every_optimizer(optimizer, donate):
    step, state, _ = make_step(optimizer=optimizer, clip_norm=0.5, l1=0.001, l2=0.01)
    assert_steps_agree(step, state, "float64", donate)


def test_large_chains_are_cut_into_stretches_and_stay_right(monkeypatch):
    monkeypatch.setattr("chainrule.engines.numpy.blocks._LARGE", 50_000)
    monkeypatch.setattr("chainrule.engines.numpy.blocks._STRETCH", 16_000)
    architecture = Architecture([Dense(300, 300, "relu"), Dense(300, 2)])
    step = training_step(architecture, LOSSES["mean_squared_error"], choose_optimizer("adam"))
    stream = np.random.default_rng(0)
    state = initial_state(
        choose_optimizer("adam"), stream.normal(size=architecture.layout.size) / 20
    )
    engine = NumpyEngine(accelerate=False)
    compiled = engine.compile(step, donate=(0,))
    ours, theirs = state, state
    for number in (1, 2, 3):
        batch = make_batch(number, 300)
        del batch["masks"]
        batch["x"] = stream.normal(size=(300, 300))
        ours, our_results = compiled(ours, batch)
        theirs, their_results = direct(step, theirs, batch)
        assert_same((ours, our_results), (theirs, their_results))
    assert "in blocks1:" in str(engine.program(step, state, batch, donate=(0,)))


def make_counted_step():
    """A step, the same with notes of the shapes it is recorded for, its first state, the notes."""
    recordings = []
    step, state, _ = make_step(optimizer="adam")

    def counted(state, batch):
        recordings.append(batch["x"].shape)
        return step(state, batch)

    return step, counted, state, recordings


def test_a_new_shape_is_recorded_once_and_the_old_one_kept():
    step, counted, state, recordings = make_counted_step()
    compiled = NumpyEngine().compile(counted, donate=(0,))
    ours, theirs = state, state
    for number, rows in enumerate((4, 4, 3, 4, 3, 4), start=1):
        batch = make_batch(number, rows)
        ours, _ = compiled(ours, batch)
        theirs, _ = direct(step, theirs, batch)
        assert_same(ours, theirs)
    assert recordings == [(4, 3), (3, 3)]


def test_a_function_compiled_again_is_not_recorded_again_and_works_in_memory_of_its_own():
    step, counted, state, recordings = make_counted_step()
    first, second = (NumpyEngine().compile(counted, donate=(0,)) for _ in range(2))
    ours, after_one = first(state, make_batch(1))[0], direct(step, state, make_batch(1))[0]
    assert_same(second(state, make_batch(2))[0], direct(step, state, make_batch(2))[0])
    assert_same(ours, after_one)
    plain = NumpyEngine().compile(counted)
    assert_same(plain(after_one, make_batch(2)), direct(step, after_one, make_batch(2)))
    assert recordings == [(4, 3), (4, 3)]  # what is given away decides about a program


def test_only_so_many_programs_are_kept():
    compiled = NumpyEngine().compile(lambda x: x * 2)
    for size in range(1, 40):
        assert compiled(np.ones(size)).tolist() == [2.0] * size
    assert len(compiled.programs) == 16


@pytest.mark.parametrize(
    "other",
    [
        {"x": np.ones(2), "scale": 3.0, "more": None},
        {"x": np.ones(2, "float32"), "scale": 3.0},
        {"x": np.ones((2, 1)), "scale": 3.0},
        {"x": np.ones(2), "scale": np.full(2, 3.0)},
    ],
)
def test_arguments_of_another_form_get_a_program_of_their_own(other):
    compiled = NumpyEngine().compile(lambda batch: batch["x"] * batch["scale"])
    compiled({"x": np.ones(2), "scale": 2.0})
    result = compiled(other)
    assert result.dtype == other["x"].dtype
    assert (result == 3).all()
    assert len(compiled.programs) == 2


@pytest.mark.parametrize("donate", [(), (0,)])
def test_nan_passes_through_in_silence(donate):
    step, state, _ = make_step(activation="relu", loss="cross_entropy", optimizer="adam")
    compiled = NumpyEngine().compile(step, donate=donate)
    batch = make_batch(1)
    state, results = compiled(state, batch)
    assert np.isfinite(results["loss"])
    batch["x"][0, 0] = np.nan
    state, results = compiled(state, batch)
    assert np.isnan(results["loss"])
    assert np.isnan(state["parameters"]).any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numbers_in_the_thousands_raise_no_warning(activation, dtype):
    step, state, _ = make_step(dtype, activation=activation, loss="huber")
    batch = make_batch(1, dtype=dtype)
    batch["x"] *= 1000
    compiled = NumpyEngine().compile(step)
    assert_same(compiled(state, batch), direct(step, state, batch), dtype)


def test_a_mask_keeps_infinity_out_as_a_choice_does():
    def gate(z, g):
        return np.where(z > 0, g, 0) if isinstance(z, np.ndarray) else xp_where(z, g)

    def xp_where(z, g):
        return z.__array_namespace__().where(z > 0, g, 0)

    compiled = NumpyEngine().compile(lambda z, g: xp_where(z, g) * 1)
    z, g = np.asarray([1.0, -1.0, np.nan, 2.0]), np.asarray([np.inf, np.inf, np.nan, np.nan])
    np.testing.assert_array_equal(compiled(z, g), gate(z, g))


def test_a_number_of_numpys_own_is_a_number_like_any_other():
    compiled = NumpyEngine().compile(lambda x, rate: x * rate)
    x = np.ones(2, "float32")
    for rate in (2.0, np.float64(3.0), 4, np.float64(5.0)):
        result = compiled(x, rate)
        assert result.dtype == "float32"
        assert result.tolist() == [rate, rate]
    assert len(compiled.programs) == 1


def test_an_array_of_another_library_is_refused_with_a_way_out():
    with pytest.raises(KindError, match="ListArray and works on NumPy arrays; its asarray"):
        NumpyEngine().compile(lambda x: x * 2)(lists.asarray([1.0]))


def test_float32_stays_float32():
    step, state, _ = make_step("float32", optimizer="adamw", clip_norm=1.0, l2=0.1)
    state, results = NumpyEngine().compile(step)(state, make_batch(1, dtype="float32"))
    assert state.pop("steps") == 1
    assert {leaf.dtype.name for leaf in leaves((state, results))} == {"float32"}


def test_the_source_runs_with_numpy_alone():
    step, state, _ = make_step(optimizer="adam")
    program = NumpyEngine().program(step, state, make_batch(1), donate=(0,))
    scope = {}
    exec(program.source(), scope)
    arrays = [np.zeros_like(leaf) for leaf in leaves(state) if isinstance(leaf, np.ndarray)]
    run = scope["prepare"](*arrays)
    assert_same(run(state, make_batch(1)), direct(step, state, make_batch(1)))
    assert program.memory > 0
    assert "chainrule" not in program.source()


@pytest.mark.parametrize("accelerate", [False, True])
def test_inputs_may_be_called_what_the_source_calls_something_else(accelerate, monkeypatch):
    monkeypatch.setattr("chainrule.engines.numpy.engine.usable", lambda: True)
    monkeypatch.setattr("chainrule.engines.numpy.program.compiled", interpreted)

    def function(state, exp, i):
        xp = i.__array_namespace__()
        chosen = xp.where(exp["mask"] > exp["dot"], exp["full"], exp["float32"])
        return {"kept": state["kept"] + xp.exp(chosen) * exp["class"]}, {"len": xp.sum(i * chosen)}

    compiled = NumpyEngine(accelerate=accelerate).compile(function, donate=(0,))
    names = ("mask", "dot", "full", "float32", "class")
    inputs = {name: np.asarray([1.0, 2.0]) * n for n, name in enumerate(names)}
    arguments = {"kept": np.ones(2)}, inputs, np.asarray([3.0, 4.0])
    assert_same(compiled(*arguments), function(*arguments))


@pytest.mark.extra("torch")
def test_arrays_of_another_library_keep_their_number_kind():
    import torch

    engine, ones = NumpyEngine(), torch.ones(2, 3)
    assert engine.asarray(ones).dtype == "float32"
    assert engine.asarray(ones.double()).dtype == "float64"
    for other in (ones.requires_grad_(), ones.bfloat16()):  # what NumPy cannot look at is read
        assert engine.asarray(other).tolist() == [[1.0] * 3] * 2


def test_a_copy_shares_no_memory():
    array, engine = np.asarray([1.0, 2.0]), NumpyEngine()
    copies = engine.copy({"w": array, "inside": {"b": array}, "step": 3})
    array[0] = 5.0
    assert copies["w"].tolist() == copies["inside"]["b"].tolist() == [1.0, 2.0]
    assert copies["step"] == 3
