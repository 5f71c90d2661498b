"""One gradient written out as the chain-rule product that it is."""

from chainrule.explanations.receipt.receipt import Receipt, receipt
from chainrule.explanations.receipt.worksheet import Worksheet, worksheet

__all__ = [
    "Receipt",
    "Worksheet",
    "receipt",
    "worksheet",
]
