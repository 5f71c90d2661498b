"""What the user says of how a source is written."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.errors import OptionError, shown
from chainrule.words import listed


@dataclass(frozen=True)
class ReadingOptions:
    """What the user says of how a source is written; nothing is said of what is left out.

    Args:
        missing: Words that mean a missing value, beside the usual ones.
        ignored: Words that the target has in rows that are to be left out.
        keep: Words that would mean a missing value, and are values.
        encoding: Of a CSV file's bytes.
        decimal: The mark before a number's fraction.
        thousands: The mark between groups of three digits.
        header: Whether a CSV file's first line holds the names of its columns.
        names: Of columns, such as `room name`, that no space divides where one stands alone.
    """

    missing: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: bool = True
    ignored: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse marks that are none."""
        for name, marks in (("decimal", ".,"), ("thousands", ".,' ")):
            mark = getattr(self, name)
            if mark is not None and (len(mark) != 1 or mark not in marks):
                raise OptionError(
                    f"{name} is {mark!r}; it can be {listed(list(map(repr, marks)))}", name
                )
        if self.decimal is not None and self.decimal == self.thousands:
            raise OptionError(
                f"{self.decimal!r} cannot be decimal and divide thousands: give two marks"
            )


def reading_options(given: ReadingOptions | None) -> ReadingOptions:
    """What is said of how a source is written; nothing where that is left out.

    Raises:
        OptionError: If it is said in another form.
    """
    if not isinstance(given, ReadingOptions | None):
        raise OptionError(f"reading is {shown(given)}: say it in ReadingOptions")
    return given or ReadingOptions()
