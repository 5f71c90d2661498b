"""The places that commands may write to, refused before anything is worked out."""

from __future__ import annotations

from pathlib import Path

import click

from chainrule.errors import OptionError
from chainrule.files import as_path, real_path, why_unwritable


def check_place(
    out: str, model: str | None = None, data: str | None = None, *, page: bool = False
) -> None:
    """Refuse a place that a file cannot be written to, before anything is worked out."""
    option, written = ("--html", "a page") if page else ("--out", "a model")
    if out == "-":
        raise OptionError(f"{written} is not printed: give {option} the name of a file")
    if why := why_unwritable(out):
        raise OptionError(f"{option} {out} cannot be written: {why}")
    for taken, what in ((model, "the model"), (data, "the data")):
        if taken and real_path(out) == real_path(taken):
            raise OptionError(f"{option} {out} would overwrite {what}; give it another name")


def refuse_beside_json(out: str | None) -> None:
    """Refuse a place for a sheet where JSON is printed."""
    if out is not None:
        raise click.UsageError("--json prints, and --out writes a sheet: give one of the two")


def destination(out: str | None, data: str) -> Path:
    """Where the model will go; refused before the training if nothing can be saved there.

    Raises:
        OptionError: If the place is missing, protected, or taken by what is not a model.
        ModelFileError: If the name ends as those of another format.
    """
    from chainrule.model import is_model
    from chainrule.train import require_model_name

    if out is None:
        out = f"{Path(data).name.split('.')[0] or 'model'}.safetensors"
    path = as_path(out)
    check_place(out)
    if path.exists() and not is_model(path):
        raise OptionError(
            f"{path} exists and is not a model that can be read, so it is not overwritten; choose "
            "another --out"
        )
    require_model_name(path)
    return path
