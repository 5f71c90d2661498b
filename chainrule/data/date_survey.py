"""What the texts of a column prove of dates: the order of their parts, and their zone."""

from __future__ import annotations

import re
from dataclasses import replace

from chainrule.data.written import (
    ColumnReading,
    iso_date,
    like_a_season,
    orders_of,
    without_weekday,
    zone_of,
)

_MONTH_OR_DAY = re.compile(r"[^\W\d_]+[-/. ]+[0-3]\d")
"""A month, and what may be a year of two digits or a day."""


class DateSurvey:
    """What has been seen so far of a column's texts as dates.

    Example:
        >>> dates = DateSurvey()
        >>> [dates.take(text) for text in ("01/02/2021", "31/01/2021")], sorted(dates.orders)
        ([True, True], ['dmy'])
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.first = self.odd = ""
        self.orders: frozenset[str] | None = None
        self._by_mark: dict[str, tuple[str, frozenset[str]]] = {}
        self._zones: set[str] = set()
        self._seasons = True

    def take(self, text: str) -> bool:
        """Note in which orders a text is a date; whether any is left in which all of them are."""
        if self.orders is None or self.orders:
            orders = orders_of(text)
            self.first = self.first or text
            self._seasons = self._seasons and like_a_season(text)
            if self.orders and not self.orders & orders:
                self.odd = text
            self.orders = orders if self.orders is None else self.orders & orders
            if self.orders and (":" in text or "T" in text):
                self._zones.add(zone_of(text))
            mark = _mark(text)
            example, before = self._by_mark.get(mark, (text, orders))
            self._by_mark[mark] = (example, before & orders)
        return bool(self.orders)

    def reading(self, base: ColumnReading) -> ColumnReading | None:
        """How the column is read, if all of its texts are dates; None otherwise."""
        if not self.orders or self._seasons:
            return None
        order = sorted(self.orders, reverse="/" in self.first)[0]
        zones = self._zones - {""}
        zone = next(iter(zones), "") if len(zones) < 2 else "+00:00"
        mark = "" if order == "ymd" else _mark(self.first)
        why = self._why(order)
        return replace(base, kind="date", order=order, mark=mark, zone=zone, why=why)

    def _why(self, order: str) -> str:
        """What decides on the order, and what may be meant otherwise."""
        iso = iso_date(self.first, order) or ""
        if order == "ymd":
            month = _MONTH_OR_DAY.fullmatch(self.first)
            return f"{self.first!r} as a month of {iso[:4]}, not a day" if month else ""
        why = f"{self.first!r} and the others allow nothing else"
        if len(self.orders or ()) > 1:
            why = f"no row decides it: {self.first!r} may be either"
        elif undecided := [text for text, orders in self._by_mark.values() if len(orders) > 1]:
            why += f"; {undecided[0]!r} has another mark, and may have another order"
        if iso[:4] not in self.first:
            why += "; years of two digits are those from 1969 to 2068"
        return why


def _mark(text: str) -> str:
    """What stands between the parts of a date in digits."""
    return without_weekday(text).lstrip("0123456789")[:1]
