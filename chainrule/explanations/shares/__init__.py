"""A change of the loss shared out among the weights: ledger, blame, update."""

# mypy: implicit-reexport

from chainrule.explanations.shares.allocation import Share, place_name, share_cells
from chainrule.explanations.shares.blame import NEAR, PRICE, REFERENCES, Blame, blame
from chainrule.explanations.shares.ledger import Ledger
from chainrule.explanations.shares.ledger_account import LedgerAccount, LedgerKeeper, open_ledger
from chainrule.explanations.shares.path_integral import ROUNDING, PathIntegral, Price
from chainrule.explanations.shares.secant_path import pieces_of, secant_path_integral
from chainrule.explanations.shares.update import UpdateProbe
