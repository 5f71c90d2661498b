"""Every op: what it computes, its local derivative, and one sentence that says why.

A network is made of these and nothing else. Each derivative is written once, beside its op, and is
then run, proved, printed and drawn from that one place.
"""

# mypy: implicit-reexport
# ruff: noqa: F403  which ops there are, their files say alone

from typing import TYPE_CHECKING

import chainrule.autodiff as _autodiff
from chainrule.ops.activations import *
from chainrule.ops.arithmetic import *
from chainrule.ops.choice import *
from chainrule.ops.linear import *
from chainrule.ops.losses import *
from chainrule.ops.reductions import *
from chainrule.ops.shapes import *

if not TYPE_CHECKING:  # type checkers see the names themselves
    __all__ = tuple(sorted(vars(_autodiff.namespace)))
