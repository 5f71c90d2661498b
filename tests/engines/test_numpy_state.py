"""Memory that the caller gives away is used, and no other is ever written to."""

import tracemalloc

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

from chainrule.engines.numpy import NumpyEngine  # noqa: E402 - needs NumPy
from chainrule.nn import LOSSES  # noqa: E402
from chainrule.train.step import evaluation  # noqa: E402
from tests.engines.numpy_steps import assert_same, direct, leaves, make_batch, make_step  # noqa: E402


def test_the_state_of_the_caller_is_never_written_to():
    step, state, _ = make_step(optimizer="adam")
    before = state["parameters"].copy()
    compiled = NumpyEngine().compile(step, donate=(0,))
    first, _ = compiled(state, make_batch(1))
    compiled(first, make_batch(2))
    assert (state["parameters"] == before).all()
    assert not state["optimizer"]["m"].any()


def test_a_state_given_away_lives_in_the_same_memory_from_call_to_call():
    step, state, _ = make_step(optimizer="adam")
    compiled = NumpyEngine().compile(step, donate=(0,))
    first, _ = compiled(state, make_batch(1))
    second, _ = compiled(first, make_batch(2))
    assert second["parameters"] is first["parameters"]


def test_a_state_that_is_not_given_away_is_left_alone():
    step, state, _ = make_step(optimizer="adam")
    compiled = NumpyEngine().compile(step)
    first, _ = compiled(state, make_batch(1))
    kept = first["parameters"].copy()
    compiled(first, make_batch(2))
    assert (first["parameters"] == kept).all()


def test_results_of_one_call_are_not_overwritten_by_the_next():
    _, state, architecture = make_step()
    evaluate = evaluation(architecture, LOSSES["mean_squared_error"])
    compiled = NumpyEngine().compile(lambda flat, batch: (evaluate(flat, batch), flat[1:4] * 2))
    first = compiled(state["parameters"], {"x": make_batch(1)["x"], "t": make_batch(1)["t"]})
    kept = [leaf.copy() for leaf in leaves(first)]
    compiled(state["parameters"] + 1, {"x": make_batch(2)["x"], "t": make_batch(2)["t"]})
    assert_same(leaves(first), kept)


def test_values_that_change_places_are_not_mixed_up():
    def swap(state):
        return {"a": state["b"], "b": state["a"]}

    compiled = NumpyEngine().compile(swap, donate=(0,))
    state = {"a": np.asarray([1.0, 2.0]), "b": np.asarray([3.0, 4.0])}
    for _ in range(3):
        state = compiled(state)
    assert state["a"].tolist() == [3.0, 4.0]
    assert state["b"].tolist() == [1.0, 2.0]
    exchanged = compiled({"a": state["b"], "b": state["a"]})
    assert exchanged["a"].tolist() == [3.0, 4.0]


def test_the_old_value_can_be_returned_beside_the_new_one():
    def step(state):
        return {"w": state["w"] * 2}, {"before": state["w"], "part": state["w"][:1]}

    compiled = NumpyEngine().compile(step, donate=(0,))
    state, results = compiled({"w": np.asarray([1.0, 2.0])})
    state, later = compiled(state)
    assert results["before"].tolist() == [1.0, 2.0]
    assert later["before"].tolist() == [2.0, 4.0]
    assert results["part"].tolist() == [1.0]
    assert state["w"].tolist() == [4.0, 8.0]


def test_memory_does_not_grow_with_the_number_of_steps():
    step, state, _ = make_step(optimizer="adam")
    compiled = NumpyEngine().compile(step, donate=(0,))
    batch = make_batch(1)
    for _ in range(50):
        state, _ = compiled(state, batch)
    tracemalloc.start()
    for _ in range(2000):
        state, _ = compiled(state, batch)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 20_000


def held_after(call):
    """The bytes that a call leaves behind."""
    tracemalloc.start()
    kept = call()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return held


def roots(x):
    """A sum that takes an array as long as ten million bytes on its way, whatever the rows."""
    xp, long = x.__array_namespace__(), np.arange(1_250_000.0)
    return xp.sum(xp.sqrt(long * xp.sum(x)))


def test_batches_of_other_sizes_work_in_the_same_memory():
    engine = NumpyEngine(accelerate=False)

    def called(*sizes):
        compiled = engine.compile(roots)
        return compiled, [compiled(np.ones(rows)) for rows in sizes]

    called(4, 3, 2)  # records what it runs
    assert held_after(lambda: called(4)) > 10_000_000
    assert held_after(lambda: called(4, 3, 2)) < 11_000_000


def test_what_is_recorded_anew_does_not_meet_the_memory_of_the_other_sizes():
    held = []

    def watched(x):
        held.append(tracemalloc.get_traced_memory()[0])
        return roots(x)

    compiled = NumpyEngine(accelerate=False).compile(watched)
    tracemalloc.start()
    assert compiled(np.ones(4)) == roots(np.ones(4))
    assert compiled(np.ones(3)) == roots(np.ones(3))
    tracemalloc.stop()
    before, after = held
    assert after - before < 11_000_000  # what the program brings along


def test_at_rest_a_function_holds_no_memory_and_its_state_goes_on():
    step, state, _ = make_step(optimizer="adam")
    engine = NumpyEngine(accelerate=False)
    compiled, resting = engine.compile(step, donate=(0,)), engine.compile(roots)
    ours, theirs = state, state
    for number in (1, 2, 3):
        ours, _ = compiled(ours, make_batch(number))
        theirs, _ = direct(step, theirs, make_batch(number))
        assert_same(ours, theirs)
        engine.rest(compiled)
        assert resting(np.ones(4)) == roots(np.ones(4))

    def rested():
        compiled = engine.compile(roots)
        compiled(np.ones(4))
        engine.rest(compiled)
        return compiled

    assert held_after(rested) < 100_000


def test_a_state_that_no_step_has_written_to_is_not_copied():
    step, state, architecture = make_step(optimizer="adam")
    engine = NumpyEngine()
    first = engine.distribute(state, architecture.layout)
    assert np.shares_memory(engine.copy(first)["parameters"], state["parameters"])
    collected = engine.collect(first, architecture.layout)["parameters"]
    collected[:] = 7  # whoever asks for a copy may write to it
    assert not (state["parameters"] == 7).any()
    after, _ = engine.compile(step, donate=(0,))(first, make_batch(1))
    assert not np.shares_memory(engine.copy(after)["parameters"], after["parameters"])


def test_an_array_that_the_function_brings_along_may_be_long_and_is_never_handed_out():
    brought = np.arange(100.0)
    compiled = NumpyEngine().compile(lambda x: (x * brought, brought))
    product, constant = compiled(np.full(100, 2.0))
    assert product.tolist() == (2 * brought).tolist()
    constant[:] = 0
    assert compiled(np.ones(100))[0].tolist() == brought.tolist()
