"""What a neuron makes of its weighted sum `z`."""

from chainrule.autodiff import primitive
from chainrule.ops.constants import lift

_ROOT_2_PI = "0.79788456080286535587989211986876373695171726232986931533185"  # √(2/π)
_GELU_ENDS = 50  # further out 1 ± tanh is 0 or 2 to more than a thousand digits
_Z = [(-2.0,), (-0.3,), (0.7,), (3.0,), ([[1.0, -3.0, 0.25], [2.0, 0.5, -0.1]],)]
_ROWS = [([1.0, -2.0, 0.5],), ([[1.0, -3.0, 0.25], [2.0, 0.5, -0.1]],)]


@primitive("a = z", samples=_Z, homogeneous=True, multilinear=True)
def identity(xp, z):
    """Say the weighted sum as it is."""
    return z


@identity.vjp("z", "da/dz = 1")
def identity_wrt_z(xp, g, a, z):
    """What is passed on unchanged passes its gradient back unchanged."""
    return g


@primitive("a = max(0, z)", samples=_Z, corner=lambda xp, z: z, steepest=1, homogeneous=True)
def relu(xp, z):
    """Stay silent below zero and speak in proportion above it.

    Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).
    """
    return xp.maximum(z, 0)


@relu.vjp("z", "da/dz = 0 if z <= 0 else 1")
def relu_wrt_z(xp, g, a, z):
    """The gate is shut or open: a silent neuron passes no gradient back; at 0 it counts as shut."""
    return xp.where(z <= 0, 0, g)  # asked this way round, NaN passes


@primitive(
    "a = z if z > 0 else slope · z",
    samples=_Z,
    sample_options=[{}, {"slope": 0.2}],
    corner=lambda xp, z, *, slope=0.01: z if slope != 1 else None,
    steepest=lambda slope=0.01: max(1, abs(slope)),
    homogeneous=True,
)
def leaky_relu(xp, z, *, slope=0.01):
    """Keep the gate a little open below zero.

    Source: Maas, Hannun & Ng, "Rectifier nonlinearities improve neural network acoustic models"
    (2013).
    """
    return xp.where(z > 0, z, z * lift(slope, z))


@leaky_relu.vjp("z", "da/dz = 1 if z > 0 else slope")
def leaky_relu_wrt_z(xp, g, a, z, *, slope=0.01):
    """Below zero a small part of the gradient still gets through, so the neuron cannot die."""
    return xp.where(z > 0, g, g * lift(slope, z))


@primitive(
    "a = z if z > 0 else alpha · (e^z - 1)",
    samples=_Z,
    sample_options=[{}, {"alpha": 0.5}],
    corner=lambda xp, z, *, alpha=1: z if alpha != 1 else None,
    steepest=lambda alpha=1: max(1, abs(alpha)),
)
def elu(xp, z, *, alpha=1):
    """Level off smoothly below zero.

    Source: Clevert, Unterthiner & Hochreiter, "Fast and accurate deep network learning by
    exponential linear units" (2016), equation 15.
    """
    return xp.where(z > 0, z, lift(alpha, z) * xp.expm1(xp.minimum(z, 0)))


@elu.vjp("z", "da/dz = 1 if z > 0 else alpha · e^z")
def elu_wrt_z(xp, g, a, z, *, alpha=1):
    """Below zero the slope is the distance that is left to the floor."""
    return xp.where(z > 0, g, g * lift(alpha, z) * xp.exp(xp.minimum(z, 0)))


@primitive("a = 1 / (1 + e^-z)", samples=_Z, steepest=0.25)
def sigmoid(xp, z):
    """Turn any number into a share between 0 and 1."""
    e = xp.exp(-xp.abs(z))  # at most 1, so that nothing overflows on either side
    return xp.where(z < 0, e, 1) / (1 + e)


@sigmoid.vjp("z", "da/dz = a · (1 - a)", sizes=lambda xp, g, a, z: g)
def sigmoid_wrt_z(xp, g, a, z):
    """Steepest at z = 0 and flat far out: a saturated neuron passes almost no gradient back."""
    return g * a * (1 - a)


@primitive("a = tanh z", samples=_Z, steepest=1)
def tanh(xp, z):
    """Turn any number into one between -1 and 1, with 0 in the middle."""
    return xp.tanh(z)


