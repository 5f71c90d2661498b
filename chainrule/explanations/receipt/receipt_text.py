"""A receipt as text, as LaTeX and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from textwrap import wrap
from typing import Any

from chainrule.explanations.receipt.paths import Path
from chainrule.explanations.receipt.receipt import Factor, Merge, Receipt
from chainrule.words import factor, number

WIDTH = 80
"""Columns of the screen."""


def as_text(receipt: Receipt) -> str:
    """The receipt for an 80-column screen."""
    lines = [f"receipt of {receipt.weight}"]
    if receipt.rows > 1:
        lines += _examples(receipt)
    lines += ["", *_wrapped(f"dL/d{_last(receipt)} = {_product(receipt)}", indent=0)]
    width = max(len(f.symbol) for f in receipt.chain)
    for link in receipt.chain:
        lines.append(f"  {link.symbol.ljust(width)} = {number(link.value)}")
        lines += _wrapped(_reason(link), indent=width + 5)
    lines += [*_levels(receipt), *_path_lines(receipt)]
    if isinstance(receipt.total, float) and not isfinite(receipt.total):
        lines += ["", f"The product is {receipt.total}: not a number to go by."]
    return "\n".join(lines)


def as_dict(receipt: Receipt) -> dict[str, Any]:
    """Every number of the receipt by name; exact kinds as text."""
    found: dict[str, Any] = _plain(asdict(receipt))
    return found


def as_latex(receipt: Receipt) -> str:
    """The product and its sums as an `aligned` block."""
    symbols = r" \cdot ".join(_partial(f.symbol) for f in receipt.chain)
    values = r" \cdot ".join(_latex_number(f.value) for f in receipt.chain)
    rows = [
        rf"{_partial(f'dL/d{_last(receipt)}')} &= {symbols} \\",
        rf"&= {values} = {_latex_number(receipt.total)} \\",
    ]
    for merge in receipt.merges:
        if len(merge.terms) + merge.hidden < 2:
            continue
        terms = " + ".join(
            rf"{_latex_number(t.gradient)} \cdot {_latex_number(t.factor)}" for t in merge.terms
        )
        rest = f" + {_latex_number(merge.hidden_sum)}" if merge.hidden else ""
        value = merge.value.replace("_", r"\_")
        rows.append(
            rf"\frac{{\partial L}}{{\partial \mathrm{{{value}}}}} "
            rf"&= {terms}{rest} = {_latex_number(merge.total)} \\"
        )
    return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])


def _last(receipt: Receipt) -> str:
    return receipt.chain[-1].symbol.rpartition("/d")[2]


def _product(receipt: Receipt) -> str:
    symbols = " · ".join(f.symbol for f in receipt.chain)
    values = " · ".join(factor(f.value) for f in receipt.chain)
    return f"{symbols} = {values} = {number(receipt.total)}"


def _reason(link: Factor) -> str:
    """The formula and what it means; where something is remarkable, that in the meaning's place."""
    note = f"{link.note[:1].upper()}{link.note[1:]}." if link.note else link.why
    return f"{link.formula}. {note}" if link.formula else note


def _examples(receipt: Receipt) -> list[str]:
    shown = [f"row {n}: {number(part, 3)}" for n, part in receipt.examples]
    rest = receipt.rows - len(receipt.examples)
    if rest:
        shown.append(f"and {rest} more: {number(receipt.hidden_examples_sum, 3)}")
    letter = _last(receipt)
    return [
        f"dL/d{letter} = {number(receipt.batch_gradient)}, the mean over {receipt.rows} examples:",
        *_wrapped(", ".join(shown), indent=2),
        f"written out for row {receipt.row}, whose own dL/d{letter} is {number(receipt.gradient)}:",
    ]


def _levels(receipt: Receipt) -> list[str]:
    if len(receipt.merges) < 2:
        return []
    lines = ["", "where it comes from, level by level (each time following the largest part):"]
    for merge in receipt.merges:
        lines += _wrapped(f"dL/d({merge.value}) = {_sum_line(merge)}", indent=2)
        if len(merge.terms) + merge.hidden > 1:
            width = max(len(t.later) for t in merge.terms)
            lines += [
                f"    {t.later.ljust(width)}  {factor(t.gradient)} · {factor(t.factor)}"
                f" = {number(t.product)}"
                for t in merge.terms
            ]
            if merge.hidden:
                lines.append(f"    and {merge.hidden} more: {number(merge.hidden_sum)}")
            if merge.silent:
                lines.append(f"    and {merge.silent} through which nothing comes back")
    return lines


def _sum_line(merge: Merge) -> str:
    if len(merge.terms) + merge.hidden > 1:
        return f"Σ {merge.symbol} = {number(merge.total)}"
    if not merge.terms:
        return f"{number(merge.total)}: {merge.note or 'nothing comes back'}"
    term = merge.terms[0]
    if term.later == "L":
        return f"{number(merge.total)}   ({merge.formula})"
    product = f"{factor(term.gradient)} · {factor(term.factor)}"
    note = f"; {merge.note}" if merge.note else ""
    return f"{merge.symbol} = {product} = {number(merge.total)}{note}"


def _path_lines(receipt: Receipt) -> list[str]:
    if receipt.path_count < 2:
        return []
    lines = ["", f"{receipt.path_count} paths lead from the loss to this weight; the heaviest:"]
    lines += [f"  {_path(path)}" for path in receipt.paths]
    rest = receipt.path_count - len(receipt.paths)
    if rest:
        lines.append(f"  and {rest} more: {number(receipt.hidden_paths_sum)}")
    return [*lines, f"  together {number(receipt.total)}"]


def _path(path: Path) -> str:
    units = [value for value in path.values[1:-1] if value.rpartition("[")[0].endswith(".z")]
    way = " ← ".join(["L", *(unit.replace(".z", "") for unit in units)])
    return f"{number(path.product, 4):>12}  {way}"


def _wrapped(text: str, *, indent: int) -> list[str]:
    margin = " " * indent
    return wrap(
        text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_long_words=False
    )


def _partial(symbol: str) -> str:
    top, _, bottom = symbol.partition("/")
    return rf"\frac{{\partial {top[1:]}}}{{\partial {bottom[1:]}}}"


def _latex_number(value: Any) -> str:
    text = number(value)
    if "/" in text:
        sign, text = ("-", text[1:]) if text[0] == "-" else ("", text)
        top, _, bottom = text.partition("/")
        text = rf"{sign}\tfrac{{{top}}}{{{bottom}}}"
    elif "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return f"({text})" if text.startswith("-") else text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
