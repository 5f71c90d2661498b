"""A gallery of wrong backward passes for one network, written out by hand in plain Python."""

import re
from itertools import pairwise
from math import exp, tanh

import pytest

from chainrule.arrays.random import Generator
from chainrule.model import Network
from chainrule.model.check import check_gradients
from chainrule.nn import Dense

ROWS, FEATURES, CLASSES = 5, 4, 3
X = Generator(1).normal(0.0, 1.0, (ROWS, FEATURES)).tolist()
Y = [0, 1, 2, 1, 0]
T = [[float(k == y) for k in range(CLASSES)] for y in Y]
RATE = 0.1


def times(a, b):
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)]
        for row in a
    ]


def turned(a):
    return [list(column) for column in zip(*a, strict=True)]


def entrywise(function, *tables):
    return [[function(*xs) for xs in zip(*rows, strict=True)] for rows in zip(*tables, strict=True)]


def scaled(factor, a):
    return entrywise(lambda x: factor * x, a)


def softmax(row):
    e = [exp(z) for z in row]
    return [x / sum(e) for x in e]


def relu(z):
    return max(z, 0.0)


def relu_slope(z, a):
    return float(z > 0)


def tanh_slope(z, a):
    return 1 - a * a


KINDS = {"relu": (relu, relu_slope), "tanh": (tanh, tanh_slope)}


class Pass:
    """Forward and backward through three layers, every step of which a mistake may replace."""

    def __init__(self, net, kind="relu"):
        self.function, self.slope = KINDS[kind]
        self.w = {i: net.parameters[f"dense{i}.weight"].tolist() for i in (1, 2, 3)}
        self.b = {i: net.parameters[f"dense{i}.bias"].tolist() for i in (1, 2, 3)}
        self.z, self.a = {}, {0: X}
        for i in (1, 2, 3):
            sums = times(self.a[i - 1], turned(self.w[i]))
            self.z[i] = [[s + b for s, b in zip(row, self.b[i], strict=True)] for row in sums]
            self.a[i] = (
                [softmax(row) for row in self.z[i]]
                if i == 3
                else entrywise(self.function, self.z[i])
            )

    def start(self):
        return entrywise(lambda p, t: (p - t) / ROWS, self.a[3], T)

    def weight(self, i, delta):
        return times(turned(delta), self.a[i - 1])

    def bias(self, i, delta):
        return [sum(column) for column in zip(*delta, strict=True)]

    def way_back(self, i, delta, gradients):
        return times(delta, self.w[i])

    def through(self, i, delta):
        return entrywise(lambda d, z, a: d * self.slope(z, a), delta, self.z[i], self.a[i])

    def gradients(self):
        found, delta = {}, self.start()
        for i in (3, 2, 1):
            found[f"dense{i}.weight"] = self.weight(i, delta)
            found[f"dense{i}.bias"] = self.bias(i, delta)
            if i > 1:
                delta = self.through(i - 1, self.way_back(i, delta, found))
        return found


class SoftmaxEntrywise(Pass):
    cause = r"softmax is differentiated entry by entry"

    def start(self):
        return entrywise(lambda p, t: -t / p * p * (1 - p) / ROWS, self.a[3], T)


class SoftmaxOnceMore(Pass):
    cause = r"a·\(1 - a\) is multiplied in once more"

    def start(self):
        return entrywise(lambda p, t: (p - t) * p * (1 - p) / ROWS, self.a[3], T)


class NotDividedByN(Pass):
    cause = r"every gradient is not divided by the 5 examples"

    def start(self):
        return entrywise(lambda p, t: p - t, self.a[3], T)


class FactorTwo(Pass):
    cause = r"every gradient is counted twice"

    def start(self):
        return scaled(2, super().start())


class WrongSign(Pass):
    cause = r"every gradient has the wrong sign"

    def start(self):
        return scaled(-1, super().start())


class LastExampleOnly(Pass):
    cause = r"only the last example's part of the mean arrived"

    def start(self):
        first = super().start()
        return [[0.0] * CLASSES for _ in first[:-1]] + first[-1:]


class MissingBias(Pass):
    cause = r"the gradient of dense2.bias is missing"

    def bias(self, i, delta):
        return [0.0] * len(delta[0]) if i == 2 else super().bias(i, delta)


class BiasAveraged(Pass):
    cause = r"the gradient of dense\d.bias is divided by the 5 examples once too often"

    def bias(self, i, delta):
        return [g / ROWS for g in super().bias(i, delta)]


