"""The numbers in a sentence, and a network with other weights, from the public names alone."""

import re

import pytest

import chainrule as cr
from chainrule.words import number

NUMBER = re.compile(r"(?<![\w\[,.])-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]\d+)?%?(?![\w\]])")
"""A number that stands by itself, not within a name such as `dense1.weight[3,2]`."""


def numbers(text):
    return sorted(NUMBER.findall(re.sub(r"\S+\[[\d,]+\]\S*|\"[^\"]*\"", "", text)))


def moved(net, changes):
    """The same network with some weights set to values, by name."""
    arrays = {name: array.tolist() for name, array in net.parameters.items()}
    for name, value in changes.items():
        parameter, _, places = name.rstrip("]").partition("[")
        *row, last = map(int, places.split(","))
        (arrays[parameter][row[0]] if row else arrays[parameter])[last] = value
    other = cr.Network(list(net.architecture.layers.values()), engine="python")
    other.set_parameters(arrays)
    return other


def short(value):
    return number(value, 3)


def long(value):
    return number(value, 4)


def weight(net, name):
    parameter, _, places = name.rstrip("]").partition("[")
    entry = net.parameters[parameter].tolist()
    for place in places.split(","):
        entry = entry[int(place)]
    return entry


def move_of(net, name, text, *examples):
    """The numbers that an answer ends in, of a weight moved, measured again on each `(x, t)`."""
    value, best, losses = re.search(r"\): moved from (\S+) to (\S+), (it .*)\.$", text).groups()
    said = re.findall(r" from (\S+) to ([^\s,]+)", losses)
    for (before, after), (x, t) in zip(said, examples, strict=True):
        assert (value, before) == (short(weight(net, name)), short(net.loss(x, t)))
        assert moved(net, {name: float(best)}).loss(x, t) == pytest.approx(float(after), rel=2e-3)
    return [value, best, *(loss for pair in said for loss in pair)]


X = [[(7 * n % 11) / 5 - 1, (5 * n % 13) / 6 - 1] for n in range(60)]
CLASSES = [int(a * a + b > 0.4) + int(a > 0.5) for a, b in X]
VALUES = [[a * a - b] for a, b in X]
