"""How a training step is compiled: as it is, as a recorded program, or by a tracing compiler.

A step is a pure function written once, over arrays of any kind. An engine says which arrays, and
how that function is made fast. No engine knows a derivative.
"""

from chainrule.engines.choose import ENGINES, choose_engine
from chainrule.engines.engine import Engine, in_scope

__all__ = ["ENGINES", "Engine", "choose_engine", "in_scope"]
