"""The numbers that others, or a pencil, compute for the same steps; and names and options."""

from fractions import Fraction

import pytest

import chainrule.arrays as lists
from chainrule.errors import OptionError
from chainrule.train.optimizer import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    RMSProp,
    choose_optimizer,
)

START = [1.0, -2.0, 0.5]
GRADIENTS = [[0.1, -0.2, 0.3], [0.5, 0.25, -0.125], [-1.0, 0.0, 2.0]]

# The weights that torch.optim of PyTorch 2.13.0 reaches in float64 from START along GRADIENTS with
# lr=0.1; RMSprop with alpha=0.9 and eps=1e-8, Adagrad with eps=1e-10, AdamW with weight_decay=0.01.
PYTORCH = [
    (SGD(), [1.04, -2.005, 0.2825]),
    (SGD(momentum=0.9), [0.9779, -1.9933, 0.24245]),
    (SGD(momentum=0.9, nesterov=True), [1.02011, -1.99897, 0.050705]),
    (RMSProp(), [0.6578618002909412, -1.9356686195323853, -0.0019087495606343596]),
    (Adagrad(), [0.891029013179677, -1.9780868809699128, 0.33975626502551454]),
    (Adam(), [0.8405890539752935, -1.9288524807594494, 0.2996157396093826]),
    (AdamW(), [0.8378780575791228, -1.9230421055240061, 0.29835035320526676]),
]


@pytest.mark.parametrize(
    "optimizer", [SGD(momentum=0.9), SGD(momentum=0.9, nesterov=True)], ids=repr
)
def test_the_momentum_term_is_the_step_that_a_gradient_of_zero_would_make(optimizer, walk):
    parameters = lists.asarray(START)
    *earlier, gradient = [lists.asarray(each) for each in GRADIENTS]
    parameters, state = walk(optimizer, parameters, earlier, learning_rate=0.1)
    coasting, _ = optimizer.update(gradient * 0.0, state, parameters, learning_rate=0.1, step=3)
    terms = optimizer.terms(gradient, state, parameters, learning_rate=0.1, step=3)
    assert terms["momentum"].tolist() == coasting.tolist()


def test_the_terms_of_momentum_are_exact_on_fractions():
    half, third = Fraction(1, 2), Fraction(1, 3)
    optimizer = SGD(momentum=third, nesterov=True)
    gradient, velocity = lists.asarray([Fraction(2)]), lists.asarray([Fraction(3)])
    change, after = optimizer.update(
        gradient, {"velocity": velocity}, gradient, learning_rate=half, step=2
    )
    terms = optimizer.terms(gradient, {"velocity": velocity}, gradient, learning_rate=half, step=2)
    # velocity = 3/3 + 2 = 3; change = -1/2 (2 + 3/3); the parts 2 + 2/3 and 3/9 by hand.
    assert after["velocity"].tolist() == [Fraction(3)]
    assert change.tolist() == [Fraction(-3, 2)]
    assert terms["gradient"].tolist() == [Fraction(-4, 3)]
    assert terms["momentum"].tolist() == [Fraction(-1, 6)]
    assert terms["preconditioner"].tolist() == [half]


def test_the_terms_of_adam_by_hand():
    """Beta 1/2 and 3/4, m = 1, v = 3, g = 1 at step 2: c₁ = 3/4, c₂ = 7/16, m = 1, v = 5/2."""
    terms = Adam(beta1=0.5, beta2=0.75, epsilon=1e-300).terms(
        lists.asarray([1.0]),
        {"m": lists.asarray([1.0]), "v": lists.asarray([3.0])},
        lists.asarray([9.0]),
        learning_rate=0.3,
        step=2,
    )
    rate = 0.3 / 0.75 / (2.5 / 0.4375) ** 0.5
    assert terms["preconditioner"].tolist() == pytest.approx([rate], rel=1e-14)
    assert terms["gradient"].tolist() == pytest.approx([-rate / 2], rel=1e-14)
    assert terms["momentum"].tolist() == pytest.approx([-rate / 2], rel=1e-14)
    assert terms["weight_decay"].tolist() == [0.0]


def test_epsilon_is_added_to_the_corrected_root():
    """As above with v = 21/4 before: v = 4.1875 after, √(v̂) = √(4.1875 / 0.4375), and 2 more."""
    state = {"m": lists.asarray([1.0]), "v": lists.asarray([5.25])}
    optimizer = Adam(beta1=0.5, beta2=0.75, epsilon=2.0)
    one = lists.asarray([1.0])
    change, _ = optimizer.update(one, state, one, learning_rate=0.3, step=2)
    m, root = 1 / 0.75, (4.1875 / 0.4375) ** 0.5
    assert change.tolist() == pytest.approx([-0.3 * m / (root + 2)], rel=1e-14)


def test_weight_decay_pulls_in_proportion_to_the_weight_and_not_to_the_gradient():
    parameters = lists.asarray([4.0, -2.0])
    optimizer = AdamW(weight_decay=0.5)
    for size in (1.0, 1000.0):
        terms = optimizer.terms(
            lists.asarray([size, size]),
            optimizer.init(parameters),
            parameters,
            learning_rate=0.25,
            step=1,
        )
        assert terms["weight_decay"].tolist() == [-0.5, 0.25]


