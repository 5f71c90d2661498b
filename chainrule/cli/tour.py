"""`chainrule tour`: the ideas, one neuron at a time, with numbers."""

from __future__ import annotations

import click


@click.command()
def tour() -> None:
    """The ideas, one neuron at a time, with numbers."""
