"""What ledger and blame have in common: sums, sentences, and the weights that carry most."""

from math import inf, nan

import pytest

import chainrule as cr
import chainrule.arrays as xp
from chainrule.explanations.shares.allocation import Allocation, place_name
from chainrule.nn import Layout

LAYOUT = Layout({"dense1.weight": (2, 6), "dense1.bias": (2,), "dense2.weight": (1, 2)})
SIZES = [0.5, -1.0, 2.0, 0.0, 3.0, 4.0, -5.0, 6.0, 7.0, 8.0, 9.0, 10.0, -20.0, 0.25, 30.0, -1.5]
UNSOUND = "the shares cannot be trusted: the loss changed by"


class Plain(Allocation):
    """Shares of which it is said whether they are trusted."""

    trusted = True


def shares(flat=SIZES, measured=1.0, *, trusted=True):
    plain = Plain(LAYOUT, xp.asarray([float(one) for one in flat]), measured)
    plain.trusted = trusted
    return plain


def test_ten_weights_are_named_unless_more_are_asked_for_the_largest_first():
    top = shares().top()
    assert [share.amount for share in top] == [30, -20, 10, 9, 8, 7, 6, -5, 4, 3]
    assert [share.name for share in top[:3]] == [
        *("dense2.weight[0,0]", "dense1.bias[0]", "dense1.weight[1,5]"),
    ]
    assert [share.amount for share in shares().top(2, only="helped")] == [-20, -5]
    assert [share.amount for share in shares().top(99, only="did nothing")] == [0]
    assert shares().top(0) == []


def test_the_numbers_for_json_hold_ten_weights_and_the_neurons_by_their_size():
    record = shares().to_dict()
    assert len(record["weights"]) == 10
    assert list(record["neurons"].items()) == [
        *(("dense1[1]", 35.25), ("dense2[0]", 28.5), ("dense1[0]", -11.5)),
    ]
    assert list(shares().to_dict(top=1)["neurons"]) == ["dense1[1]"]
    assert (record["explained"], record["residual"]) == (sum(SIZES), 1.0 - sum(SIZES))
    assert shares().size == sum(map(abs, SIZES))


@pytest.mark.parametrize(
    ("measured", "trusted", "said"),
    [
        (10 / 3, True, "explained 2.667 of 3.333"),
        (10 / 3, False, "explained 2.667 of 3.333, which is too far off to trust the shares"),
        (nan, True, f"{UNSOUND} nan and they add up to 2.66667"),
        (-inf, True, f"{UNSOUND} -inf and they add up to 2.66667"),
    ],
)
def test_the_sentence_holds_both_sums(measured, trusted, said):
    assert shares([1 / 6] * 16, measured, trusted=trusted).sentence() == said


def test_a_place_beyond_the_last_weight_has_no_name():
    assert [place_name(LAYOUT, place) for place in (0, 11, 12, 15)] == [
        *("dense1.weight[0,0]", "dense1.weight[1,5]", "dense1.bias[0]", "dense2.weight[0,1]"),
    ]
    with pytest.raises(IndexError, match="has 16 places; there is none at 16"):
        place_name(LAYOUT, 16)


def test_the_largest_shares_print_as_a_table_and_one_of_them_as_a_sentence():
    net = cr.Network([cr.Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
    top = cr.explain(net, [[2.0]], [[4.0]], reference="zero").blame.top(2)
    assert str(top).splitlines() == [
        "shares of the change of the loss, the largest first",
        "  name                amount  effect",
        "  dense1.weight[0,0]   -13.5  helped",
        "  dense1.bias[0]       -2.25  helped",
    ]
    assert str(top[0]) == "dense1.weight[0,0]: amount -13.5, effect helped"
