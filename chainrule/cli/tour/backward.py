"""The tour's middle: what a gradient says, and how it is found."""

from __future__ import annotations

import chainrule as cr
from chainrule.cli.tour.page import MAZUR_LOSS, MAZUR_X, MAZUR_Y, TourNumbers, TourPage, mazur, page
from chainrule.words import number

PLACES = (5.0, 1.0, 3.0)
BY_HAND = """\
z = w * x + b
a = z
L = (a - y) ** 2
dL_da = 2 * (a - y)
da_dz, dz_dw, dz_db = 1, x, 1
dL_dw, dL_db = dL_da * da_dz * dz_dw, dL_da * da_dz * dz_db
"""


def slope(_numbers: TourNumbers) -> TourPage:
    """A slope."""
    slopes = [cr.slope(lambda w: (w - 3) ** 2, at=at) for at in PLACES]
    return page(
        "A slope",
        "Which way to move a weight, and how much does it matter? The slope answers both. Take the "
        "loss (w - 3)², whose lowest point is w = 3.",
        [f"at w = {number(s.at)} the slope is {number(s.value):>2}: {s.direction}" for s in slopes],
        "A positive slope: a larger w is worse, so decrease it. A negative one: increase it. Zero: "
        "stop. For small changes the slope predicts the loss, and predictions can be measured:",
        slopes[0],
        slopes={number(s.at): s.to_dict() for s in slopes},
    )


def receipt(numbers: TourNumbers) -> TourPage:
    """A receipt."""
    explained = numbers.neuron().explain([numbers.x], target=numbers.y)
    weight, bias = (explained.receipt(name) for name in ("weight[0]", "bias"))
    return page(
        "A receipt",
        "The loss depends on w only by way of a, and a only by way of z. So the slope is a product "
        "of local slopes, one for each link: that is the chain rule. Written out with its numbers "
        "it is the receipt of a gradient.",
        weight,
        "The input scales how much the weight matters: the last factor of dL/dw is x itself, "
        f"{number(numbers.x)}. The bias has the same chain up to its last link.",
        [str(bias).splitlines()[2]],
        loss=explained.loss,
        **explained.gradients,
    )


def by_hand(numbers: TourNumbers) -> TourPage:
    """The same by hand."""
    names = {"x": numbers.x, "w": numbers.w, "b": numbers.b, "y": numbers.y}
    exec(BY_HAND, names)
    explained = numbers.neuron().explain([numbers.x], target=numbers.y)
    values = {name: names[name] for name in ("L", "dL_dw", "dL_db")}
    machine = (explained.loss, *explained.gradients.values())
    return page(
        "The same by hand",
        "Nothing is hidden in there. These six lines of plain Python do the same for x = "
        f"{number(numbers.x)}, w = {number(numbers.w)}, b = {number(numbers.b)}, "
        f"y = {number(numbers.y)}:",
        BY_HAND.splitlines(),
        "They have just been run, beside the machine:",
        [
            f"{'':<8}{'by hand':>14}{'by machine':>14}",
            *(
                f"{name:<8}{number(hand):>14}{number(value):>14}"
                for (name, hand), value in zip(values.items(), machine, strict=True)
            ),
        ],
        **values,
    )


def backpropagation(_numbers: TourNumbers) -> TourPage:
    """Backpropagation."""
    from chainrule.nn import entries, entry_name

    net = mazur()
    explanation = cr.explain(net, MAZUR_X, MAZUR_Y, MAZUR_LOSS)
    gradients = explanation.gradients
    weights = [
        (entry_name(name, gradients[name].shape, place), value)
        for name in ("dense1.weight", "dense2.weight")
        for place, value in enumerate(entries(gradients[name]))
    ]
    rows = [f"w{n:<3} {name:<20} {number(g, 9):>15}" for n, (name, g) in enumerate(weights, 1)]
    return page(
        "Backpropagation",
        "In a network many paths lead from the loss to a weight. Their products are added up, and "
        "walking back layer by layer adds them up all at once: what came back to a neuron is "
        "worked out once and used for every weight before it.",
        [f"loss {number(explanation.loss, 9)}", "", *rows],
        "Mazur's article works out by hand 0.298371109 for the loss, 0.082167041 for w5 and "
        "0.000438568 for w1. What leads to w1:",
        explanation.receipt("dense1.weight[0,0]"),
        loss=explanation.loss,
        gradients={name: g.tolist() for name, g in gradients.items()},
    )
