"""What a record says of itself where it has no sentence of its own."""

from dataclasses import dataclass
from typing import Any

from chainrule.arrays import asarray
from chainrule.words import Record


@dataclass(frozen=True)
class _Held(Record):
    name: str
    numbers: Any
    rest: tuple[int, ...] = ()


def test_a_record_that_holds_an_array_prints():
    assert str(_Held("w", asarray([1.0, 2.0]))).startswith("w: numbers ")
    assert str(_Held("w", None, (3,))) == "w: rest 3"
