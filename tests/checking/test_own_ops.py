"""The checker treats an op that a user declares as it treats its built-in twin."""

import pytest

from chainrule import ops
from chainrule.checking.checked_function import CheckedFunction
from chainrule.checking.kinks import find_kinks
from chainrule.checking.mutations import mutations
from chainrule.model.check import check_gradients
from chainrule.nn import named
from tests.twins import twin

COPIED = (
    *("add", "subtract", "multiply", "matmul", "weighted_sum", "identity", "relu", "sum", "mean"),
    *("reshape", "matrix_transpose", "concat", "take", "expand_dims", "broadcast_to"),
    *("tanh", "sigmoid", "softmax", "squared_error", "sigmoid_cross_entropy", "huber"),
    *("softmax_cross_entropy", "max", "pow", "divide", "sqrt"),
)
X = [[1.0, -2.0, 0.5], [0.25, 1.5, -1.0]]
POINT = {"w": [[0.5, -0.25, 1.0], [0.75, 0.5, -0.5]], "b": [0.1, -0.2], "v": [[0.5], [-1.5]]}


@pytest.fixture
def twins(forgotten):
    return {name: twin(getattr(ops, name), f"my_{name}") for name in COPIED}


BUILT_IN = {name: getattr(ops, name) for name in COPIED}


def moving(do, p):
    """Through every op that moves and adds up."""
    z = do("identity", do("weighted_sum", X, p["w"], p["b"]))
    a = do("relu", z)
    again = do("matrix_transpose", do("reshape", do("concat", [a, a]), shape=(2, 4)))
    picked = do("take", again, indices=[1, 0, 1], axis=0)
    answers = do("matmul", picked, p["v"])
    wide = do("broadcast_to", do("expand_dims", answers, axis=0), shape=(2, 3, 1))
    difference = do("subtract", do("multiply", wide, wide), wide)
    return do("add", do("mean", difference), do("sum", p["w"]))


def scaling(do, p):
    """Through a normalization by hand, with a largest entry and a power."""
    centred = do("subtract", p["b"], do("mean", p["b"]))
    scale = do("sqrt", do("mean", do("pow", centred, 2.0)))
    return do("divide", do("max", do("divide", centred, scale)), 3)


def network(activation, loss, targets):
    """A layer with that activation under that loss."""

    def layer(do, p):
        return do("mean", do(loss, do(activation, do("weighted_sum", X, p["w"], p["b"])), targets))

    return layer


LOSSES = {
    "moving": moving,
    "scaling": scaling,
    "tanh": network("tanh", "squared_error", [[0.5, -0.5], [1.0, 0.25]]),
    "sigmoid": network("sigmoid", "huber", [[0.5, -0.5], [1.0, 0.25]]),
    "softmax": network("softmax", "squared_error", [[0.5, 0.5], [1.0, 0.0]]),
    "yes or no": network("identity", "sigmoid_cross_entropy", [[0.0, 1.0], [1.0, 1.0]]),
    "classes": network("identity", "softmax_cross_entropy", [[0.0, 1.0], [1.0, 0.0]]),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_the_same_mistakes_are_tried_with_the_same_result(twins, loss):
    def tried(own):
        def do(name, *inputs, **options):
            return named(own[name](*inputs, **options), f"{name}'s result")

        checked = CheckedFunction(lambda p: loss(do, p), POINT)
        made = [(m.rank, m.sentence.replace("my_", ""), m) for m in mutations(checked)]
        return [(rank, text, checked.walk(m.pull)) for rank, text, m in made]

    assert tried(twins) == tried(BUILT_IN)


def test_a_lost_term_of_a_sum_is_named(twins):
    def loss(p):
        return twins["add"](named(p["w"] * p["w"], "fit"), named(0.5 * p["w"], "penalty"))

    check = check_gradients(loss, {"w": 3.0}, gradient=lambda p: {"w": 2 * p["w"]})
    assert check.worst.cause == "the term penalty is missing"


def test_what_rounding_acts_on_at_a_corner_is_all_that_was_added_up(twins):
    """0.1 + 0.2 - 0.3 is 5.6e-17 away from the corner, which rounding may have made."""

    def on_the_corner(own):
        def loss(p):
            total = own["weighted_sum"]([[1.0, 1.0]], p["w"], [-0.3])
            return ops.sum(own["relu"](own["identity"](total)))

        return find_kinks(CheckedFunction(loss, {"w": [[0.1, 0.2]]}), 1e-15).kinks

    assert [kink.entries for kink in on_the_corner(BUILT_IN)] == [[(0, 0)]]
    assert [kink.entries for kink in on_the_corner(twins)] == [[(0, 0)]]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("add", (-0.3, 0.1 + 0.2)),
        ("subtract", (0.3, 0.1 + 0.2)),
        ("matmul", ([0.1, 0.2, -0.3], [1.0, 1.0, 1.0])),
        ("sum", ([0.1, 0.2, -0.3],)),
    ],
)
def test_terms_that_cancel_before_a_corner_are_seen_at_any_sum(twins, name, values):
    first, *others = values

    def loss(p):
        return twins["relu"](twins[name](p["x"], *others))

    assert find_kinks(CheckedFunction(loss, {"x": first}), 1e-15).kinks
