"""Kernels made fast by Numba, and kept on disk so that each is compiled once on a machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from chainrule.engines.cache_folder import cache_folder
from chainrule.engines.program import NUMBER, Variable

HEADER = """\
from math import exp, expm1, log, log1p, sqrt, tanh

from numba import njit
from numpy import bool_, empty, float32, float64, inf
"""
DECORATOR = '@njit(error_model="numpy", fastmath={"contract"})'
"""Division by zero gives infinity as NumPy has it; a product and a sum may be rounded as one."""


@cache
def installed() -> bool:
    """Whether Numba is there."""
    return find_spec("numba") is not None


def usable() -> bool:
    """Whether Numba is there and works with this NumPy; it is imported to find out."""
    try:
        import numba  # noqa: F401 - whether it can be is the question
    except ImportError:
        return False
    return True


def compiled(text: str, arguments: Sequence[Any], outputs: Sequence[Variable]) -> Any:
    """A kernel as machine code.

    Args:
        text: The source of a function called `kernel`.
        arguments: What it is called with; see `KernelSource`.
        outputs: Those of them that it writes to.
    """
    return _compiled(text, tuple(_type_name(x, x in outputs) for x in arguments))


def _type_name(x: Any, is_output: bool) -> str:
    if type(x) is not Variable or x.dtype == NUMBER or (x.shape == () and not is_output):
        return "float64"
    return f"{x.dtype.replace('bool', 'boolean')}[{':, ' * (len(x.shape) - 1)}::1]"


@cache
def _compiled(text: str, types: tuple[str, ...]) -> Any:
    from numba import njit

    source, scope = f'"""Written by chainrule."""\n\n{HEADER}\n\n{text}\n', dict[str, Any]()
    jit = partial(njit, f"void({', '.join(types)})", error_model="numpy", fastmath={"contract"})
    # Nobody knows a home, no room is left, or what lies there is damaged or somebody else's: the
    # kernel is then compiled in every process, and what is wrong with itself is raised below.
    with suppress(Exception):
        return jit(cache=True)(_kept(source))
    exec(compile(source, "<kernel>", "exec"), scope)
    return jit()(scope["kernel"])


def _kept(source: str) -> Any:
    """The kernel of a source, from a file in the user's cache folder; it is whole or not there.

    Beside it Numba keeps its machine code, and finds that again for a module alone.
    """
    folder = cache_folder("kernels")
    path = folder / f"kernel_{sha256(source.encode()).hexdigest()[:24]}.py"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
            file.write(source)
        Path(file.name).replace(path)
    spec: Any = spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.kernel
