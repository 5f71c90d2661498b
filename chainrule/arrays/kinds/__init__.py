"""The number kinds: what an array can hold, and what each kind can compute.

| kind | Python type | computes |
|---|---|---|
| bool, int64 | `bool`, `int` | whole numbers; anything else continues in float64 |
| fraction | `fractions.Fraction` | what is rational, exactly |
| float64 | `float` | everything, with IEEE results |
| decimal | `decimal.Decimal` | to as many digits as the context asks for |
| complex128 | `complex` | everything; order, maximum and conditions read the real part |
| symbol | `Symbol` | a formula |

Of two kinds that meet, the one further down takes the other in: whole numbers stay exact in
fractions and decimals, a fraction that meets a float becomes one, a float that meets a decimal is
taken over digit for digit. Complex numbers meet neither decimals nor symbols.
"""

# mypy: implicit-reexport

# Importing a file of this folder is what teaches a kind its functions.
from chainrule.arrays.kinds import complexes, exact, floats, formulas, integers
from chainrule.arrays.kinds.kind import (
    Kind,
    bool_,
    complex128,
    decimal,
    float64,
    fraction,
    int64,
    kind_of,
    promote,
    symbol,
)
