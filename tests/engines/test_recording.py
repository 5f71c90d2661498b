"""A recorded function computes what the function itself computes, on every array kind."""

from fractions import Fraction

import pytest

import chainrule.arrays as lists
from chainrule.autodiff import value_and_grad
from chainrule.engines.recording import record
from chainrule.errors import KindError
from chainrule.nn import ACTIVATIONS, LOSSES, Architecture, Dense, Dropout
from chainrule.train.optimizer import OPTIMIZERS, SGD, choose_optimizer
from chainrule.train.step import initial_state, training_step
from tests.engines.op_cases import CASES, case_name, value_and_derivatives


def flat(structure):
    numbers = []
    waiting = [structure]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, tuple | list):
            waiting.extend(one)
        elif hasattr(one, "tolist"):
            waiting.append(one.tolist())
        else:
            numbers.append(one)
    return numbers


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_every_op_and_rule_is_recorded_as_it_is(case):
    op, sample, options = case
    arrays = [lists.asarray(x) for x in sample]
    function = value_and_derivatives(op, options)
    program = record(function, *arrays)
    assert flat(program.run(lists, *arrays)) == flat(function(*arrays))


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_nothing_of_the_recorded_values_stays_in_the_program(case):
    op, sample, options = case
    arrays = [lists.asarray(x) for x in sample]
    others = [x if str(x.dtype) == "bool" else x * 1.25 + 0.125 for x in arrays]
    function = value_and_derivatives(op, options)
    assert flat(record(function, *arrays).run(lists, *others)) == flat(function(*others))


def small_step(activation="tanh", loss="mean_squared_error", optimizer="sgd", **options):
    layers = [Dense(3, 4, activation), Dropout(0.5), Dense(4, 2)]
    architecture = Architecture(layers)
    made = choose_optimizer(optimizer)
    step = training_step(architecture, LOSSES[loss], made, **options)
    state = initial_state(made, architecture.layout.join(lists, architecture.initial(3)))
    return step, state


def small_batch(shift=0.0, rate=0.05):
    return {
        "x": lists.asarray([[0.5 + shift, -1.0, 2.0], [1.5, 0.25 - shift, -0.75]]),
        "t": lists.asarray([[0.25, 0.75], [1.0, 0.0]]),
        "learning_rate": rate,
        "masks": {"dropout1": lists.asarray([[2.0, 0.0, 2.0, 2.0], [0.0, 2.0, 2.0, 0.0]])},
    }


@pytest.mark.parametrize(
    "options",
    [
        *({"activation": name} for name in ACTIVATIONS),
        *({"loss": name} for name in LOSSES),
        *({"optimizer": name, "clip_norm": 0.5, "l1": 0.001, "l2": 0.01} for name in OPTIMIZERS),
    ],
    ids=str,
)
def test_a_step_is_recorded_with_every_activation_loss_and_optimizer(options):
    step, state = small_step(**options)
    program = record(step, state, small_batch())
    later, other = {**state, "steps": 3}, small_batch(shift=0.375, rate=0.125)
    assert flat(program.run(lists, later, other)) == flat(step(later, other))


def test_a_program_of_floats_runs_exactly_on_fractions():
    architecture = Architecture([Dense(3, 4, "relu"), Dense(4, 2)])
    step = training_step(architecture, LOSSES["mean_squared_error"], SGD())
    weights = architecture.layout.join(lists, architecture.initial(3))
    batch = small_batch()
    program = record(step, initial_state(SGD(), weights), batch)

    def exact(values):
        nested = [[Fraction(n) for n in row] for row in values.tolist()]
        return lists.asarray(nested)

    weights = lists.asarray([Fraction(n) for n in weights.tolist()])
    batch = {
        "x": exact(batch["x"]),
        "t": exact(batch["t"]),
        "learning_rate": Fraction(1, 20),
        "masks": batch["masks"],
    }
    state, results = program.run(lists, initial_state(SGD(), weights), batch)
    direct, expected = step(initial_state(SGD(), weights), batch)
    assert state["parameters"].tolist() == direct["parameters"].tolist()
    assert type(results["loss"].item()) is Fraction
    assert results["loss"].item() == expected["loss"].item()