@pytest.mark.parametrize(("optimizer", "expected"), PYTORCH, ids=lambda value: str(value)[:40])
def test_three_steps_end_where_pytorch_ends(optimizer, expected, xp, walk):
    gradients = [xp.asarray(each) for each in GRADIENTS]
    last, _ = walk(optimizer, xp.asarray(START), gradients, learning_rate=0.1)
    assert last.tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.extra("torch", "numpy")
def test_a_hundred_steps_agree_with_pytorch(optimizer, walk):
    torch, numpy = pytest.importorskip("torch"), pytest.importorskip("numpy")
    theirs = {
        SGD: lambda w, o: torch.optim.SGD(w, 0.05, momentum=o.momentum, nesterov=o.nesterov),
        RMSProp: lambda w, o: torch.optim.RMSprop(w, 0.05, alpha=o.decay, eps=o.epsilon),
        Adagrad: lambda w, o: torch.optim.Adagrad(w, 0.05, eps=o.epsilon),
        Adam: lambda w, o: torch.optim.Adam(w, 0.05, (o.beta1, o.beta2), o.epsilon),
        AdamW: lambda w, o: torch.optim.AdamW(
            w, 0.05, (o.beta1, o.beta2), o.epsilon, o.weight_decay
        ),
    }
    generator = numpy.random.default_rng(7)
    start, gradients = generator.normal(size=20), generator.normal(size=(100, 20))
    weights = torch.tensor(start, requires_grad=True)
    peer = theirs[type(optimizer)]([weights], optimizer)
    for gradient in gradients:
        weights.grad = torch.tensor(gradient)
        peer.step()
    ours, _ = walk(optimizer, start, gradients, learning_rate=0.05)
    assert numpy.allclose(ours, weights.detach().numpy(), rtol=1e-12, atol=1e-12)


class Counted:
    """A number that is not an array, compares with nothing and counts what is done with it."""

    def __init__(self, tally, *, scalar=False):
        self.tally, self.scalar = tally, scalar

    def __array_namespace__(self, *, api_version=None):
        return self

    def zeros_like(self, x):
        return Counted(self.tally)

    def _operate(self, *operands):
        both_scalar = self.scalar and all(
            not isinstance(other, Counted) or other.scalar for other in operands
        )
        self.tally.append(both_scalar)
        return Counted(self.tally, scalar=both_scalar)

    def sqrt(self, x):
        return x._operate()

    def __neg__(self):
        return self._operate()

    def __add__(self, other):
        return self._operate(other)

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __add__
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __add__

    def __bool__(self):
        raise TypeError("a recorded value has no truth")

    def __float__(self):
        raise TypeError("a recorded value is not a number")


@pytest.mark.parametrize(
    ("optimizer", "passes"),
    [
        (SGD(), 1),
        (SGD(momentum=0.9), 3),
        (SGD(momentum=0.9, nesterov=True), 5),
        (Adagrad(), 6),
        (RMSProp(), 8),
        (Adam(), 11),
        (AdamW(), 13),
    ],
    ids=str,
)
def test_a_step_can_be_recorded_and_takes_few_passes_over_the_weights(optimizer, passes):
    tally = []
    weights = Counted(tally)
    rate, step = Counted(tally, scalar=True), Counted(tally, scalar=True)
    optimizer.update(weights, optimizer.init(weights), weights, learning_rate=rate, step=step)
    assert tally.count(False) == passes


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_name_finds_its_optimizer_with_a_default_learning_rate(name):
    optimizer = choose_optimizer(name.upper())
    assert optimizer == OPTIMIZERS[name]()
    assert 0 < optimizer.default_learning_rate < 1


def test_an_optimizer_that_is_made_is_handed_back():
    optimizer = SGD(momentum=0.5)
    assert choose_optimizer(optimizer) is optimizer


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: choose_optimizer("adm"), "did you mean 'adam'?"),
        (lambda: choose_optimizer("zzz"), "choose from sgd, rmsprop, adagrad, adam, adamw"),
        (lambda: choose_optimizer("sgd", momentun=0.9), "did you mean 'momentum'?"),
        (lambda: choose_optimizer(SGD(), momentum=0.9), "made already and takes no momentum"),
        (lambda: SGD(momentum=1.0), "momentum is 1.0: it must be at least 0 and below 1"),
        (lambda: SGD(nesterov=True), "nesterov=True needs momentum"),
        (lambda: RMSProp(decay=-0.1), "decay is -0.1"),
        (lambda: Adam(beta2=float("nan")), "beta2 is nan"),
        (lambda: Adagrad(epsilon=0), "epsilon is 0: it must be above 0"),
        (lambda: AdamW(weight_decay=-1), "weight_decay is -1: it must be 0 or more"),
    ],
)
def test_an_impossible_option_gets_one_sentence(make, sentence):
    with pytest.raises(OptionError) as caught:
        make()
    assert sentence in str(caught.value)
