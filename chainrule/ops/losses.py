"""How wrong one example is: a loss per row, to be averaged over the batch.

Each takes the outputs and the targets as tables of the same shape `(batch, outputs)` and returns
`(batch,)`. A loss never broadcasts.
"""

from chainrule.autodiff import Labelled, primitive
from chainrule.errors import KindError, OptionError, ShapeError, shown
from chainrule.ops.activations import log_softmax, sigmoid, softmax
from chainrule.ops.constants import lift

_HUGE = 1e38  # stands for infinity in every float, and times 0 it is 0
_ERRORS = [
    ([[3.5]], [[4.0]]),
    ([[1.0, -2.0], [0.5, 4.0], [2.0, 1.0]], [[0.5, 1.0], [0.25, -1.0], [1.25, 3.5]]),
]
_SIGNS = [([[0.4]], [[1.0]]), ([[1.5, -2.0], [0.5, 0.3]], [[1.0, -1.0], [-1.0, 1.0]])]
_SHARES = [([[0.4]], [[1.0]]), ([[1.5, -2.0], [0.5, 0.3]], [[1.0, 0.0], [0.25, 0.75]])]


@primitive("L = Σ_k (a_k - y_k)^2 / outputs", samples=_ERRORS)
def squared_error(xp, a, y):
    """Count a miss by its square, so that one large miss costs more than two small ones."""
    _same_shape(a, y)
    return xp.mean((a - y) * (a - y), axis=-1)


@squared_error.vjp(
    "a",
    "dL/da_k = 2·(a_k - y_k) / outputs",
    sizes=lambda xp, g, loss, a, y: xp.expand_dims(g, axis=-1) * 2 * (a + y),
)
def squared_error_wrt_a(xp, g, loss, a, y):
    """Grows with the miss: above zero where the answer is too high, below where it is too low."""
    return xp.expand_dims(g, axis=-1) * 2 * (a - y) / a.shape[-1]


@primitive(
    "L = Σ_k |a_k - y_k| / outputs", samples=_ERRORS, corner=lambda xp, a, y: a - y, steepest=1
)
def absolute_error(xp, a, y):
    """Count a miss by its size."""
    _same_shape(a, y)
    return xp.mean(xp.abs(a - y), axis=-1)


@absolute_error.vjp("a", "dL/da_k = sign(a_k - y_k) / outputs")
def absolute_error_wrt_a(xp, g, loss, a, y):
    """The same for every miss: only its side counts; 0 at the target."""
    g = xp.expand_dims(g, axis=-1) / a.shape[-1]
    return xp.where(xp.equal(a, y), 0, xp.where(a < y, -g, g))


@primitive(
    "L = Σ_k (d^2/2 if |d| <= delta else delta·(|d| - delta/2)) / outputs,  d = a_k - y_k",
    samples=_ERRORS,
    sample_options=[{}, {"delta": 2.0}],
)
def huber(xp, a, y, *, delta=1):
    """Count small misses by their square and large ones by their size.

    Source: Huber, "Robust estimation of a location parameter" (1964).
    """
    _same_shape(a, y)
    if not delta > 0:
        raise OptionError(f"the delta of a huber loss is above 0; found {shown(delta)}")
    delta = lift(delta, a)
    size = xp.abs(a - y)
    return xp.mean(xp.where(size <= delta, size * size / 2, delta * (size - delta / 2)), axis=-1)


@huber.vjp(
    "a",
    "dL/da_k = max(-delta, min(d, delta)) / outputs,  d = a_k - y_k",
    sizes=lambda xp, g, loss, a, y, **_: xp.expand_dims(g, axis=-1) * (a + y),
)
def huber_wrt_a(xp, g, loss, a, y, *, delta=1):
    """Grows with the miss up to a limit, so that no outlier outweighs the rest."""
    delta = lift(delta, a)
    return xp.expand_dims(g, axis=-1) * xp.maximum(xp.minimum(a - y, delta), -delta) / a.shape[-1]


@primitive(
    "L = Σ_k max(0, 1 - y_k·a_k) / outputs,  y = ±1",
    samples=_SIGNS,
    corner=lambda xp, a, y: 1 - y * a,
    steepest=1,
)
def hinge(xp, a, y):
    """Ask for the right sign with a margin of 1, and for nothing more.

    Source: Cortes & Vapnik, "Support-vector networks" (1995).
    """
    _same_shape(a, y)
    return xp.mean(xp.maximum(1 - y * a, 0), axis=-1)


