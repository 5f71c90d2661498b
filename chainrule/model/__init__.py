"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms.
"""

from chainrule.model.answering import Answered, answer_rows, read_new, recipe_of
from chainrule.model.check import check_gradients
from chainrule.model.cross_validation import CrossValidation, Fold, cross_validate
from chainrule.model.explaining import explain
from chainrule.model.explanation import Explanation
from chainrule.model.files import is_model
from chainrule.model.health_check import health
from chainrule.model.loading import load
from chainrule.model.network import Network
from chainrule.model.neuron import Neuron
from chainrule.model.rows import Rows, rows_for
from chainrule.model.scores import Scores
from chainrule.model.scoring import score
from chainrule.model.streamed import TrainedStream, train_on_stream
from chainrule.model.table import TrainedTable, suited_layers, train_on_table
from chainrule.model.trials import Search, search

__all__ = [
    "Answered",
    "CrossValidation",
    "Explanation",
    "Fold",
    "Network",
    "Neuron",
    "Rows",
    "Scores",
    "Search",
    "TrainedStream",
    "TrainedTable",
    "answer_rows",
    "check_gradients",
    "cross_validate",
    "explain",
    "health",
    "is_model",
    "load",
    "read_new",
    "recipe_of",
    "rows_for",
    "score",
    "search",
    "suited_layers",
    "train_on_stream",
    "train_on_table",
]
