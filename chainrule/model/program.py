"""The program of a network's forward pass, loss and gradients, in plain Python or on an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule import arrays
from chainrule.engines import choose_engine
from chainrule.engines.naming import textbook_name
from chainrule.errors import OptionError
from chainrule.nn import NetworkStudy

if TYPE_CHECKING:
    from chainrule.model.network import Network
    from chainrule.report.program import ProgramText


def program(
    network: Network, x: Any, y: Any, *, engine: str | None = None, loss: str | None = None
) -> ProgramText:
    """The forward pass, the loss and every gradient as a Python program.

    The plain program is straight-line Python that imports nothing but `math`: small networks are
    written out number by number, larger ones with loops over lists. It computes in float64. Both
    come from a recorded run. Nothing of the network is changed.

    Args:
        network: The network.
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
        >>> from chainrule.model.network import Network
        >>> from chainrule.nn import Dense
        >>> net = Network([Dense(1, 1, weight=[[1.5]], bias=[0.5])], engine="python")
        >>> program = net.program([[2.0]], [[4.0]])
        >>> "z1 = x * w1 + b1" in str(program)
        True
        >>> program.run()
        {'dense1.weight': [[-2.0]], 'dense1.bias': [-1.0]}
    """
    from chainrule.report.program import ProgramText, write_program  # every network would load them

    if engine not in (None, "python", "numpy"):
        raise OptionError(
            f"a program was asked of engine={engine!r}; plain Python is written when it is left "
            'out, and "numpy" shows what the NumPy engine makes of it'
        )
    inputs, t, chosen = network.as_batch(x, y, loss)
    study = NetworkStudy(network.architecture, chosen, network.parameters, inputs, t)
    if engine == "numpy":
        return _numpy_program(network, study)
    return ProgramText(write_program(_on_lists(study)))


def _on_lists(study: NetworkStudy) -> NetworkStudy:
    """The same with list arrays of float64."""

    def listed(array: Any) -> Any:
        return arrays.astype(arrays.asarray(array.tolist()), arrays.float64)

    parameters = {name: listed(array) for name, array in study.parameters.items()}
    return NetworkStudy(
        study.architecture, study.loss_function, parameters, listed(study.x), listed(study.t)
    )


def _numpy_program(network: Network, study: NetworkStudy) -> ProgramText:
    """What the NumPy engine runs, with the numbers that the network has."""
    engine = choose_engine("numpy") if network.engine.name != "numpy" else network.engine
    from chainrule.engines.numpy import NumpyEngine  # NumPy is imported only where it is asked for
    from chainrule.report.program import Passes, ProgramText

    assert isinstance(engine, NumpyEngine)
    dtype = "float64" if network.dtype == "float64" else "float32"

    def entered(array: Any) -> Any:
        return engine.asarray(array.tolist(), dtype=dtype)

    parameters = {textbook_name(name): entered(w) for name, w in study.parameters.items()}
    data = {"x": entered(study.x), study.loss_function.op.inputs[1]: entered(study.t)}
    made = engine.program(Passes(study), parameters, data)

    def run() -> dict[str, Any]:
        gradients = made.prepare({})(parameters, data)["gradients"]
        return {name: gradient.tolist() for name, gradient in gradients.items()}

    return ProgramText(made.source(), run)
