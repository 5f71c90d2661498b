"""On real data, with every usual activation: what is said to add up does add up."""

from pathlib import Path

import pytest

import chainrule as cr
from chainrule.model.rows import rows_for
from chainrule.model.table import train_on_table
from chainrule.nn import per_example_along, per_example_norms

MNIST = Path(__file__).parents[3] / "shared" / "data" / "t10k-images-idx3-ubyte.gz"


@pytest.fixture(scope="module", params=["relu", "tanh", "sigmoid"])
def activation(request):
    return request.param


@pytest.fixture(scope="module", params=["iris", "penguins"])
def explained(request, activation):
    net = train_on_table(
        request.param, epochs=3, activation=activation, engine="python", progress=False, seed=1
    ).net
    rows = rows_for(net)
    return cr.explain(net, rows)


def check_sums(ex):
    assert sum(ex.weights.by_layer().values()) == pytest.approx(1)
    assert sum(ex.weights.by_neuron().values()) == pytest.approx(1)
    assert sum(e.loss for e in ex.examples) / len(ex.rows) == pytest.approx(ex.loss)
    assert sum(e.share for e in ex.examples) == pytest.approx(1)
    assert sum(c.share for c in ex.classes) == pytest.approx(1)
    assert sum(c.rows for c in ex.classes) == len(ex.rows)
    for weight in ex.weights.top(3):
        found = ex.receipt(weight.name, top=4)
        assert found.batch_gradient == pytest.approx(weight.slope, rel=1e-10)
        parts = sum(part for _, part in found.examples)
        assert parts + found.hidden_examples_sum == pytest.approx(weight.slope, rel=1e-10)
        assert found.total == pytest.approx(found.gradient, rel=1e-12)
        for merge in found.merges:
            shown = sum(term.product for term in merge.terms)
            assert shown + merge.hidden_sum == pytest.approx(merge.total, rel=1e-9, abs=1e-15)


def test_sums_add_up_on_tables(explained):
    check_sums(explained)
    assert sum(w.share for w in explained.weights) == pytest.approx(1)


def test_products_add_up_to_the_square_of_the_batch_gradient(explained):
    study = explained.study
    along = per_example_along(study, study.gradients).tolist()
    assert sum(along) / len(along) == pytest.approx(explained.weights.total, rel=1e-8)
    for place, norm in enumerate(per_example_norms(study).tolist()[:9]):
        product = per_example_along(study, study.only([place]).gradients).tolist()[place]
        assert norm * norm == pytest.approx(product)


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("data", ["digits", MNIST], ids=["digits", "mnist"])
def test_sums_add_up_on_images(data, activation):
    if isinstance(data, Path) and not data.exists():
        pytest.skip("the MNIST files do not lie beside the project")
    net = train_on_table(
        str(data), epochs=1, activation=activation, engine="numpy", progress=False, seed=1
    ).net
    rows = rows_for(net)
    check_sums(cr.explain(net, rows))
