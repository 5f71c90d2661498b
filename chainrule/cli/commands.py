"""All commands in one group, and how they end."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from chainrule import __version__
from chainrule.cli.check import check, health
from chainrule.cli.config import longest
from chainrule.cli.doctor import completion, doctor
from chainrule.cli.exercise import exercise, program, worksheet
from chainrule.cli.explain import explain, mend, nudge
from chainrule.cli.launch import INTERRUPTED
from chainrule.cli.options import with_shared_options
from chainrule.cli.output import outlast_readers, screen_width
from chainrule.cli.play import play
from chainrule.cli.predict import predict, score
from chainrule.cli.search import search
from chainrule.cli.tour import tour
from chainrule.cli.train import train
from chainrule.errors import ChainruleError, OptionError, ProcessLostError, by_initials
from chainrule.words import on_screen, shortened

BAD_INPUT = 2
PIPE_CLOSED = 141

_LONGEST = 255
"""Characters of a word that a message repeats: as many as the name of a file can have."""

_PLAIN = {
    "a valid float( range)?": "a number",
    "a valid integer( range)?": "a whole number",
    r"in the range x>=(\d+)": r"\1 or more",
    r"in the range (\d+)<=x<=(\d+)": r"from \1 to \2",
}
"""What Click says in words of its own, and how it is said here."""


class InOrder(click.Group):
    """A group that lists its commands in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names as they were added."""
        return list(self.commands)


@click.group(
    cls=InOrder,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 80,
        "show_default": True,
    },
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="chainrule")
@click.pass_context
def chainrule(context: click.Context) -> None:
    """Train a network, and see which weights caused its error.

    Begin with `chainrule tour`, or with `chainrule train penguins`.
    """
    context.with_resource(on_screen(screen_width()))
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for command in (
    *(tour, train, score, search, predict, explain, mend, nudge, check, health),
    *(worksheet, exercise, program, play, doctor, completion),
):
    chainrule.add_command(with_shared_options(command))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; whatever stops it becomes one sentence on standard error.

    Args:
        arguments: The words after `chainrule`; those of this process if left out.

    Returns:
        The exit status: 0 done, 1 checked and found wrong, 2 bad input, 3 another process of a
        training was lost, 130 interrupted.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # A shell closed it (`>&-`): there is nobody to read, and the work goes on.
            null = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(null, "w", encoding="utf-8", closefd=False))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow encoding has no arrow, and no λ
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    if words[:1] == ["train"]:
        outlast_readers()
    status = _status(words)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Nobody reads, or no room is left; Python would complain once more when it closes it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return status


def _status(words: Sequence[str]) -> int:
    """Run a command and say what stopped it."""
    try:
        status = chainrule.main(words, prog_name="chainrule", standalone_mode=False, obj=words)
        sys.stdout.flush()
    except BrokenPipeError:
        return PIPE_CLOSED
    except SystemExit as end:
        # Click ends the process itself in two cases: a shell asked how a word goes on, or a closed
        # pipe, which it takes for failure.
        return PIPE_CLOSED if end.code == 1 else 0
    except (KeyboardInterrupt, click.Abort) as end:
        said = str(end.__cause__ or "") or _left_behind(words)
        return _refuse("; ".join(filter(None, ("interrupted", said))), INTERRUPTED)
    except click.UsageError as error:
        command = [word for word in words[:1] if word in chainrule.commands]
        path = error.ctx.command_path if error.ctx else " ".join(["chainrule", *command])
        message = _said(error).rstrip(".")
        link = "" if message.endswith(("?", "?)")) else ";"
        return _refuse(f"{message}{link} `{path} --help` lists what there is")
    except ProcessLostError as error:
        from chainrule.engines import PROCESS_LOST

        return _refuse(str(error), PROCESS_LOST)
    except (ChainruleError, click.ClickException) as error:
        said = error.format_message() if hasattr(error, "format_message") else str(error)
        return _refuse(_as_typed(said, error, words) if isinstance(error, OptionError) else said)
    except MemoryError as error:
        asked = str(error).partition("\n")[0].rstrip(".")  # by NumPy or JAX; Python does not say
        what = f"memory is used up ({asked})" if asked else "memory is used up"
        return _refuse(f"{what}; give fewer rows, a smaller batch or smaller layers")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return _refuse("no room is left on the disk; make room and run it again")
        said = error.strerror or str(error)
        named = f"{error.filename}: {said}; choose another file"
        return _refuse(named if error.filename else said)
    except UnicodeEncodeError as error:
        return _refuse(
            f"{error.object!r} has letters that names of files do not have in this locale's "
            f"{error.encoding}: set PYTHONUTF8=1"
        )
    return status if isinstance(status, int) else 0


def _as_typed(sentence: str, error: OptionError, words: Sequence[str]) -> str:
    """What an error says, where it first names each of its options as it is typed here."""
    command = chainrule.commands.get("".join(words[:1]))
    typed = {str(param.name): longest(param) for param in command.params} if command else {}
    typed["sample_weight"] = "--weight-column"
    for option in error.options:
        sentence = sentence.replace(option, typed.get(option, option), 1)
    return sentence


def _said(error: click.UsageError) -> str:
    """What Click says; an option that is called by its initials, as `--lr`, is named first."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        options = [name for param in error.ctx.command.params for name in param.opts]
        if meant := by_initials(error.option_name, options):
            return f"{error.message} Did you mean {meant[0]!r}?"
    return error.format_message()


def _left_behind(words: Sequence[str]) -> str:
    """What an interruption takes away, and what it leaves: `train` alone saves a model."""
    if list(words[:1]) != ["train"]:
        return ""
    in_file = any(word.partition("=")[0] == "--checkpoint" for word in words)
    more = "; with --resume it goes on after the last whole epoch, if there was one" * in_file
    return f"no model was saved{more}"


def _refuse(sentence: str, status: int = BAD_INPUT) -> int:
    words = (shortened(word, most=_LONGEST) for word in sentence.split())
    sentence = " ".join(words)
    for of_click, plain in _PLAIN.items():
        sentence = re.sub(of_click, plain, sentence)
    with suppress(OSError):  # there may be nobody left to tell
        click.echo(f"chainrule: {sentence}{'' if sentence.endswith(('.', '?')) else '.'}", err=True)
    return status
