"""An engine by its name."""

from __future__ import annotations

from importlib.util import find_spec

from chainrule.engines.engine import Engine, PythonEngine
from chainrule.errors import MissingExtraError, require_known

ENGINES = {"python": None, "numpy": "fast", "jax": "jax"}
"""Every engine by its name, and the extra that installs what it needs."""


def choose_engine(name: str | Engine = "auto") -> Engine:
    """The engine of that name; `auto` takes NumPy where it is there and new enough, else Python.

    One that is made already is handed back.

    Raises:
        OptionError: If no engine has that name.
        MissingExtraError: If what it stands on is not installed.

    Example:
        >>> choose_engine("python").name
        'python'
    """
    if isinstance(name, Engine):
        return name
    require_known("engine", ("auto", *ENGINES), name)
    if name == "auto":
        try:
            return choose_engine("numpy")
        except MissingExtraError:
            return PythonEngine()
    extra = ENGINES[name]
    if extra and not find_spec(name):
        raise MissingExtraError(
            f"the {name} engine needs {name}, which is not installed; "
            f"pip install 'chainrule[{extra}]' brings it, or choose the engine python"
        )
    if name == "numpy":
        from chainrule.engines.numpy import NumpyEngine

        return NumpyEngine()
    if name == "jax":
        from chainrule.engines.jax import JaxEngine

        return JaxEngine()
    return PythonEngine()