class EdgeCut(Pass):
    cause = r"the edge from dense\d\.[az] back to dense1\.[az] is missing"

    def way_back(self, i, delta, gradients):
        return scaled(0.0 if i == 2 else 1.0, super().way_back(i, delta, gradients))


class EdgeTwice(Pass):
    cause = r"the edge from dense2.a back to dense2.z is counted twice"

    def through(self, i, delta):
        return scaled(2.0 if i == 2 else 1.0, super().through(i, delta))


class NoDerivative(Pass):
    cause = r"the derivative of the activation is missing at dense1.a and dense2.a"

    def through(self, i, delta):
        return delta


class NoDerivativeInOneLayer(Pass):
    cause = r"the derivative of the activation is missing at dense1.a$"

    def through(self, i, delta):
        return delta if i == 1 else super().through(i, delta)


class MaskOneLayerTooEarly(Pass):
    cause = r"dense1.a and dense2.a is taken from the wrong array: from what went into the layer"

    def through(self, i, delta):
        return entrywise(lambda d, z: d * (z > 0), delta, self.a[i - 1])


class MaskOfAnotherLayer(Pass):
    cause = r"at dense1.a is taken from the wrong array: from dense2.z, not from dense1.z"

    def through(self, i, delta):
        return entrywise(lambda d, z: d * (z > 0), delta, self.z[2])


class MaskOfGradient(Pass):
    cause = r"the mask at dense1.a and dense2.a is taken on the gradient that came back"

    def through(self, i, delta):
        return entrywise(relu, delta)


class Transposed(Pass):
    cause = r"the gradient of dense2.weight is transposed"

    def weight(self, i, delta):
        return turned(super().weight(i, delta)) if i == 2 else super().weight(i, delta)


class TransposedShape(Pass):
    cause = r"the gradient of dense3.weight is transposed"

    def weight(self, i, delta):
        return turned(super().weight(i, delta)) if i == 3 else super().weight(i, delta)


class BackThroughTransposed(Pass):
    cause = r"the way back through dense2.z uses dense2.weight transposed"

    def way_back(self, i, delta, gradients):
        return times(delta, turned(self.w[2])) if i == 2 else times(delta, self.w[i])


class SumsForActivations(Pass):
    cause = r"dense3.weight is taken with dense2.z as the layer's input, in place of dense2.a"

    def weight(self, i, delta):
        return times(turned(delta), self.z[2]) if i == 3 else super().weight(i, delta)


class UpdatedTooEarly(Pass):
    cause = r"weights that were updated already, with a learning rate of 0.1$"

    def way_back(self, i, delta, gradients):
        step = scaled(RATE, gradients[f"dense{i}.weight"])
        return times(delta, entrywise(lambda w, s: w - s, self.w[i], step))


class WithPenalty(Pass):
    cause = r"it holds a penalty with λ = 0.01"

    def weight(self, i, delta):
        return entrywise(lambda g, w: g + 2 * 0.01 * w, super().weight(i, delta), self.w[i])


class DerivativeAtActivation(Pass):
    """The derivative of tanh written as 1 - tanh(z)^2 and given a for z."""

    cause = r"a stands for z at dense1.a and dense2.a, and is activated once more"

    def through(self, i, delta):
        return entrywise(lambda d, a: d * (1 - tanh(a) ** 2), delta, self.a[i])


class DerivativeAtSum(Pass):
    """The derivative of tanh written as 1 - a^2 and given z for a."""

    cause = r"taken at the weighted sum z where a belongs"

    def through(self, i, delta):
        return entrywise(lambda d, z: d * (1 - z * z), delta, self.z[i])


FOR_RELU = (
    *(SoftmaxEntrywise, SoftmaxOnceMore, NotDividedByN, FactorTwo, WrongSign, LastExampleOnly),
    *(MissingBias, BiasAveraged, EdgeCut, EdgeTwice, NoDerivative, NoDerivativeInOneLayer),
    *(MaskOneLayerTooEarly, MaskOfAnotherLayer, MaskOfGradient, Transposed, TransposedShape),
    *(BackThroughTransposed, SumsForActivations, UpdatedTooEarly, WithPenalty),
)
FOR_TANH = (
    *(SoftmaxEntrywise, NoDerivative, NoDerivativeInOneLayer, EdgeCut, UpdatedTooEarly),
    *(DerivativeAtActivation, DerivativeAtSum, BackThroughTransposed, Transposed),
)


