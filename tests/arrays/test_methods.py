"""The namespace: complete, and found from any array."""

from types import ModuleType

import pytest

import chainrule.arrays as xp
from chainrule.arrays.list_array import namespace_of


class Foreign:
    """An array of another library."""

    def __array_namespace__(self, *, api_version=None):
        return "its own"


def test_numbers_and_list_arrays_belong_here():
    assert namespace_of(1.0) is namespace_of() is namespace_of(xp.asarray(1.0), 2) is xp


def test_the_first_array_decides():
    assert namespace_of(1.0, Foreign(), xp.asarray(1.0)) == "its own"
    assert namespace_of(xp.asarray(1.0), Foreign()) is xp


@pytest.mark.extra("numpy")
def test_numpy_arrays_belong_to_numpy():
    import numpy as np

    assert namespace_of(2.0, np.zeros(2)) is np


@pytest.mark.extra("numpy")
def test_its_functions_are_numpys_of_the_same_names():
    import numpy as np

    own = {"fraction", "decimal", "symbol", "Kind", "ListArray", "Symbol", "namespace_of"}
    own |= {"Generator", "ATOM", "call", "ArrayMethods", "holds_whole", "normalize_axes"}
    names = {n for n, v in vars(xp).items() if n[0] != "_" and not isinstance(v, ModuleType)}
    assert [name for name in names - own if not hasattr(np, name)] == []
