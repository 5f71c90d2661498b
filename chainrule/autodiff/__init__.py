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

from chainrule.autodiff.nan import NaNBirth as NaNBirth
from chainrule.autodiff.nan import first_nan as first_nan
from chainrule.autodiff.primitive import PRIMITIVES as PRIMITIVES
from chainrule.autodiff.primitive import Primitive as Primitive
from chainrule.autodiff.primitive import Rule as Rule
from chainrule.autodiff.primitive import primitive as primitive
from chainrule.autodiff.primitive import unbroadcast as unbroadcast
from chainrule.autodiff.tensor import Labelled as Labelled
from chainrule.autodiff.tensor import Origin as Origin
from chainrule.autodiff.tensor import Tensor as Tensor
from chainrule.autodiff.tensor import namespace as namespace
from chainrule.autodiff.tensor import origin_of as origin_of
from chainrule.autodiff.transforms import called as called
from chainrule.autodiff.transforms import grad as grad
from chainrule.autodiff.transforms import hessian as hessian
from chainrule.autodiff.transforms import jacobian as jacobian
from chainrule.autodiff.transforms import value_and_grad as value_and_grad
from chainrule.autodiff.transforms import vjp as vjp
from chainrule.autodiff.walk import Pull as Pull
from chainrule.autodiff.walk import backward as backward
from chainrule.autodiff.walk import pull_back as pull_back
from chainrule.autodiff.walk import tape as tape
