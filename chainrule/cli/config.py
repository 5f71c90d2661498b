"""The options of a training in a TOML file, from which the same training can be run again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from chainrule.errors import OptionError, require_known, shown
from chainrule.files import as_path, write_whole
from chainrule.words import escaped, quoted

_FIRST_LINE = "# Trains the same again: chainrule train --config"
NOT_WRITTEN = {
    *("config", "out", "checkpoint", "every", "resume"),
    *("processes", "distributed", "as_json"),
}
"""Where things are kept, who does the work, what is printed: the weights stay the same."""
_FILES = ("data", "labels")
_FINGERPRINT = "sha256"
_NO_TEXT = "surrogateescape"
"""As Python reads names of files, whose bytes may be no text."""


def config_beside(model: Path) -> Path:
    """The file of options that goes with a model.

    Raises:
        OptionError: If that name is taken by something else, or is that of the model.
    """
    path = model.with_suffix(".toml")
    if path == model:
        raise OptionError(
            f"the options are kept beside the model, in {path}: give --out another ending"
        )
    ours = path.is_file() and path.read_bytes().startswith(_FIRST_LINE.encode())
    if path.exists() and not ours:
        raise OptionError(
            f"the options are kept beside the model, and {path} holds something else: "
            "give --out another name"
        )
    return path


def write_config(
    context: click.Context, path: Path, *, sha256: str, **resolved: str | float
) -> None:
    """Write the options of a training, all that have a value, whether given or by default.

    With them go the fingerprint of the data, and what became of options that left a choice.
    """
    lines = [f"{_FIRST_LINE} {quoted(escaped(' '.join(path.name.split())))}"]
    for param in context.command.params:
        value = {**context.params, **resolved}.get(param.name or "")
        if param.name in NOT_WRITTEN or value is None or value in ((), {}):
            continue
        if param.name in _FILES and Path(value).exists():
            value = str(Path(value).absolute())
            with suppress(ValueError):  # another drive of Windows is not seen from here
                value = os.path.relpath(value, path.parent)
        lines.append(f"{_key(param)} = {_toml(plain_value(value))}")
    lines.append(f"{_FINGERPRINT} = {_toml(sha256)}")
    write_whole(path, (f"{line}\n".encode(errors=_NO_TEXT) for line in lines))


def read_config(context: click.Context, _param: click.Parameter, file: str | None) -> str | None:
    """Take options from a file in place of the defaults; what is typed overrules it.

    Raises:
        OptionError: If there is no such file, it is not TOML, or has an option that does not exist
            or is given what nobody could type.
    """
    if file is None:
        return None
    from tomllib import loads  # only here, since loading it takes milliseconds

    path = as_path(file)
    try:
        record = loads(path.read_text(encoding="utf-8", errors=_NO_TEXT))
    except FileNotFoundError:
        raise OptionError(f"there is no file {path}: check the name and the folder") from None
    except OSError as error:
        raise OptionError(
            f"--config {file} cannot be read ({error.strerror or error}): give a TOML file"
        ) from None
    except ValueError as error:
        raise OptionError(f"--config {file} is not TOML: {error}") from None
    context.meta[_FINGERPRINT] = record.pop(_FINGERPRINT, None)
    known = {_key(param): param for param in context.command.params if param.expose_value}
    known = {key: param for key, param in known.items() if param.name not in NOT_WRITTEN}
    require_known(f"option of {file}", known, *record)
    options = {known[key].name: _as_typed(known[key], record[key], file) for key in record}
    for name in _FILES:
        if name in options and (path.parent / options[name]).exists():
            options[name] = str(path.parent / options[name])
    context.default_map = options
    return file


def _as_typed(param: click.Parameter, value: Any, file: str) -> Any:
    """A value of a file as it would be typed, in a list where it may be given several times."""
    several, flag = param.multiple, getattr(param, "is_flag", False)
    if isinstance(value, Mapping if several else list):
        value = plain_value(value)
    values = value if several and isinstance(value, list) else [value]
    kind = bool if flag else str | int | float
    if not all(isinstance(each, kind) and flag == isinstance(each, bool) for each in values):
        wanted = "true or false" if flag else "a text or a number, as it would be typed"
        raise OptionError(f"{_key(param)} of {file} is {shown(value)}: give it {wanted}")
    return value if flag else list(map(str, values)) if several else str(value)


def changed_since(context: click.Context, sha256: str) -> bool:
    """Whether the data are no longer those of the configuration that was read."""
    return context.meta.get(_FINGERPRINT) not in (None, sha256)


def typed_options(context: click.Context, command: click.Command) -> Iterator[str]:
    """The options that were given and that another command has too, as words to type."""
    known = {param.name for param in command.params} - NOT_WRITTEN
    for param in context.command.params:
        given = context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        shared = param.name in known and param.expose_value
        if not (given and shared and isinstance(param, click.Option)):
            continue
        value = plain_value(context.params[param.name])
        for each in value if isinstance(value, list) else [value]:
            yield longest(param)
            if not param.is_flag:
                yield str(each)


def plain_value(value: Any) -> Any:
    """A value of an option as it is typed; a list where it may be given several times."""
    if isinstance(value, Mapping):
        return [f"{name}={kind}" for name, kind in value.items()]
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    return value


def _key(param: click.Parameter) -> str:
    return longest(param).lstrip("-")


def longest(param: click.Parameter) -> str:
    """The name by which a parameter goes."""
    return str(next((name for name in param.opts if name.startswith("--")), param.name))


def _toml(value: Any) -> str:
    """A text, number, truth value or list of texts as TOML, whose texts are written like JSON's."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
