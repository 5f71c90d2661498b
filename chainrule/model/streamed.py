"""From a file that does not fit in memory to a trained network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any, final

from chainrule.data import BUILT_IN, DEFAULT_MEMORY, ReadingOptions, Stream, column_types
from chainrule.engines import choose_engine
from chainrule.errors import OptionError, require_callable
from chainrule.model.data_source import DataSource
from chainrule.model.fitting import class_factors, training_on
from chainrule.model.network import Network
from chainrule.model.rows import Rows
from chainrule.model.scores import Scores
from chainrule.model.scoring import scores_of
from chainrule.model.table import PARTS, NetworkOptions, agreed_recipe, require_options
from chainrule.nn import encode_targets
from chainrule.train import History, StreamSource, TrainingOptions

_ROWS_AT_ONCE = 256
"""Rows that are measured together after the training, if the memory holds them."""


@final
@dataclass(frozen=True)
class TrainedStream:
    """A network trained on a stream, and what was done.

    Attributes:
        net: The network; it keeps the recipe and where the file is.
        history: What was measured, epoch by epoch.
        stream: The file as it was read.
        batch_size: How many rows are at hand at a time.
        sentences: What was read and done, a sentence for each thing worth knowing.
    """

    net: Network
    history: History
    stream: Stream
    batch_size: int
    sentences: tuple[str, ...]

    @property
    def source(self) -> str:
        """What the file is called."""
        return self.stream.recipe.source

    @property
    def rows(self) -> tuple[int, int]:
        """How many rows it learned from, and how many were held out."""
        return self.stream.learned, self.stream.kept_back

    def scores(self) -> tuple[Scores, Scores | None]:
        """How well it does on the rows it learned from, and on those held out.

        The file is read once more for each; which rows were wrong is not kept.
        """
        return self._scores(held_out=False), self._scores(held_out=True) if self.rows[1] else None

    def tested(self, *, linear: bool = False) -> Scores:
        """How well it does on the rows held out; where there are none, on those it learned from."""
        return self._scores(held_out=self.rows[1] > 0)

    def _scores(self, *, held_out: bool) -> Scores:
        size = max(self.batch_size, min(_ROWS_AT_ONCE, self.stream.most_rows))
        parts = self.stream.in_order(size, held_out=held_out)
        return scores_of((Rows(self.net, part, self.source) for part in parts), name_wrong=False)


def train_on_stream(
    path: str | Path,
    target: str | None = None,
    *,
    memory: int = DEFAULT_MEMORY,
    task: str | None = None,
    labels: str | Path | None = None,
    types: Mapping[str, str] | None = None,
    ignore: str | Sequence[str] = (),
    reading: ReadingOptions | None = None,
    validation: float = 0.2,
    weight_column: str | None = None,
    announce: Callable[[TrainedStream], object] = lambda _: None,
    **options: Any,
) -> TrainedStream:
    r"""Train as `train_on_table` does, reading the file again every epoch within a memory budget.

    Args:
        path: A CSV, Parquet or IDX file.
        target: The column to predict; the last one if left out.
        memory: The bytes that rows, shuffling pool and batch may take together, about; weights
            and the optimizer's memory come on top.
        task: "classification" or "regression" overrides what is recognised.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        types: What columns hold, by name: "number", "category", "date", "text" or "ignore".
        ignore: The names of columns to leave out.
        reading: What there is to say of how the file's texts are written.
        validation: The part of the rows to hold out, each decided by its own number.
        weight_column: The column that says how much each row counts; it is not an input.
        announce: Told what will be trained on what, before the first step.
        **options: Everything else that `train_on_table` takes.

    Raises:
        DataError: If the file cannot be used, or a batch does not fit into the memory.
        OptionError: If an option is not possible.
        NotANumberError: If the loss leaves the finite numbers.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "points.csv")
        ...     _ = path.write_text("x,side\n" + "-2,left\n-1,left\n1,right\n2,right\n" * 4)
        ...     done = train_on_stream(path, epochs=9, engine="python", progress=False)
        >>> done.net.recipe.class_names, sum(done.rows)
        (('left', 'right'), 16)
    """
    require_options(options, "memory")
    require_callable("announce", announce)
    _require_a_plain_file(path, options)
    given = {name: options.pop(name) for name in NetworkOptions.NAMES if name in options}
    asked = NetworkOptions(**given)
    runs_on = choose_engine(asked.engine)
    stream = Stream(
        path,
        target,
        task,
        labels=labels,
        memory=memory,
        held_out=validation,
        seed=asked.seed,
        types=column_types(types, ignore),
        parts=PARTS,
        options=reading,
        weight_column=weight_column,
    )
    stream.recipe = recipe = agreed_recipe(runs_on, weight_column, stream.recipe)
    net = asked.network(recipe, runs_on, stream.learned)
    drawn = (validation, asked.seed) if validation else None
    net.data_source = DataSource.of(
        path, recipe.sha256, stream.rows, labels=labels, drawn=drawn, reading=reading
    )
    loss, outputs, size = net.loss_for(None), net.architecture.output.out_features, asked.batch_size
    source = partial(
        StreamSource,
        net.engine,
        stream,
        lambda y, x: encode_targets(y, loss, outputs, x),
        batch_size=size,
        dtype=net.dtype,
        seed=asked.seed,
        class_factors=_class_factors(stream, options.get("class_weight"), size),
    )
    learned = source(held_out=False)
    held_out = source(held_out=True) if stream.kept_back else None
    plan = asked.training(net, stream.learned, held_out=stream.kept_back, fit=options)
    run = training_on(net, learned, held_out, loss, TrainingOptions.of(**plan), multi_label=False)
    advice = asked.what_numpy_brings(stream.learned, runs_on)
    said = (*stream.notes, *recipe.describe(), *stream.told, *advice)
    done = TrainedStream(net, run.history, stream, size, said)
    announce(done)
    run.run()
    return replace(done, history=run.history)


def _class_factors(stream: Stream, class_weight: Any, batch_size: int) -> dict[int, float] | None:
    """What rows count by their class, if told to; to balance them, the file is read once more."""
    if class_weight is None:
        return None
    totals: defaultdict[int, float] = defaultdict(float)
    names = stream.recipe.class_names
    if class_weight == "balanced" and names:
        for part in stream.in_order(batch_size, held_out=False):
            own = part.weights or repeat(1.0)
            for c, weight in zip(part.y or (), own, strict=False):
                totals[int(c)] += weight
    return class_factors(class_weight, totals, names, len(names))


def _require_a_plain_file(path: str | Path, fit: dict[str, Any]) -> None:
    """Refuse weights of rows that stand in no column, and built-in data."""
    if fit.get("sample_weight") is not None:
        raise OptionError(
            "a file that is read again every epoch holds its weights itself: put sample_weight "
            "into a column, and give weight_column"
        )
    if str(path) in BUILT_IN and not Path(path).exists():
        raise OptionError(
            f"{path} is built in and fits in memory; a memory budget is for files, so leave it out"
        )
