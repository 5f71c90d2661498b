"""The command: which step, with which numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from chainrule.cli.options import option
from chainrule.cli.output import heading, say, show, show_json, styled
from chainrule.cli.tour.backward import backpropagation, by_hand, receipt, slope
from chainrule.cli.tour.forward import activation, forward, layer, loss, neuron
from chainrule.cli.tour.learning import check, update, weights
from chainrule.cli.tour.page import TourNumbers, TourPage
from chainrule.errors import OptionError, require_known

LARGEST = 1e50
"""Larger numbers leave the range of floats when they are squared on the way."""

STEPS: dict[str, Callable[[TourNumbers], TourPage]] = {
    step.__name__.replace("_", "-"): step
    for step in (
        *(neuron, activation, layer, forward, loss, slope, receipt, by_hand),
        *(backpropagation, update, check, weights),
    )
}


def _moderate(_ctx: click.Context, _param: click.Parameter, value: float) -> float:
    if not abs(value) <= LARGEST:
        raise click.BadParameter(f"{value} is not a number from -{LARGEST:g} to {LARGEST:g}")
    return value


def _number(name: str, meaning: str) -> Callable[[Any], Any]:
    default = getattr(TourNumbers, name)
    kind = click.FloatRange(min=0) if name == "learning_rate" else float
    return option(
        f"--{name.replace('_', '-')} R", meaning, kind, callback=_moderate, default=default
    )


@click.command(short_help="The ideas, one neuron at a time, with numbers.")
@click.argument("step", metavar="[STEP]", required=False)
@_number("x", "The neuron's input.")
@_number("w", "Its weight.")
@_number("b", "Its bias.")
@_number("y", "What it should say.")
@_number("learning_rate", "Of the update.")
@click.option("--list", "only_names", is_flag=True, help="List the steps.")
def tour(step: str | None, only_names: bool, as_json: bool, **numbers: float) -> None:
    """The ideas, one neuron at a time, with your own numbers.

    STEP is a number or a name; without it, all steps are shown in order.
    """
    names = list(STEPS) if step is None else [name_of(step)]
    if only_names and as_json:
        show_json({name: each.__doc__ for name, each in STEPS.items()})
        return
    if only_names:
        for place, (name, each) in enumerate(STEPS.items(), start=1):
            show(f"{place:>2}  {name:<16} {each.__doc__}")
        return
    given = TourNumbers(**numbers)
    pages = {name: STEPS[name](given) for name in names}
    if as_json:
        show_json({name: page.to_dict() for name, page in pages.items()})
        return
    for name, page in pages.items():
        place = list(STEPS).index(name) + 1
        heading(f"{place}. {page.title}")
        show(f"\n{page.text}\n")
    if step is not None and place < len(STEPS):
        say(f"next: {styled(f'chainrule tour {place + 1}', fg='cyan')}")


def name_of(step: str) -> str:
    """The name of a step that was asked for by number or by name."""
    names = list(STEPS)
    if step.isdecimal():
        if not 1 <= int(step) <= len(names):
            raise OptionError(f"the tour has no step {step}; there are 1 to {len(names)}")
        return names[int(step) - 1]
    require_known("step of the tour", names, step)
    return step
