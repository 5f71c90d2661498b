"""The network: layers with the numbers they learned."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from chainrule.autodiff import Tensor
from chainrule.data import Examples, Recipe, load, read_column
from chainrule.engines import Engine, choose_engine
from chainrule.errors import OptionError, is_one_of, require_switch, shown
from chainrule.model.data_source import DataSource, reading_of
from chainrule.model.files import save
from chainrule.model.fitting import encoded_rows, run_of_fit
from chainrule.model.numbers import arrays_for, as_plain_rows, as_targets, doubles, names_rows, warn
from chainrule.model.prediction import Answers, chosen_classes, in_own_unit, probabilities
from chainrule.nn import (
    Architecture,
    Layer,
    Loss,
    NetworkStudy,
    ReadOnly,
    choose_loss,
    differentiate,
    encode_targets,
    network_per_example_gradients,
    objective,
)
from chainrule.train import (
    Checkpoint,
    EarlyStopping,
    History,
    Optimizer,
    Schedule,
    TrainingOptions,
    TrainingRun,
    Watcher,
    machine_memory,
    require_room_for_weights,
)
from chainrule.words import cell, table

if TYPE_CHECKING:
    from torch import nn

    from chainrule.report import ProgramText


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
        data_source: Which table that was, and which of its rows were held out.
        flat: Every parameter in one vector, one of the engine's arrays.
        fits: How often it was trained; each time goes through the examples in another order.
        multi_label: Whether each output answers a question of its own; None before training.
        trained_with: The options of the last `fit` as plain values; None before.

    Example:
        >>> from chainrule.nn import Dense
        >>> net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
        >>> net.forward([[2.0]]).tolist(), net.loss([[2.0]], [[4.0]])
        ([[3.5]], 0.25)
        >>> net.gradients([[2.0]], [[4.0]])["dense1.weight"].tolist()
        [[-2.0]]
        >>> net.set_parameters({"dense1.bias": [1.0]})
        >>> net.predict([[2.0], [3.0]]).tolist()
        [[4.0], [5.5]]
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
        dtype = getattr(dtype, "name", dtype)  # as an array's own kind has one
        if dtype is not None and not is_one_of(dtype, self.engine.dtypes):
            raise OptionError(
                f"the {self.engine.name} engine computes in {' or '.join(self.engine.dtypes)}; "
                f"found the dtype {shown(dtype)}: give one by its name, or leave it out"
            )
        self.seed = seed
        self.loss_name: str | None = None
        self.history: History | None = None
        self.recipe: Recipe | None = None
        self.data_source: DataSource | None = None
        self.fits = 0
        self.multi_label: bool | None = None
        self.trained_with: dict[str, Any] | None = None
        self._asked_dtype, self.dtype = dtype, dtype or "float64"
        require_room_for_weights(self.architecture, available=machine_memory())
        self._initial = doubles(self.architecture.initial(seed), self.architecture.layout)
        self.flat = self._in_kind(self._initial)

    @property
    def parameters(self) -> dict[str, Any]:
        """Every weight and bias by name, as the engine's arrays, to read; see `set_parameters`."""
        with self.engine.scope():
            flat = self.engine.sealed(self.flat)
            return ReadOnly(self.engine.split(self.architecture.layout, flat))

    @property
    def initial_parameters(self) -> dict[str, Any]:
        """The weights it began with, as the engine's arrays, to read."""
        with self.engine.scope():
            flat = self.engine.asarray(self._initial, dtype=self.engine.weight_dtype(self.dtype))
            return ReadOnly(self.engine.split(self.architecture.layout, self.engine.sealed(flat)))

    def set_parameters(self, parameters: Mapping[str, Any], *, initial: bool = False) -> None:
        """Put other numbers in place of the weights.

        Args:
            parameters: Arrays by name; those left out stay as they are.
            initial: Take them as the weights it began with, too.

        Raises:
            KindError: If they are no arrays by name.
            ShapeError: If a name is not one of the network's, or a shape not the parameter's.
        """
        require_switch("initial", initial)
        with self.engine.scope():
            layout = self.architecture.layout
            lists = arrays_for(layout, parameters)
            if initial:
                self._initial = doubles({**self.initial_parameters, **lists}, layout)
            self.flat = self._in_kind(doubles({**self.parameters, **lists}, layout))

    def forward(self, x: Any) -> Any:
        """The outputs for a batch, dropout silent.

        Args:
            x: Inputs of shape `(batch, inputs)`, or one example of shape `(inputs,)`; for a network
                that was trained on a table, also a data frame with the columns of that table.

        Returns:
            An array of shape `(batch, outputs)`.

        Raises:
            ShapeError: If x has another number of inputs.
        """
        with self.engine.scope():
            return self.architecture.outputs(self.parameters, self.as_inputs(x))

    def predict(self, x: Any) -> Any:
        """The answer for each example: a class, or the values.

        Returns:
            For named columns that a recipe reads (a file, a data frame, a list of dictionaries) the
            class's name, or values of shape `(batch, 1)` in the target's unit. For plain arrays
            `(batch,)` indices into `recipe.class_names`, `(batch, outputs)` of 1 for yes and 0 for
            no where each output answers a question of its own, or `(batch, outputs)` values.

        Raises:
            NotANumberError: If an output is NaN where a class is asked for.
        """
        with self.engine.scope():
            outputs, recipe = self.forward(x.value if type(x) is Tensor else x), self.recipe_for(x)
            if not self.classifies:
                return in_own_unit(recipe, outputs) if recipe else outputs
            threshold, several = self.architecture.threshold, bool(self.multi_label)
            classes = chosen_classes(outputs, threshold, multi_label=several)
            if recipe is None:
                return classes
            return Answers(recipe.class_names[place] for place in classes.tolist())

    def predict_proba(self, x: Any) -> Any:
        """The probability of each class, of shape `(batch, classes)`.

        Raises:
            OptionError: If the network does not give probabilities.
        """
        with self.engine.scope():
            z = self.architecture.scores(self.parameters, self.as_inputs(x))
            return probabilities(z, self.loss_for(None), self.architecture.output.activation)

    @property
    def classifies(self) -> bool:
        """Whether its answers are classes rather than values."""
        if self.recipe is not None:
            return self.recipe.task != "regression"
        return self.loss_for(None).classifies(self.architecture.output.activation)

    def loss(self, x: Any, y: Any, loss: str | None = None, *, sample_weight: Any = None) -> float:
        """The mean loss over the examples, without penalty, dropout silent.

        Args:
            x: Inputs of shape `(batch, inputs)`.
            y: Class indices `(batch,)`, or targets; beside a data frame, in its own words.
            loss: The name of a loss; the one last fitted, or the one that suits the output.
            sample_weight: How much each row counts, of shape `(rows,)`: `Σ w L / Σ w`.

        Raises:
            DataError: If a target is none of the classes, or not in the loss's range.
            OptionError: If there is no such loss, or it does not suit the output.
            ShapeError: If sizes do not fit together.
        """
        with self.engine.scope():
            value = self._objective(x, y, loss, sample_weight)(self.parameters)
            return value if type(x) is Tensor else float(value)

    def gradients(
        self, x: Any, y: Any, loss: str | None = None, *, sample_weight: Any = None
    ) -> dict[str, Any]:
        """`dL/dw` by parameter, in its shape; takes what `loss` takes, and changes nothing."""
        with self.engine.scope():
            return differentiate(self._objective(x, y, loss, sample_weight), self.parameters)[1]

    def _objective(self, x: Any, y: Any, loss: str | None, sample_weight: Any) -> Any:
        """The mean loss of the rows that count, as a function of the parameters."""
        rows, loss_function = encoded_rows(self, x, y, sample_weight, loss=loss)
        rows.require_weight("to learn from")
        rows = rows.that_count()
        return lambda p: objective(
            self.architecture, loss_function, p, rows.x, rows.t, weights=rows.weights
        )

    def as_inputs(self, x: Any) -> Any:
        """Inputs as the engine's table of the network's number kind.

        A data frame that is given to a network with a recipe is read by it, as the table that the
        network was trained on was. Examples that a recipe has made are inputs already; of other
        rows, those that look like a table's own cells are warned of.
        """
        with self.engine.scope():
            if recipe := self.recipe_for(x):
                x = recipe.features_only(load(x, options=reading_of(self.data_source, recipe)))
                for note in x.notes:
                    warn(note)
            if isinstance(x, Examples):
                return self.engine.asarray(x.x, dtype=self.dtype, shape=x.shape)
            width = self.architecture.input.in_features
            return as_plain_rows(self.engine, x, self.recipe, dtype=self.dtype, columns=width)

    def as_batch(self, x: Any, y: Any, loss: str | None = None) -> tuple[Any, Any, Loss]:
        """Inputs and encoded targets as the engine's tables, and the loss between them.

        Beside a data frame that a recipe reads, targets are in the table's own words and units.
        What cannot be taken is refused as by `loss`.
        """
        loss_function = self.loss_for(loss)
        with self.engine.scope():
            inputs = self.as_inputs(x)
            self.architecture.require_examples(inputs)
            if recipe := self.recipe_for(x):
                y = recipe.targets_only(read_column(recipe.target.column, y))
            targets = as_targets(self.engine, y, rows=inputs.shape[0])
            outputs = self.architecture.output.out_features
            return inputs, encode_targets(targets, loss_function, outputs, inputs), loss_function

    def recipe_for(self, x: Any) -> Recipe | None:
        """The recipe, where it reads the inputs: a data frame, or a file of rows by its name."""
        return self.recipe if names_rows(x) else None

    def program(
        self, x: Any, y: Any, *, engine: str | None = None, loss: str | None = None
    ) -> ProgramText:
        """The forward pass, the loss and every gradient as a Python program.

        The plain program is straight-line Python that imports nothing but `math`: small networks
        are written out number by number, larger ones with loops over lists. It computes in float64.
        Both come from a recorded run. Nothing of the network is changed.

        Args:
            x: Inputs of shape `(batch, inputs)`, or one example.
            y: Class indices `(batch,)`, or targets; beside a data frame, in its own words.
            engine: "numpy" for the program that the NumPy engine makes of the same record; plain
                Python if left out.
            loss: The name of a loss; the one last fitted, or the one that suits the output.

        Returns:
            The program; `print` it, `run` it or `save` it.

        Raises:
            ShapeError: If sizes do not fit together.
            OptionError: If there is no such loss, or the engine has no program in Python.

        Example:
            >>> from chainrule.nn import Dense
            >>> net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
            >>> program = net.program([[2.0]], [[4.0]])
            >>> "z1 = x * w1 + b1" in str(program)
            True
            >>> program.run()
            {'dense1.weight': [[-2.0]], 'dense1.bias': [-1.0]}
        """
        from chainrule.report import program_of  # every network would load what writes it

        with self.engine.scope():
            inputs, t, loss_function = self.as_batch(x, y, loss)
            study = NetworkStudy(self.architecture, loss_function, self.parameters, inputs, t)
            return program_of(study, self.engine, dtype=self.dtype, written_for=engine)

    def save(self, path: str | Path) -> None:
        """Write the network into one safetensors file: all of it, or nothing.

        The file holds no code and does not depend on the engine.

        Args:
            path: The file, in a folder that exists; what was there is replaced.

        Raises:
            ModelFileError: If it cannot be written there, or the name ends as those of another
                format; what was there stays as it was.
        """
        save(self, path)

    def to_torch(self) -> nn.Sequential:
        """The same network as an `nn.Sequential`, in training mode.

        Its weights are a copy: to train one of the two leaves the other as it is.

        Raises:
            KindError: If an activation is none of PyTorch's.
            MissingExtraError: If PyTorch is not installed.
        """
        from chainrule.model.torch_modules import as_sequential  # PyTorch takes seconds to load

        return as_sequential(self.architecture.layers, self.parameters, self.dtype)

    def per_example_gradients(self, x: Any, y: Any, loss: str | None = None) -> dict[str, Any]:
        """Each example's own gradient by parameter, of shape `(batch, *its shape)`, undivided."""
        with self.engine.scope():
            x, t, loss_function = self.as_batch(x, y, loss)
            each = self.engine.whole(
                network_per_example_gradients, self.architecture, loss_function
            )
            return dict(each(self.parameters, x, t))

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
        validation: float | tuple[Any, ...] | None = None,
        l1: float = 0,
        l2: float = 0,
        clip_norm: float | None = None,
        schedule: str | Schedule | None = None,
        early_stopping: int | EarlyStopping | None = None,
        ledger: bool | Literal["all"] = False,
        progress: bool | None = True,
        watchers: Sequence[Watcher] = (),
        checkpoint: str | Path | Checkpoint | None = None,
        interruptible: bool = False,
        sample_weight: Any = None,
        class_weight: str | Mapping[Any, float] | None = None,
        **other: Any,
    ) -> History:
        """Learn from examples: this changes the weights.

        Args:
            x: Inputs of shape `(rows, inputs)`.
            y: Class indices `(rows,)`, or targets; beside a data frame, in its own words.
            epochs: How often every example is seen.
            batch_size: Examples per step.
            optimizer: "adam", "sgd", "rmsprop", "adagrad", "adamw", or one made with options.
            learning_rate: Per step; the optimizer's own default if left out.
            loss: The name of a loss; the one last fitted, or the one that suits the output.
            validation: The part of the rows to hold out; or held-out `(x, y)`, or `(x, y,
                sample_weight)`; or None for none.
            l1: λ of `λ Σ |w|`, biases left out.
            l2: λ of `λ Σ w²`, biases left out.
            clip_norm: The greatest length of a gradient.
            schedule: How the learning rate moves, such as "cosine" or "warmup:100:cosine".
            early_stopping: Epochs without improvement after which to stop, the best weights put
                back; or an `EarlyStopping`.
            ledger: Keep the account of which weights did the learning, in `history.ledger`; "all"
                keeps the shares of every step too.
            progress: Show a bar with loss, metric, speed and time left; False or None for none.
            watchers: Others to be told of steps and epochs.
            checkpoint: A file to keep the run in after every epoch; or a `Checkpoint`.
            interruptible: Let Ctrl-C end it: the best epoch's weights stay, and nothing is raised.
            sample_weight: How much each row counts, of shape `(rows,)`: the loss of a batch is
                `Σ w L / Σ w`, loss and metric of an epoch likewise. A row of weight 0 is absent:
                all is as without it, to the bit.
            class_weight: Weights by the number or name of a class, multiplied into the rows' own;
                or "balanced", which lets every class weigh the same.
            **other: Refused, with the name that comes nearest.

        Raises:
            OptionError: If there is no such option, or it cannot have that value.
            DataError: If a target is none of the classes, or not in the loss's range.
            NotANumberError: If the loss leaves the finite numbers; names the step, layer and unit.
            ShapeError: If sizes do not fit together.
            KeyboardInterrupt: At Ctrl-C, once the step is whole: what was learned stays. A second
                one does not wait, and may cost the steps of that epoch or of the run.

        Example:
            >>> from chainrule.nn import Dense
            >>> net = Network([Dense(1, 1)], engine="python")
            >>> history = net.fit([[1.0], [2.0]], [2.0, 4.0], epochs=9, progress=False)
            >>> len(history), history.final.loss < history[0].loss
            (9, True)
        """
        given = {name: value for name, value in locals().items() if name in TrainingOptions.NAMES}
        return self._prepare(x, y, TrainingOptions.of(**given, **other)).run()

    def training(self, x: Any, y: Any, **options: Any) -> TrainingRun:
        """The run of a `fit` that you take in slices, as a live page does.

        Between the slices the network has the weights that the run has come to.

        Args:
            x: Inputs of shape `(rows, inputs)`.
            y: Class indices `(rows,)`, or targets; beside a data frame, in its own words.
            **options: Those of `fit`, by name; no bar is shown unless it is asked for.

        Returns:
            The run, at its start: `.step(n)` takes it on, `.snapshot()` and `.rewind(snapshot)`
            take it back, `.run()` takes it to its end; `.history` has what was measured.

        Raises:
            OptionError: If there is no such option.
            ShapeError: If sizes do not fit together.

        Example:
            >>> from chainrule.nn import Dense
            >>> net = Network([Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
            >>> run = net.training([[1.0]], [[1.0]], optimizer="sgd", learning_rate=0.25)
            >>> start = run.snapshot()
            >>> run.step(), net.loss([[1.0]], [[1.0]])
            (1.0, 0.0)
            >>> run.rewind(start)
            >>> net.loss([[1.0]], [[1.0]])
            1.0
        """
        return self._prepare(x, y, TrainingOptions.of(**{"progress": False, **options}))

    def _prepare(self, x: Any, y: Any, options: TrainingOptions) -> TrainingRun:
        """The run of a `fit`; where nobody has asked for a number kind, the examples decide."""
        dtype = "float32" if str(getattr(x, "dtype", "")).endswith("float32") else "float64"
        before = self.dtype, self.flat
        if self._asked_dtype is None and dtype != self.dtype and dtype in self.engine.dtypes:
            with self.engine.scope():
                self.dtype = dtype
                self.flat = self.engine.asarray(self.flat, dtype=self.engine.weight_dtype(dtype))
        try:
            return run_of_fit(self, x, y, options)
        except BaseException:
            self.dtype, self.flat = before
            raise

    def loss_for(self, name: str | None) -> Loss:
        """The loss of that name; the one last fitted, or else the one that suits the output."""
        output = self.architecture.output
        name = self.loss_name if name is None else name
        return choose_loss(name, output.activation, output.out_features)

    def _in_kind(self, numbers: array[float]) -> Any:
        """The same as an array of the engine's own, in the number kind of the weights."""
        kind = self.engine.weight_dtype(self.dtype)
        return self.engine.copy(self.engine.asarray(numbers, dtype=kind))

    def __getstate__(self) -> dict[str, Any]:
        """All of it, the weights as plain doubles: JAX's arrays would come back with 32 bits."""
        return {**vars(self), "flat": doubles(self.parameters, self.architecture.layout)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.flat = self._in_kind(state["flat"])

    def _repr_html_(self) -> str:
        titles, *rows = self.architecture.as_table()
        caption = f"a network of {self.architecture.layout.size:,} weights"
        return cell(table(caption, titles, rows))

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.architecture.layers.values()))
        return f"Network([{layers}], engine={self.engine.name!r}, dtype={self.dtype!r})"
