"""Cells of new rows that training cannot have had, or that may mean others than there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf, sqrt

from chainrule.data.cells import Cell, Column
from chainrule.data.column_reading import ColumnReading
from chainrule.data.encoders import Encoder, Numbers
from chainrule.data.written_dates import orders_of
from chainrule.data.written_numbers import needs_all, parts_of
from chainrule.words import quantity

_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
"""A number whose point may divide thousands."""


def unlike_training(
    encoder: Encoder,
    reading: ColumnReading,
    learned: int,
    values: Column,
    texts: Column,
    scaled: Sequence[float],
) -> Iterator[tuple[int, str]]:
    """Yield the place of each such cell, and what is to be said of it.

    Numbers are told that stand without the unit that all of training had, that lie too far from
    its mean, or whose decimal mark may be another; dates, that may be read in another order.

    Args:
        encoder: The column's.
        reading: How its texts are read.
        learned: How many rows the encoder was learned from; 0 where that is not known.
        values: The cells as they were read.
        texts: The same as they were written; empty where they were read as they stand.
        scaled: Numbers in standard deviations from their mean.

    Source:
        Samuelson 1968, "How deviant can you be?": none of n numbers lies further from their mean
        than √(n − 1) standard deviations.
    """
    if isinstance(encoder, Numbers):
        unit, farthest = reading.unit if needs_all(reading.unit) else "", sqrt(learned or inf)
        for place, text in enumerate(texts if unit else ()):
            number = parts_of(text) if isinstance(text, str) else None
            if number and not number.unit and values[place] is not None:
                said = f"is {text}, where all of training had {unit}; it counts as {text} {unit}"
                yield place, said
        if max(scaled, default=0) > farthest or min(scaled, default=0) < -farthest:
            mean = f"the mean {quantity(encoder.mean)}"
            for place, deviations in enumerate(scaled):
                if abs(deviations) > farthest:
                    yield place, f"is {values[place]}, further from {mean} than all of training"
    others = _read_otherwise(reading, dict(zip(texts, values, strict=False)))
    for place, text in enumerate(texts if others else ()):
        if text in others:
            yield place, f"is {text}, {others[text]}"


def _read_otherwise(reading: ColumnReading, cells: dict[Cell, Cell]) -> dict[Cell, str]:
    """How dates and numbers are read that are not written like those of training."""
    texts = [text for text in cells if isinstance(text, str)]
    if reading.mark:
        odd = [t for t in texts if reading.mark not in t and len(orders_of(t)) > 1]
        return {t: f"read as {cells[t]} by the order that training had" for t in odd}
    if reading.kind == "number" and reading.decimal == ",":
        other = next((t for t in texts if cells[t] != t and {*t} & {*".,"}), None)
        points = [t for t in texts if "." in t and cells[t] == t]
        if other:
            return dict.fromkeys(points, f"read with a decimal point, as {other} is not")
        if all(map(_GROUPED.fullmatch, points)):
            return dict.fromkeys(points, "read with a decimal point, where training had a comma")
    return {}
