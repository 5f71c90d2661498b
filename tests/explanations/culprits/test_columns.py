"""What is said of the columns of a table."""

import pytest

from chainrule.explanations.culprits.columns import Columns, Shuffled
from chainrule.explanations.shares import Share


@pytest.mark.parametrize(
    ("amount", "effect"), [(0.5, "hurt"), (-0.5, "helped"), (0.0, "did nothing")]
)
def test_a_column_hurts_above_zero_and_helps_below(amount, effect):
    assert Share("age", amount).effect == effect


@pytest.mark.parametrize(("trusted", "amount"), [(True, "+0.25 hurt"), (False, "")])
def test_an_amount_stands_beside_what_was_measured_where_it_is_trusted(trusted, amount):
    columns = Columns(
        columns=(Share("age", 0.25),),
        reference="the mean of the rows",
        reference_loss=1.0,
        loss=1.25,
        residual=0.0,
        trusted=trusted,
        shuffled=(Shuffled(("age",), 0.5, 0.125),),
        alike=(),
    )
    *_, titles, line = str(columns).splitlines()
    assert titles.split() == ["column", "loss", "if", "shuffled", "amount"]
    assert line.split(None, 4) == ["age", "+0.5", "±", "0.12", *([amount] if amount else [])]
    assert ("too far off to trust" in " ".join(str(columns).split())) is not trusted
