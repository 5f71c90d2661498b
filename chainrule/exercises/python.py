"""An exercise that is answered with a function in Python, which the package's checks judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, final

from chainrule.arrays import asarray
from chainrule.checking import Check, check_update
from chainrule.errors import ChainruleError, KindError, OptionError, shown
from chainrule.exercises.numbers import Judgment, same
from chainrule.model import Network, check_gradients
from chainrule.nn import Dense
from chainrule.words import listed


@final
@dataclass(frozen=True)
class PythonExercise:
    """An exercise that asks for a function.

    Attributes:
        task: What is asked.
        solution: One that is right, as source.
        name: What the function is called.
        check: The verdict on it.
        values: What it gives for the numbers that were drawn.
        mistakes: By each mistake that no check knows, what of the solution it puts in which place.
        arrays: The names that what it gives must have; a check judges those that it has.
    """

    task: str
    solution: str
    name: str
    check: Callable[[Any], Check]
    values: Callable[[Any], Any] = dict
    mistakes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    arrays: Iterable[str] = ()

    @property
    def example(self) -> tuple[str, str]:
        """What an answer looks like, on the command line and in Python."""
        return "mine.py", self.name

    def judge(self, answer: Any) -> Judgment:
        """Whether the function is right; if not, where, and by which mistake.

        Raises:
            KindError: If it cannot be called.
            OptionError: If it breaks off.
        """
        if not callable(answer):
            raise KindError(f"the answer is a function, or a file with one; found {shown(answer)}")
        try:
            check = self.check(answer)
        except ChainruleError:
            raise
        except (Exception, SystemExit) as error:  # whatever the reader's own lines raise
            raise OptionError(
                f"{self.name} broke off with {type(error).__name__}: {error}"
            ) from error
        if check.passed:
            left_out = [name for name in self.arrays if name not in self.values(answer)]
            missing = f"wrong: the gradient of {listed(left_out)} is left out"
            return Judgment(False, missing) if left_out else Judgment(True, "right")
        named = (v for v in check.verdicts if v.outcome == "wrong" and v.cause)
        if verdict := next(named, None):
            return Judgment(False, verdict.sentence)
        mistake = next(self._mistakes_of(answer), None)
        return Judgment(False, f"wrong: {mistake}" if mistake else check.worst.sentence)

    def _mistakes_of(self, answer: Any) -> Iterator[str]:
        """The mistakes that give what the answer gives."""
        if self.mistakes:
            given = _numbers(self.values(answer))
        for mistake, (right, wrong) in self.mistakes.items():
            names: dict[str, Any] = {}
            exec(self.solution.replace(right, wrong), names)  # lines of this file
            if same(given, _numbers(self.values(names[self.name])), 1e-6):
                yield mistake


ARGUMENTS = (
    "Write `gradient(net, x, y)`. `net.parameters` holds the arrays by name, `x` and `y` are lists "
    "of rows. Return a dict with the gradient of the mean loss for each of these names, as lists "
    "or arrays."
)


def learns(random: Random) -> PythonExercise:
    """6.3: the gradient of one neuron."""
    net = Network([Dense(3, 1)], seed=random.randrange(1000), engine="python")
    signs = set[bool]()
    while len(signs) < 2:  # or a lost sign would not show
        x, y = _rows(random, 4, 3), _rows(random, 4, 1)
        signs = {a > t for (a,), (t,) in zip(net.forward(x).tolist(), y, strict=True)}
    return PythonExercise(
        "A neuron without activation has three inputs; its loss is the mean squared error. "
        f"{ARGUMENTS}",
        """\
def gradient(net, x, y):
    (weight,), (bias,) = (w.tolist() for w in net.parameters.values())
    z = [sum(w * v for w, v in zip(weight, row)) + bias for row in x]
    dz = [2 * (a - t) / len(x) for a, (t,) in zip(z, y)]
    dw = [sum(d * row[i] for d, row in zip(dz, x)) for i in range(3)]
    return {"dense1.weight": [dw], "dense1.bias": [sum(dz)]}
""",
        "gradient",
        lambda f: check_gradients(net, x, y, "mean_squared_error", gradient=f),
        lambda f: f(*deepcopy((net, x, y))),
        {
            "the weights stand where the inputs belong": ("d * row[i]", "d * weight[i]"),
            "the miss is squared, as in the loss": ("(a - t)", "(a - t) ** 2"),
            "the mean is over the examples, not over the inputs": ("/ len(x)", "/ 3"),
            "the sign of the miss is lost": ("(a - t)", "abs(a - t)"),
        },
        net.parameters,
    )


def goes_back(random: Random) -> PythonExercise:
    """7.3: a backward pass through tanh and softmax."""
    return _two_layers(
        random,
        "tanh",
        "a = xp.tanh(x @ w1.T + b1)",
        "(dz2 @ w2) * (1 - a * a)",
        {"the first bias is left out on the way forward": (" + b1", "")},
    )


def adapts(random: Random) -> PythonExercise:
    """8.3: a step of Adam."""
    rate, beta1, beta2 = random.randint(1, 9) / 100, random.choice((0.8, 0.85, 0.9)), 0.99
    return PythonExercise(
        f"Write `update(w, g, state, step)`, a step of Adam with the learning rate {rate}, beta1 "
        f"{beta1}, beta2 {beta2} and epsilon 1e-8. `w` and `g` are lists of weights and "
        "gradients, `state` is a dict, empty at first, that is kept from step to step, and "
        "`step` counts from 1. Return the list of new weights.",
        f"""\
