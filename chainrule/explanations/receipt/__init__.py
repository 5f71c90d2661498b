"""One gradient written out as the chain-rule product that it is."""

from chainrule.explanations.receipt.receipt import Receipt, receipt

__all__ = [
    "Receipt",
    "receipt",
]
