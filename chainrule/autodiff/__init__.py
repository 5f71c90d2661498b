"""Reverse-mode differentiation: ops with their rules, the tape, the walk back along it.

A *primitive* is a function whose derivative is written beside it. Applying one to a `Tensor`
leaves a note of what was done; those notes are the tape. Walking them from the result back to the
inputs multiplies the local derivatives together, which is the chain rule. Backward is the cheap
direction: one walk from a single loss reaches every weight; forward it takes one run per weight.

    >>> from chainrule.autodiff import grad
    >>> import chainrule.ops
    >>> grad(lambda w: (w - 3) ** 2)(5.0)
    4.0

This is the door for someone who adds an op: see `primitive`.
"""

# mypy: implicit-reexport

from chainrule.autodiff.nan import NaNBirth, first_nan
from chainrule.autodiff.primitive import PRIMITIVES, Primitive, Rule, primitive, unbroadcast
from chainrule.autodiff.taken import Pull
from chainrule.autodiff.tensor import Labelled, Origin, Tensor, differentiable, namespace, origin_of
from chainrule.autodiff.transforms import called, grad, hessian, jacobian, value_and_grad, vjp
from chainrule.autodiff.walk import backward, pull_back, tape
