"""Chapters 1 to 5: from the neuron to the loss."""

from __future__ import annotations

from math import exp, log

from chainrule import ops
from chainrule.exercises.numbers import NumberExercise


def says(w: float, v: float, b: float, x: float, y: float) -> NumberExercise:
    """1.1: a weighted sum."""
    return NumberExercise(
        f"A neuron has the weights {w:g} and {v:g} and the bias {b:g}. What is its weighted sum "
        f"for the inputs {x:g} and {y:g}?",
        [w * x + v * y + b],
        {
            "the bias is left out": [w * x + v * y],
            "the bias is taken away, where it is added": [w * x + v * y - b],
            "the bias is counted once for every input": [w * x + v * y + 2 * b],
            "each weight goes with the other input": [w * y + v * x + b],
            "the inputs are not weighted": [x + y + b],
        },
    )


def silent(w: float, b: float) -> NumberExercise:
    """1.2: where a neuron says 0."""
    return NumberExercise(
        f"A neuron has one weight, {w:g}, and the bias {b:g}. Which input makes it say 0?",
        [-b / w],
        {
            "the sign: w · x has to make up for the bias": [b / w],
            "it is upside down: divide by the weight": [-w / b],
            "the bias is not divided by the weight": [-b],
            "multiplied by the weight, where one divides by it": [-b * w],
            "the weight is taken away, where one divides by it": [-b - w],
        },
    )


def rises(w: float, v: float, b: float, d: float) -> NumberExercise:
    """1.3: what an input's change does."""
    return NumberExercise(
        f"A neuron has the weights {w:g} and {v:g} and the bias {b:g}. Its first input changes by "
        f"{d:g}. By how much does the weighted sum change?",
        [w * d],
        {
            "the bias does not change, and takes no part": [w * d + b],
            "that is the weight of the other input": [v * d],
            "the second input stays as it is": [(w + v) * d],
            "the change is not weighted": [d],
            "that is the change for a change of 1": [w],
        },
    )


def leaks(w: int, x: int, b: float) -> NumberExercise:
    """2.1: an activation on its flat side."""
    z = -w * x - abs(b)
    return NumberExercise(
        f"A neuron with leaky ReLU (a slope of 0.01 below 0) has the weight {-w} and the bias "
        f"{-abs(b):g}. What does it say to the input {x}?",
        [ops.leaky_relu(z)],
        {
            "that is z: the activation is left out": [z],
            "that is a ReLU, which does not leak": [0.0],
            "the sign is lost: it leaks below 0": [-0.01 * z],
            "that is |z|": [-z],
            "the leak is 0.01, not 0.1": [0.1 * z],
        },
    )


def squashes(w: float, x: float, b: float) -> NumberExercise:
    """2.2: the sigmoid."""
    z = w * x + b
    a = ops.sigmoid(z)
    return NumberExercise(
        f"A sigmoid neuron has the weight {w:g} and the bias {b:g}. What does it say to the input "
        f"{x:g}? (Three digits.)",
        [a],
        {
            "that is z: the activation is left out": [z],
            "the sign in e^-z is lost": [1 - a],
            "that is tanh": [ops.tanh(z)],
            "that is its slope, a · (1 - a)": [a * (1 - a)],
            "the bias is left out": [ops.sigmoid(w * x)],
        },
    )


def folds(w: float, b: float, v: float, c: float) -> NumberExercise:
    """2.3: two straight layers are one."""
    return NumberExercise(
        f"A neuron with the weight {w:g} and the bias {b:g} feeds, with no activation, one with "
        f"the weight {v:g} and the bias {c:g}. Which weight and which bias does the one neuron "
        "have that says the same?",
        [v * w, v * b + c],
        {
            "weights in a row multiply; they are not added": [w + v, v * b + c],
            "the first bias passes through the second weight": [v * w, b + c],
            "the second bias is left out": [v * w, v * b],
            "the first bias is left out": [v * w, c],
            "the two neurons are in the wrong order": [v * w, w * c + b],
        },
    )


def weights(n: int, m: int) -> NumberExercise:
    """3.1: the numbers of a layer."""
    return NumberExercise(
        f"How many numbers does a dense layer of {m} neurons learn, if {n} values come in?",
        [n * m + m],
        {
            "the biases are left out": [n * m],
            "each neuron has a bias, not each input": [n * m + n],
            "one bias does not serve all neurons": [n * m + 1],
            "every neuron has a weight for every input": [n + m],
            "an input and a neuron too many": [(n + 1) * (m + 1)],
        },
    )


def row(
    a: float, b: float, c: float, d: float, e: float, f: float, x: float, y: float
) -> NumberExercise:
    """3.2: one neuron of a layer."""
    return NumberExercise(
        f"A layer has the weights [[{a:g}, {b:g}], [{c:g}, {d:g}]] and the biases [{e:g}, {f:g}]. "
        f"What is z[1] for the inputs [{x:g}, {y:g}]?",
        [c * x + d * y + f],
        {
            "neuron 1 is row 1, not column 1: transposed": [b * x + d * y + f],
            "that is z[0]: rows are counted from 0": [a * x + b * y + e],
            "that is the other neuron's bias": [c * x + d * y + e],
            "the bias is left out": [c * x + d * y],
            "each weight goes with the other input": [c * y + d * x + f],
        },
    )


