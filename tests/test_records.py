"""Records of plain values are made into objects, or refused with the place that is wrong."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import pytest

from chainrule.errors import ModelFileError, OptionError
from chainrule.records import from_plain, from_record
from tests.source_files import PROJECT, sources


@dataclass(frozen=True)
class Cat:
    kind: ClassVar[str] = "cat"
    name: str
    lives: int = 9


@dataclass(frozen=True)
class Dog:
    kind: ClassVar[str] = "dog"
    name: str

    def __post_init__(self):
        if not self.name:
            raise OptionError("a dog has a name")


class House:
    def __init__(
        self,
        pets: Iterable[Cat | Dog],
        *,
        size: float | None,
        colour: Literal["red", "blue"] = "red",
        rooms: Mapping[str, tuple[float, int]] | None = None,
    ) -> None:
        self.pets, self.size, self.colour, self.rooms = list(pets), size, colour, rooms


def house(**change):
    record = {"pets": [{"kind": "cat", "name": "Tom"}], "size": 3, **change}
    return from_record(House, {k: v for k, v in record.items() if v != "gone"}, "house")


def test_a_record_becomes_an_object_with_its_defaults():
    made = house(rooms={"hall": [1, 2]})
    assert (made.pets, made.size, made.colour) == ([Cat("Tom", 9)], 3.0, "red")
    assert type(made.size) is float
    assert made.rooms == {"hall": (1.0, 2)}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"size": "gone"}, "house has no size"),
        ({"size": "3"}, "house.size should be a number or null and is '3'"),
        ({"size": True}, "house.size should be a number or null and is True"),
        ({"size": 10**400}, "house.size should be a number or null and is 1"),
        ({"heat": 1}, "house has a field 'heat'"),
        ({"kind": "cat"}, "house has a field 'kind'"),
        ({"colour": "green"}, "house.colour should be one of 'red', 'blue' and is 'green'"),
        ({"pets": {"kind": "cat"}}, "house.pets should be a list"),
        ({"pets": [3]}, "house.pets[0] should be"),
        ({"pets": [{"kind": "cow", "name": "a"}]}, "pets[0].kind should be one of cat, dog"),
        ({"pets": [{"kind": "cat", "name": None}]}, "house.pets[0].name should be text"),
        ({"pets": [{"kind": "cat", "name": "T", "lives": 2.0}]}, "pets[0].lives should be a whole"),
        ({"pets": [{"kind": "cat", "name": "T", "lives": True}]}, "should be a whole number"),
        ({"pets": [{"kind": "cat", "name": "T", "lives": 2**128}]}, "at most 128 bits"),
        ({"pets": [{"kind": "dog", "name": ""}]}, "house.pets[0] is damaged (a dog has a name)"),
        ({"rooms": {"hall": [1]}}, "house.rooms.hall should be a list of 2"),
        ({"rooms": {"hall": [1, 2.5]}}, "house.rooms.hall[1] should be a whole number"),
        ({"rooms": 3}, "house.rooms should be a record or null and is 3"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change, complaint):
    with pytest.raises(ModelFileError) as caught:
        house(**change)
    assert complaint in str(caught.value)
    assert "copy the file again" in str(caught.value)


def test_a_message_repeats_no_more_than_a_line_of_what_it_refuses():
    for value in ("x" * 9999, list(range(9999)), {"a": "b" * 9999}, 10**4000, [[[[[[1] * 99]]]]]):
        with pytest.raises(ModelFileError) as caught:
            house(size=value)
        assert len(str(caught.value)) < 200


def test_plain_values_of_one_of_two_types():
    assert from_plain(str | tuple[int, ...], [1, 2], "it") == (1, 2)
    with pytest.raises(ModelFileError, match="it should be text or a list and is 2"):
        from_plain(str | tuple[int, ...], 2, "it")


CHANGING = {
    *("memory.py", "kernel.py", "program.py", "stopping.py", "culprits.py", "sklearn.py"),
    *("primitive.py", "tensor.py", "history.py", "metrics.py", "source.py"),
}
"""Files with a dataclass that is filled while it is used, moves on, or is made by every op."""


def test_records_stay_as_they_are():
    changing = {
        path.name
        for path, tree in sources(PROJECT, "chainrule")
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for mark in node.decorator_list
        if ast.unparse(mark).startswith("dataclass") and "frozen=True" not in ast.unparse(mark)
    }
    assert changing == CHANGING
