"""A gallery of wrong backward passes for one network, written out by hand in plain Python."""

from math import exp, tanh

from chainrule.arrays.random import Generator

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
    cause = r"the edge from dense(3\.z back to dense2\.a|2\.a back to dense2\.z) is counted twice"

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
