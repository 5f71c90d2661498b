"""A mistake at an op is named with its place where there are several of that op."""

import pytest

from chainrule import ops
from chainrule.model.check import check_gradients

W = [1.5, -2.0, 0.5]


@pytest.mark.parametrize(
    ("names", "at_b", "places"), [("a", 0, [""]), ("ab", 3, [" at a^3"]), ("ab", 4, ["", ""])]
)
def test_an_exponent_that_is_not_lowered_has_a_place_where_others_are(names, at_b, places):
    def powers(p):
        return sum(ops.sum(p[name] ** (3 + n)) for n, name in enumerate(names))

    given = {"a": [3 * w**3 for w in W], "b": [4 * w**at_b for w in W]}
    check = check_gradients(
        powers, dict.fromkeys(names, W), gradient={name: given[name] for name in names}
    )
    sentence = "the exponent comes down as a factor but is not lowered"
    assert [v.cause for v in check.verdicts if v.cause] == [sentence + place for place in places]