@hinge.vjp("a", "dL/da_k = 0 if y_k·a_k >= 1 else -y_k / outputs")
def hinge_wrt_a(xp, g, loss, a, y):
    """An output that is right by the margin is left alone; the others get the same push."""
    return xp.where(y * a >= 1, 0, -(xp.expand_dims(g, axis=-1) * y) / a.shape[-1])


@primitive("L = -Σ_k t_k · ln p_k,  p = softmax(z)", samples=_SHARES)
def softmax_cross_entropy(xp, z, t):
    """Count the surprise, in nats, at the true class; z are the scores before the softmax.

    Source: Goodfellow, Bengio & Courville, "Deep Learning" (2016), section 6.2.2.3.
    """
    _same_shape(z, t)
    surprise = log_softmax(z)
    loss = -xp.sum(t * surprise, axis=-1)
    if _are_numbers(loss):
        return loss
    held = xp.maximum(surprise, lift(-_HUGE, z))  # a class ruled out, and not the target: 0 · -inf
    return -xp.sum(t * xp.where(xp.equal(t, 0), held, surprise), axis=-1)


@softmax_cross_entropy.vjp(
    "z",
    "dL/dz_k = p_k · Σt - t_k",
    sizes=lambda xp, g, loss, z, t: xp.expand_dims(g, axis=-1) * (1 + t),
)
def softmax_cross_entropy_wrt_z(xp, g, loss, z, t):
    """Softmax and logarithm cancel: what is left is the share given minus the share due."""
    due = xp.sum(t, axis=-1, keepdims=True)
    return xp.expand_dims(g, axis=-1) * (softmax(z) * due - t)


@softmax_cross_entropy.vjp("t", "dL/dt_k = -ln p_k")
def softmax_cross_entropy_wrt_t(xp, g, loss, z, t):
    """Moving target weight to a class costs the surprise at that class."""
    return -(xp.expand_dims(g, axis=-1) * log_softmax(z))


@primitive(
    "L = -Σ_k (t_k · ln p_k + (1 - t_k) · ln(1 - p_k)) / outputs,  p = sigmoid(z)", samples=_SHARES
)
def sigmoid_cross_entropy(xp, z, t):
    """Count the surprise, in nats, at yes-or-no answers; z are the scores before the sigmoid."""
    _same_shape(z, t)
    size = xp.abs(z)
    loss = xp.mean(xp.maximum(z, 0) - z * t + xp.log1p(xp.exp(-size)), axis=-1)
    if _are_numbers(loss):
        return loss
    against = xp.where(z >= 0, 1 - t, t)  # how much of the target speaks for the other side
    held = xp.where(xp.equal(against, 0), xp.minimum(size, lift(_HUGE, z)), size)  # not 0 · inf
    return xp.mean(held * against + xp.log1p(xp.exp(-size)), axis=-1)


@sigmoid_cross_entropy.vjp(
    "z",
    "dL/dz_k = (p_k - t_k) / outputs",
    sizes=lambda xp, g, loss, z, t: xp.expand_dims(g, axis=-1) * (1 + t),
)
def sigmoid_cross_entropy_wrt_z(xp, g, loss, z, t):
    """Sigmoid and logarithm cancel: what is left is the share given minus the share due."""
    return xp.expand_dims(g, axis=-1) * (sigmoid(z) - t) / z.shape[-1]


@sigmoid_cross_entropy.vjp("t", "dL/dt_k = -z_k / outputs")
def sigmoid_cross_entropy_wrt_t(xp, g, loss, z, t):
    """Asking for more of a yes costs as much as the score speaks for no."""
    return -(xp.expand_dims(g, axis=-1) * z) / z.shape[-1]


def _same_shape(a, y):
    if a.shape != y.shape:
        raise ShapeError(
            f"the outputs have shape {tuple(a.shape)} and the targets {tuple(y.shape)}; "
            "a loss compares entry by entry, so give one target per output"
        )


def _are_numbers(loss):
    """Whether no entry is NaN; what has no value yet, as within `jax.jit`, may be.

    A recording and a formula hold for any scores, and are written for those of a network: finite.
    """
    if isinstance(loss, Labelled):
        return True
    try:
        total = loss.sum()  # NaN if one of them is, in one call
        return bool(total == total)
    except KindError:
        return True
    except TypeError:
        return False