def update(w, g, state, step):
    m, v = state.get("m", [0.0] * len(w)), state.get("v", [0.0] * len(w))
    m = [{beta1} * a + (1 - {beta1}) * b for a, b in zip(m, g)]
    v = [{beta2} * a + (1 - {beta2}) * b * b for a, b in zip(v, g)]
    state.update(m=m, v=v)
    mean = [a / (1 - {beta1}**step) for a in m]
    square = [a / (1 - {beta2}**step) for a in v]
    return [a - {rate} * b / (c**0.5 + 1e-8) for a, b, c in zip(w, mean, square)]
""",
        "update",
        lambda f: check_update(f, "adam", learning_rate=rate, beta1=beta1, beta2=beta2),
    )


def is_gated(random: Random) -> PythonExercise:
    """9.3: a backward pass through a ReLU."""
    gated = "xp.where(z > 0, dz2 @ w2, 0.0)"
    return _two_layers(
        random,
        "relu",
        "z = x @ w1.T + b1\n    a = xp.where(z > 0, z, 0.0)",
        gated,
        {
            "a stands for its slope, which is 0 or 1": (gated, "(dz2 @ w2) * a"),
            "z stands for the slope, which is 0 or 1": (gated, "(dz2 @ w2) * z"),
            "the gate is open where z > 0": (gated, "xp.where(z > 0, 0.0, dz2 @ w2)"),
            "that is a leaky ReLU, and this one does not leak": (
                gated,
                "dz2 @ w2 * xp.where(z > 0, 1.0, 0.01)",
            ),
            "the gate is that of z, with its bias": ("z > 0, dz2", "x @ w1.T > 0, dz2"),
            "the activation is left out on the way forward": ("xp.where(z > 0, z, 0.0)", "z"),
        },
    )


TWO_LAYERS = """\
import chainrule.arrays as xp

def gradient(net, x, y):
    w1, b1, w2, b2 = net.parameters.values()
    x, t = xp.asarray(x), xp.asarray(y)
    %s
    e = xp.exp(a @ w2.T + b2)
    p = e / xp.sum(e, axis=1, keepdims=True)
    dz2 = (p - t) / len(y)
    dz1 = %s
    return {
        "dense1.weight": dz1.T @ x,
        "dense1.bias": xp.sum(dz1, axis=0),
        "dense2.weight": dz2.T @ a,
        "dense2.bias": xp.sum(dz2, axis=0),
    }
"""
"""The solution for two layers, with the forward pass of the first and its `dz` to be put in."""


def _two_layers(
    random: Random, activation: str, forward: str, dz1: str, mistakes: dict[str, tuple[str, str]]
) -> PythonExercise:
    layers = [Dense(3, 4, activation), Dense(4, 4, "softmax")]
    net = Network(layers, seed=random.randrange(1000), engine="python")
    net.set_parameters({n: _rows(random, *w.shape, most=1) for n, w in net.parameters.items()})
    x = _rows(random, 6, 3)
    y = [[float(k == row % 4) for k in range(4)] for row in range(6)]
    return PythonExercise(
        f"Three inputs go into four {activation} neurons, and these into a softmax of four; the "
        f"loss is the cross-entropy. {ARGUMENTS} The rows of `y` hold 1 for the right class and 0 "
        "for the others.",
        TWO_LAYERS % (forward, dz1),
        "gradient",
        lambda f: check_gradients(net, x, y, "cross_entropy", gradient=f),
        lambda f: f(*deepcopy((net, x, y))),
        {
            "the second bias is left out on the way forward": (" + b2", ""),
            "the mean is over the examples, not over the outputs": ("/ len(y)", "/ 4"),
            "softmax is over the scores of a row, not over the rows": ("axis=1", "axis=0"),
            "the miss is squared": ("(p - t)", "(p - t) ** 2"),
            **mistakes,
        },
        net.parameters,
    )


def _numbers(gradient: Mapping[str, Any]) -> list[float]:
    """The numbers of a gradient, in the order of its names."""
    return [float(x) for name in sorted(gradient) for x in asarray(gradient[name]).data]


def _rows(random: Random, count: int, *inside: int, most: float = 2) -> list[Any]:
    """Numbers of a shape, in nested lists."""
    if not inside:
        return [random.uniform(-most, most) for _ in range(count)]
    return [_rows(random, *inside, most=most) for _ in range(count)]
