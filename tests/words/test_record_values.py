"""What a record says of itself where it has no sentence of its own."""

from dataclasses import dataclass
from typing import Any

import pytest

from chainrule.words import Record


@dataclass(frozen=True)
class _Held(Record):
    name: str
    numbers: Any
    rest: tuple[int, ...] = ()


@pytest.mark.extra("numpy")
def test_a_record_that_holds_an_array_prints():
    numpy = pytest.importorskip("numpy")
    assert str(_Held("w", numpy.asarray([1.0, 2.0]))) == "w: numbers [1. 2.]"
    assert str(_Held("w", None, (3,))) == "w: rest 3"
