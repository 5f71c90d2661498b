"""A network from the file it was saved in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from chainrule import arrays
from chainrule.data import Recipe
from chainrule.engines import Engine, choose_engine
from chainrule.errors import ChainruleError, ModelFileError, OptionError
from chainrule.model.data_source import DataSource
from chainrule.model.files import DESCRIPTION, INITIAL, LEDGER
from chainrule.model.network import Network
from chainrule.nn import Architecture, Dense, Layer, Layout, layer_from_dict
from chainrule.records import from_record
from chainrule.train import (
    OPTIMIZERS,
    EarlyStopping,
    History,
    TensorBytes,
    about_file,
    choose_optimizer,
    read_description,
    read_tensors,
    require_checksum,
)

if TYPE_CHECKING:
    from chainrule.explanations.shares import Ledger


@final
@dataclass(frozen=True)
class _Trained:
    """How `fit` was last called, as `TrainingOptions.record` says it."""

    epochs: int
    batch_size: int
    optimizer: Mapping[str, Any]
    learning_rate: float
    loss: str
    validation: float | None
    l1: float
    l2: float
    clip_norm: float | None
    schedule: str
    early_stopping: EarlyStopping | None
    class_weight: str | Mapping[str, float] | None = None
    weights: str | bool | None = None


@final
@dataclass(frozen=True)
class _ModelHeader:
    """What stands beside the numbers; a field with a default came with a later version."""

    layers: tuple[Mapping[str, Any], ...]
    loss: str | None
    dtype: str
    seed: int
    fits: int
    recipe: Recipe | None
    origin: DataSource | None
    history: History | None
    questions: bool | None = None
    trained: Mapping[str, Any] | None = None


def load(path: str | Path, *, engine: str | Engine = "auto") -> Network:
    """Read a network that `Network.save` has written.

    Args:
        path: The file.
        engine: What the network is to run on: "auto", "python", "numpy", "jax" or an engine; any
            of them reads what any other has trained.

    Raises:
        ModelFileError: If the file is missing, damaged, of another kind or of a later version.
        MissingExtraError: If the engine is not installed.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from chainrule.model import Network
        >>> from chainrule.nn import Dense
        >>> with TemporaryDirectory() as folder:
        ...     Network([Dense(2, 1, weight=[[1.5, -2]])]).save(f"{folder}/model.safetensors")
        ...     load(f"{folder}/model.safetensors").parameters["dense1.weight"].tolist()
        [[1.5, -2.0]]
    """
    tensors, texts = read_tensors(path)
    with about_file(path, "cannot be used as a model: "):
        net = _restore(tensors, _description(tensors, texts), engine)
        require_checksum(tensors, texts)
        net.data_source = net.data_source and net.data_source.found_from(path)
    return net


def _description(tensors: Mapping[str, TensorBytes], texts: Mapping[str, str]) -> _ModelHeader:
    if DESCRIPTION not in texts:
        raise ModelFileError(
            f"it holds {len(tensors)} tensors and not which network they belong to; "
            "give a file that chainrule has saved, or put the tensors into a network with "
            "set_parameters"
        )
    description = read_description(
        _ModelHeader,
        texts[DESCRIPTION],
        "model",
        none="its description is damaged; copy the file again",
        otherwise="install the chainrule that wrote it, or train again",
    )
    if description.trained is not None:
        trained = from_record(_Trained, description.trained, "trained")
        name = trained.optimizer.get("name")
        if not isinstance(name, str) or name in OPTIMIZERS:  # one's own may not be declared here
            try:
                choose_optimizer(trained.optimizer)
            except OptionError as error:
                raise ModelFileError(f"trained is damaged ({error}); copy the file again") from None
    return description


def _restore(
    tensors: Mapping[str, TensorBytes], described: _ModelHeader, engine: str | Engine
) -> Network:
    runs_on = choose_engine(engine)
    try:
        layout = Architecture.from_dict(described.layers).layout
        initial = _arrays(INITIAL, tensors, layout)
        # An engine without the narrow kind computes the same network in its own, wider one.
        dtype = described.dtype if described.dtype in runs_on.dtypes else None
        layers = _layers(described.layers, initial)
        net = Network(layers, seed=described.seed, engine=runs_on, dtype=dtype)
        net.set_parameters(_arrays("", tensors, layout))
        net.fits = described.fits
        net.multi_label = described.questions
        net.trained_with = None if described.trained is None else dict(described.trained)
        net.loss_name = net.loss_for(described.loss).name if described.loss else None
        net.recipe = described.recipe
        _require_fit(net)
        net.data_source = described.origin
        net.history = described.history
        if net.history is not None:
            net.history.ledger = _ledger(tensors, layout)
    except ModelFileError:
        raise
    except ChainruleError as error:
        raise ModelFileError(f"its description is damaged ({error}); copy the file again") from None
    return net


def _require_fit(net: Network) -> None:
    """Refuse a recipe that makes other rows and answers than the layers are for."""
    if net.recipe is None:
        return
    inputs, outputs = net.architecture.input.in_features, net.architecture.output.out_features
    features, classes = len(net.recipe.feature_names), len(net.recipe.class_names)
    if features != inputs or outputs not in ({1, 2} if classes == 2 else {classes or 1}):
        raise ModelFileError(
            f"its recipe makes {features} inputs for {inputs} and has {classes or 'no'} classes "
            f"for {outputs} outputs; copy the file again"
        )


def _layers(records: Sequence[Mapping[str, Any]], initial: Mapping[str, Any]) -> list[Layer]:
    """The layers, each with the arrays it began with."""
    arrays_of = iter(initial.values())

    def own(record: Mapping[str, Any]) -> dict[str, Any]:
        is_dense = record.get("kind") == Dense.kind
        return {"weight": next(arrays_of), "bias": next(arrays_of)} if is_dense else {}

    return [layer_from_dict({**record, **own(record)}) for record in records]


def _arrays(prefix: str, tensors: Mapping[str, TensorBytes], layout: Layout) -> dict[str, Any]:
    named = {}
    for name, shape in layout.shapes.items():
        stored = tensors.get(prefix + name)
        if stored is None:
            raise ModelFileError(f"the tensor {prefix + name} is missing; copy the file again")
        if stored.shape != shape:
            raise ModelFileError(
                f"the tensor {prefix + name} has shape {stored.shape}, where the layers need "
                f"{shape}; copy the file again"
            )
        named[name] = _array(stored)
    return named


def _ledger(tensors: Mapping[str, TensorBytes], layout: Layout) -> Ledger | None:
    named = {
        name.removeprefix(LEDGER): _array(stored)
        for name, stored in tensors.items()
        if name.startswith(LEDGER)
    }
    if not named:
        return None
    from chainrule.explanations.shares import Ledger  # every network would load it

    return Ledger.from_arrays(named, layout)


def _array(stored: TensorBytes) -> Any:
    return arrays.reshape(arrays.asarray(stored.floats().tolist()), stored.shape)
