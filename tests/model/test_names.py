"""The names of an explanation that others build on."""

import pytest

import chainrule as cr
from chainrule.errors import OptionError

X = [[n / 9, (4 - n) ** 2 / 9] for n in range(12)]
Y = [0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0]


@pytest.fixture(scope="module")
def ex():
    net = cr.Network([cr.Dense(2, 3, "tanh"), cr.Dense(3, 2, "softmax")], seed=0, engine="python")
    net.fit(X, Y, epochs=20, batch_size=4, progress=False)
    return cr.explain(net, X, Y, loss=None, reference="initial")


def test_a_culprit_is_a_weight_that_gives_loss_back_at_another_value(ex):
    one, *others = ex.culprits(top=2)
    assert len(others) == 1
    net = ex.network
    parameter, index = net.find(one.name)
    assert one.value == net.parameters[parameter][index] != one.mended
    moved = ex.nudge(one.name, by=one.mended - one.value)
    assert moved.actual == pytest.approx(-one.recovered)


def test_a_group_is_weights_and_what_is_lost_without_them(ex):
    groups = {group.name: group for group in ex.groups(top=99)}
    assert len(groups["into dense1[1]"].weights) == 3
    assert groups["x[1] → dense1[1]"].weights[0] == "dense1.weight[1,1]"
    for group in groups.values():
        assert 0 <= group.share <= 1
        assert group.loss_if_cut == pytest.approx(group.loss - group.recovered)
        assert group.answer is None  # of twelve rows


def test_the_changes_of_a_mend_are_taken_apart_as_four(ex):
    mend = ex.mend(rows=[2])
    for (name, before, after, amount), change in zip(mend.changes, mend.changes, strict=True):
        assert (name, before) == (change.name, change.before)
        assert (after, amount) == (change.after, change.amount)
    gave_back = sum(amount for *_, amount in mend.changes)
    assert gave_back == pytest.approx(mend.loss_before - mend.loss_after)
    assert set(mend.broken) <= set(range(12))


def test_columns_are_walked_through_with_what_is_left_unexplained(ex):
    columns = ex.columns()
    amounts = {column.name: column.amount for column in columns}
    assert list(amounts) == [column.name for column in columns.columns]
    assert len(columns) == 2
    assert columns["x[0]"] == amounts["x[0]"]
    explained = columns.loss - columns.reference_loss - columns.residual
    assert sum(amounts.values()) == pytest.approx(explained)


def test_the_rows_that_taught_a_mistake_are_walked_through_the_first_of_them_alone(ex):
    options = {"training": (X, Y), "retrainings": 5, "progress": False}
    every, two = ex.taught_by(2, **options), ex.taught_by(2, top=2, **options)
    assert (len(every), len(two)) == (3, 2)
    assert [one.row for one in two] == [one.rows[0] for one in every.each[:2]]
    assert [one.loss_without for one in every] == sorted(one.loss_without for one in every)
    assert two[0] == every[0]
    assert str(two).splitlines()[0] == str(every).splitlines()[0]
    with pytest.raises(OptionError, match="top is 0"):
        ex.taught_by(2, top=0, **options)
