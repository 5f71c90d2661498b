"""How a training step is compiled: as it is, as a recorded program, or by a tracing compiler.

A step is a pure function written once, over arrays of any kind. An engine says which arrays, and
how that function is made fast. No engine knows a derivative.
"""

# mypy: implicit-reexport

from chainrule.engines.choose import ENGINES, choose_engine
from chainrule.engines.engine import Engine
from chainrule.engines.functions import OPERATORS, function
from chainrule.engines.launcher import PROCESS_LOST, launch
from chainrule.engines.naming import textbook_name
from chainrule.engines.passes import without_duplicates, without_unused
from chainrule.engines.program import Instruction, Program, Variable
from chainrule.engines.recording import record
from chainrule.engines.structure import leaves, rebuild, written
