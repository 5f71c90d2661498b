"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms.
"""

from chainrule.model.explanation import Explanation, explain
from chainrule.model.network import Network
from chainrule.model.neuron import Neuron

__all__ = ["Explanation", "Network", "Neuron", "explain"]
