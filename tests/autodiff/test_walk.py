"""The walk back: paths add up, constants are passed by, nothing is changed."""

import pytest

import chainrule.ops as ops
from chainrule import arrays
from chainrule.autodiff import Tensor, backward, pull_back, tape
from chainrule.autodiff.walk import _are_numbers
from chainrule.errors import ChainruleError, ShapeError

DEEP = 20_000


def test_what_is_used_twice_gets_both_gradients():
    w = Tensor(3.0)
    assert backward(w * w + w * 5 + w, [w])[0].item() == 2 * 3 + 5 + 1


def test_paths_that_part_and_meet_again_add_up():
    """y = (x + 1)(x + 2) and L = y · (x + 1): dL/dx = 2(x+1)(x+2) + (x+1)²."""
    x = Tensor(2.0)
    shared = x + 1
    assert backward(shared * (x + 2) * shared, [x])[0].item() == 2 * 3 * 4 + 9


def test_a_gradient_is_given_for_what_was_asked_and_in_that_order():
    a, b, c = Tensor(2.0), Tensor(3.0), Tensor(4.0)
    middle = a * b
    loss = middle * c
    found = backward(loss, [c, middle, a, loss, a])
    assert [g.item() for g in found] == [6.0, 4.0, 12.0, 1.0, 12.0]


def test_what_the_output_does_not_depend_on_gets_zeros_of_its_shape():
    w, stranger = Tensor(2.0), Tensor([[1.0, 2.0]])
    assert backward(w * 3, [stranger])[0].tolist() == [[0.0, 0.0]]


def test_a_constant_is_passed_by(monkeypatch):
    def unwanted(*arguments, **options):
        raise AssertionError("the rule of a constant was called")

    monkeypatch.setattr(ops.multiply.rules["y"], "function", unwanted)
    monkeypatch.setattr(ops.exp.rules["x"], "function", unwanted)
    w, aside = Tensor(2.0), Tensor(1.0)
    assert backward(w * arrays.asarray(3.0), [w])[0].item() == 3.0
    assert backward(w * ops.exp(aside), [w])[0].item() == pytest.approx(2.718281828459045)


def test_a_tape_of_twenty_thousand_ops_in_a_row_walks_back():
    w = Tensor(1.0)
    deep = w
    for _ in range(DEEP):
        deep = deep + w
    assert len(tape(deep)) == DEEP + 1
    assert backward(deep, [w])[0].item() == DEEP + 1


def test_a_tape_of_twenty_thousand_ops_side_by_side_walks_back():
    w = Tensor(0.5)
    terms = [w * k for k in range(DEEP)]
    while len(terms) > 1:
        terms = [sum(terms[i + 1 : i + 10], terms[i]) for i in range(0, len(terms), 10)]
    assert backward(terms[0], [w])[0].item() == DEEP * (DEEP - 1) / 2


def test_the_tape_lists_everything_in_the_order_of_its_making():
    w, b = Tensor(2.0), Tensor(1.0)
    product = w * 3
    total = product + b
    assert [id(t) for t in tape(total)] == [id(t) for t in (w, b, product, total)]


def test_asking_twice_gives_the_same_gradients():
    w = Tensor([1.0, -2.0])
    loss = (w * w * w).sum()
    once = backward(loss, [w])[0].tolist()
    assert backward(loss, [w])[0].tolist() == once == [3.0, 12.0]
    loss.backward()
    loss.backward()
    assert w.gradient.tolist() == once


def test_a_gradient_changes_no_value():
    values = [[1.0, -2.0], [0.5, 4.0]]
    w, x = Tensor(values), arrays.asarray(values)
    loss = ops.softmax(x @ w).sum() + (w * w).sum()
    before = [t.value.tolist() for t in tape(loss)]
    loss.backward()
    assert [t.value.tolist() for t in tape(loss)] == before
    assert w.tolist() == x.tolist() == values


def test_backward_leaves_a_gradient_with_every_tensor_on_the_way():
    w = Tensor(2.0)
    z = w * 3
    loss = z * z
    loss.backward()
    assert [t.gradient.item() for t in (w, z, loss)] == [36.0, 12.0, 1.0]


def test_a_result_of_several_numbers_needs_a_seed():
    w = Tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"this result has shape \(2,\); sum or average"):
        backward(w * 2, [w])
    assert backward(w * 2, [w], arrays.asarray([1.0, 10.0]))[0].tolist() == [2.0, 20.0]


def test_a_seed_of_another_shape_is_refused():
    w = Tensor([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"shape \(2,\); found \(1,\)") as caught:
        backward(w * 2, [w], arrays.asarray([1.0]))
    assert isinstance(caught.value, ChainruleError)


def test_one_number_in_any_shape_is_a_start():
    w = Tensor(3.0)
    for shape in ((), (1,), (1, 1), (1, 1, 1)):
        assert backward(ops.reshape(w * 2, shape), [w])[0].item() == 2.0


def test_an_experiment_can_take_the_place_of_a_step_of_the_walk():
    """The classic mistake of cutting one edge, and of counting one twice."""
    w = Tensor(3.0)
    left, right = w * 2, w * 5
    loss = left + right

    def cut(tensor, index, g, differentiable):
        share = pull_back(tensor, index, g, differentiable)
        return share * 0 if tensor is left else share

    def twice(tensor, index, g, differentiable):
        share = pull_back(tensor, index, g, differentiable)
        return share + share if tensor is right else share

    assert backward(loss, [w])[0].item() == 7.0
    assert backward(loss, [w], pull=cut)[0].item() == 5.0
    assert backward(loss, [w], pull=twice)[0].item() == 12.0


def test_a_walk_on_the_tape_can_be_walked_back_itself():
    w = Tensor(2.0)
    (slope,) = backward(w * w * w, [w], differentiable=True)
    (bend,) = backward(slope, [w], differentiable=True)
    (jerk,) = backward(bend, [w])
    assert [x.item() for x in (slope, bend, jerk)] == [12.0, 12.0, 6.0]


def test_a_differentiable_walk_gives_tensors_even_where_nothing_depends():
    w, stranger = Tensor(2.0), Tensor(1.0)
    found = backward(w**0, [w, stranger], differentiable=True)
    assert [type(g) for g in found] == [Tensor, Tensor]
    assert [g.item() for g in found] == [0.0, 0.0]


class Unknown:
    """A gradient without a value yet, as within `jax.jit`."""

    def sum(self):
        return self

    def __eq__(self, other):
        return self

    __hash__ = None

    def __bool__(self):
        raise TypeError


def test_what_has_no_value_yet_may_be_nan():
    assert not _are_numbers([arrays.asarray([1.0]), Unknown()])
    assert not _are_numbers([arrays.asarray([1.0, float("nan")])])
    assert _are_numbers([arrays.asarray([1.0])])
