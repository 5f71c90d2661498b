"""The same numbers in other places: reshape, transpose, join, pick."""

from collections import defaultdict
from collections.abc import Iterable
from math import prod

from chainrule import arrays
from chainrule.autodiff import namespace, primitive
from chainrule.errors import ShapeError, require_kind, require_place

_TABLE = [([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]],)]


@primitive(
    "a = x, in another shape", samples=_TABLE, sample_options=[{"shape": (3, 2)}], multilinear=True
)
def reshape(xp, x, *, shape):
    """Cut the same row of numbers into other lines."""
    return xp.reshape(x, shape)


@reshape.vjp("x", "da/dx = 1, each entry in its old place")
def reshape_wrt_x(xp, g, a, x, *, shape):
    """Moving a number does not change what it is worth."""
    return xp.reshape(g, x.shape)


@primitive(
    "a = x, with one more axis",
    samples=_TABLE,
    sample_options=[{"axis": 0}, {"axis": -1}],
    multilinear=True,
)
def expand_dims(xp, x, *, axis=0):
    """Write a row as a table of one row."""
    return xp.expand_dims(x, axis=axis)


@expand_dims.vjp("x", "da/dx = 1, each entry in its old place")
def expand_dims_wrt_x(xp, g, a, x, *, axis=0):
    """Moving a number does not change what it is worth."""
    return xp.reshape(g, x.shape)


@primitive("a_ji = x_ij", samples=_TABLE, multilinear=True)
def matrix_transpose(xp, x):
    """Swap rows and columns."""
    return xp.matrix_transpose(x)


@matrix_transpose.vjp("x", "dL/dx = gᵀ")
def matrix_transpose_wrt_x(xp, g, a, x):
    """Swapping back puts every gradient where its number came from."""
    return xp.matrix_transpose(g)


