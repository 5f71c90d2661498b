"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms. Names are brought in when they are first used: a network that
only learns needs none of the rooms that explain it.
"""

# mypy: implicit-reexport

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.model.answering import Answered, answer_rows
    from chainrule.model.check import check_gradients, seconds_to_check
    from chainrule.model.cross_validation import CrossValidation, Fold, cross_validate
    from chainrule.model.data_source import reading_of
    from chainrule.model.explaining import explain
    from chainrule.model.explanation import Explanation
    from chainrule.model.files import is_model
    from chainrule.model.health_check import health
    from chainrule.model.loading import load
    from chainrule.model.network import Network
    from chainrule.model.neuron import Neuron
    from chainrule.model.rows import Rows, recipe_of, rows_for
    from chainrule.model.scores import Scores
    from chainrule.model.scoring import score
    from chainrule.model.streamed import TrainedStream, train_on_stream
    from chainrule.model.table import ENOUGH_TO_CHOOSE, TrainedTable, suited_layers, train_on_table
    from chainrule.model.torch_modules import MODULES
    from chainrule.model.trials import Search, search

_HOMES = {
    "answering": "Answered answer_rows",
    "check": "check_gradients seconds_to_check",
    "cross_validation": "CrossValidation Fold cross_validate",
    "data_source": "reading_of",
    "explaining": "explain",
    "explanation": "Explanation",
    "files": "is_model",
    "health_check": "health",
    "loading": "load",
    "network": "Network",
    "neuron": "Neuron",
    "rows": "Rows recipe_of rows_for",
    "scores": "Scores",
    "scoring": "score",
    "streamed": "TrainedStream train_on_stream",
    "table": "ENOUGH_TO_CHOOSE TrainedTable suited_layers train_on_table",
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
