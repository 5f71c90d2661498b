"""Each pass leaves the meaning of a program alone and takes away what it promises to."""

import chainrule.arrays as lists
from chainrule.engines.passes import (
    fold_constants,
    numbers_first,
    without_broadcasts,
    without_duplicates,
    without_unused,
)
from chainrule.engines.program import NUMBER
from chainrule.engines.recording import record

X = lists.asarray([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])
OTHER = lists.asarray([[0.5, 4.0, -2.5], [1.5, -3.0, 2.0]])


def called(program):
    return [instruction.function for instruction in program.instructions]


def assert_same_meaning(before, after, *arguments):
    expected, found = before.run(lists, *arguments), after.run(lists, *arguments)
    assert found.tolist() == expected.tolist()


def test_a_result_that_reaches_no_output_is_dropped_with_what_led_to_it():
    def function(x):
        xp = x.__array_namespace__()
        xp.exp(xp.abs(x))
        return x * 2

    before = record(function, X)
    after = without_unused(before)
    assert called(before) == ["abs", "exp", "multiply"]
    assert called(after) == ["multiply"]
    assert_same_meaning(before, after, OTHER)


def test_a_call_is_made_once():
    def function(x):
        xp = x.__array_namespace__()
        return xp.exp(x - xp.max(x, axis=-1, keepdims=True)) / xp.sum(
            xp.exp(x - xp.max(x, axis=-1, keepdims=True)), axis=-1, keepdims=True
        )

    before = record(function, X)
    after = without_duplicates(before)
    assert called(after) == ["max", "subtract", "exp", "sum", "divide"]
    assert_same_meaning(before, after, OTHER)


def test_calls_that_differ_in_an_option_or_in_the_kind_of_a_number_are_both_made():
    def function(x):
        xp = x.__array_namespace__()
        return xp.sum(x, axis=0) * 1 + xp.sum(x, axis=0) * 1.0 + xp.sum(x)

    after = without_duplicates(record(function, X))
    assert called(after).count("sum") == 2
    assert called(after).count("multiply") == 2


def test_an_output_that_was_a_duplicate_is_still_returned():
    before = record(lambda x: {"one": x * 2, "two": x * 2}, X)
    after = without_duplicates(before)
    found = after.run(lists, OTHER)
    assert found["two"].tolist() == (OTHER * 2).tolist()
    assert called(after) == ["multiply"]


def test_what_depends_on_no_input_is_computed_beforehand():
    def function(x):
        xp = x.__array_namespace__()
        share = xp.broadcast_to(xp.reshape(xp.ones_like(xp.sum(x)) / 4, (1, 1)), x.shape)
        return x * share

    before = record(function, X)
    after = without_unused(fold_constants(before, lists))
    assert called(after) == ["multiply"]
    assert after.instructions[0].operands[1] == 0.25
    assert_same_meaning(before, after, OTHER)


def test_a_constant_that_differs_from_entry_to_entry_stays_an_array():
    brought = lists.asarray([[1.0, 2.0, 2.0], [1.0, 1.0, 1.0]])
    before = record(lambda x: x * brought, X)
    after = fold_constants(before, lists)
    assert_same_meaning(before, after, OTHER)


def test_a_constant_of_another_kind_is_not_taken_for_a_number():
    brought = lists.asarray([2.0, 2.0])
    whole = lists.asarray([1, 2])
    after = fold_constants(record(lambda x: x * brought, whole), lists)
    result = after.run(lists, whole)
    assert result.tolist() == [2.0, 4.0]
    assert str(result.dtype) == "float64"


def test_an_array_is_not_stretched_for_a_function_that_stretches_by_itself():
    def function(x):
        xp = x.__array_namespace__()
        return x + xp.broadcast_to(xp.sum(x, axis=0), x.shape)

    before = record(function, X)
    after = without_unused(without_broadcasts(before))
    assert called(after) == ["sum", "add"]
    assert_same_meaning(before, after, OTHER)


def test_an_array_is_stretched_where_nothing_else_gives_the_shape():
    def function(x):
        xp = x.__array_namespace__()
        return xp.exp(xp.broadcast_to(xp.sum(x, axis=0), x.shape))

    before = record(function, X)
    after = without_unused(without_broadcasts(before))
    assert called(after) == ["sum", "broadcast_to", "exp"]
    assert_same_meaning(before, after, OTHER)


def test_numbers_are_computed_before_arrays():
    before = record(lambda x, rate: x * 2 * (rate**2 + 1), X, 0.5)
    after = numbers_first(before)
    kinds = [instruction.result.dtype == NUMBER for instruction in after.instructions]
    assert kinds == sorted(kinds, reverse=True)
    assert after.run(lists, OTHER, 3.0).tolist() == (OTHER * 20).tolist()
