"""The largest slope that an op declares is the one that its derivative reaches."""

import pytest

from chainrule import arrays
from chainrule.autodiff import PRIMITIVES, Tensor, backward

DECLARED = [op for op in PRIMITIVES.values() if op.traits.steepest is not None]


@pytest.mark.parametrize("op", DECLARED, ids=lambda op: op.name)
def test_the_slope_is_nowhere_steeper_and_somewhere_as_steep(op):
    rest = [arrays.asarray([1.0])] * (len(op.inputs) - 1)
    for options in op.sample_options:
        if "axis" in options:
            continue
        slopes = []
        for tenths in range(-80, 81):
            x = Tensor(arrays.asarray([tenths / 10]))
            (slope,) = backward(op(x, *rest, **options).sum(), [x])
            slopes.append(abs(slope.item()))
        assert max(slopes) == pytest.approx(op.steepest(options), abs=1e-12)
