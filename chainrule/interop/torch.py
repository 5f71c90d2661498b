"""Networks from PyTorch and back, and any module's losses in an explanation."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from chainrule.arrays import ListArray, asarray
from chainrule.autodiff import primitive
from chainrule.engines import Engine, choose_engine
from chainrule.errors import KindError, OptionError, missing, require_callable, require_kind
from chainrule.model import MODULES, Network
from chainrule.nn import Dense, Dropout, Layer, Layout
from chainrule.ops import concat, reshape
from chainrule.words import listed, shortened

try:
    import torch
    from torch import fx, nn
except ImportError as error:
    raise missing("PyTorch", "torch", error) from None

_WITHOUT_EFFECT = {"_stacklevel", "dtype", "inplace", "training"}


def from_torch(module: nn.Module, *, engine: str | Engine = "auto") -> Network:
    """The network of a PyTorch module whose layers follow one another, with its weights.

    `nn.Linear`, the activations that are ours too, `nn.Dropout`, `nn.Identity`, and what flattens
    at the start (`nn.Flatten`, `flatten`, `view`, `reshape`), for which the inputs are flattened
    rows. They may stand in an `nn.Sequential`, or be called one after another in a module's
    `forward`, as modules or as functions. The weights are copied; a layer that is called twice
    becomes two. A `Linear` without bias comes with a bias of 0, which `fit` would learn.

    What its training began with is not known: count blame from `reference="zero"`.

    Args:
        module: The module; nothing of it is changed.
        engine: What the network runs on.

    Returns:
        The network, in the number kind of the module's weights where the engine has it.

    Raises:
        KindError: If it is no module, or has a layer that is none of ours, named in the message.
        MissingExtraError: If PyTorch is not installed.

    Example:
        >>> import torch
        >>> module = torch.nn.Sequential(
        ...     torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1)
        ... )
        >>> from_torch(module).architecture.layout.shapes["dense2.weight"]
        (1, 3)
    """
    do = "give the module itself, with its weights loaded"
    require_kind(module, nn.Module, "a torch.nn.Module becomes a network", do)
    layers: list[Layer] = []
    alone = fx.Tracer().is_leaf_module(module, "")
    for name, step in _steps(nn.Sequential(module) if alone else module):
        last = layers[-1] if layers else None
        if isinstance(step, nn.Linear):
            weight, bias = asarray(step.weight), step.bias
            given = None if bias is None else asarray(bias)
            layers.append(Dense(step.in_features, step.out_features, weight=weight, bias=given))
        elif type(step) is nn.Dropout:
            layers.append(Dropout(step.p))
        elif type(step) is nn.Identity or (type(step) is nn.Flatten and not layers):
            continue
        else:
            activation = _activation(name, step)
            if not isinstance(last, Dense) or last.activation != "identity":
                raise _not_ours(name, step, "each activation straight after a Linear")
            sizes = last.in_features, last.out_features
            layers[-1] = Dense(*sizes, activation, last.weight, last.bias)
    for name, part in module.named_modules():
        if part._forward_hooks or part._forward_pre_hooks or "forward" in vars(part):
            own = (
                "no hooks (take them off, as prune.remove and remove_weight_norm do theirs) and no "
                "forward put in its place"
            )
            raise _not_ours(name or "the module", part, own)
    runs_on = choose_engine(engine)
    kind = next((str(w.dtype).removeprefix("torch.") for w in module.parameters()), "")
    return Network(layers, engine=runs_on, dtype=kind if kind in runs_on.dtypes else None)


def to_torch(net: Network) -> nn.Sequential:
    """The same network as an `nn.Sequential`, as `Network.to_torch` gives it.

    Raises:
        KindError: If it is no network, or an activation is none of PyTorch's.
        MissingExtraError: If PyTorch is not installed.

    Example:
        >>> to_torch(Network([Dense(2, 3, "relu"), Dense(3, 1)]))
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): ReLU()
          (2): Linear(in_features=3, out_features=1, bias=True)
        )
    """
    require_kind(net, Network, "a Network becomes a module")
    return net.to_torch()


def through_torch(losses: Callable[[Any], torch.Tensor]) -> Callable[[Any], Any]:
    """A function written in PyTorch as one that `cr.explain` and `cr.check_gradients` take.

    Its gradients are PyTorch's own, of any order.

    Args:
        losses: Takes a dict of PyTorch tensors by name, or one tensor, and returns the loss of
            each example, or one number.

    Returns:
        The same function of arrays by name, or of one array.

    Raises:
        OptionError: If it is no function.

    Example:
        >>> import chainrule as cr
        >>> losses = through_torch(lambda p: (p["w"] * 2 - 4) ** 2)
        >>> ex = cr.explain(losses, {"w": [1.5]})
        >>> ex.loss, ex.weights[0].name, ex.weights[0].slope
        (1.0, 'w[0]', -4.0)
    """
    require_callable("losses", losses)
    known = set[frozenset[str]]()

    @wraps(losses)
    def of_arrays(parameters: Any) -> Any:
        if not isinstance(parameters, dict):
            alone = parameters if hasattr(parameters, "shape") else asarray(parameters)
            return torch_call([alone], function=losses)
        lifted = {n: w if hasattr(w, "shape") else asarray(w) for n, w in parameters.items()}
        layout = Layout({name: tuple(array.shape) for name, array in lifted.items()})
        flat = concat([reshape(array, (-1,)) for array in lifted.values()])

        def of_flat(numbers: torch.Tensor) -> torch.Tensor:
            if (names := frozenset(parameters)) not in known:
                _refuse_unused(losses, layout.split(torch, numbers))
                known.add(names)
            return losses(layout.split(torch, numbers))

        return torch_call([flat], function=of_flat)

    return of_arrays


def _refuse_unused(
    losses: Callable[[dict[str, Any]], torch.Tensor], parameters: dict[str, torch.Tensor]
) -> None:
    """Refuse parameters that the losses do not depend on: a wrong name would have slopes of 0."""
    leaves = {name: part.detach().clone().requires_grad_() for name, part in parameters.items()}
    values = losses(dict(leaves))
    if not isinstance(values, torch.Tensor) or values.is_complex():
        return
    slopes: Any = [None] * len(leaves)
    if values.requires_grad:
        slopes = torch.autograd.grad(values.sum(), list(leaves.values()), allow_unused=True)
    unused = [name for name, slope in zip(leaves, slopes, strict=True) if slope is None]
    if unused:
        raise OptionError(
            f"the losses do not depend on {listed(unused, most=3)}, so all slopes would be 0: name "
            "the parameters as the function reads them, and leave out what it does not read"
        )


@primitive(
    "a = f(x), worked out by PyTorch",
    samples=[([1.0, -2.0], [3.0, 0.25])],
    sample_options=[{"function": torch.mul}],
    sequence=True,
    listed=False,
)
def torch_call(xp: Any, arrays: Any, *, function: Any) -> Any:
    """Hand the arrays to PyTorch and take back what it says."""
    tensors = [_tensor(array) for array in arrays]
    try:
        values = function(*tensors)
    except RuntimeError as error:
        if "dtype" not in str(error):
            raise
        raise KindError(
            f"PyTorch will not mix kinds of numbers ({error}): the weights come in "
            f"{tensors[0].dtype}, so give the module (.to) and its rows the same"
        ) from error
    if not isinstance(values, torch.Tensor) or values.is_complex():
        found = values.dtype if isinstance(values, torch.Tensor) else type(values).__name__
        raise KindError(f"the losses are a tensor of PyTorch, of real numbers; found {found}")
    values = values.detach()
    written = values.tolist() if isinstance(arrays[0], ListArray) else values.numpy()
    return xp.asarray(written, dtype=arrays[0].dtype)


@torch_call.vjp("arrays", "dL/dx = PyTorch's own vector-Jacobian product of f")
def torch_call_wrt_arrays(
    xp: Any, g: Any, a: Any, arrays: Any, *, index: int, function: Any
) -> Any:
    """PyTorch walks back through its own function, which is one more function of PyTorch."""

    def pulled(*given: torch.Tensor) -> torch.Tensor:
        # Not torch.func.vjp, which takes no autograd.Function of the usual form.
        watched = [t if t.requires_grad else t.detach().requires_grad_() for t in given]
        with torch.enable_grad():
            value = function(*watched[:-1])
        if not value.requires_grad:
            return torch.zeros_like(watched[index])
        again = any(t.requires_grad for t in given)
        slopes = torch.autograd.grad(
            value, watched[index], watched[-1], create_graph=again, materialize_grads=True
        )
        return slopes[0]

    return torch_call([*arrays, g], function=pulled)


def _tensor(array: Any) -> torch.Tensor:
    kind = getattr(torch, str(array.dtype).rpartition(".")[2], None)
    if kind is None or not kind.is_floating_point:
        raise KindError(f"PyTorch is given arrays of floats; found an array of {array.dtype}")
    return torch.tensor(array.tolist() if isinstance(array, ListArray) else array, dtype=kind)


def _steps(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """The modules and functions that a module calls one after another, functions as modules."""
    try:
        graph = fx.symbolic_trace(module)
    except Exception as error:  # noqa: BLE001  # whatever the module's own code raises
        why = shortened(" ".join(str(error).split()))
        raise KindError(
            f"the forward of {type(module).__name__} cannot be followed ({why}): explain its "
            "losses with through_torch instead"
        ) from None
    before, steps, shapes = None, [], set[fx.Node]()
    for node in graph.graph.nodes:
        inputs = [each for each in node.all_input_nodes if each not in shapes]
        shape = node.target == "size" or (node.target is getattr and node.args[1] == "shape")
        if shape or (node.all_input_nodes and not inputs):
            shapes.add(node)
            continue
        if node.op != "placeholder" and inputs != [before]:
            raise KindError(
                f"{node.name} of {type(module).__name__} does not read what comes straight before "
                "it, and a network is a row of layers: explain its losses with through_torch "
                "instead"
            )
        if node.op == "call_module":
            steps.append((node.target, graph.get_submodule(node.target)))
        elif node.op in ("call_function", "call_method"):
            steps.append((node.name, _as_module(node)))
        elif node.op == "placeholder" and before is not None:
            raise _not_ours(node.name, "a second input", "one input")
        before = node
    return steps


def _as_module(node: fx.Node) -> nn.Module:
    """The module that does what a function does, such as `nn.ReLU` for `torch.relu`."""
    called = node.target if isinstance(node.target, str) else node.target.__name__
    if called in ("flatten", "reshape", "view"):  # of other sizes they fit no rows of the network
        return nn.Flatten()
    kinds = {name: type(module) for name, module in MODULES.items()}
    if called not in kinds:
        raise _not_ours(node.name, called)
    options = {name: value for name, value in node.kwargs.items() if name not in _WITHOUT_EFFECT}
    return kinds[called](*node.args[1:], **options)


def _activation(name: str, step: nn.Module) -> str:
    """Our name of an activation's module."""
    for ours, theirs in MODULES.items():
        if type(step) is type(theirs):
            options = dict(vars(step)) | {"inplace": None, "training": None}
            same = dict(vars(theirs)) | {"inplace": None, "training": None}
            if options.get("dim") == 1:
                options["dim"] = -1
            if getattr(step, "threshold", 0) >= 20:  # from there on they are the same
                options["threshold"] = same["threshold"]
            if options == same:
                return ours
            raise _not_ours(name, step, f"{theirs!r} in its place")
    raise _not_ours(name, step)


def _not_ours(name: str, step: object, ours: str = "") -> KindError:
    known = ours or f"Linear, Dropout and the activations {', '.join(MODULES)}"
    return KindError(
        f"{name} is {shortened(' '.join(repr(step).split()))}, and a network here has {known}: "
        "change it, or explain the module's losses with through_torch"
    )
