"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms. Names are brought in when they are first used: a network that
only learns needs none of the rooms that explain it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.model.answering import Answered as Answered
    from chainrule.model.answering import answer_rows as answer_rows
    from chainrule.model.answering import read_new as read_new
    from chainrule.model.answering import recipe_of as recipe_of
    from chainrule.model.check import check_gradients as check_gradients
    from chainrule.model.cross_validation import CrossValidation as CrossValidation
    from chainrule.model.cross_validation import Fold as Fold
    from chainrule.model.cross_validation import cross_validate as cross_validate
    from chainrule.model.explaining import explain as explain
    from chainrule.model.explanation import Explanation as Explanation
    from chainrule.model.files import is_model as is_model
    from chainrule.model.health_check import health as health
    from chainrule.model.loading import load as load
    from chainrule.model.network import Network as Network
    from chainrule.model.neuron import Neuron as Neuron
    from chainrule.model.rows import Rows as Rows
    from chainrule.model.rows import rows_for as rows_for
    from chainrule.model.scores import Scores as Scores
    from chainrule.model.scoring import score as score
    from chainrule.model.streamed import TrainedStream as TrainedStream
    from chainrule.model.streamed import train_on_stream as train_on_stream
    from chainrule.model.table import TrainedTable as TrainedTable
    from chainrule.model.table import suited_layers as suited_layers
    from chainrule.model.table import train_on_table as train_on_table
    from chainrule.model.torch_modules import MODULES as MODULES
    from chainrule.model.trials import Search as Search
    from chainrule.model.trials import search as search

_HOMES = {
    "answering": "Answered answer_rows read_new recipe_of",
    "check": "check_gradients",
    "cross_validation": "CrossValidation Fold cross_validate",
    "explaining": "explain",
    "explanation": "Explanation",
    "files": "is_model",
    "health_check": "health",
    "loading": "load",
    "network": "Network",
    "neuron": "Neuron",
    "rows": "Rows rows_for",
    "scores": "Scores",
    "scoring": "score",
    "streamed": "TrainedStream train_on_stream",
    "table": "TrainedTable suited_layers train_on_table",
    "torch_modules": "MODULES",
    "trials": "Search search",
}
_HOME_OF = {name: f"{__name__}.{at}" for at, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Bring in a name from the file it lives in."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'chainrule.model' has no attribute {name!r}")
    globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return globals()[name]
