"""What is said of the columns of a table."""

import pytest

from chainrule.explanations.culprits.columns import ColumnShare


@pytest.mark.parametrize(("amount", "effect"), [(0.5, "hurt"), (-0.5, "helped"), (0.0, "nothing")])
def test_a_column_hurts_above_zero_and_helps_below(amount, effect):
    assert ColumnShare("age", amount).effect == effect
