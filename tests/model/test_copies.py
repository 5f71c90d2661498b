"""What is copied, or sent to another process in a pickle, answers as the first one does."""

import copy
import pickle

import pytest

import chainrule as cr

WEIGHT = "dense1.weight[1,2]"
OF_A_WEIGHT = {"receipt": {}, "slope": {}, "counterfactual": {}, "nudge": {"by": 0.1}}
COPIES = [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]


@pytest.fixture(scope="module")
def net():
    options = {"layers": [3], "epochs": 3, "engine": "python", "progress": False}
    return cr.train_on_table("iris", ledger=True, **options).net


@pytest.fixture
def rows(net):
    return cr.rows_for(net).at([4, 77, 119])


def asked(ex):
    every = [getattr(ex, name)() for name in ("culprits", "groups", "mend", "measured", "mistake")]
    return every + [getattr(ex, name)(WEIGHT, **given) for name, given in OF_A_WEIGHT.items()]


@pytest.mark.parametrize("again", COPIES)
def test_an_explanation_answers_the_same(net, rows, again):
    first = cr.explain(net, rows)
    other = again(first)
    assert [*map(str, asked(other))] == [*map(str, asked(first))]
    assert (str(other), str(other.answer)) == (str(first), str(first.answer))
    assert str(other.blame) == str(first.blame)
    taught = [str(ex.taught_by(retrainings=2, progress=False)) for ex in (first, other)]
    assert taught[0] == taught[1]


@pytest.mark.parametrize("again", COPIES)
def test_so_does_that_of_one_row_which_knows_the_others(net, rows, again):
    first = cr.explain(net, rows).of_row(77)
    unread, _ = again(first), first.answer
    for other in (unread, again(first)):
        assert (str(other.answer), other.table_rows) == (str(first.answer), 150)


@pytest.mark.parametrize("again", COPIES)
def test_so_does_all_that_it_gave(net, rows, again):
    ex = cr.explain(net, rows)
    records = [*asked(ex), ex.answer, ex.blame, ex.columns(), net.history, net.history.ledger]
    records += [cr.check_gradients(net, rows.x, rows.y), cr.health(net, rows.x, rows.y)]
    assert [str(again(record)) for record in records] == [*map(str, records)]


@pytest.mark.parametrize("again", COPIES)
def test_a_receipt_keeps_its_worked_sums(net, rows, again):
    receipt = cr.explain(net, rows).receipt(WEIGHT)
    other = again(receipt)
    assert [factor.worked for factor in other.chain] == [factor.worked for factor in receipt.chain]
    assert (other, other.to_dict()) == (receipt, receipt.to_dict())


def grows(p):
    return cr.exp(p["w"])


@pytest.mark.parametrize("again", COPIES)
def test_so_does_the_explanation_of_a_function_that_has_a_name(again):
    ex = cr.explain(grows, {"w": [1.0, 2.0]})
    assert str(again(ex).culprits()) == str(ex.culprits())


@pytest.mark.parametrize("again", COPIES)
@pytest.mark.parametrize(
    "engine", ["python", *(pytest.param(e, marks=pytest.mark.extra(e)) for e in ("numpy", "jax"))]
)
def test_a_copied_network_learns_by_itself(engine, again):
    net, rows = cr.Network([cr.Dense(2, 2)], engine=engine), ([[1.0, 2.0]], [[3.0, 4.0]])
    net.fit(*rows, epochs=1, progress=False)
    before, other = net.flat.tolist(), again(net)
    other.fit(*rows, epochs=1, progress=False)
    assert net.flat.tolist() == before != other.flat.tolist()
