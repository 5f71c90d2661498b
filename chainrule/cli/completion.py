"""`chainrule completion`: a shell completes commands, options and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from chainrule.cli.output import show_as_it_is, show_json


@click.command(short_help="Let the shell complete commands and options.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str, as_json: bool) -> None:
    """Print what a shell reads to complete commands, options and files.

    In bash: add `eval "$(chainrule completion bash)"` to ~/.bashrc. In zsh the same in ~/.zshrc. In
    fish: `chainrule completion fish | source`.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = context.find_root()
    script = kind(root.command, {}, "chainrule", "_CHAINRULE_COMPLETE").source()
    if as_json:
        show_json({"shell": shell, "script": script})
    else:
        show_as_it_is(script)
