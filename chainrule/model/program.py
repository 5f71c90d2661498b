"""The program of a network's forward pass, loss and gradients, in plain Python or on an engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainrule import arrays
from chainrule.engines import Engine, choose_engine, textbook_name
from chainrule.errors import OptionError
from chainrule.nn import NetworkStudy

if TYPE_CHECKING:
    from chainrule.report import ProgramText


def program(
    study: NetworkStudy, engine: Engine, *, dtype: str, written_for: str | None = None
) -> ProgramText:
    """The program of a network's gradients; see `Network.program`.

    Args:
        study: The network, its weights and the examples.
        engine: What the network runs on.
        dtype: The number kind that it computes in.
        written_for: "numpy" for what the NumPy engine runs; plain Python if left out.
    """
    from chainrule.report import ProgramText, write_program

    if written_for not in (None, "python", "numpy"):
        raise OptionError(
            f"a program was asked of engine={written_for!r}; plain Python is written when it is "
            'left out, and "numpy" shows what the NumPy engine makes of it'
        )
    if written_for == "numpy":
        return _numpy_program(study, engine, dtype)
    return ProgramText(write_program(_on_lists(study)))


def _on_lists(study: NetworkStudy) -> NetworkStudy:
    """The same with list arrays of float64."""

    def listed(array: Any) -> Any:
        return arrays.astype(arrays.asarray(array.tolist()), arrays.float64)

    parameters = {name: listed(array) for name, array in study.parameters.items()}
    return replace(study, parameters=parameters, x=listed(study.x), t=listed(study.t))


def _numpy_program(study: NetworkStudy, engine: Engine, dtype: str) -> ProgramText:
    """What the NumPy engine runs, with the numbers that the network has."""
    numpy: Any = choose_engine("numpy") if engine.name != "numpy" else engine
    from chainrule.report import Passes, ProgramText

    kind = "float64" if dtype == "float64" else "float32"

    def entered(array: Any) -> Any:
        return numpy.asarray(array.tolist(), dtype=kind)

    parameters = {textbook_name(name): entered(w) for name, w in study.parameters.items()}
    data = {"x": entered(study.x), study.loss_function.op.inputs[1]: entered(study.t)}
    numpy_program = numpy.program(Passes(study), parameters, data)

    def run() -> dict[str, Any]:
        gradients = numpy_program.prepare({}, {})(parameters, data)["gradients"]
        return {name: gradient.tolist() for name, gradient in gradients.items()}

    return ProgramText(numpy_program.source(), run)
