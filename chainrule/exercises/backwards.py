"""Chapters 6 to 10: from the gradient to the weights that caused an error."""

from __future__ import annotations

from chainrule import ops
from chainrule.autodiff import grad
from chainrule.exercises.numbers import NumberExercise


def slope(w: float, x: float, y: float) -> NumberExercise:
    """6.1: a slope by hand."""
    miss = w * x - y
    return NumberExercise(
        f"L = ({x:g} · w - y)², with the target y = {y:g}. What is dL/dw at w = {w:g}?",
        [grad(lambda w: (x * w - y) ** 2)(w)],
        {
            "the 2 of the square is left out": [miss * x],
            "the inner derivative, the input, is left out": [2 * miss],
            "it has the wrong sign": [-2 * miss * x],
            "that is the loss, not its slope": [miss**2],
            "the input is a factor once, not twice": [2 * miss * x * x],
        },
    )


def predicts(g: float, h: int) -> NumberExercise:
    """6.2: what a slope predicts."""
    step = h / 100
    return NumberExercise(
        f"dL/dw = {g:g}, and w is lowered by {step:g}. Which change of the loss does the slope "
        "predict?",
        [-g * step],
        {
            "the sign: the weight is lowered": [g * step],
            "that is the slope, not multiplied by the step": [g],
            "divided by the step, where one multiplies by it": [-g / step],
            "that is the weight's change, not the loss's": [-step],
            "the step is squared": [-g * step**2],
        },
    )


def chains(w: float, x: float, b: float, y: int) -> NumberExercise:
    """7.1: three factors."""
    z, t = w * x + b, y / 10
    a = ops.sigmoid(z)
    return NumberExercise(
        f"A sigmoid neuron has the weight {w:g} and the bias {b:g}; the input is {x:g}, the "
        f"target {t:g}, the loss (a - y)². What is dL/dw? (Three digits.)",
        [grad(lambda w: (ops.sigmoid(w * x + b) - t) ** 2)(w)],
        {
            "the derivative of the activation is left out": [2 * (a - t) * x],
            "that is dL/db: the input is left out": [2 * (a - t) * a * (1 - a)],
            "the 2 of the square is left out": [(a - t) * a * (1 - a) * x],
            "it has the wrong sign": [-2 * (a - t) * a * (1 - a) * x],
            "the slope of the sigmoid is a · (1 - a), not z · (1 - z)": [
                2 * (a - t) * z * (1 - z) * x
            ],
        },
    )


def meets(g: float, h: float, w: float, v: float) -> NumberExercise:
    """7.2: where paths meet."""
    return NumberExercise(
        f"A hidden value a goes into two outputs, with the weights {w:g} and {v:g}. From the "
        f"loss dL/dz = {g:g} and {h:g} come back to these outputs. What is dL/da?",
        [g * w + h * v],
        {
            "only the first path is counted": [g * w],
            "only the second path is counted": [h * v],
            "paths are multiplied, where one adds them": [g * w * h * v],
            "each gradient goes back through the other weight": [g * v + h * w],
            "the weights are left out": [g + h],
        },
    )


def steps(w: float, g: float, k: int) -> NumberExercise:
    """8.1: one step."""
    rate = k / 100
    return NumberExercise(
        f"w = {w:g}, dL/dw = {g:g}, the learning rate is {rate:g}. What is w after one step of "
        "gradient descent?",
        [w - rate * g],
        {
            "that goes uphill: the step is against the gradient": [w + rate * g],
            "the learning rate is left out": [w - g],
            "the gradient is left out": [w - rate],
            "that is the step, not the weight": [-rate * g],
            "the step scales the gradient, not the weight": [w - rate * g * w],
        },
    )


def rolls(w: float, g: float, h: float) -> NumberExercise:
    """8.2: momentum."""
    return NumberExercise(
        f"w = {w:g}; momentum is 0.9, the learning rate 0.1. The gradients of two steps are {g:g} "
        f"and {h:g}. What is w after both?",
        [w - 0.1 * g - 0.1 * (0.9 * g + h)],
        {
            "the momentum is left out": [w - 0.1 * (g + h)],
            "that goes uphill: the step is against the gradient": [w + 0.1 * (1.9 * g + h)],
            "that is after the second step alone": [w - 0.1 * (0.9 * g + h)],
            "this velocity is a sum, not a mean: no 1 - momentum": [w - 0.01 * (1.9 * g + h)],
            "the learning rate is left out": [w - 1.9 * g - h],
        },
    )


