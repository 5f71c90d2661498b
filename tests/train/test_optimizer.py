"""The contract that every optimizer keeps."""

import json

import pytest

import chainrule.arrays as lists
from chainrule.train.optimizer import SGD, Adagrad, choose_optimizer

START = [1.0, -2.0, 0.5]
GRADIENTS = [[0.1, -0.2, 0.3], [0.5, 0.25, -0.125], [-1.0, 0.0, 2.0]]


def descend(optimizer, gradient_of, start, *, learning_rate, steps):
    parameters, state = start, optimizer.init(start)
    for step in range(1, steps + 1):
        change, state = optimizer.update(
            gradient_of(parameters), state, parameters, learning_rate=learning_rate, step=step
        )
        parameters = parameters + change
    return parameters.tolist()


def test_the_memory_starts_at_zero_in_the_shape_of_the_weights(optimizer, xp):
    for memory in optimizer.init(xp.asarray([[1.0, 2.0], [3.0, 4.0]])).values():
        assert memory.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_step_keeps_the_shape_and_the_names_of_the_memory(optimizer, xp):
    parameters = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    before = optimizer.init(parameters)
    change, after = optimizer.update(parameters, before, parameters, learning_rate=0.1, step=1)
    assert tuple(change.shape) == (2, 2)
    assert {name: tuple(memory.shape) for name, memory in after.items()} == dict.fromkeys(
        before, (2, 2)
    )


def test_without_a_gradient_only_weight_decay_moves_a_fresh_weight(optimizer, xp):
    parameters = xp.asarray([1.0, -2.0])
    change, _ = optimizer.update(
        xp.asarray([0.0, 0.0]), optimizer.init(parameters), parameters, learning_rate=0.5, step=1
    )
    pull = 0.5 * getattr(optimizer, "weight_decay", 0.0)
    assert change.tolist() == pytest.approx([-pull, 2 * pull])


def test_the_first_step_goes_against_the_gradient(optimizer, xp):
    parameters = xp.asarray([0.0, 0.0])
    change, _ = optimizer.update(
        xp.asarray([3.0, -0.002]), optimizer.init(parameters), parameters, learning_rate=0.1, step=1
    )
    down, up = change.tolist()
    assert down < 0 < up


def test_nothing_that_was_handed_in_is_changed(optimizer, xp, walk):
    parameters, gradient = xp.asarray([1.0, -2.0]), xp.asarray([0.5, 0.25])
    _, state = walk(optimizer, parameters, [gradient], learning_rate=0.1)
    kept = {name: memory.tolist() for name, memory in state.items()}
    optimizer.update(gradient, state, parameters, learning_rate=0.1, step=2)
    optimizer.terms(gradient, state, parameters, learning_rate=0.1, step=2)
    assert parameters.tolist() == [1.0, -2.0]
    assert gradient.tolist() == [0.5, 0.25]
    assert {name: memory.tolist() for name, memory in state.items()} == kept


def test_it_finds_the_bottom_of_a_stretched_bowl(optimizer):
    stretch = lists.asarray([1.0, 10.0])
    last = descend(
        optimizer,
        lambda w: stretch * w,
        lists.asarray([1.0, -1.0]),
        learning_rate=0.3 if isinstance(optimizer, Adagrad) else 0.02,
        steps=600,
    )
    assert last == pytest.approx([0.0, 0.0], abs=0.02)


def test_it_follows_the_bent_valley_of_rosenbrock(optimizer):
    """Rosenbrock (1960): `f = (1 - x)² + 100 (y - x²)²`, the minimum 0 at (1, 1)."""

    def gradient(point):
        x, y = point.tolist()
        return lists.asarray([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    rate = {SGD: 1e-3 if optimizer == SGD() else 1e-4, Adagrad: 0.3}.get(type(optimizer), 5e-3)
    x, y = descend(optimizer, gradient, lists.asarray([-0.5, 0.5]), learning_rate=rate, steps=2000)
    assert (1 - x) ** 2 + 100 * (y - x * x) ** 2 < 0.25  # 8.5 at the start


def test_the_terms_of_a_step_add_up_to_its_change(optimizer, xp, walk):
    parameters = xp.asarray(START)
    *earlier, gradient = [xp.asarray(each) for each in GRADIENTS]
    parameters, state = walk(optimizer, parameters, earlier, learning_rate=0.1)
    change, _ = optimizer.update(gradient, state, parameters, learning_rate=0.1, step=3)
    terms = optimizer.terms(gradient, state, parameters, learning_rate=0.1, step=3)
    total = terms["gradient"] + terms["momentum"] + terms["weight_decay"]
    assert total.tolist() == pytest.approx(change.tolist(), rel=1e-14, abs=1e-16)


@pytest.mark.extra("numpy")
def test_single_precision_stays_single(optimizer):
    numpy = pytest.importorskip("numpy")
    parameters = numpy.asarray(START, dtype=numpy.float32)
    gradient = numpy.asarray(GRADIENTS[0], dtype=numpy.float32)
    numbers = [(0.1, 1), (numpy.asarray(0.1, numpy.float32), numpy.asarray(1.0, numpy.float32))]
    for rate, step in numbers:
        before = optimizer.init(parameters)
        change, after = optimizer.update(
            gradient, before, parameters, learning_rate=rate, step=step
        )
        terms = optimizer.terms(gradient, before, parameters, learning_rate=rate, step=step)
        assert {each.dtype for each in (change, *after.values(), *terms.values())} == {
            numpy.dtype(numpy.float32)
        }


def test_it_survives_a_round_trip_through_json(optimizer):
    assert choose_optimizer(json.loads(json.dumps(optimizer.to_dict()))) == optimizer
