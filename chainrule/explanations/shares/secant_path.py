"""The path integral along a long way, by a chain rule of differences, which no corner disturbs.

The gradient of a ReLU network jumps wherever a unit opens or shuts, which no rule for smooth
functions likes, and on a long way that happens often. Differences have a chain rule of their own:
what an op's result changes by is shared out among the changes of its inputs, exactly, op after op
from the loss back to the weights. A unit that opens on the way then counts for the part of its
change that was heard. So the shares of a piece of the way add up to its change of the loss
whatever its length, and more pieces only bring them nearer to the path integral.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite, prod, sqrt
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.autodiff import Labelled, Tensor, backward, origin_of, tape, unbroadcast
from chainrule.errors import KindError
from chainrule.explanations.shares.path_integral import (
    ROUNDING,
    STEADY,
    TOLERANCE,
    PathIntegral,
    size_of,
    sum_of,
)
from chainrule.nn import Layout
from chainrule.ops import mean
from chainrule.words import counted

LEAST_SPLITS, MOST_SPLITS = 1, 32
"""The pieces that a way is split into at first, and at most."""

MOST_HELD = 100_000
"""So many numbers the runs of a way may hold together; three are held in any case."""

SAME = 2e-6
"""So near, as a part of their size, two values are one, and the slope stands for the secant."""

GAUSS = 1 / sqrt(3)
"""The mean of the values at minus and plus this place of [-1, 1] is exact up to degree 3."""

Weights = Mapping[str, Any]
Run = tuple[dict[str, Tensor], list[Tensor]]
"""The weights at a place of the way, and the tape that ends in the mean loss there."""

Piece = Callable[[float, float], tuple[dict[str, Any], Any, Any]]
"""From two places of the way, from 0 to 1, to the mean gradient between them and both losses."""


def gradients(pieces: int) -> int:
    """What so many pieces cost: each runs forwards twice and walks back once, 4/3 of a gradient."""
    return -(-4 * pieces // 3)


def secant_path_integral(
    piece: Piece, start: Weights, end: Weights, layout: Layout, *, least_splits: int = LEAST_SPLITS
) -> PathIntegral:
    """Share the change of the loss from `start` to `end` out among the weights.

    The way is cut into twice as many pieces until the shares have settled. The error of the plain
    shares falls as the square of a piece's length, so a third of what the last halving moved them
    by is added to them; no more than a quarter of what that moves by is then left.

    Args:
        piece: The mean gradient between two places of the way; see `pieces_of`.
        start: The weights by name.
        end: The same later.
        layout: Their order.
        least_splits: The pieces to begin with.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.ops import relu
        >>> start, end = {"w": xp.asarray([-1.0])}, {"w": xp.asarray([2.0])}
        >>> piece = pieces_of(lambda p: relu(p["w"]), start, end)
        >>> shared = secant_path_integral(piece, start, end, Layout({"w": (1,)}))
        >>> shared.entries.tolist(), shared.measured, shared.trusted
        ([2.0], 2.0, True)

    Source: Shrikumar, Greenside & Kundaje, "Learning important features through propagating
    activation differences" (2017), section 3.5.1, whose rescale rule is the secant; here it is
    taken to weights and, piece by piece, to the limit of the path integral.
    """
    coarse: dict[str, Any] = {}
    entries: dict[str, Any] = {}
    splits, pieces = least_splits, 0
    while True:
        shares, before, after = _shared(piece, start, end, splits)
        pieces += splits
        size = moved = 0.0
        for name, share in shares.items():
            entry = share + (share - coarse.pop(name, share)) / 3
            size += size_of(entry)
            moved += size_of(entry - entries.pop(name, 0))
            entries[name] = entry
        coarse = shares
        explained = sum(map(sum_of, entries.values()))
        rounding = ROUNDING * max(abs(before), abs(after))
        residual = abs(after - before - explained)
        settled = moved / 4 <= STEADY * size + rounding
        trusted = settled and residual <= TOLERANCE * abs(after - before) + rounding
        if trusted or splits == MOST_SPLITS or not isfinite(residual):
            break
        splits *= 2
    return PathIntegral(
        entries=layout.join(namespace_of(next(iter(entries.values()))), entries),
        measured=after - before,
        explained=explained,
        splits=splits,
        gradients=gradients(pieces),
        trusted=trusted,
        end=(after, None),
    )


def _shared(
    piece: Piece, start: Weights, end: Weights, splits: int
) -> tuple[dict[str, Any], float, float]:
    """The shares from so many pieces, and the losses at both ends."""
    means, first, last = piece(0.0, 1 / splits)
    total = {name: means.pop(name) + 0.0 for name in start}  # two may be one array
    for part in counted(range(1, splits)):
        means, _, last = piece(part / splits, (part + 1) / splits)
        for name in start:
            total[name] += means.pop(name)  # in place, since there may be many weights
    shares = {n: (end[n] - w) * (total.pop(n) / splits) for n, w in start.items()}
    return shares, float(first), float(last)


def pieces_of(losses: Callable[[dict[str, Any]], Any], start: Weights, end: Weights) -> Piece:
    """The pieces of a way; what one of them runs, the next finds there.

    Args:
        losses: Takes a dict of tensors and gives the loss of each example.
        start: The weights by name where the way begins.
        end: The same where it ends.
    """
    first = run_at(losses, start, end, 0.0)
    held = MOST_HELD // sum(prod(tensor.shape) for tensor in first[1])

    @lru_cache(maxsize=max(3, min(held, MOST_SPLITS + 1)))  # both ends and the middle, at least
    def run(s: float) -> Run:
        return run_at(losses, start, end, s) if s else first

    return lambda s0, s1: mean_gradient(run(s0), run(s1))


def run_at(losses: Callable[[dict[str, Any]], Any], start: Weights, end: Weights, s: Any) -> Run:
    """Run the losses at a place of the way, from 0 to 1."""
    weights = {n: Tensor(w + (end[n] - w) * s, name=n) for n, w in start.items()}
    loss = mean(losses(dict(weights)))
    return weights, tape(loss if type(loss) is Tensor else Tensor(loss))


def mean_gradient(before: Run, after: Run) -> tuple[dict[str, Any], Any, Any]:
    """`ḡ` with `L(after) - L(before) = Σ ḡ · (w(after) - w(before))`, by one walk back.

    An op that takes each entry by itself hands back its secant `Δa/Δz`; every other its rule,
    averaged over the straight line from its earlier inputs to its later ones, which is exact for
    products.

    Returns:
        It by name, and the mean losses at both places.

    Raises:
        KindError: If the function runs other ops at the later place than at the earlier one.
    """
    (_, early), (weights, late) = before, after
    ops = [[t.origin and t.origin.primitive for t in one] for one in (early, late)]
    if ops[0] != ops[1]:
        raise KindError("the function runs other ops with other weights")
    earlier = {now.serial: then for then, now in zip(early, late, strict=True)}
    middles: dict[int, Any] = {}

    def middle(x: Tensor) -> Any:
        """Half-way between the earlier and the later value; several ops may read one."""
        if x.serial not in middles:
            middles[x.serial] = (earlier[x.serial].value + x.value) / 2
        return middles[x.serial]

    def pull(tensor: Tensor, index: int, g: Any, _: bool = False) -> Any:
        return _share(earlier[tensor.serial], tensor, index, g, middle)

    shares = backward(late[-1], list(weights.values()), pull=pull)
    return dict(zip(weights, shares, strict=True)), early[-1].value, late[-1].value


def _share(
    before: Tensor, after: Tensor, index: int, g: Any, middle: Callable[[Tensor], Any]
) -> Any:
    """One step of the walk: what the change of an op's result owes to that of one input."""
    origin = origin_of(after)
    op, late, options = origin.primitive, origin.values, origin.options
    changed = [n for n, x in enumerate(origin.inputs) if type(x) is Tensor]
    at = list(late)
    if op.traits.multilinear:
        # What is linear in each input looks at no more than the shapes of it and of its result.
        for n in changed:
            if n != index:
                at[n] = middle(origin.inputs[n])
        return op.pull(index, g, after.value, at, options)
    early, reads = origin_of(before).values, op.reads_result[0 if op.sequence else index]

    def rule(side: float = 0.0) -> Any:
        for n in changed:
            half_way = middle(origin.inputs[n])
            at[n] = half_way + (late[n] - early[n]) * side if side else half_way
        result = op.value(namespace_of(g), at, options) if reads else after.value
        return op.pull(index, g, result, at, options)

    if not (op.entrywise and len(changed) == 1):
        return (rule(-GAUSS / 2) + rule(GAUSS / 2)) / 2
    xp, u, v = namespace_of(g), early[index], late[index]
    moved, change = v - u, after.value - before.value
    if _all_moved(xp, moved, v):
        return unbroadcast(g * (change / moved), v.shape)
    same = xp.abs(moved) <= xp.abs(v) * SAME
    secant = unbroadcast(g * (change / xp.where(same, 1, moved)), v.shape)
    return xp.where(same, rule(), secant)


def _all_moved(xp: Any, moved: Any, v: Any) -> bool:
    """Whether the least change is none of rounding; what has no value yet may be too small."""
    if isinstance(moved, Labelled):
        return False
    try:
        return bool(xp.min(xp.abs(moved)) > xp.max(xp.abs(v)) * SAME)
    except (TypeError, ValueError):  # of no entries at all
        return False
