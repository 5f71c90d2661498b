"""Networks in files: weights, what they began as, and all it takes to use them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from chainrule import arrays
from chainrule.data import Recipe
from chainrule.engines import Engine, choose_engine
from chainrule.errors import ChainruleError, ModelFileError
from chainrule.model.data_source import DataSource
from chainrule.nn import Architecture, Dense, Layer, Layout, layer_from_dict
from chainrule.records import from_record
from chainrule.train import (
    EarlyStopping,
    History,
    TensorBytes,
    choose_optimizer,
    plain,
    read_tensors,
    require_checksum,
    with_checksum,
    write_tensors,
)
from chainrule.words import shortened

if TYPE_CHECKING:
    from chainrule.explanations.shares import Ledger

FORMAT = 1
"""The version of the description that lies in the file beside the numbers."""

_DESCRIPTION = "chainrule"
_INITIAL = "initial."
_LEDGER = "ledger."


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
class _Description:
    """What stands beside the numbers; a field with a default came with a later version."""

    format: int
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


_STORED_AS = {"float64": "F64", "float32": "F32", "bfloat16": "BF16", "float16": "F16"}


def save(net: Any, path: str | Path) -> None:
    """Write a network into one file; see `Network.save`."""
    kind = _STORED_AS[net.engine.weight_dtype(net.dtype)]
    stored = {name: _stored(net, value, kind) for name, value in net.parameters.items()}
    for name, value in net.initial_parameters.items():
        stored[_INITIAL + name] = _stored(net, value, kind)
    if net.history is not None and net.history.ledger is not None:
        for name, value in net.history.ledger.to_arrays().items():
            stored[_LEDGER + name] = _stored(net, value, "F64")
    texts = {_DESCRIPTION: json.dumps(_describe(net, path), default=plain)}
    write_tensors(path, stored, with_checksum(stored, texts))


def read_network(path: str | Path, make: Callable[..., Any], engine: str | Engine) -> Any:
    """A network that `save` has written.

    Args:
        path: The file.
        make: Makes a network of layers, a seed, an engine and a number kind.
        engine: What the network is to run on.

    Raises:
        ModelFileError: If the file is missing, damaged, of another kind or of a later version.
        MissingExtraError: If the engine is not installed.
    """
    tensors, texts = read_tensors(path)
    try:
        net = _restore(tensors, _description(tensors, texts), make, engine)
        require_checksum(tensors, texts)
        net.data_source = net.data_source and net.data_source.found_from(path)
    except ModelFileError as error:
        raise ModelFileError(f"{path} cannot be used as a model: {error}") from None
    return net


def is_model(path: str | Path) -> bool:
    """Whether a file is a network that `save` has written, of whatever version."""
    try:
        return _DESCRIPTION in read_tensors(path)[1]
    except ModelFileError:
        return False


def _describe(net: Any, path: str | Path) -> dict[str, Any]:
    """What the numbers alone do not tell, as plain values."""
    return {
        "format": FORMAT,
        "layers": net.architecture.to_dict(),
        "loss": net.loss_name,
        "dtype": net.dtype,
        "seed": net.seed,
        "fits": net.fits,
        "questions": net.multi_label,
        "trained": net.trained_with,
        "recipe": net.recipe and net.recipe.to_dict(),
        "origin": net.data_source and net.data_source.beside(path).to_dict(),
        "history": None if net.history is None else net.history.to_dict(),
    }


def _description(tensors: Mapping[str, TensorBytes], texts: Mapping[str, str]) -> _Description:
    if _DESCRIPTION not in texts:
        raise ModelFileError(
            f"it holds {len(tensors)} tensors and not which network they belong to; "
            "give a file that chainrule has saved, or put the tensors into a network with "
            "set_parameters"
        )
    try:
        record = json.loads(texts[_DESCRIPTION])
        version = record["format"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise ModelFileError("its description is damaged; copy the file again") from None
    if version != FORMAT:
        raise ModelFileError(
            f"it is written in format {shortened(repr(version))} and this version reads format "
            f"{FORMAT}; install the chainrule that wrote it, or train again"
        )
    description = from_record(_Description, record, "model")
    if description.trained is not None:
        trained = from_record(_Trained, description.trained, "trained")
        choose_optimizer(trained.optimizer)
    return description


def _restore(
    tensors: Mapping[str, TensorBytes],
    described: _Description,
    make: Callable[..., Any],
    engine: str | Engine,
) -> Any:
    runs_on = choose_engine(engine)
    try:
        layout = Architecture.from_dict(described.layers).layout
        initial = _arrays(_INITIAL, tensors, layout)
        # An engine without the narrow kind computes the same network in its own, wider one.
        dtype = described.dtype if described.dtype in runs_on.dtypes else None
        layers = _layers(described.layers, initial)
        net = make(layers, seed=described.seed, engine=runs_on, dtype=dtype)
        net.set_parameters(_arrays("", tensors, layout))
        net.fits = described.fits
        net.multi_label = described.questions
        net.trained_with = described.trained and dict(described.trained)
        net.loss_name = net.loss_for(described.loss).name if described.loss else None
        net.recipe = described.recipe
        _require_fit(net)
        net.data_source = described.origin
        net.history = described.history
        ledger = _ledger(tensors, layout)
        if net.history is not None and ledger is not None:
            net.history.ledger = ledger
    except ModelFileError:
        raise
    except ChainruleError as error:
        raise ModelFileError(f"its description is damaged ({error}); copy the file again") from None
    return net


def _require_fit(net: Any) -> None:
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
    return [
        layer_from_dict(
            {**record, "weight": next(arrays_of), "bias": next(arrays_of)}
            if record.get("kind") == Dense.kind
            else dict(record)
        )
        for record in records
    ]


def _arrays(prefix: str, tensors: Mapping[str, TensorBytes], layout: Layout) -> dict[str, Any]:
    arrays = {}
    for name, shape in layout.shapes.items():
        stored = tensors.get(prefix + name)
        if stored is None:
            raise ModelFileError(f"the tensor {prefix + name} is missing; copy the file again")
        if stored.shape != shape:
            raise ModelFileError(
                f"the tensor {prefix + name} has shape {stored.shape}, where the layers need "
                f"{shape}; copy the file again"
            )
        arrays[name] = _array(stored)
    return arrays


def _ledger(tensors: Mapping[str, TensorBytes], layout: Layout) -> Ledger | None:
    arrays = {
        name.removeprefix(_LEDGER): _array(stored)
        for name, stored in tensors.items()
        if name.startswith(_LEDGER)
    }
    if not arrays:
        return None
    from chainrule.explanations.shares import Ledger  # every network would load it

    return Ledger.from_arrays(arrays, layout)


def _array(stored: TensorBytes) -> Any:
    return arrays.reshape(arrays.asarray(stored.floats().tolist()), stored.shape)


def _stored(net: Any, value: Any, kind: str) -> TensorBytes:
    return TensorBytes.of_floats(net.engine.xp.reshape(value, (-1,)).tolist(), value.shape, kind)
