"""`chainrule train`: from a table to a model file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

import chainrule as cr
from chainrule.cli.config import changed_since, config_beside, read_config, write_config
from chainrule.cli.launch import INTERRUPTED, join, launch
from chainrule.cli.options import FILE, engine_option, labels_option, option, seed_option, whole
from chainrule.cli.output import is_quiet, say, show, show_json, suggest
from chainrule.cli.places import destination
from chainrule.errors import OptionError, shown
from chainrule.files import real_path
from chainrule.words import listed, numbered, quoted

if TYPE_CHECKING:
    from chainrule.model import CrossValidation, TrainedStream, TrainedTable
    from chainrule.train import Checkpoint

    Trained = TrainedTable | TrainedStream

_WRONG_SHOWN = 10


def sizes(value: str) -> list[int]:
    """Whole numbers with commas between them; none for `none`."""
    parts = [] if value == "none" else value.split(",")
    if not all(map(whole, parts)):
        raise click.BadParameter(f"{shown(value)} is not a list of sizes such as 16,16, nor 'none'")
    return [int(part) for part in parts]


def size_in_bytes(value: str) -> int:
    """A number of bytes, with kB, MB or GB behind it if it is many, or KiB, MiB or GiB."""
    wanted = r"([0-9]{1,18}(?:\.[0-9]*)?) *(?:(k|M|G)(i?))?B?"
    match = re.fullmatch(wanted, value.strip(), re.IGNORECASE)
    if not match:
        raise click.BadParameter(f"{shown(value)} is not a size in bytes such as 64MB")
    number, unit, binary = match.groups()
    return int(float(number) * (1024 if binary else 1000) ** " kmg".index((unit or " ").lower()))


def how_often(value: str) -> dict[str, float]:
    """A number of epochs or a time, such as `5 epochs`, `30 s` or `10 min`."""
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]+)?) *(epochs?|s|min|h)", value.strip())
    if not match or not float(match[1]):
        raise click.BadParameter(f"{shown(value)} is neither '5 epochs' nor a time such as '30 s'")
    if match[2].startswith("epoch"):
        if "." in match[1]:
            raise click.BadParameter(f"{shown(value)} is not a whole number of epochs")
        return {"every": int(match[1])}
    return {"seconds": float(match[1]) * {"s": 1, "min": 60, "h": 3600}[match[2]]}


def words(_ctx: click.Context, _param: click.Parameter, value: Sequence[str]) -> tuple[str, ...]:
    """Words with commas between them, in one option or several."""
    return tuple(word.strip() for text in value for word in text.split(","))


def words_option(said: str, meaning: str) -> Callable[[Any], Any]:
    """An option that takes words, and may be given several times."""
    return option(said, meaning, multiple=True, callback=words)


def column_types(
    context: click.Context, param: click.Parameter, value: Sequence[str]
) -> dict[str, str]:
    """What columns hold, such as `zip=category,when=date`."""
    types = {}
    for pair in words(context, param, value):
        name, equals, kind = pair.rpartition("=")
        if not equals:
            raise click.BadParameter(
                f"{shown(pair)} is not a column with its type, such as zip=category"
            )
        types[name.strip()] = kind.strip()
    return types


@click.command(short_help="Train on a table, measure, and save the model.")
@click.argument("data", metavar="DATA", type=FILE)
@option(
    "--config FILE.toml",
    "Take DATA and options from there; what is typed overrules it.",
    is_eager=True,
    callback=read_config,
)
@option("--target COL", "The column to predict; else the last one.")
@option("--task NAME", "classification or regression; else as it looks.")
@labels_option
@option(
    "--types COL=TYPE",
    "number, category, date, text or ignore, for columns that look like something else.",
    multiple=True,
    callback=column_types,
)
@words_option("--ignore COLS", "Columns to leave out.")
@words_option("--na --missing missing WORDS", "More words for a missing value.")
@words_option(
    "--ignore-target ignored WORDS", "Leave out rows whose target is one of these, such as unknown."
)
@words_option("--keep WORDS", "Words such as NA that are values here.")
@option("--encoding NAME", "Of a CSV file; else as its bytes show.")
@option("--decimal MARK", "Before decimals; else as the columns show.")
@option("--thousands MARK", "Between thousands; else as they show.")
@click.option("--no-header", is_flag=True, help="A CSV file's first line is a row.")
@option(
    "--layers N,N",
    "Neurons of each hidden layer, or none; else as suits the rows and the engine.",
    sizes,
)
@option(
    "--activation NAME",
    "relu, leaky_relu, elu, gelu, silu, softplus, tanh, sigmoid or identity.",
    default="relu",
)
@option("--dropout RATE", "For hidden neurons.", float, default=0.0)
@option(
    "--loss NAME",
    "cross_entropy, binary_cross_entropy or hinge; mean_squared_error, mean_absolute_error "
    "or huber; else as suits the target.",
)
@option("--epochs N", "Else enough for 1000 to 2000 steps.", int)
@option("--batch-size N", "Rows of one step.", int, default=32)
@option("--optimizer NAME", "sgd, rmsprop, adagrad, adam or adamw.", default="adam")
@option("--learning-rate R", "At first; else as suits the layers.", float)
@option(
    "--schedule NAME",
    "cosine, linear, constant, step:0.25:0.5 (half, every quarter of the run) or "
    "warmup:100:linear (100 steps).",
    default="cosine",
)
@option("--l1 R", "λ of λ Σ |w|.", float, default=0.0)
@option("--l2 R", "λ of λ Σ w²; else as suits the rows.", float)
@option("--clip-norm R", "Greatest length of a gradient.", float)
@option("--early-stopping N", "Stop after N epochs without gain.", int)
@click.option(
    "--last-epoch", is_flag=True, help="Keep its weights, not those of the best on held-out rows."
)
@option("--validation PART", "The part of the rows to hold out.", float, default=0.2)
@option("--class-weight balanced", "Let every class weigh the same.", click.Choice(["balanced"]))
@option("--weight-column COL", "It says how much each row counts.")
@option("--folds N", "Hold out each of N parts once, and measure.", int)
@option("--group COL", "For folds: rows of one group stay together.")
@option("--time COL", "For folds: learn from earlier rows alone.")
@option(
    "--memory SIZE",
    "Read the file again each epoch within about this much, such as 64MB.",
    size_in_bytes,
)
@engine_option
@option("--dtype KIND", "float64, float32, or bfloat16 on jax.")
@seed_option
@option("--out MODEL", "Where to save; else DATA's name.safetensors, here.")
@click.option("--ledger", is_flag=True, help="Keep account of which weights did the learning.")
@option("--checkpoint FILE", "Keep the run there, after every epoch.")
@option(
    "--checkpoint-every every TIME",
    "Or as often as this: 5 epochs, 30 s, 10 min.",
    how_often,
    default="1 epoch",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint where there is one.")
@option("--processes N", "How many to use here.", click.IntRange(1), default=1)
@click.option("--distributed", is_flag=True, help="Join the processes that a launcher started.")
@click.pass_context
def train(
    context: click.Context,
    /,
    data: str,
    config: str | None,
    out: str | None,
    processes: int,
    distributed: bool,
    checkpoint: str | None,
    every: dict[str, float],
    resume: bool,
    memory: int | None,
    folds: int | None,
    group: str | None,
    time: str | None,
    as_json: bool,
    **options: Any,
) -> int | None:
    """Train a network on a table, measure it on held-out rows, and save it.

    DATA is a file (CSV, Parquet, IDX) or a built-in name: iris, penguins, digits, xor, moons,
    circles, spiral.
    """
    several = processes > 1 or distributed
    require_folds_that_fit(context, folds, alone=not several)
    if several and options["engine"] not in ("auto", "jax"):
        raise click.UsageError(
            f"several processes train on the jax engine; found --engine {options['engine']}: leave "
            "it out, or train on one process"
        )
    if processes > 1:
        return launch(processes, context.obj)
    if distributed:
        options["engine"] = join()
    if out is None and config:
        out = str(Path(config).with_suffix(".safetensors"))
    model = destination(out, data)
    written = config_beside(model)
    options |= read_as_said(options)
    leads = not distributed or options["engine"].leads
    options["progress"] = leads and not (is_quiet() or as_json)
    began = perf_counter()
    validated = None if folds is None else _on_folds(data, folds, group, time, options)
    options |= {"announce": _announce} if options["progress"] else {}
    options["interruptible"] = not distributed
    taken = {"model": model, "options": written}
    run_file = options["checkpoint"] = _run_file(taken, checkpoint, every, resume, options)
    learn = cr.train_on_table if memory is None else partial(cr.train_on_stream, memory=memory)
    done = learn(data, **options)
    seconds = perf_counter() - began
    if not leads:
        return None
    done.net.save(model)
    interrupted = done.history.interrupted
    try:
        _keep_options(context, written, done.net)
        if run_file and not checkpoint and not interrupted:
            run_file.path.unlink(missing_ok=True)
        if as_json:
            show_json(_record(done, model, validated))
        elif not is_quiet():
            _report(done, model, seconds, validated)
            if interrupted and run_file:
                again = [word for word in context.obj if word != "--resume"]
                suggest(quoted("chainrule", *again, "--resume"))
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"the model was saved as {model}") from None
    return INTERRUPTED if interrupted else None


def _on_folds(
    data: str, folds: int, group: str | None, time: str | None, options: dict[str, Any]
) -> CrossValidation:
    """Measure on folds first; the model is then trained as that of the last one was."""
    del options["validation"]
    validated = cr.cross_validate(data, folds=folds, group=group, time=time, **options)
    options["validation"] = validated.divisions[-1]
    options["ignore"] = (*options["ignore"], *filter(None, [group]))
    return validated


def _keep_options(context: click.Context, written: Path, net: cr.Network) -> None:
    """Write the options beside the model, and say so if the data are no longer those of them."""
    assert net.data_source is not None
    now = net.data_source.sha256
    write_config(context, written, sha256=now, engine=net.engine.name, dtype=net.dtype)
    if changed_since(context, now):
        data, config = context.params["data"], context.params["config"]
        click.echo(f"{data} is not what it was when {config} was written.", err=True)


def require_folds_that_fit(context: click.Context, folds: int | None, *, alone: bool) -> None:
    """Refuse folds beside options that contradict them, and what is for folds without any."""
    given = context.params
    if folds is None:
        if given["group"] or given["time"]:
            raise click.UsageError("--group and --time divide rows into folds: give --folds N too")
        return
    if not alone or given.get("memory") is not None:
        raise click.UsageError(
            "folds are trained in memory and on one process: leave out --memory, --processes and "
            "--distributed, or --folds"
        )
    if context.get_parameter_source("validation") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--folds say which rows are held out: leave out --validation")


def _run_file(
    taken: dict[str, Path],
    checkpoint: str | None,
    every: dict[str, float],
    resume: bool,
    options: dict[str, Any],
) -> Checkpoint | None:
    """Where the run is kept: as often as asked for, or beside the model when it is interrupted."""
    from chainrule.train import Checkpoint

    if checkpoint == "-":
        raise OptionError("a run is not printed: give --checkpoint the name of a file")
    path = taken["model"].with_suffix(".run") if checkpoint is None else Path(checkpoint)
    for what, place in taken.items():
        if real_path(path) == real_path(place):
            raise click.UsageError(
                f"the run and the {what} would both be kept in {place}: give --checkpoint or --out "
                "another name"
            )
    if checkpoint is not None:
        return Checkpoint(path, resume=resume, **every)  # type: ignore[arg-type]  # by name
    if every != {"every": 1}:
        raise click.UsageError("--checkpoint-every is for a run that is kept: give --checkpoint")
    if not (options.get("interruptible") or resume) or (options["ledger"] and not resume):
        return None
    return Checkpoint(path, resume=resume, every=None)


def read_as_said(options: dict[str, Any]) -> dict[str, Any]:
    """How to read the data, in the words of `train_on_table`, from what is taken out of options."""
    from chainrule.data import ReadingOptions

    if both := [word for word in options["keep"] if word in options["missing"]]:
        named = listed(list(map(repr, both)))
        raise OptionError(f"{named} cannot be kept and be missing as well: say one of the two")
    options["header"] = not options.pop("no_header")
    names = [each.name for each in fields(ReadingOptions) if each.name in options]
    said = ReadingOptions(**{name: options.pop(name) for name in names})
    return {"reading": None if said == ReadingOptions() else said}


def _announce(done: Trained) -> None:
    """Say what will be trained on what."""
    net, (learned, held_out) = done.net, done.rows
    held = f"{held_out:,}" if held_out else "none"
    say(f"{done.source}: {learned:,} rows to learn from, {held} held out", label="data")
    for sentence in done.sentences:
        say(sentence, label=" ")
    hardware = f" on {net.engine.hardware}" if net.engine.hardware else ""
    say(
        f"{net.architecture.describe()}; {net.architecture.layout.size:,} weights and "
        f"biases; {net.loss_name}; {net.engine.name} engine{hardware}, {net.dtype}",
        label="network",
    )


def _report(done: Trained, model: Path, seconds: float, validated: CrossValidation | None) -> None:
    from chainrule.diagnosis import overfitting
    from chainrule.model import ENOUGH_TO_CHOOSE

    scores = done.tested(linear=True)
    show(f"\n{done.history.brief()}\n")
    say(f"{done.history.stopped} It took {seconds:.1f} s.", label="trained")
    say(scores.describe(scores.target), label="held out" if done.rows[1] else "learned")
    enough = done.rows[1] >= ENOUGH_TO_CHOOSE
    for finding in overfitting(done.history) if enough else ():
        say(f"{finding.sentence}: try {finding.advice}.", label=" ")
    if scores.wrong:
        wrong = numbered("row", scores.wrong, most=_WRONG_SHOWN)
        say(f"{wrong}, counted from 0 as by --row", label="wrong")
    if done.history.ledger:
        show(f"\n{done.history.ledger}\n")
    if validated:
        show(f"\n{validated}\n")
        say(validated.describe(), label="folds")
    say(str(model), label="saved")
    file = f"./{model}" if str(model).startswith("-") else str(model)  # no option
    suggest(f"chainrule explain {quoted(file)} --row worst")


def _record(done: Trained, model: Path, validated: CrossValidation | None) -> dict[str, Any]:
    (training, held_out), net, recipe = done.scores(), done.net, done.net.recipe
    assert recipe is not None
    return {
        "model": str(model),
        "data": done.source,
        "target": recipe.target.column,
        "task": recipe.task,
        "classes": list(recipe.class_names),
        "features": list(recipe.feature_names),
        "notes": list(done.sentences),
        "layers": net.architecture.to_dict(),
        "weights": net.architecture.layout.size,
        "loss": net.loss_name,
        "engine": net.engine.name,
        "dtype": net.dtype,
        "seed": net.seed,
        "training": training.to_dict(),
        "validation": held_out.to_dict() if held_out else None,
        "folds": validated.to_dict() if validated else None,
        "history": done.history.to_dict(),
        "ledger": done.history.ledger.to_dict() if done.history.ledger else None,
    }
