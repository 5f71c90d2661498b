"""Names of weights are found, or refused in one sentence."""

import pytest

from chainrule.errors import OptionError
from chainrule.nn import find_weight

SHAPES = {"dense1.weight": (4, 3), "dense1.bias": (4,)}


@pytest.mark.parametrize("name", ["dense1.weight[3,2]", " dense1.weight [ 3 , 2 ] "])
def test_spaces_in_a_name_do_not_count(name):
    assert find_weight(name, SHAPES) == ("dense1.weight", (3, 2))


@pytest.mark.parametrize("name", ["my weight", "block-1.w", "blocks[0].w", "scale[1]", "größe 🦊"])
def test_a_parameter_of_a_users_function_is_found_under_any_name(name):
    assert find_weight(f"{name}[1]", {name: (2,)}) == (name, (1,))
    assert find_weight(name, {name: ()}) == (name, ())


@pytest.mark.parametrize(
    "name", ["[1 2]", "[1,,2]", "[]", "[-1,0]", "[0.5,0]", f"[{'9' * 5000},0]", "[4,0]", "[1]", ""]
)
def test_an_index_that_is_none_is_refused_with_the_range(name):
    with pytest.raises(OptionError, match="takes 2 numbers in brackets: 0 to 3, 0 to 2"):
        find_weight(f"dense1.weight{name}", SHAPES)


@pytest.mark.parametrize("name", [None, 5, b"dense1.bias[0]", ("dense1.bias", (0,))])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(OptionError, match="a weight is called by its name, such as"):
        find_weight(name, SHAPES)