def test_second_derivatives_are_recorded_too():
    slope = value_and_grad(lambda x: (x * x * x).sum())
    curvature = value_and_grad(lambda x: (slope(x)[1] * slope(x)[1]).sum())
    x = lists.asarray([2.0, -1.0])
    program = record(curvature, x)
    other = lists.asarray([3.0, 0.5])
    assert flat(program.run(lists, other)) == pytest.approx([36 * 0.125, 36 * 27.0, 729.0 + 0.5625])


@pytest.mark.parametrize("ask", [bool, float, int, complex])
def test_a_branch_on_a_value_is_refused_with_a_way_out(ask):
    with pytest.raises(KindError, match=r"was asked of a value while recording.*where"):
        record(lambda x: ask(x.sum()), lists.asarray([1.0]))


@pytest.mark.parametrize("method", ["item", "tolist"])
def test_a_value_cannot_be_read_out_of_a_recording(method):
    with pytest.raises(KindError, match="while recording"):
        record(lambda x: getattr(x, method)(), lists.asarray([1.0]))


def test_an_array_of_another_recording_is_refused():
    def outer(x):
        record(lambda y: x + y, lists.asarray([1.0]))
        return x

    with pytest.raises(KindError, match="another recording"):
        record(outer, lists.asarray([1.0]))


def test_an_array_that_the_function_brings_along_is_a_constant():
    brought = lists.asarray([2.0, 3.0])
    program = record(lambda x: brought * x + 1, lists.asarray([1.0, 1.0]))
    assert program.run(lists, lists.asarray([5.0, 7.0])).tolist() == [11.0, 22.0]


def test_what_is_no_array_or_number_stays_as_it_is():
    def function(x, options):
        return {"x": x * 2 if options["double"] else x, "options": options}

    program = record(function, lists.asarray([1.0]), {"double": True, "masks": None})
    result = program.run(lists, lists.asarray([4.0]), {"double": True, "masks": None})
    assert result["x"].tolist() == [8.0]
    assert result["options"] == {"double": True, "masks": None}


def test_a_step_reads_like_the_textbook():
    step, state = small_step(activation="relu")
    text = str(record(step, state, small_batch()))
    for line in (
        "def program(xp, state, batch):",
        '    learning_rate = batch["learning_rate"]',
        "    a1 = xp.maximum(z1, 0)",
        "    dL_dw2 = ",
        "    new_parameters = parameters + ",
    ):
        assert line in text


def test_every_variable_has_a_name_of_its_own_and_the_same_one_next_time():
    step, state = small_step()
    program = record(step, state, small_batch())
    made = [instruction.result for instruction in program.instructions]
    names = [variable.name for variable in (*program.input_variables, *made)]
    assert len(set(names)) == len(names)
    assert str(program) == str(record(step, state, small_batch()))


def test_the_source_is_a_function_that_runs():
    step, state = small_step(loss="cross_entropy", optimizer="adam")
    program = record(step, state, small_batch())
    scope = {}
    exec(program.source(), scope)
    later, other = {**state, "steps": 1}, small_batch(shift=0.25)
    assert flat(scope["program"](lists, later, other)) == flat(step(later, other))


def test_the_source_says_no_more_than_what_is_not_meant_without_being_said():
    def odd(x):
        xp = x.__array_namespace__()
        total = xp.sum(x, axis=None, keepdims=False)
        return xp.concat([x, x * 2], axis=None), xp.full((2,), False), total

    x = lists.asarray([[1.0, 2.0]])
    scope, source = {}, record(odd, x).source()
    assert "= xp.sum(x)\n" in source
    exec(source, scope)
    joined, no, _ = scope["program"](lists, x)
    assert joined.tolist() == [1.0, 2.0, 2.0, 4.0]
    assert no.tolist() == [False, False]
