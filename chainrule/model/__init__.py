"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms.
"""

from chainrule.model.check import check_gradients
from chainrule.model.explanation import Explanation, explain
from chainrule.model.health_check import health
from chainrule.model.loading import load
from chainrule.model.network import Network
from chainrule.model.neuron import Neuron
from chainrule.model.rows import rows_for
from chainrule.model.streamed import TrainedStream, train_on_stream
from chainrule.model.table import TrainedTable, train_on_table

__all__ = [
    "Explanation",
    "Network",
    "Neuron",
    "TrainedStream",
    "TrainedTable",
    "check_gradients",
    "explain",
    "health",
    "load",
    "rows_for",
    "train_on_stream",
    "train_on_table",
]
