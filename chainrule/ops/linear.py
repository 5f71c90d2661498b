"""Sums of products: the matrix product and a layer's weighted sum."""

from chainrule.autodiff import primitive
from chainrule.errors import ShapeError


@primitive(
    "a_ij = Σ_k x_ik · y_kj",
    samples=[
        ([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]], [[2.0, 1.0], [-0.5, 4.0], [1.5, -3.0]]),
        ([1.0, -2.0], [[2.0, 1.0, 0.5], [-0.5, 4.0, 3.0]]),
        ([[1.0, -2.0], [0.5, 4.0]], [3.0, -0.25]),
        ([1.0, -2.0, 0.5], [3.0, -0.25, 2.0]),
        ([[[1.0, 2.0]], [[-1.0, 0.5]]], [[2.0, 1.0], [-0.5, 4.0]]),
        ([2.0, -1.0], [[[1.0, 0.5], [3.0, -2.0]], [[4.0, 1.5], [-0.5, 2.5]]]),
    ],
    multilinear=True,
)
def matmul(xp, x, y):
    """Multiply rows with columns."""
    return xp.matmul(x, y)


@matmul.vjp("x", "dL/dx = g · yᵀ")
def matmul_wrt_x(xp, g, a, x, y):
    """A row's gradient is what its products brought, weighted by their other factors."""
    g, _, y = _as_matrices(xp, g, x, y)
    return _as_vector(xp, xp.matmul(g, xp.matrix_transpose(y)), x, row=True)


@matmul.vjp("y", "dL/dy = xᵀ · g")
def matmul_wrt_y(xp, g, a, x, y):
    """A column's gradient is what its products brought, weighted by their other factors."""
    g, x, _ = _as_matrices(xp, g, x, y)
    return _as_vector(xp, xp.matmul(xp.matrix_transpose(x), g), y, row=False)


@primitive(
    "z = x · wᵀ + b",
    samples=[
        ([[2.0]], [[1.5]], [0.5]),
        ([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]], [[2.0, 1.0, -0.5], [4.0, 1.5, -3.0]], [0.1, -0.2]),
    ],
    multilinear=True,
)
def weighted_sum(xp, x, w, b):
    """Let every neuron add up its inputs, each times its weight, and its bias."""
    if len(w.shape) != 2:
        raise ShapeError(f"a layer's weights are (neurons, inputs); found {tuple(w.shape)}")
    if len(x.shape) < 2:
        raise ShapeError(
            f"a layer takes a table of shape (rows, {w.shape[1]}); found {tuple(x.shape)}"
        )
    if x.shape[-1] != w.shape[1]:
        raise ShapeError(f"the layer takes {w.shape[1]} inputs and was given {x.shape[-1]}")
    return xp.matmul(x, xp.matrix_transpose(w)) + b


@weighted_sum.vjp("x", "dz/dx = w")
def weighted_sum_wrt_x(xp, g, z, x, w, b):
    """An input reaches every neuron, through the weight that each has for it."""
    return xp.matmul(g, w)


@weighted_sum.vjp("w", "dz/dw = x")
def weighted_sum_wrt_w(xp, g, z, x, w, b):
    """The input scales how much the weight matters: no input, no gradient."""
    return xp.matmul(xp.matrix_transpose(g), x)


@weighted_sum.vjp("b", "dz/db = 1")
def weighted_sum_wrt_b(xp, g, z, x, w, b):
    """The bias is a weight whose input is always 1."""
    return g


def _as_matrices(xp, g, x, y):
    """A vector on the left is a row and one on the right a column; the result's axes follow."""
    if len(y.shape) == 1:
        y = xp.expand_dims(y, axis=-1)
        g = xp.expand_dims(g, axis=-1)
    if len(x.shape) == 1:
        x = xp.expand_dims(x, axis=0)
        g = xp.expand_dims(g, axis=-2)
    return g, x, y


def _as_vector(xp, gradient, like, *, row):
    """Undo `_as_matrices`; what a vector was repeated for is left to the walk to add up."""
    if len(like.shape) > 1:
        return gradient
    shape = gradient.shape
    return xp.reshape(gradient, shape[:-2] + ((shape[-1],) if row else (shape[-2],)))