def measures(w: float, k: int) -> NumberExercise:
    """9.1: a central difference."""
    h = k / 5
    up, here, down = (w + h) ** 3, w**3, (w - h) ** 3
    return NumberExercise(
        f"L = w³ at w = {w:g}. What does the central difference with h = {h:g} measure?",
        [(up - down) / (2 * h)],
        {
            "the two points are 2h apart, not h": [(up - down) / h],
            "that is the difference to the right alone": [(up - here) / h],
            "that is the difference to the left alone": [(here - down) / h],
            "that is the exact slope, which is not what is measured": [3 * w * w],
            "the difference is not divided by the distance": [up - down],
        },
    )


def balances(g: float, h: float) -> NumberExercise:
    """9.2: an invariant."""
    a, b = g / 10, h / 10
    return NumberExercise(
        f"Three scores go into softmax and cross-entropy. The gradients of two are {a:g} and "
        f"{b:g}. What must the third be?",
        [-a - b],
        {
            "the sign: together they are 0": [a + b],
            "gradients of scores sum to 0, probabilities to 1": [1 - a - b],
            "the second is left out": [-a],
            "the first is left out": [-b],
            "that is a mean: it is their sum that counts": [-(a + b) / 2],
        },
    )


def counts(g: float, h: float, k: float) -> NumberExercise:
    """10.1: a weight's share."""
    squares = g * g + h * h + k * k
    return NumberExercise(
        f"Three weights have the gradients {g:g}, {h:g} and {k:g}. Which share of the loss drop "
        "of one small gradient step is the first weight's? (As a number from 0 to 1.)",
        [g * g / squares],
        {
            "the gradients are squared: step times slope": [abs(g) / (abs(g) + abs(h) + abs(k))],
            "the square is not divided by the sum": [g * g],
            "divided by the others alone: the sum is over all": [g * g / (h * h + k * k)],
            "sum the squares, do not square the sum": [g * g / (abs(g) + abs(h) + abs(k)) ** 2],
            "that is the share of the other two": [(h * h + k * k) / squares],
        },
    )


def blames(w: float, v: float, x: float, u: float, y: float) -> NumberExercise:
    """10.2: blame along a path."""
    z, own = w * x + v * u, w * x
    change = (z - y) ** 2 - y * y
    return NumberExercise(
        f"z = w · {x:g} + v · {u:g} with the weights w = {w:g} and v = {v:g}; L = (z - y)² with "
        f"the target y = {y:g}. Both weights grow together, in a straight line from 0. How much "
        "of the loss's change is the blame of w?",
        [own * (z - 2 * y)],
        {
            "that is the slope at the end, times the weight": [2 * own * (z - y)],
            "that is the slope at the start, times the weight": [-2 * own * y],
            "that is the whole change": [change],
            "the parts are not equal": [change / 2],
            "the sign: from 0 to now": [-own * (z - 2 * y)],
        },
    )


def without(w: float, v: float, x: float, u: float, y: float) -> NumberExercise:
    """10.3: a counterfactual."""
    z, own = w * x + v * u, w * x
    now, then = (z - y) ** 2, (z - own - y) ** 2
    return NumberExercise(
        f"z = w · {x:g} + v · {u:g} with the weights w = {w:g} and v = {v:g}; L = (z - y)² with "
        f"the target y = {y:g}. By how much does the loss change if w is set to 0 and the network "
        "is run again?",
        [then - now],
        {
            "that is what the slope predicts, not what is measured": [-2 * own * (z - y)],
            "the sign: afterwards minus before": [now - then],
            "that is the loss afterwards, not its change": [then],
            "only the first weight is set to 0": [y * y - now],
            "that is the second weight set to 0": [(own - y) ** 2 - now],
        },
    )
