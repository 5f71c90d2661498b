"""The number kinds: what an array can hold, and what each kind can compute.

| kind | Python type | computes |
|---|---|---|
| bool, int64 | `bool`, `int` | whole numbers; anything else continues in float64 |
| float64 | `float` | everything, with IEEE results |
| complex128 | `complex` | everything; order, maximum and conditions read the real part |
| fraction | `fractions.Fraction` | what is rational, exactly |
| decimal | `decimal.Decimal` | to as many digits as the context asks for |
| symbol | `Symbol` | a formula |

Two kinds that meet give the kind further down that can hold both: whole numbers stay exact in
fractions and decimals, a fraction that meets a float becomes one, a float that meets a decimal is
taken over digit for digit.
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
