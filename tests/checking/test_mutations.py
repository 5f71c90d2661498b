"""A mistake at an op is named with its place where there are several of that op."""

import pytest

from chainrule import ops
from chainrule.model.check import check_gradients
from chainrule.model.network import Network
from chainrule.nn import Dense

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


@pytest.mark.parametrize(("times", "also"), [(1, ""), (4, ", and the sum is not divided by the 4")])
def test_targets_in_a_row_that_meet_answers_in_a_column_are_told(times, also):
    x, y = [[1.0, 0.5], [-0.5, 2.0], [0.25, -1.5], [2.0, 1.0]], [0.5, -1.25, 2.0, 3.5]
    net = Network([Dense(2, 1, weight=[[0.75, -0.5]], bias=[0.25])], engine="python")
    errors = [sum(a - t for t in y) / 4 for a in (0.75 * p - 0.5 * q + 0.25 for p, q in x)]
    slopes = [times * 2 * error / 4 for error in errors]
    given = {
        "dense1.weight": [
            [sum(s * row[k] for s, row in zip(slopes, x, strict=True)) for k in (0, 1)]
        ],
        "dense1.bias": [sum(slopes)],
    }
    check = check_gradients(net, x, y, gradient=given)
    cause = "targets of shape (n,) meet answers of shape (n, 1), and every answer is compared with "
    causes = {v.cause for v in check.verdicts if v.outcome == "wrong" and v.cause}
    assert causes == {f"{cause}every target{also}"}
