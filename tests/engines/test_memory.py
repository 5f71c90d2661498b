"""Values share memory exactly where nothing reads the old one any more."""

import pytest

pytestmark = pytest.mark.extra("numpy")
np = pytest.importorskip("numpy")

from chainrule.engines.numpy import NumpyEngine, NumpyProgram  # noqa: E402
from chainrule.engines.numpy.kernel import Kernel  # noqa: E402 - needs NumPy
from chainrule.engines.recording import record  # noqa: E402
from tests.engines.interpreted import interpreted  # noqa: E402
from tests.engines.numpy_steps import leaves  # noqa: E402

TABLE = np.asarray([[1.0, 2.0], [3.0, 4.0]])


def planned(function, *arguments, donate=()):
    return NumpyProgram(record(function, *arguments), donate)


def run_once(function, *arguments, donate=()):
    return NumpyEngine(accelerate=False).compile(function, donate=donate)(*arguments)


def test_a_chain_works_in_one_buffer():
    def chain(x):
        xp = x.__array_namespace__()
        return xp.sum(xp.exp(xp.abs(x * 2) + 1) * 3)

    assert planned(chain, np.ones(1000)).memory == 1000 * 8


def test_a_value_that_is_read_again_keeps_its_memory():
    def function(x):
        xp = x.__array_namespace__()
        twice = x * 2
        return xp.sum(xp.exp(twice) * twice)

    assert planned(function, np.ones(1000)).memory == 2 * 1000 * 8
    assert run_once(function, np.ones(3)) == pytest.approx(3 * 2 * np.exp(2))


def test_nothing_is_written_over_a_view_that_sees_it_in_another_order():
    def function(x):
        xp = x.__array_namespace__()
        return xp.sum(xp.abs(xp.matrix_transpose(x * 1)) * np.asarray([[1.0, 10.0], [2.0, 20.0]]))

    assert planned(function, TABLE).memory == 2 * TABLE.nbytes
    assert run_once(function, TABLE) == 1 * 1 + 3 * 10 + 2 * 2 + 4 * 20


def test_parts_of_a_concatenation_are_computed_where_they_belong():
    def function(x, y):
        xp = x.__array_namespace__()
        return xp.sum(xp.concat([xp.reshape(xp.matmul(x, y), (-1,)), x[0] * 2], axis=0) ** 2)

    source = planned(function, TABLE, TABLE).source()
    assert "copyto" not in source
    assert run_once(function, TABLE, TABLE) == 7**2 + 10**2 + 15**2 + 22**2 + 2**2 + 4**2


def test_parts_of_a_result_are_computed_where_they_belong_anew_in_every_call():
    def function(x, y):
        xp = x.__array_namespace__()
        return xp.concat([xp.reshape(xp.matmul(x, y), (-1,)), x[0] * 2, y[1]], axis=0)

    assert planned(function, TABLE, TABLE).memory == 0
    compiled = NumpyEngine(accelerate=False).compile(function)
    first, second = compiled(TABLE, TABLE), compiled(TABLE, -TABLE)
    assert first.tolist() == [7.0, 10.0, 15.0, 22.0, 2.0, 4.0, 3.0, 4.0]
    assert second.tolist() == [-7.0, -10.0, -15.0, -22.0, 2.0, 4.0, -3.0, -4.0]


def test_a_part_that_belongs_to_two_concatenations_is_copied():
    def function(x):
        xp = x.__array_namespace__()
        part = x * 2
        return xp.concat([part, x], axis=0) + 0, xp.concat([x, part, part], axis=0) + 0

    one, two = run_once(function, np.asarray([1.0, 2.0]))
    assert one.tolist() == [2.0, 4.0, 1.0, 2.0]
    assert two.tolist() == [1.0, 2.0, 2.0, 4.0, 2.0, 4.0]


def joined(*arrays):
    xp = arrays[0].__array_namespace__()
    return xp.concat([xp.reshape(array, (-1,)) for array in arrays], axis=0)


def table_of(flat):
    return flat.__array_namespace__().reshape(flat, (2, 2))


def parts_of(flat, x):
    """Two products in the place of two factors, each of which is read before."""
    z = x @ table_of(flat[:4])
    return joined(z @ table_of(flat[4:]), x @ z)


def test_a_result_is_written_part_by_part_over_what_was_given_away_and_is_read_no_more():
    flat = np.arange(8.0)
    compiled = NumpyEngine(accelerate=False).compile(parts_of, donate=(0,))
    given = flat.copy()
    found = compiled(given, TABLE)
    assert found is given
    assert found.tolist() == parts_of(flat, TABLE).tolist()
    kept = NumpyEngine(accelerate=False).compile(parts_of)
    assert kept(flat, TABLE).tolist() == found.tolist()
    assert flat.tolist() == np.arange(8.0).tolist()


@pytest.mark.parametrize(
    "function",
    [
        lambda flat, x: parts_of(flat[::-1], x),
        lambda flat, x: (parts_of(flat, x), flat[1:3]),
        lambda flat, x: (parts_of(flat, x), flat.__array_namespace__().sum(flat)),
        lambda flat, x: (parts := parts_of(flat, x), parts * flat),
        lambda flat, x: joined(x @ x, table_of(flat[:4]) @ x),
        lambda flat, x: joined(table_of(flat[:4]) @ x, flat[4:] * 2),
        lambda flat, x: joined(flat[4:], flat[:4]),
    ],
)
def test_what_is_still_to_be_read_is_not_written_over(function):
    flat = np.arange(8.0)
    expected = function(flat, TABLE)
    for accelerate in (False, None):
        compiled = NumpyEngine(accelerate=accelerate).compile(function, donate=(0,))
        found = compiled(flat.copy(), TABLE)
        for one, other in zip(leaves(found), leaves(expected), strict=True):
            assert one.tolist() == other.tolist()


def test_a_state_is_replaced_in_its_place():
    def function(state):
        return {"w": state["w"] * 0.5 - 1}

    program = planned(function, {"w": np.ones(10)}, donate=(0,))
    assert list(program.plan.replacing.values()) == program.program.input_variables
    assert not program.plan.copied


def test_a_state_that_is_read_after_its_new_value_is_made_is_replaced_at_the_end():
    def function(state):
        new = state["w"] * 2
        return {"w": new}, new + state["w"]

    assert planned(function, {"w": np.ones(3)}, donate=(0,)).plan.copied
    state, total = run_once(function, {"w": np.asarray([1.0, 2.0])}, donate=(0,))
    assert state["w"].tolist() == [2.0, 4.0]
    assert total.tolist() == [3.0, 6.0]


def test_a_kernel_of_several_phases_writes_over_nothing_that_it_reads_again(monkeypatch):
    monkeypatch.setattr("chainrule.engines.numpy.program.compiled", interpreted)

    def function(x):
        xp = x.__array_namespace__()
        z = xp.matmul(x, x)
        twice = z * 2
        shifted = z - xp.max(z, axis=1, keepdims=True)
        return xp.matmul(shifted, x) + xp.matmul(twice, x)

    program = NumpyProgram(record(function, TABLE), accelerate=True)
    assert any(isinstance(i, Kernel) and i.last_phase for i in program.program.instructions)
    found = program.prepare({}, {})(TABLE)
    np.testing.assert_allclose(found, function(TABLE))
