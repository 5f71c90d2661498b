"""The kinds of layer: what each needs and what it computes; and the weights that it starts from.

These are small enough not to saturate and large enough not to vanish: each draws uniformly from
`±limit`, and the limit is chosen so that signals keep their size on the way through a layer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import sqrt
from typing import Any, ClassVar, final

from chainrule.arrays import Generator, ListArray, asarray, astype, float64, int64
from chainrule.arrays import bool as bool_
from chainrule.autodiff import PRIMITIVES, Primitive, Tensor
from chainrule.errors import (
    ModelFileError,
    OptionError,
    ShapeError,
    is_whole,
    require_known,
    require_share,
    shown,
)
from chainrule.ops import weighted_sum
from chainrule.records import from_plain
from chainrule.words import a_or_an, plural, shortened

INITIALIZERS: dict[str, Callable[[int, int], float]] = {
    "glorot": lambda fan_in, fan_out: sqrt(6 / (fan_in + fan_out)),
    "he": lambda fan_in, fan_out: sqrt(6 / fan_in),
    "lecun": lambda fan_in, fan_out: sqrt(3 / fan_in),
    "uniform": lambda fan_in, fan_out: 1 / sqrt(fan_in),
    "zeros": lambda fan_in, fan_out: 0.0,
}
"""The limit of each initializer, from the number of inputs and outputs of the layer."""

_MOST = 2**63
"""What no size of an array reaches."""

_FAR = 3.0
"""Where a neuron's gate is clearly open or shut: no signal of unit size reaches further often."""


def suited_initializer(activation: Primitive) -> str:
    """The initializer that suits an activation: He for the ReLU family, Glorot for the others.

    The family lets through what is positive and next to nothing of the rest, so that half of the
    signal is lost, for which He makes up.
    """
    z = asarray([[-_FAR], [_FAR]])
    slopes = activation.pull(0, asarray([[1.0], [1.0]]), activation(z), (z,), {})
    shut, open_ = (abs(slope) for (slope,) in slopes.tolist())
    return "he" if shut < 0.5 < open_ else "glorot"


def initial_weights(
    out_features: int, in_features: int, generator: Generator, *, initializer: str = "glorot"
) -> ListArray:
    """Draw a layer's first weights, uniform in `±limit`.

    Formula: glorot √(6/(in+out)), he √(6/in), lecun √(3/in), uniform 1/√in, zeros 0.

    Args:
        out_features: Number of neurons.
        in_features: Number of inputs of each.
        generator: Where the random numbers come from.
        initializer: One of `INITIALIZERS`.

    Returns:
        Weights of shape `(out_features, in_features)`.

    Example:
        >>> initial_weights(1, 2, Generator(0), initializer="zeros").tolist()
        [[0.0, 0.0]]

    Source: Glorot & Bengio (2010), equation 16; He et al. (2015), equation 10, as a uniform;
    LeCun et al., "Efficient BackProp" (1998), equation 16, as a uniform.
    """
    limit = INITIALIZERS[initializer](in_features, out_features)
    return generator.uniform(-limit, limit, (out_features, in_features))


@final
class Activations(Mapping[str, Primitive]):
    """Every op that takes a weighted sum `z` and gives its shape back, by name.

    An op that is declared later is there at once.
    """

    def __getitem__(self, name: str) -> Primitive:
        op = PRIMITIVES[name]
        if not op.activation:
            raise KeyError(name)
        return op

    def __iter__(self) -> Iterator[str]:
        return (name for name, op in PRIMITIVES.items() if op.activation)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def known_as(self, name: str, known: Iterable[str]) -> str | None:
        """Which of the known ones computes the same as an activation, whatever it is called."""
        return next((other for other in known if self[name].acts_as(self[other])), None)

    def link(self, name: str) -> str | None:
        """Which of those that make probabilities of scores it is; None for any other."""
        return self.known_as(name, ("softmax", "sigmoid"))


ACTIVATIONS = Activations()
"""What the neurons of a layer can make of their weighted sums."""


class Layer(ABC):
    """One step of a network: named arrays in, a function of them out."""

    kind: ClassVar[str]
    in_features: int | None
    out_features: int | None

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array that the layer learns, by its short name; none by itself."""
        return {}

    def initial(self, generator: Generator) -> dict[str, ListArray]:
        """The arrays to start learning from."""
        return {}

    @abstractmethod
    def forward(self, parameters: dict[str, Any], x: Any, mask: Any = None) -> Any:
        """The layer's output for a batch `x` of shape `(batch, in_features)`."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """What it takes to make the layer again, without its arrays."""


