"""A change of the loss shared out among the weights: ledger, blame, update."""

from chainrule.explanations.shares.blame import PRICE, Blame, blame, check_reference
from chainrule.explanations.shares.flat_gradient import loss_and_gradient
from chainrule.explanations.shares.ledger import Ledger
from chainrule.explanations.shares.ledger_keeper import LedgerKeeper
from chainrule.explanations.shares.price import Price
from chainrule.explanations.shares.update_probe import UpdateProbe

__all__ = [
    "PRICE",
    "Blame",
    "Ledger",
    "LedgerKeeper",
    "Price",
    "UpdateProbe",
    "blame",
    "check_reference",
    "loss_and_gradient",
]
