"""`chainrule play`: the page, live."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.options import FILE, option, refuse_data_set, seed_option
from chainrule.cli.output import say, show_json
from chainrule.words import on_screen

PORTS = click.IntRange(0, 65535)

STOPS = ("loss", "slope", "receipt", "by-hand", "backpropagation", "update", "weights", "check")
"""The steps of `chainrule tour` that the page stops at."""

COLUMNS = (64, 48, 40, 36, 32)
"""How long the lines of a stop may be: half a page, and phones."""


@click.command(short_help="The page: change a weight, see what the loss does.")
@click.argument("model", metavar="[MODEL]", required=False, type=FILE)
@click.argument("data", metavar="[DATA]", required=False, type=FILE)
@option("--port N", "Where to listen; any if left out.", PORTS, default=0, show_default=False)
@click.option("--no-browser", is_flag=True, help="Print the address, and open nothing.")
@seed_option
def play(
    model: str | None, data: str | None, port: int, no_browser: bool, seed: int, as_json: bool
) -> None:
    """Watch the error travel back, change a weight, and see what the loss does.

    MODEL is a file that `chainrule train` has saved; without it, a small example is opened. DATA is
    a file or a built-in name. The page is for this machine alone; Ctrl-C ends it.
    """
    from webbrowser import open as open_browser

    from chainrule.playground import Playground, Session

    if model is not None:
        refuse_data_set(model)
    playground = Playground(Session(model, data, seed=seed, tour=tour_stops()), port)
    if as_json:
        show_json({"url": playground.url})
    else:
        say(playground.url, label="open")
        say("Ctrl-C, or the page, stops it")
    if not no_browser:
        open_browser(playground.url)
    playground.run()


def tour_stops() -> list[dict[str, object]]:
    """The stops of the page, in the words of `chainrule tour`, each in lines of several lengths."""
    from chainrule.cli.tour import STEPS, TourNumbers

    stops: dict[str, dict[str, Any]] = {}
    for columns in COLUMNS:
        with on_screen(columns):
            for name in STOPS:
                page = STEPS[name](TourNumbers()).to_dict()
                stop = stops.setdefault(name, {"name": name, **page, "texts": []})
                stop["texts"].append((columns, page["text"]))
    return list(stops.values())
