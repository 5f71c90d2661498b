"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms.
"""

from chainrule.model.answering import Answered, answer_rows, read_new, recipe_of
from chainrule.model.check import check_gradients
from chainrule.model.explanation import Explanation, explain
from chainrule.model.files import is_model
from chainrule.model.health_check import health
from chainrule.model.loading import load
from chainrule.model.network import Network
from chainrule.model.neuron import Neuron
from chainrule.model.rows import Rows, rows_for
from chainrule.model.scores import Scores
from chainrule.model.streamed import TrainedStream, train_on_stream
from chainrule.model.table import TrainedTable, train_on_table

__all__ = [
    "Answered",
    "Explanation",
    "Network",
    "Neuron",
    "Rows",
    "Scores",
    "TrainedStream",
    "TrainedTable",
    "answer_rows",
    "check_gradients",
    "explain",
    "health",
    "is_model",
    "load",
    "read_new",
    "recipe_of",
    "rows_for",
    "train_on_stream",
    "train_on_table",
]