@final
class Dense(Layer):
    """Neurons side by side, each connected to every input: `a = f(x · wᵀ + b)`.

    Args:
        in_features: Number of inputs.
        out_features: Number of neurons.
        activation: What the neurons make of their weighted sums; one of `ACTIVATIONS`.
        weight: Initial weights `(out_features, in_features)`; drawn if left out.
        bias: Initial biases `(out_features,)`; zeros if left out.
        initializer: How weights are drawn; the one that suits the activation if left out.

    Raises:
        OptionError: If the activation or initializer is not known.
        ShapeError: If a size is below 1, or given weights do not have the layer's sizes.

    Example:
        >>> layer = Dense(2, 1, "relu", weight=[[1.0, -2.0]], bias=[0.5])
        >>> layer.forward(layer.initial(Generator(0)), asarray([[3.0, 1.0]])).tolist()
        [[1.5]]
    """

    kind = "dense"
    in_features: int
    out_features: int

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activation: str = "identity",
        weight: Any = None,
        bias: Any = None,
        *,
        initializer: str | None = None,
    ) -> None:
        _check_activation(activation)
        if initializer is not None:
            require_known("initializer", INITIALIZERS, initializer)
        for size, what in ((in_features, "inputs"), (out_features, "neurons")):
            if not is_whole(size) or not 0 < size < _MOST:
                raise ShapeError(
                    f"a Dense layer has a whole number of {what}, from 1 on and below 2^63; found "
                    f"{shown(size)}"
                )
        self.in_features = int(in_features)
        self.out_features = int(out_features)
        self.activation = activation
        self.initializer = initializer or suited_initializer(ACTIVATIONS[activation])
        self.weight = _given("weight", weight, (out_features, in_features))
        self.bias = _given("bias", bias, (out_features,))

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Weights `(out_features, in_features)` and biases `(out_features,)`."""
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}

    def initial(self, generator: Generator) -> dict[str, ListArray]:
        """The given weights, or freshly drawn ones; biases start at zero."""
        weight, bias = self.weight, self.bias
        if weight is None:
            shape = self.out_features, self.in_features
            weight = initial_weights(*shape, generator, initializer=self.initializer)
        if bias is None:
            bias = asarray([0.0] * self.out_features)
        return {"weight": weight, "bias": bias}

    def scores(self, parameters: dict[str, Any], x: Any) -> Any:
        """The weighted sums `z`, before the activation, of shape `(batch, out_features)`."""
        return weighted_sum(x, parameters["weight"], parameters["bias"])

    def forward(self, parameters: dict[str, Any], x: Any, mask: Any = None) -> Any:
        """The activations `a`, of shape `(batch, out_features)`."""
        return ACTIVATIONS[self.activation](self.scores(parameters, x))

    def to_dict(self) -> dict[str, Any]:
        """Kind, sizes, activation and initializer."""
        names = ("kind", "in_features", "out_features", "activation", "initializer")
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return f"Dense({self.in_features}, {self.out_features}, {self.activation!r})"


@final
class Dropout(Layer):
    """While learning, silence each input with a probability, and scale up the others to make up.

    `a = x · m`, where m is 0 with probability `rate`, else `1 / (1 - rate)`; in prediction `a = x`.

    Args:
        rate: The probability of being silenced, from 0 up to but not including 1.

    Raises:
        OptionError: If the rate is outside that range.

    Example:
        >>> x = asarray([[1.0, 2.0]])
        >>> Dropout(0.5).forward({}, x).tolist()
        [[1.0, 2.0]]
        >>> Dropout(0.5).forward({}, x, asarray([[0.0, 2.0]])).tolist()
        [[0.0, 4.0]]

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting"
    (2014), in the form that scales during training.
    """

    kind = "dropout"
    in_features = None
    out_features = None

    def __init__(self, rate: float) -> None:
        require_share("the dropout rate", rate)
        self.rate: float = float(rate)

    def forward(self, parameters: dict[str, Any], x: Any, mask: Any = None) -> Any:
        """The input, times the mask if there is one."""
        return x if mask is None else x * mask

    def to_dict(self) -> dict[str, Any]:
        """Kind and rate."""
        return {"kind": self.kind, "rate": self.rate}

    def __repr__(self) -> str:
        return f"Dropout({self.rate})"


def layer_from_dict(record: Mapping[str, Any]) -> Layer:
    """Make the layer that `to_dict` described.

    Raises:
        ModelFileError: If the record is of no known kind, or describes no layer, or its activation
            is an op that is not declared here.
    """
    activation = record.get("activation", "identity")
    if isinstance(activation, str) and activation not in PRIMITIVES:
        raise ModelFileError(
            f"its activation {shortened(repr(activation))} is not declared here: import the file "
            "that declares this op, and load it again"
        )
    layer: Layer = from_plain(Dense | Dropout, record, "layer")
    return layer


def named(tensor: Any, name: str) -> Any:
    """Write a name on a tensor, for whoever reads the tape later; plain arrays carry none."""
    if type(tensor) is Tensor:
        tensor.name = name
    return tensor


def _check_activation(name: Any) -> None:
    op = PRIMITIVES.get(name) if isinstance(name, str) else None
    if op and not op.activation and op.rules and len(op.inputs) == 1 and op.entrywise:
        raise OptionError(
            f"{name!r} was asked for as an activation, and its input is called {op.inputs[0]!r}: "
            "declare it with the input z, a layer's weighted sum"
        )
    require_known("activation", ACTIVATIONS, name)


def _given(what: str, values: Any, shape: tuple[int, ...]) -> ListArray | None:
    if values is None:
        return None
    array = asarray(values)
    if array.shape != shape:
        raise ShapeError(
            f"a Dense layer of {plural(shape[0], 'neuron')} needs {a_or_an(what)} of shape "
            f"{shape}; found {array.shape}"
        )
    return astype(array, float64) if array.dtype in (bool_, int64) else array
