"""Each function that can be recorded takes its arguments as the array's own does."""

import inspect

import pytest

import chainrule.arrays as lists
from chainrule.engines.functions import FUNCTIONS

IN_PARTS = {"getitem", "astype", "clip"}
"""Not one function of the namespace, or one whose arguments are parted in another way."""


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, function in FUNCTIONS.items()
        if function.family != "creation" and function.operands and name not in IN_PARTS
    ],
)
def test_as_many_arrays_come_first_as_stand_by_their_place(name):
    given = inspect.signature(getattr(lists, name)).parameters.values()
    arrays = [each for each in given if each.kind is each.POSITIONAL_ONLY]
    assert FUNCTIONS[name].operands == len(arrays)
