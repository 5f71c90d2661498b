"""The tour's first steps: from an input to an answer, and how wrong it is."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.tour.page import MAZUR_LOSS, MAZUR_X, MAZUR_Y, TourNumbers, TourPage, mazur, page
from chainrule.words import factor, number

ACTIVATIONS_SHOWN = ("identity", "relu", "sigmoid", "tanh")


def neuron(numbers: TourNumbers) -> TourPage:
    """A neuron."""
    z = numbers.neuron().weighted_sum([numbers.x])
    return page(
        "A neuron",
        "A neuron multiplies its input x by a weight w and adds a bias b. The weight says how much "
        "the input counts; the bias is what comes out when the input is 0.",
        [
            "z = w·x + b",
            f"  = {factor(numbers.w)} · {factor(numbers.x)} + {factor(numbers.b)}",
            f"  = {number(z)}",
        ],
        "With several inputs there is one weight for each, and z is the sum of all products.",
        z=z,
    )


def activation(numbers: TourNumbers) -> TourPage:
    """Activations."""
    from chainrule.nn import ACTIVATIONS

    z = numbers.neuron().weighted_sum([numbers.x])
    values = {name: cr.value_and_grad(ACTIVATIONS[name])(z) for name in ACTIVATIONS_SHOWN}
    rows = [
        f"{name:<9} {ACTIVATIONS[name].formula:<34} {number(a):>11} {number(slope):>11}"
        for name, (a, slope) in values.items()
    ]
    return page(
        "Activations",
        "What leaves the neuron is a = f(z). Without a bend in f, many layers can do no more than "
        "one, since a straight line of a straight line is a straight line.",
        [f"{'f':<9} {f'at z = {number(z)}':<34} {'a':>11} {'da/dz':>11}", *rows],
        "The last column is the slope of f at that place: how much of a small change of z comes "
        "through.",
        z=z,
        **{name: {"a": a, "da/dz": slope} for name, (a, slope) in values.items()},
    )


def layer(numbers: TourNumbers) -> TourPage:
    """A layer."""
    w, b = numbers.w, numbers.b
    weights, biases = [w, -w, w / 2], [b, b, -b]
    net = cr.Network([cr.Dense(1, 3, "relu", weight=[[v] for v in weights], bias=biases)])
    a = net.forward([[numbers.x]]).tolist()[0]
    return page(
        "A layer",
        "A layer is neurons side by side. All of them read the same input, and each has weights "
        "and a bias of its own. Their weights stand in a table: row i is neuron i.",
        [
            f"neuron {i}:  a = relu({factor(v)} · {factor(numbers.x)} + {factor(c)}) = {number(k)}"
            for i, (v, c, k) in enumerate(zip(weights, biases, a, strict=True))
        ],
        a=a,
    )


def forward(_numbers: TourNumbers) -> TourPage:
    """Forward propagation."""
    from chainrule.nn import Architecture

    net = mazur()
    hidden_only = Architecture([net.architecture.input])
    hidden = hidden_only.outputs(net.parameters, net.as_inputs(MAZUR_X)).tolist()[0]
    outputs = net.forward(MAZUR_X).tolist()[0]
    return page(
        "Forward propagation",
        "In a network the answers of one layer are the inputs of the next. This one has two inputs "
        "and two layers of two sigmoid neurons; its numbers are those of M. Mazur's article.",
        [
            f"inputs         {number(MAZUR_X[0][0])}, {number(MAZUR_X[0][1])}",
            f"hidden layer   {', '.join(number(a, 9) for a in hidden)}",
            f"output layer   {', '.join(number(a, 9) for a in outputs)}",
        ],
        inputs=MAZUR_X[0],
        hidden=hidden,
        outputs=outputs,
    )


def loss(numbers: TourNumbers) -> TourPage:
    """The loss."""
    one = numbers.neuron()
    a = one.forward([numbers.x])
    value = one.explain([numbers.x], target=numbers.y).loss
    error = mazur().loss(MAZUR_X, MAZUR_Y, MAZUR_LOSS)
    return page(
        "The loss",
        "A loss is one number that says how wrong an answer is: here the square of the distance to "
        "the target y. It is 0 for a perfect answer, and never below.",
        [f"L = (a - y)² = ({number(a)} - {factor(numbers.y)})² = {number(value)}"],
        f"Several outputs, and several examples, are averaged. Mazur's network should have said "
        f"{MAZUR_Y[0][0]} and {MAZUR_Y[0][1]}; its loss is {number(error, 9)}.",
        a=a,
        loss=value,
        mazur=error,
    )
