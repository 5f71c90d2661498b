"""Every op: what it computes, its local derivative, and one sentence that says why.

A network is made of these and nothing else. Each derivative is written once, beside its op, and is
then run, proved, printed and drawn from that one place.
"""

from typing import TYPE_CHECKING

import chainrule.autodiff as _autodiff
from chainrule.ops.activations import elu as elu
from chainrule.ops.activations import gelu as gelu
from chainrule.ops.activations import identity as identity
from chainrule.ops.activations import leaky_relu as leaky_relu
from chainrule.ops.activations import log_softmax as log_softmax
from chainrule.ops.activations import relu as relu
from chainrule.ops.activations import sigmoid as sigmoid
from chainrule.ops.activations import silu as silu
from chainrule.ops.activations import softmax as softmax
from chainrule.ops.activations import softplus as softplus
from chainrule.ops.activations import tanh as tanh
from chainrule.ops.arithmetic import abs as abs
from chainrule.ops.arithmetic import add as add
from chainrule.ops.arithmetic import cos as cos
from chainrule.ops.arithmetic import divide as divide
from chainrule.ops.arithmetic import exp as exp
from chainrule.ops.arithmetic import expm1 as expm1
from chainrule.ops.arithmetic import log as log
from chainrule.ops.arithmetic import log1p as log1p
from chainrule.ops.arithmetic import multiply as multiply
from chainrule.ops.arithmetic import negative as negative
from chainrule.ops.arithmetic import pow as pow
from chainrule.ops.arithmetic import sin as sin
from chainrule.ops.arithmetic import sqrt as sqrt
from chainrule.ops.arithmetic import subtract as subtract
from chainrule.ops.arithmetic import tan as tan
from chainrule.ops.choice import equal as equal
from chainrule.ops.choice import first_maximum as first_maximum
from chainrule.ops.choice import greater as greater
from chainrule.ops.choice import greater_equal as greater_equal
from chainrule.ops.choice import less as less
from chainrule.ops.choice import less_equal as less_equal
from chainrule.ops.choice import maximum as maximum
from chainrule.ops.choice import minimum as minimum
from chainrule.ops.choice import not_equal as not_equal
from chainrule.ops.choice import where as where
from chainrule.ops.linear import matmul as matmul
from chainrule.ops.linear import weighted_sum as weighted_sum
from chainrule.ops.losses import absolute_error as absolute_error
from chainrule.ops.losses import hinge as hinge
from chainrule.ops.losses import huber as huber
from chainrule.ops.losses import sigmoid_cross_entropy as sigmoid_cross_entropy
from chainrule.ops.losses import softmax_cross_entropy as softmax_cross_entropy
from chainrule.ops.losses import squared_error as squared_error
from chainrule.ops.reductions import logsumexp as logsumexp
from chainrule.ops.reductions import max as max
from chainrule.ops.reductions import mean as mean
from chainrule.ops.reductions import min as min
from chainrule.ops.reductions import sum as sum
from chainrule.ops.shapes import broadcast_to as broadcast_to
from chainrule.ops.shapes import concat as concat
from chainrule.ops.shapes import expand_dims as expand_dims
from chainrule.ops.shapes import getitem as getitem
from chainrule.ops.shapes import matrix_transpose as matrix_transpose
from chainrule.ops.shapes import permute_dims as permute_dims
from chainrule.ops.shapes import reshape as reshape
from chainrule.ops.shapes import stack as stack
from chainrule.ops.shapes import take as take
from chainrule.ops.shapes import zeros_like as zeros_like

if not TYPE_CHECKING:  # type checkers read the names above
    __all__ = tuple(sorted(vars(_autodiff.namespace)))
