"""What explanations of a large network may cost."""

from functools import partial

import pytest

from benchmarks import explanations


@pytest.mark.extra("numpy")
def test_blame_takes_forty_gradients_and_six_copies_of_the_weights_at_most():
    net, x, y = explanations._network("numpy")
    blame = partial(explanations._blame, net, x[:1], y[:1])
    assert blame().points <= 40
    assert explanations._copies(blame, net) <= 6
