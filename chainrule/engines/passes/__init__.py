"""Passes: each takes a program and gives one that computes the same with less.

They are small pure functions of plain data, so each can be read and tested alone. What they have in
common is that they know nothing of derivatives or layers: a recorded training step is to them a
list of calls like any other.
"""

# mypy: implicit-reexport

from chainrule.engines.passes.broadcasts import without_broadcasts
from chainrule.engines.passes.constants import fold_constants
from chainrule.engines.passes.duplicates import without_duplicates
from chainrule.engines.passes.order import numbers_first
from chainrule.engines.passes.unused import without_unused
