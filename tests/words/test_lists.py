"""In a list each name is seen to be one."""

import pytest

from chainrule.words import listed, set_apart


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("size, m", "'size, m'"),
        ("a,b", "'a,b'"),
        ('5" nails', "'5\" nails'"),
        (" x", "' x'"),
        ("x\u00a0", repr("x\u00a0")),
        ("", "''"),
    ],
)
def test_a_name_that_would_look_like_two_or_none_stands_in_quotes(name, shown):
    assert set_apart(name) == shown
    assert listed(["a", name, "b"]) == f"a, {shown}, b"


@pytest.mark.parametrize(
    "name",
    [
        "size in m",
        "w[0,1]",
        "shape (3, 4)",
        "1,200 rows",
        "it's",
        "'a, b'",
        "'a, b' 7",
        '"it\'s, x" 7',
    ],
)
def test_any_other_stays_as_it_is(name):
    assert listed([name]) == name