@primitive(
    "a = x, axes reordered",
    samples=[([[[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]],)],
    sample_options=[{"axes": (2, 0, 1)}, {"axes": (1, 0, 2)}, {"axes": (-1, 0, -2)}],
    multilinear=True,
)
def permute_dims(xp, x, *, axes):
    """Put the axes in another order."""
    return xp.permute_dims(x, _from_front(axes))


@permute_dims.vjp("x", "da/dx = 1, each entry in its old place")
def permute_dims_wrt_x(xp, g, a, x, *, axes):
    """The inverse order puts every gradient where its number came from."""
    return xp.permute_dims(g, tuple(map(tuple(_from_front(axes)).index, range(len(axes)))))


def _from_front(axes):
    """Axes counted from the front, since not every library takes others; wrong ones as asked."""
    if min(axes, default=0) >= 0:
        return axes
    counted = tuple(axis + len(axes) if axis < 0 else axis for axis in axes)
    return counted if sorted(counted) == [*range(len(axes))] else axes


@primitive(
    "a = x, repeated to a shape",
    samples=_TABLE,
    sample_options=[{"shape": (2, 2, 3)}],
    multilinear=True,
)
def broadcast_to(xp, x, *, shape):
    """Use the same numbers many times over."""
    return xp.broadcast_to(x, shape)


@broadcast_to.vjp("x", "dL/dx = Σ g over the repeats")
def broadcast_to_wrt_x(xp, g, a, x, *, shape):
    """A number used many times collects the gradient of every use; the walk adds them up."""
    return g


@primitive(
    "a = the arrays end to end",
    samples=[([[1.0, -2.0]], [[3.0, 0.25], [4.0, 2.0]]), ([[1.0]], [[2.0]], [[-3.0]])],
    sample_options=[{}, {"axis": -2}, {"axis": None}],
    sequence=True,
    multilinear=True,
)
def concat(xp, arrays, *, axis=0):
    """Join arrays along an axis."""
    return xp.concat(arrays, axis=axis)


@concat.vjp("arrays", "da/dx = 1, each part from its own stretch")
def concat_wrt_arrays(xp, g, a, arrays, *, index, axis=0):
    """Each part takes back the stretch of the gradient that it filled."""
    sizes = [prod(x.shape) if axis is None else x.shape[axis] for x in arrays[: index + 1]]
    before = 0 if axis is None else axis % len(a.shape)
    part = g[(slice(None),) * before + (slice(sum(sizes[:-1]), sum(sizes)),)]
    return xp.reshape(part, arrays[index].shape) if axis is None else part


@primitive(
    "a = the arrays side by side",
    samples=[([1.0, -2.0], [3.0, 0.25]), ([[1.0, 2.0]], [[2.0, 0.5]], [[-3.0, 4.0]])],
    sample_options=[{}, {"axis": -1}],
    sequence=True,
    multilinear=True,
)
def stack(xp, arrays, *, axis=0):
    """Join arrays of one shape along an axis of their own."""
    return xp.stack(arrays, axis=axis)


@stack.vjp("arrays", "da/dx = 1, each array from its own place")
def stack_wrt_arrays(xp, g, a, arrays, *, index, axis=0):
    """Each array takes back the slice of the gradient that it filled."""
    return g[(slice(None),) * (axis % len(a.shape)) + (index,)]


@primitive(
    "a_i = x[indices_i]",
    samples=_TABLE,
    sample_options=[
        {"indices": [1, 0, 1], "axis": 0},
        {"indices": [2, 2], "axis": 1},
        {"indices": [-1, 0, 2], "axis": -1},
    ],
    multilinear=True,
)
def take(xp, x, *, indices, axis=0):
    """Pick entries by their number along an axis; one may be picked more than once."""
    places, shape = _listed(indices), tuple(x.shape)
    if axis is None and len(shape) != 1:  # NumPy would count through all axes
        raise ShapeError(f"take from shape {shape} does not say along which: pass axis=")
    if not -len(shape) <= (axis or 0) < len(shape):
        raise ShapeError(f"take was asked along axis {axis} of shape {shape}, which has none such")
    size = shape[axis or 0]
    kinds = {*map(type, places[:1] if hasattr(indices, "dtype") else places)}
    if list in kinds:
        raise ShapeError("take picks by one list of numbers; found lists in it: use x[indices]")
    known = kinds == {int} and -size <= min(places) <= max(places) < size
    for place in () if known else places:  # where there is no entry, JAX would take NaN
        require_place("entry", place, size)
    numbers = xp.asarray(places) if places else xp.arange(0)  # NumPy takes [] for floats
    return xp.take(x, numbers, axis=axis)


@take.vjp("x", "dL/dx_k = Σ g_i over all i with indices_i = k")
def take_wrt_x(xp, g, a, x, *, indices, axis=0):
    """What was not picked gets nothing, what was picked twice gets both gradients."""
    axis = axis or 0  # None, as the standard has it, for the only one
    picks = defaultdict(list)
    size = x.shape[axis]
    if not size:
        return zeros_like(x)
    for place, index in enumerate(_listed(indices)):
        picks[index % size].append(place)
    nothing = zeros_like(take(x, [0], axis=axis))
    padded = xp.concat([g, nothing], axis=axis)
    last = g.shape[axis]
    total = None
    for turn in range(max(map(len, picks.values()), default=1)):
        places = [picks[k][turn] if len(picks[k]) > turn else last for k in range(size)]
        part = take(padded, places, axis=axis)
        total = part if total is None else total + part
    return total


@primitive("a = 0, in the shape of x", samples=_TABLE)
def zeros_like(xp, x):
    """Stand in where no gradient arrives."""
    return xp.zeros_like(x)


def getitem(x, key):
    """`x[key]` of a tensor: look up which entries the key names, then `take` them.

    Args:
        x: A tensor.
        key: Numbers, slices, `...`, `None`, an index array or a mask, as for arrays.
    """
    parts = key if isinstance(key, tuple) else (key,)
    plain = tuple(arrays.asarray(p) if hasattr(p, "tolist") else p for p in parts)
    own = tuple(p.item() if hasattr(p, "item") and not p.shape else p for p in plain)
    places = arrays.reshape(arrays.arange(prod(x.shape)), x.shape)
    numbers = places[own if isinstance(key, tuple) else own[0]]
    picked = take(reshape(x, (-1,)), numbers.reshape(-1).tolist())
    return reshape(picked, numbers.shape)


def _listed(indices):
    require_kind(indices, Iterable, "take picks entries by a list of their numbers, such as [0]")
    return indices.tolist() if hasattr(indices, "tolist") else list(indices)


namespace.getitem = getitem
