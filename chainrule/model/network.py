"""The network: layers with the numbers they learned."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, final

from chainrule import arrays
from chainrule.autodiff import Tensor, backward
from chainrule.data.recipe import Recipe
from chainrule.engines import Engine, choose_engine, in_scope
from chainrule.errors import KindError, OptionError, ShapeError
from chainrule.model.batch import as_batch, as_inputs, recipe_for
from chainrule.model.files import save
from chainrule.model.fitting import as_checkpoint, divide, make_plan, require_finite, train
from chainrule.model.numbers import doubles
from chainrule.model.origin import Origin
from chainrule.model.prediction import chosen_classes, in_own_unit, probabilities
from chainrule.model.program import program
from chainrule.nn import (
    Architecture,
    Layer,
    Loss,
    ReadOnly,
    choose_loss,
    objective,
    per_example_gradients,
)
from chainrule.train import Checkpoint, EarlyStopping, History, Optimizer, Schedule
from chainrule.train.memory import machine_memory, require_room_for_weights
from chainrule.train.watcher import Watcher


@final
class Network:
    """A feed-forward network: predicts, learns, and gives the gradient of every weight.

    Args:
        layers: `Dense` and `Dropout` layers from input to output.
        seed: Decides the first weights, the shuffles and the dropout masks.
        engine: What it runs on: "auto", "python", "numpy", "jax" or an engine; the numbers do not
            change by more than rounding.
        dtype: "float64", "float32" or, on JAX, "bfloat16"; if left out, the data decide: float32
            arrays train in float32, everything else in float64.

    Raises:
        ShapeError: If two layers do not fit together; the message names both.
        OptionError: If a name or number is not possible.
        MissingExtraError: If the engine is not installed.

    Attributes:
        architecture: The layers, without their numbers.
        engine: What it runs on.
        loss_name: The loss last fitted; None before.
        history: What the last `fit` measured; None before.
        recipe: How table rows become its inputs; None unless it was trained on a table.
        origin: Which table that was, and which of its rows were held out.
        flat: Every parameter in one vector, one of the engine's arrays.
        fits: How often it was trained; each time goes through the examples in another order.
        questions: Whether each output answered a question of its own when it was trained, rather
            than all of them naming one class; None before.

    Example:
        >>> from chainrule.nn import Dense
        >>> net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
        >>> net.forward([[2.0]]).tolist(), net.loss([[2.0]], [[4.0]])
        ([[3.5]], 0.25)
        >>> net.gradients([[2.0]], [[4.0]])["dense1.weight"].tolist()
        [[-2.0]]
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        seed: int = 0,
        engine: str | Engine = "auto",
        dtype: str | None = None,
    ) -> None:
        self.architecture = Architecture(layers)
        self.engine = choose_engine(engine)
        if dtype is not None and dtype not in self.engine.dtypes:
            raise OptionError(
                f"the {self.engine.name} engine computes in {' or '.join(self.engine.dtypes)}; "
                f"found dtype={dtype!r}"
            )
        self.seed = seed
        self.loss_name: str | None = None
        self.history: History | None = None
        self.recipe: Recipe | None = None
        self.origin: Origin | None = None
        self.fits = 0
        self.questions: bool | None = None
        self._asked_dtype = dtype
        self.dtype = dtype or "float64"
        require_room_for_weights(self.architecture, available=machine_memory())
        self._initial = doubles(self.architecture.initial(seed), self.architecture.layout)
        self.flat = self._in_kind(self._initial)

    @property
    @in_scope
    def parameters(self) -> dict[str, Any]:
        """Every weight and bias by name, as the engine's arrays, to read; see `set_parameters`."""
        layout = self.architecture.layout
        return ReadOnly(layout.split(self.engine.xp, self.engine.sealed(self.flat)))

    @property
    @in_scope
    def initial_parameters(self) -> dict[str, Any]:
        """The weights it began with, as the engine's arrays."""
        return self.architecture.layout.split(self.engine.xp, self._in_kind(self._initial))

    @in_scope
    def set_parameters(self, parameters: Mapping[str, Any], *, initial: bool = False) -> None:
        """Put other numbers in place of the weights.

        Args:
            parameters: Arrays by name; those left out stay as they are.
            initial: Take them as the weights it began with, too.

        Raises:
            ShapeError: If a name is not one of the network's, or a shape not the parameter's.
        """
        shapes = self.architecture.layout.shapes
        if not isinstance(parameters, Mapping):
            found = type(parameters).__name__
            raise KindError(f"parameters are arrays by name, in a dict; found a {found}")
        lists = {name: arrays.asarray(value) for name, value in parameters.items()}
        for name, value in lists.items():
            if name not in shapes:
                raise ShapeError(f"there is no parameter {name!r}; there are {', '.join(shapes)}")
            if value.shape != shapes[name]:
                raise ShapeError(f"{name} has shape {shapes[name]}; found {value.shape}")
        if initial:
            self._initial = doubles({**self.initial_parameters, **lists}, self.architecture.layout)
        self.flat = self._in_kind(doubles({**self.parameters, **lists}, self.architecture.layout))

    @in_scope
    def forward(self, x: Any) -> Any:
        """The outputs for a batch, dropout silent.

        Args:
            x: Inputs of shape `(batch, inputs)`, or one example of shape `(inputs,)`; for a network
                that was trained on a table, also a data frame with the columns of that table.

        Returns:
            An array of shape `(batch, outputs)`.
        """
        return self.architecture.outputs(self.parameters, self.as_inputs(x))

    @in_scope
    def predict(self, x: Any) -> Any:
        """The answer for each example: a class index, or the values.

        Returns:
            `(batch,)` class indices for a classifier, `(batch, outputs)` of 1 for yes and 0 for no
            where each output answers a question of its own, else `(batch, outputs)` values; for a
            data frame that a recipe reads, in the unit of its target.

        Raises:
            NotANumberError: If an output is NaN where a class is asked for.
        """
        outputs = self.forward(x)
        if not self.classifies:
            recipe = recipe_for(self, x)
            return in_own_unit(recipe, outputs) if recipe else outputs
        return chosen_classes(outputs, self.architecture.middle, questions=bool(self.questions))

    @in_scope
    def predict_proba(self, x: Any) -> Any:
        """The probability of each class, of shape `(batch, classes)`.

        Raises:
            OptionError: If the network does not give probabilities.
        """
        z = self.architecture.scores(self.parameters, self.as_inputs(x))
        return probabilities(z, self.loss_for(None), self.architecture.output.activation)

    @property
    def classifies(self) -> bool:
        """Whether its answers are classes rather than values."""
        if self.recipe is not None:
            return self.recipe.task != "regression"
        return self.loss_for(None).classifies(self.architecture.output.activation)

    @in_scope
    def loss(self, x: Any, y: Any, loss: str | None = None) -> float:
        """The mean loss over the examples, without penalty, dropout silent.

        Args:
            x: Inputs of shape `(batch, inputs)`.
            y: Class indices `(batch,)`, or targets; beside a data frame, in its own words.
            loss: The name of a loss; the one last fitted, or the one that suits the output.
        """
        x, t, chosen = self.as_batch(x, y, loss)
        return float(objective(self.architecture, chosen, self.parameters, x, t))

    @in_scope
    def gradients(self, x: Any, y: Any, loss: str | None = None) -> dict[str, Any]:
        """The gradient of `loss`, of each parameter's shape; nothing is changed."""
        x, t, chosen = self.as_batch(x, y, loss)
        weights = {name: Tensor(w, name=name) for name, w in self.parameters.items()}
        total = objective(self.architecture, chosen, weights, x, t)
        return dict(zip(weights, backward(total, list(weights.values())), strict=True))

    # Methods that have a file of their own.
    as_inputs = in_scope(as_inputs)
    as_batch = in_scope(as_batch)
    program = in_scope(program)
    save = save

    @in_scope
    def per_example_gradients(self, x: Any, y: Any, loss: str | None = None) -> dict[str, Any]:
        """Each example's own gradient, not divided by their number: `(batch, *its shape)`."""
        x, t, chosen = self.as_batch(x, y, loss)
        return per_example_gradients(self.architecture, chosen, self.parameters, x, t)

    @in_scope
    def fit(
        self,
        x: Any,
        y: Any,
        *,
        epochs: int = 20,
        batch_size: int = 32,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        loss: str | None = None,
        validation: float | tuple[Any, Any] | None = 0.2,
        l1: float = 0,
        l2: float = 0,
        clip_norm: float | None = None,
        schedule: str | Schedule | None = None,
        early_stopping: int | EarlyStopping | None = None,
        ledger: bool | Literal["all"] = False,
        progress: bool = True,
        watchers: Sequence[Watcher] = (),
        checkpoint: str | Path | Checkpoint | None = None,
    ) -> History:
        """Learn from examples; the only act that changes the weights.

        Args:
            x: Inputs of shape `(rows, inputs)`.
            y: Class indices `(rows,)`, or targets; beside a data frame, in its own words.
            epochs: How often every example is seen.
            batch_size: Examples per step.
            optimizer: "sgd", "rmsprop", "adagrad", "adam", "adamw", or one made with options.
            learning_rate: Per step; the optimizer's own default if left out.
            loss: The name of a loss; the one last fitted, or the one that suits the output.
            validation: The part of the rows to hold out, or held-out `(x, y)`; None for none.
            l1: λ of `λ Σ |w|`, biases left out.
            l2: λ of `λ Σ w²`, biases left out.
            clip_norm: The greatest length of a gradient.
            schedule: How the learning rate moves, such as "cosine" or "warmup:100:cosine".
            early_stopping: Epochs without improvement after which to stop, the best weights put
                back; or an `EarlyStopping`.
            ledger: Keep the account of which weights did the learning, in `history.ledger`; "all"
                keeps the shares of every step too.
            progress: Show a bar with loss, metric, speed and time left.
            watchers: Others to be told of steps and epochs.
            checkpoint: A file to keep the run in after every epoch; or a `Checkpoint`.

        Raises:
            NotANumberError: If the loss leaves the finite numbers; names the step, layer and unit.
            ShapeError: If sizes do not fit together.
            KeyboardInterrupt: At Ctrl-C, once the step is whole: what was learnt stays. A second
                one does not wait, and may cost the steps of that epoch or of the run.
        """
        if self._asked_dtype is None:
            self._retype(
                "float32" if str(getattr(x, "dtype", "")).endswith("float32") else "float64"
            )
        inputs, t, chosen = self.as_batch(x, y, loss)
        require_finite(inputs, t)
        plan = make_plan(
            self,
            chosen,
            t,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            early_stopping=early_stopping,
            epochs=epochs,
            l1=l1,
            l2=l2,
            clip_norm=clip_norm,
        )
        sources = divide(self, inputs, t, chosen, validation=validation, batch_size=batch_size)
        kept = as_checkpoint(checkpoint)
        run = train(
            self, plan, *sources, ledger=ledger, progress=progress, watchers=watchers, kept=kept
        )
        return run.history

    def loss_for(self, name: str | None) -> Loss:
        """The loss of that name; the one last fitted, or else the one that suits the output."""
        output = self.architecture.output
        assert output.out_features is not None
        return choose_loss(name or self.loss_name, output.activation, output.out_features)

    def _in_kind(self, numbers: array[float]) -> Any:
        """The same as an array of the engine's own, in the number kind of the weights."""
        kind = self.engine.weight_dtype(self.dtype)
        return self.engine.copy(self.engine.asarray(numbers, dtype=kind))

    def _retype(self, dtype: str) -> None:
        if dtype != self.dtype and dtype in self.engine.dtypes:
            self.dtype = dtype
            self.flat = self.engine.asarray(self.flat, dtype=self.engine.weight_dtype(dtype))

    def __getstate__(self) -> dict[str, Any]:
        """All of it, the weights as plain doubles: JAX's arrays would come back with 32 bits."""
        return {**vars(self), "flat": doubles(self.parameters, self.architecture.layout)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.flat = self._in_kind(state["flat"])

    def _repr_html_(self) -> str:
        from chainrule.report.notebook import network_html

        return network_html(self.architecture)

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.architecture.layers.values()))
        return f"Network([{layers}], engine={self.engine.name!r}, dtype={self.dtype!r})"
