"""Neural networks from scratch, in which every gradient can be seen, checked and explained.

    >>> import chainrule as cr
    >>> cr.grad(lambda w: (w - 3) ** 2)(5.0)
    4.0

Names are brought in when they are first used, so that the import itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.autodiff import Tensor as Tensor
    from chainrule.autodiff import grad as grad
    from chainrule.autodiff import hessian as hessian
    from chainrule.autodiff import jacobian as jacobian
    from chainrule.autodiff import value_and_grad as value_and_grad
    from chainrule.autodiff import vjp as vjp
    from chainrule.checking import check_update as check_update
    from chainrule.errors import ChainruleError as ChainruleError
    from chainrule.exercises import exercise as exercise
    from chainrule.explanations.shares import UpdateProbe as UpdateProbe
    from chainrule.explanations.shares import open_ledger as open_ledger
    from chainrule.explanations.what_if import slope as slope
    from chainrule.interop.onnx import from_onnx as from_onnx
    from chainrule.interop.onnx import to_onnx as to_onnx
    from chainrule.interop.sklearn import from_sklearn as from_sklearn
    from chainrule.interop.torch import from_torch as from_torch
    from chainrule.interop.torch import to_torch as to_torch
    from chainrule.model import Explanation as Explanation
    from chainrule.model import Network as Network
    from chainrule.model import Neuron as Neuron
    from chainrule.model import check_gradients as check_gradients
    from chainrule.model import cross_validate as cross_validate
    from chainrule.model import explain as explain
    from chainrule.model import health as health
    from chainrule.model import load as load
    from chainrule.model import rows_for as rows_for
    from chainrule.model import score as score
    from chainrule.model import search as search
    from chainrule.model import train_on_stream as train_on_stream
    from chainrule.model import train_on_table as train_on_table
    from chainrule.nn import Dense as Dense
    from chainrule.nn import Dropout as Dropout
    from chainrule.ops import *  # noqa: F403  which ops there are, their room says alone
    from chainrule.report import draw as draw
    from chainrule.train import SGD as SGD
    from chainrule.train import Adagrad as Adagrad
    from chainrule.train import Adam as Adam
    from chainrule.train import AdamW as AdamW
    from chainrule.train import EarlyStopping as EarlyStopping
    from chainrule.train import RMSProp as RMSProp
    from chainrule.words import to_frame as to_frame

__version__ = "0.2.0"

_HOMES = {
    "autodiff": "Tensor grad hessian jacobian value_and_grad vjp",
    "errors": "ChainruleError",
    "exercises": "exercise",
    "explanations.what_if": "slope",
    "checking": "check_update",
    "interop.onnx": "from_onnx to_onnx",
    "interop.sklearn": "from_sklearn",
    "interop.torch": "from_torch to_torch",
    "explanations.shares": "UpdateProbe open_ledger",
    "model": "Explanation Network Neuron check_gradients cross_validate explain health load "
    "rows_for score search train_on_stream train_on_table",
    "nn": "Dense Dropout",
    "report": "draw",
    "words": "to_frame",
    "train": "SGD Adagrad Adam AdamW EarlyStopping RMSProp",
}
_HOME_OF = {name: f"chainrule.{at}" for at, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Bring in a public name from the room it lives in."""
    a_room = PathFinder.find_spec(f"{__name__}.{name}", __spec__.submodule_search_locations)
    if not a_room:  # which Python brings in itself when it is imported
        ops = import_module("chainrule.ops")  # ops enter themselves where tensors look for them
        if name in ops.__all__:
            globals()[name] = getattr(ops, name)
        elif name in _HOME_OF:
            globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    if name not in globals():
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    """Every public name, those not yet brought in included, without what this file imports."""
    own = {"Any", "PathFinder", "TYPE_CHECKING", "annotations", "import_module"}
    return sorted({*globals(), *_HOME_OF, *import_module("chainrule.ops").__all__} - own)