def network(kind, seed=3):
    """Four layers' worth of numbers with biases away from zero, square in the middle."""
    generator = Generator(seed)
    sizes = (FEATURES, 4, 4, CLASSES)
    layers = [
        Dense(
            wide,
            narrow,
            "softmax" if place == 2 else kind,
            weight=generator.normal(0.0, 0.7, (narrow, wide)).tolist(),
            bias=generator.normal(0.2, 0.3, (narrow,)).tolist(),
        )
        for place, (wide, narrow) in enumerate(pairwise(sizes))
    ]
    return Network(layers, engine="python")


def wrong_tensors(check):
    return [v for v in check.verdicts if v.outcome == "wrong" and v.method == "complex step"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_backward_pass_passes(kind):
    net = network(kind)
    check = check_gradients(net, X, Y, gradient=Pass(net, kind).gradients())
    assert check.passed
    assert {v.outcome for v in check.verdicts} == {"agrees"}


@pytest.mark.parametrize("mistake", FOR_RELU, ids=lambda mistake: mistake.__name__)
def test_a_classic_mistake_with_relu_is_caught_and_named(mistake):
    net = network("relu")
    check = check_gradients(net, X, Y, gradient=mistake(net).gradients())
    assert not check.passed
    found = wrong_tensors(check)
    assert found
    assert all(re.search(mistake.cause, str(v.cause)) for v in found), check


@pytest.mark.parametrize("mistake", FOR_TANH, ids=lambda mistake: mistake.__name__)
def test_a_classic_mistake_with_tanh_is_caught_and_named(mistake):
    net = network("tanh")
    check = check_gradients(net, X, Y, gradient=mistake(net, "tanh").gradients())
    assert not check.passed
    assert all(re.search(mistake.cause, str(v.cause)) for v in wrong_tensors(check)), check


def test_a_backward_pass_may_be_given_as_a_function():
    net = network("relu")
    assert check_gradients(net, X, Y, gradient=lambda net, x, y: Pass(net).gradients()).passed


def test_activations_kept_from_before_the_training_are_named():
    net = network("tanh")
    before = Pass(net, "tanh")
    net.set_parameters(
        {n: scaled(1.1, w.tolist()) for n, w in net.parameters.items() if "weight" in n}
    )
    stale = Pass(net, "tanh")
    stale.a = {**before.a, 3: stale.a[3]}
    check = check_gradients(net, X, Y, gradient=stale.gradients())
    assert {v.cause for v in wrong_tensors(check)} == {
        "the hidden activations are stale: they are those of the initial weights"
    }


def test_a_gradient_of_the_initial_weights_is_named():
    net = network("relu")
    before = Pass(net).gradients()
    net.set_parameters(
        {n: scaled(1.1, w.tolist()) for n, w in net.parameters.items() if "weight" in n}
    )
    check = check_gradients(net, X, Y, gradient=before)
    assert {v.cause for v in wrong_tensors(check)} == {
        "activations and weights are stale: they are those of the initial weights"
    }


def test_activations_of_another_batch_are_caught_without_a_guess():
    net = network("tanh")
    mixed = Pass(net, "tanh")
    mixed.a[1] = mixed.a[1][1:] + mixed.a[1][:1]
    check = check_gradients(net, X, Y, gradient=mixed.gradients())
    assert not check.passed
    assert {v.cause for v in wrong_tensors(check)} == {None}
    assert "cause unknown" in check.worst.sentence or check.worst.method != "complex step"


def test_two_mistakes_are_named_each_for_its_own_tensor():
    net = network("relu")
    given = Pass(net).gradients()
    given["dense1.bias"] = [0.0] * 4
    given["dense3.weight"] = scaled(-1, given["dense3.weight"])
    causes = {v.name: v.cause for v in wrong_tensors(check_gradients(net, X, Y, gradient=given))}
    assert causes == {
        "dense1.bias": "the gradient of dense1.bias is missing",
        "dense3.weight": "the gradient of dense3.weight has the wrong sign",
    }


def test_only_the_tensors_that_are_given_are_checked():
    net = network("relu")
    bias = Pass(net).gradients()["dense2.bias"]
    check = check_gradients(net, X, Y, gradient={"dense2.bias": bias})
    assert [v.name for v in check.verdicts] == ["dense2.bias", "all together"]
    assert check.passed
