"""The answer on one screen: the mistake, the sentence, the groups of weights, what to do next."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING

import click

import chainrule as cr
from chainrule.cli.output import BLUE, MARGIN, screen_width, styled
from chainrule.explanations.culprits import Group, order_of, person
from chainrule.explanations.what_if import WeightSlope, measured
from chainrule.report import answer_parts, named_weight, worst_rows
from chainrule.words import (
    answer_text,
    factor,
    number,
    percent_in_table,
    shortened,
    waiting,
    wrapped,
)

if TYPE_CHECKING:
    from chainrule.model import Rows

WIDEST = 120
GROUPS = 5
OUTPUTS = 3


def show_answer(explanation: cr.Explanation, rows: Rows) -> WeightSlope:
    """Print the answer, with as much of everything else as one screen holds.

    Returns:
        The weight whose chain is printed.
    """
    width = min(screen_width(), WIDEST)
    with waiting("looking for what caused the error"):
        weight, lines = _screen(explanation, rows, width)
    click.echo("\n".join(lines))
    return weight


def _screen(explanation: cr.Explanation, rows: Rows, width: int) -> tuple[WeightSlope, list[str]]:
    """The weight whose chain is shown, and the lines."""
    weight = measured(explanation.study, [named_weight(explanation)])[0]
    return weight, [
        *(_outputs(explanation, rows, width) if len(rows) == 1 else _worst(explanation, width)),
        "",
        *_answer(explanation, width),
        "",
        *_groups(explanation, width),
        *_why(explanation, weight, width),
    ]


def _answer(explanation: cr.Explanation, width: int) -> list[str]:
    """The answer, in bold the sentence that names weights."""
    naming, text = answer_parts(explanation)[1], "\n".join(wrapped(explanation.answer, width))
    start = explanation.answer.index(naming)  # a line ends where a space stood
    stop = start + len(naming)
    bold = "\n".join(styled(part, bold=True) for part in text[start:stop].split("\n"))
    return f"{text[:start]}{bold}{text[stop:]}".split("\n")


def _outputs(explanation: cr.Explanation, rows: Rows, width: int) -> list[str]:
    """The loss, and how probable the network calls the true class, the one it says, and others."""
    study = explanation.network
    example = explanation.examples[0]
    lines = [f"loss {number(explanation.loss, 4)} ({study.loss_function.name})"]
    likely = rows.probabilities() if study.classifies else None
    if likely is None:
        return lines
    (shares,) = likely
    names = [str(name) for name in study.class_names] or [str(n) for n in range(len(shares))]
    truth, answer = str(example.truth), str(example.answer)
    order = sorted(
        range(len(names)), key=lambda k: (names[k] != truth, names[k] != answer, -shares[k])
    )
    shown = [shortened(name, most=width // 3) for name in names]
    longest = max(map(len, shown))
    room = min(40, width - longest - 30)
    for k in order[:OUTPUTS]:
        marks = ("true", truth), ("said", answer)
        notes = ", ".join(mark for mark, name in marks if name == names[k])
        colour = "green" if names[k] == truth else "red" if names[k] == answer else None
        full = round(shares[k] * room)
        bar = styled("━" * full, fg=colour) + styled("─" * (room - full), dim=True)
        lines.append(
            f"{shown[k]:<{longest}}  {bar} {percent_in_table(shares[k]):>6}  {notes}".rstrip()
        )
    return lines


def _worst(explanation: cr.Explanation, width: int) -> list[str]:
    """The mean loss, and the rows that carry most of it."""
    count, name = len(explanation.rows), explanation.study.loss_name
    loss = f"loss {number(explanation.loss, 4)} ({name}, mean of {count:,} rows)"
    return [loss, *wrapped(worst_rows(explanation), width)]


def _groups(explanation: cr.Explanation, width: int) -> list[str]:
    """The table of groups: how many weights, their share, the loss without them, the answer."""
    groups = explanation.groups(top=GROUPS)
    said = [_then(group, explanation, width // 4) for group in groups]
    wide = width >= 72
    free = width - (39 if wide else 28) - max(len("then"), *(len(text) for text, _ in said))
    bars = 3 if wide else 0
    names = [group.name for group in groups]
    if max(map(len, names)) > free - bars:  # all that is read goes into the first layer
        names = [name.removesuffix(f" → {next(iter(explanation.network.dense))}") for name in names]
    label = min(max(map(len, names)), free - bars)
    bars = min(free - label, 20) if bars else 0
    # The longest bar: shares may all be small, and are none where the gradient is not finite.
    most = max((group.share for group in groups if group.share > 0), default=inf)
    title = "loss if cut, measured" if wide else "if cut"
    head = f"{'weights':<{label}} {'#':>5}  {'share':>{bars + 7}} {title:>{21 if wide else 10}}"
    lines = [styled(f"{head}  {'then' * any(text for text, _ in said)}".rstrip(), bold=True)]
    for name, group, (text, colour) in zip(names, groups, said, strict=True):
        change = group.loss_if_cut - group.loss
        cut = f"{number(group.loss_if_cut, 3):>10}" + f" {number(change, 3):>10}" * wide
        full = "█" * min(max(round(group.share / most * bars), 1), bars) if group.share > 0 else ""
        share = "–" if isnan(group.share) else percent_in_table(group.share)
        then = f"  {styled(text, fg=colour)}" if text else ""
        lines.append(
            f"{shortened(name, most=label):<{label}} {len(group.weights):>5}  "
            f"{styled(full, fg=BLUE)}{share:>{bars - len(full) + 7}} "
            f"{styled(cut, fg='green' if change < 0 else 'yellow')}{then}"
        )
    note = "groups overlap; share: of a gradient step; cut: put to 0 (mend: a small change)"
    return [*lines, *wrapped(f"{note}{order_of(groups)}", width)]


def _then(group: Group, explanation: cr.Explanation, most: int) -> tuple[str, str | None]:
    """What the network says without the group, and the colour of that."""
    if len(explanation.rows) > 1:
        return "" if group.right is None else f"{group.right:,} right", None
    answer = group.answer  # a class needs no quotes in a column of its own
    said = shortened(answer if isinstance(answer, str) else answer_text(answer), most=most)
    right = explanation.network.classifies and group.answer == explanation.examples[0].truth
    return (f"{said} ✓", "green") if right else (said, None)


def _why(explanation: cr.Explanation, weight: WeightSlope, width: int) -> list[str]:
    """The chain of one weight in a line, and a nudge of it, run again."""
    name = person(explanation.network, weight.name)
    exact = f"{weight.name} = {number(weight.value, 3)}"
    title = shortened(name, most=width - MARGIN - len(exact) - 3)
    lines = [f"{title}   {exact}", _chain(explanation, weight)]
    if weight.nudge is not None and weight.predicted is not None and weight.measured is not None:
        of_all = ", mean of all rows" if len(explanation.rows) > 1 else ""
        verdict = "(it bends)" if weight.bends(explanation.loss) else "✓"
        lines.append(
            f"nudged by {number(weight.nudge, 3)}{of_all}: "
            f"predicted {number(weight.predicted, 3)}, "
            f"measured {number(weight.measured, 3)} {verdict}"
        )
    if not weight.slope and weight.name in explanation.answer.moves:
        lines.append("a small change of it does nothing here; the large one above does")
    lines = [part for line in lines for part in wrapped(line, width - MARGIN)]
    label = styled("why".ljust(MARGIN), bold=True)
    return [f"{label if at == 0 else ' ' * MARGIN}{line}" for at, line in enumerate(lines)]


def _chain(explanation: cr.Explanation, weight: WeightSlope) -> str:
    receipt = explanation.receipt(weight.name, top=1)
    factors = " · ".join(f"{factor(f.value, 3)} ({f.symbol})" for f in receipt.chain)
    row = f" on row {receipt.row}" if receipt.rows > 1 else ""
    return f"dL/dw{row} {number(receipt.gradient, 3)} = {factors}"
