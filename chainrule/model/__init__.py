"""What a user holds: a neuron, a network, an explanation of either, and the file they live in.

The only place that joins the rooms.
"""

from chainrule.model.network import Network

__all__ = ["Network"]