@tanh.vjp("z", "da/dz = 1 - a^2", sizes=lambda xp, g, a, z: g)
def tanh_wrt_z(xp, g, a, z):
    """Slope 1 in the middle and flat far out."""
    return g * (1 - a * a)


@primitive("a = ln(1 + e^z)", samples=_Z)
def softplus(xp, z):
    """Bend a ReLU's corner into a curve.

    Source: Dugas et al., "Incorporating second-order functional knowledge" (2001).
    """
    return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))


@softplus.vjp("z", "da/dz = sigmoid(z)")
def softplus_wrt_z(xp, g, a, z):
    """The gate opens gradually instead of at once."""
    return g * sigmoid(z)


@primitive("a = z/2 · (1 + tanh(√(2/π) · (z + 0.044715·z^3)))", samples=_Z, sizes=lambda xp, z: z)
def gelu(xp, z):
    """Weigh z by about the share of a normal distribution that lies below it.

    Source: Hendrycks & Gimpel, "Gaussian error linear units" (2016), the tanh form.
    """
    z = xp.maximum(z, -_GELU_ENDS)
    return z * (1 + xp.tanh(_gelu_bend(xp.minimum(z, _GELU_ENDS)))) / 2


@gelu.vjp(
    "z",
    "da/dz = (1 + t)/2 + z/2 · (1 - t^2) · √(2/π) · (1 + 3·0.044715·z^2),  "
    "t = tanh(√(2/π) · (z + 0.044715·z^3))",
    sizes=lambda xp, g, a, z: g * (1 + z + z * z * z),
)
def gelu_wrt_z(xp, g, a, z):
    """Almost 1 far above zero, almost 0 far below, and a little negative from -0.75 down."""
    z = xp.maximum(xp.minimum(z, _GELU_ENDS), -_GELU_ENDS)  # z^3 does not overflow
    t = xp.tanh(_gelu_bend(z))
    bend = lift(_ROOT_2_PI, z) * (1 + 3 * lift(0.044715, z) * z * z)
    return g * ((1 + t) + z * (1 - t * t) * bend) / 2


def _gelu_bend(z):
    return lift(_ROOT_2_PI, z) * (z + lift(0.044715, z) * z * z * z)


@primitive("a = z · sigmoid(z)", samples=_Z)
def silu(xp, z):
    """Let z decide by itself how much of it passes.

    Source: Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units" (2018).
    """
    return z * sigmoid(z)


@silu.vjp("z", "da/dz = s + a · (1 - s),  s = sigmoid(z)", sizes=lambda xp, g, a, z: g * (1 + z))
def silu_wrt_z(xp, g, a, z):
    """The gate's own share, and what opening the gate further would let through."""
    s = sigmoid(z)
    return g * (s + a * (1 - s))


@primitive("a_k = e^z_k / Σ_j e^z_j", samples=_ROWS)
def softmax(xp, z):
    """Turn a row of scores into shares that add up to 1."""
    e = xp.exp(z - xp.max(z, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


@softmax.vjp(
    "z",
    "da_k/dz_j = a_k · ([k = j] - a_j)",
    sizes=lambda xp, g, a, z: a * (g + xp.sum(g * a, axis=-1, keepdims=True)),
)
def softmax_wrt_z(xp, g, a, z):
    """The shares compete: what one score gains, the others lose in proportion to their size."""
    return a * (g - xp.sum(g * a, axis=-1, keepdims=True))


@primitive("a_k = z_k - ln Σ_j e^z_j", samples=_ROWS, sizes=lambda xp, z: 1 + z)
def log_softmax(xp, z):
    """Take the logarithm of the shares without ever forming a share too small to hold."""
    shifted = z - xp.max(z, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


@log_softmax.vjp(
    "z",
    "da_k/dz_j = [k = j] - e^a_j",
    sizes=lambda xp, g, a, z: g + xp.exp(a) * xp.sum(g, axis=-1, keepdims=True),
)
def log_softmax_wrt_z(xp, g, a, z):
    """A score helps its own share and costs every share its portion."""
    return g - xp.exp(a) * xp.sum(g, axis=-1, keepdims=True)
