"""One gradient written out as the chain-rule product that it is."""

# mypy: implicit-reexport

from chainrule.explanations.receipt.receipt import Receipt, receipt
from chainrule.explanations.receipt.worksheet import Worksheet, worksheet