def network(n: int, m: int, k: int) -> NumberExercise:
    """3.3: the numbers of a network."""
    return NumberExercise(
        f"{n} inputs, a hidden layer of {m}, {k} outputs. How many numbers does the network learn?",
        [n * m + m + m * k + k],
        {
            "the biases are left out": [n * m + m * k],
            "the hidden biases are left out": [n * m + m * k + k],
            "the biases of the output are left out": [n * m + m + m * k],
            "inputs have no bias": [n * m + m + m * k + k + n],
            "the inputs lead to the hidden layer alone": [n * m + m + m * k + k + n * k],
        },
    )


def passes(w: int, x: int, b: int, c: int, v: float, u: float, d: float) -> NumberExercise:
    """4.1: two layers."""
    one, two = w * x + b, c - w * x * x
    gated, gated_two = ops.relu(one), ops.relu(two)
    return NumberExercise(
        f"The input {x} goes into two ReLU neurons, {w} · x + {b} and {-w * x} · x + {c}, and "
        f"these into an output without activation, with the weights {v:g} and {u:g} and the bias "
        f"{d:g}. What does the network say?",
        [v * gated + u * gated_two + d],
        {
            "the hidden activation is left out": [v * one + u * two + d],
            "a ReLU gives 0 below 0, not |z|": [v * abs(one) + u * abs(two) + d],
            "the bias of the output is left out": [v * gated + u * gated_two],
            "the hidden biases are left out": [v * w * x + d],
            "each output weight goes with the other neuron": [u * gated + v * gated_two + d],
        },
    )


def shares(a: float, b: float, c: float) -> NumberExercise:
    """4.2: the softmax."""
    total = exp(a) + exp(b) + exp(c)
    return NumberExercise(
        f"The output scores are {a:g}, {b:g} and {c:g}. What probability does softmax give to the "
        "first? (Three digits.)",
        [exp(a) / total],
        {
            "e^z is not divided by the sum": [exp(a)],
            "divided by the others alone: the sum is over all": [exp(a) / (exp(b) + exp(c))],
            "that is a sigmoid: softmax looks at all scores": [ops.sigmoid(a)],
            "the sign in e^z is wrong": [exp(-a) / (exp(-a) + exp(-b) + exp(-c))],
            "that is the probability of the second": [exp(b) / total],
        },
    )


def multiplies(n: int, m: int, k: int, rows: int) -> NumberExercise:
    """4.3: the work of a forward pass."""
    return NumberExercise(
        f"{rows} rows go through a network of {n} inputs, {m} hidden neurons and {k} outputs. How "
        "many multiplications of a weight with a value are that?",
        [rows * (n * m + m * k)],
        {
            "that is for one row": [n * m + m * k],
            "the layers' products are multiplied, where one adds them": [rows * n * m * k],
            "the output layer is left out": [rows * n * m],
            "a bias is added and multiplies nothing": [rows * (n * m + m + m * k + k)],
            "the inputs do not lead to the outputs directly": [rows * (n * m + m * k + n * k)],
        },
    )


def misses(a: float, b: float, s: float, t: float) -> NumberExercise:
    """5.1: the mean squared error."""
    p, q = a - s, b - t
    return NumberExercise(
        f"A network says {a:g} and {b:g}, and {s:g} and {t:g} are right. What is the mean squared "
        "error?",
        [(p * p + q * q) / 2],
        {
            "the sum is not divided by the number of outputs": [p * p + q * q],
            "that is the mean absolute error: square it": [(abs(p) + abs(q)) / 2],
            "square first, and average then": [((p + q) / 2) ** 2],
            "that is its root": [((p * p + q * q) / 2) ** 0.5],
            "halved once too often": [(p * p + q * q) / 4],
        },
    )


def surprises(n: int, m: int, k: int) -> NumberExercise:
    """5.2: cross-entropy."""
    p, q, r = (each / (n + m + k) for each in (n, m, k))
    return NumberExercise(
        f"A network gives the probabilities {n}/{n + m + k}, {m}/{n + m + k} and {k}/{n + m + k}, "
        "and the second class is right. What is the cross-entropy? (Three digits.)",
        [-log(q)],
        {
            "the sign: a loss is not below 0": [log(q)],
            "that is the logarithm to the base 2": [-log(q) / log(2)],
            "that is the first class's: classes count from 0, words from 1": [-log(p)],
            "only the right class counts": [-log(p) - log(q) - log(r)],
            "that is 1 - p, without the logarithm": [1 - q],
        },
    )


def doubts(n: int, m: int) -> NumberExercise:
    """5.3: binary cross-entropy."""
    p = n / (n + m)
    return NumberExercise(
        f"A sigmoid output says {n}/{n + m}, and the target is 0. What is the binary "
        "cross-entropy? (Three digits.)",
        [-log(1 - p)],
        {
            "that is the loss for the target 1": [-log(p)],
            "the sign: a loss is not below 0": [log(1 - p)],
            "that is the squared error": [p * p],
            "that is the absolute error": [p],
            "that is the logarithm to the base 2": [-log(1 - p) / log(2)],
        },
    )
