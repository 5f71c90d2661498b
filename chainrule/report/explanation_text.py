"""An explanation as text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.explanations.wording import number

if TYPE_CHECKING:
    from chainrule.model.explanation import Explanation


def as_dict(explanation: Explanation, *, top: int) -> dict[str, Any]:
    """The numbers of an explanation, for JSON."""
    weights = explanation.weights
    neurons = sorted(weights.by_neuron().items(), key=lambda entry: -entry[1])
    return {
        "loss": explanation.loss,
        "loss_name": explanation.setting.loss.name,
        "rows": list(explanation.rows),
        "weights_in_all": len(weights),
        "weights": [weight.to_dict() for weight in weights.top(top)],
        "layers": weights.by_layer(),
        "neurons": dict(neurons[:top]),
    }


def as_text(explanation: Explanation, *, top: int = 10) -> str:
    """The explanation for an 80-column screen: totals first, then the weights that carry them."""
    weights = explanation.weights
    rows = len(explanation.rows)
    lines = [
        f"loss {number(explanation.loss)} ({explanation.setting.loss.name}, "
        f"{f'mean of {rows} examples' if rows > 1 else f'row {explanation.rows[0]}'}), "
        f"{len(weights)} weights",
        "",
        "share of the loss drop of one small gradient step, g²/Σg²:",
    ]
    for layer, share in weights.by_layer().items():
        lines.append(f"  {layer:<10} {share:7.1%}")
    lines += [
        "",
        f"  {'weight':<24} {'value':>11} {'slope dL/dw':>12} {'share':>7}  to lower the loss",
    ]
    for weight in weights.top(top):
        lines.append(
            f"  {weight.name:<24} {number(weight.value, 4):>11} {number(weight.slope, 4):>12} "
            f"{weight.share:7.1%}  {weight.direction}"
        )
    return "\n".join(lines)
