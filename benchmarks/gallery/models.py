"""Wrong gradients of larger models, with NumPy: recurrence, filter, chain, survival, norm, code."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.gallery.entry import NAMELESS, Entry, function_entries
from chainrule.arrays import asarray


def remembered(p):
    """A recurrence of 60 steps that starts at a parameter."""
    h = p["h"]
    for step in range(60):
        h = cr.tanh(p["w"] * h + p["x"] * math.sin(step))
    return (h - 0.3) ** 2


def remembered_slopes(p, *, first=1):
    hs = [p["h"]]
    for step in range(60):
        hs.append(math.tanh(p["w"] * hs[-1] + p["x"] * math.sin(step)))
    slopes, d = {"w": 0.0, "x": 0.0}, 2 * (hs[-1] - 0.3)
    for step in reversed(range(60)):
        dz = d * (1 - hs[step + 1] ** 2)
        slopes["w"] += dz * hs[step]
        slopes["x"] += dz * math.sin(step)
        d = dz * p["w"]
    return {**slopes, "h": first * d}


REMEMBERED_SLIPS = (("the start gets nothing", {"first": 0}, r"gradient of h is missing"),)

SEEN = (0.4, -0.9, 1.3, 0.2)


def filtered(p):
    """Minus the log-likelihood of a Kalman filter of one number (Särkkä 2013, chapter 12)."""
    mean, spread, loss = 0.0, 1.0, 0.0
    for y in SEEN:
        mean, spread = p["a"] * mean, p["a"] ** 2 * spread + p["q"]
        total, miss = spread + p["r"], y - mean
        loss = loss + (cr.log(total) + miss**2 / total) / 2
        gain = spread / total
        mean, spread = mean + gain * miss, (1 - gain) * spread
    return loss


def filtered_slopes(p, *, determinant=1, gain=1):
    """Each step with its slope along one number."""
    slopes, a = {}, p["a"]
    for name in p:
        m, v, dm, dv, slope = 0.0, 1.0, 0.0, 0.0, 0.0
        for y in SEEN:
            m, dm = a * m, a * dm + (name == "a") * m
            v, dv = a**2 * v + p["q"], a**2 * dv + (name == "a") * 2 * a * v + (name == "q")
            s, ds, e = v + p["r"], dv + (name == "r"), y - m
            slope += determinant * ds / s / 2 - e * dm / s - (e / s) ** 2 * ds / 2
            k, dk = v / s, gain * (dv * s - v * ds) / s**2
            m, dm = m + k * e, dm + dk * e - k * dm
            v, dv = (1 - k) * v, (1 - k) * dv - dk * v
        slopes[name] = slope
    return slopes


FILTERED_SLIPS = (
    ("log S is forgotten", {"determinant": 0}, r"edge from log.* is missing.* every step"),
    ("the gain counts as a constant", {"gain": 0}, NAMELESS),
)

TAGS = [0, 2, 1, 1]


def chain(p):
    """The loss of a conditional random field (Lafferty, McCallum and Pereira 2001)."""
    ahead = p["tag"][0]
    for row in p["tag"][1:]:
        ahead = np.logaddexp.reduce(ahead[:, None] + p["pair"]) + row
    told = p["tag"][range(4), TAGS].sum() + p["pair"][TAGS[:-1], TAGS[1:]].sum()
    return np.logaddexp.reduce(ahead) - told


def chain_slopes(p, *, told=1, behind=1, turn=False):
    """The probability of each tag and pair, by going forward and back, less those told."""
    tag, pair = p["tag"], p["pair"]
    fore, back = [tag[0]], [np.zeros(3)]
    for row in tag[1:]:
        fore.append(np.logaddexp.reduce(fore[-1][:, None] + pair) + row)
    for row in tag[:0:-1]:
        back.insert(0, behind * np.logaddexp.reduce(pair + row + back[0], axis=1))
    together = zip(fore, tag[1:], back[1:], strict=False)
    scores = [f[:, None] + pair + row + b for f, row, b in together]
    of_pairs = sum(np.exp(s - np.logaddexp.reduce(s, axis=None)) for s in scores)
    ways = zip(fore, back, strict=True)
    of_tags = np.array([np.exp(f + b - np.logaddexp.reduce(f + b)) for f, b in ways])
    of_tags[range(4), TAGS] -= told
    pairs = (TAGS[1:], TAGS[:-1]) if turn else (TAGS[:-1], TAGS[1:])
    np.subtract.at(of_pairs, pairs, told)
    return {"tag": of_tags, "pair": of_pairs}


CHAIN_SLIPS = (
    ("the told tags are not subtracted", {"told": 0}, NAMELESS),
    ("the way back is left out", {"behind": 0}, NAMELESS),
    ("the told pairs are turned round", {"turn": True}, NAMELESS),
)

PLACES, HEIGHTS = np.linspace(0, 1, 6), np.array([0.3, -0.8, 1.1, 0.4, -0.2, 0.9])
APART = (PLACES[:, None] - PLACES) ** 2


def process(p):
    """Minus the log-likelihood of a Gaussian process (Rasmussen and Williams 2006, eq. 5.8)."""
    smooth = p["s"] ** 2 * np.exp(-APART / (2 * p["l"] ** 2))
    root = np.linalg.cholesky(smooth + p["n"] ** 2 * np.eye(6))
    z = np.linalg.solve(root, HEIGHTS)
    return z @ z / 2 + np.log(np.diag(root)).sum()


def process_slopes(p, *, determinant=1, power=3):
    """The same book's equation 5.9."""
    smooth = p["s"] ** 2 * np.exp(-APART / (2 * p["l"] ** 2))
    inverse = np.linalg.inv(smooth + p["n"] ** 2 * np.eye(6))
    alpha = inverse @ HEIGHTS
    outer = (determinant * inverse - np.outer(alpha, alpha)) / 2
    slopes = {"s": 2 * smooth / p["s"], "l": smooth * APART / p["l"] ** power}
    slopes["n"] = 2 * p["n"] * np.eye(6)
    return {name: (outer * slope).sum() for name, slope in slopes.items()}


PROCESS_SLIPS = (
    ("the determinant is forgotten", {"determinant": 0}, NAMELESS),
    ("l² for l³", {"power": 2}, NAMELESS),
)


def grown(p):
    """Logistic growth, by the classical method of Runge and Kutta."""
    y = p["y"]
    for _ in range(4):
        a = growth(p, y)
        b = growth(p, y + 0.1 * a)
        c = growth(p, y + 0.1 * b)
        y = y + 0.2 / 6 * (a + 2 * b + 2 * c + growth(p, y + 0.2 * c))
    return (y - 1) ** 2


def growth(p, y):
    return p["r"] * y * (1 - y / p["k"])


def grown_slopes(p, *, euler=False, both=2):
    """Each step with its slope along one number."""
    slopes = {}
    for name in p:

        def rate(y, dy, name=name):
            slope = p["r"] * (1 - both * y / p["k"]) * dy
            if name == "r":
                slope += y * (1 - y / p["k"])
            if name == "k":
                slope += p["r"] * (y / p["k"]) ** 2
            return growth(p, y), slope

        y, dy = p["y"], float(name == "y")
        for _ in range(4):
            a, da = rate(y, dy)
            b, db = rate(y + 0.1 * a, dy + 0.1 * da)
            c, dc = rate(y + 0.1 * b, dy + 0.1 * db)
            d, dd = rate(y + 0.2 * c, dy + 0.2 * dc)
            y += 0.2 / 6 * (a + 2 * b + 2 * c + d)
            dy += 0.2 * da if euler else 0.2 / 6 * (da + 2 * db + 2 * dc + dd)
        slopes[name] = 2 * (y - 1) * dy
    return slopes


GROWN_SLIPS = (
    ("the slope takes steps of Euler", {"euler": True}, NAMELESS),
    ("y·(1 - y) for y·(1 - 2y)", {"both": 1}, NAMELESS),
)

TIMES, DIED = np.array([3, 1, 6, 2, 5, 4, 0]), np.array([1, 0, 1, 1, 0, 1, 1])
TRAITS = np.array(
    [[0.4, 1.2], [-0.7, 0.3], [1.5, -0.6], [0.1, 0.8], [-1.1, 0.5], [0.9, -1.4], [0.2, 0.6]]
)


def survived(p):
    """Minus the log of the partial likelihood of Cox (1972)."""
    risk = TRAITS @ p["b"]
    left = [np.log(np.exp(risk[time <= TIMES]).sum()) for time in TIMES]
    return DIED @ (left - risk)


def survived_slopes(p, *, died=DIED, left=np.less_equal):
    weight, slopes = np.exp(TRAITS @ p["b"]), np.zeros(2)
    for time, trait, counts in zip(TIMES, TRAITS, died, strict=True):
        at_risk = left(time, TIMES) * weight
        slopes += counts * (at_risk @ TRAITS / at_risk.sum() - trait)
    return {"b": slopes}


SURVIVED_SLIPS = (
    ("those who left count as dead", {"died": np.ones(7)}, NAMELESS),
    ("the risk set is that of before", {"left": np.greater_equal}, NAMELESS),
)

MASS = np.array([0.2, 0.5, 0.3])


def carried(p):
    """The cost of a transport after three rounds of Sinkhorn (Cuturi 2013)."""
    kernel, v = np.exp(-p["cost"]), np.ones(3)
    for _ in range(3):
        u = MASS / (kernel @ v)
        v = MASS / (kernel.T @ u)
    return (u[:, None] * kernel * v * p["cost"]).sum()


def carried_slopes(p, *, rounds=3):
    kernel, v, trace = np.exp(-p["cost"]), np.ones(3), []
    for _ in range(3):
        before, u = v, MASS / (kernel @ v)
        v = MASS / (kernel.T @ u)
        trace.append((before, u, v))
    worth = kernel * p["cost"]
    dk, du, dv = u[:, None] * v * p["cost"], worth @ v, u @ worth
    for before, u, v in trace[: -rounds - 1 : -1]:
        down = -dv * v**2 / MASS
        up = -(du + kernel @ down) * u**2 / MASS
        dk = dk + np.outer(u, down) + np.outer(up, before)
        du, dv = np.zeros(3), kernel.T @ up
    return {"cost": trace[-1][1][:, None] * kernel * trace[-1][2] - dk * kernel}


CARRIED_SLIPS = (
    ("the plan counts as a constant", lambda p: carried_slopes(p, rounds=0), NAMELESS),
    ("only the last round is gone back", {"rounds": 1}, NAMELESS),
)

WORDS = np.array([0, 2, 2, 1, 2])


def looked_up(p):
    return np.tanh(p["table"][WORDS] @ p["w"]).sum()


def looked_up_slopes(p, *, add=True):
    rows = p["table"][WORDS]
    d, slopes = 1 - np.tanh(rows @ p["w"]) ** 2, np.zeros_like(p["table"])
    if add:
        np.add.at(slopes, WORDS, np.outer(d, p["w"]))
    else:
        slopes[WORDS] += np.outer(d, p["w"])
    return {"table": slopes, "w": rows.T @ d}


LOOKED_UP_SLIPS = (("`g[rows] += d` for np.add.at", {"add": False}, NAMELESS),)

SCORES = np.array([[0.4, -1.3, 0.8], [1.1, 0.2, -0.7], [-0.9, 0.6, 1.5], [0.1, -0.4, 0.3]])


def normalised(p):
    """Batch normalisation with a gain and a bias."""
    x = p["x"]
    mean = cr.mean(x, axis=0)
    scale = cr.sqrt(cr.mean((x - mean) ** 2, axis=0) + 1e-3)
    return cr.sum(((x - mean) / scale * p["g"] + p["b"]) * asarray(SCORES.tolist()))


def normalised_slopes(p, *, gain=True, mean=1, spread=1, n=4, each=4, bias=np.sum):
    x = np.array(p["x"])
    scale = np.sqrt(x.var(0) + 1e-3)
    a = (x - x.mean(0)) / scale
    d = SCORES * p["g"] if gain else SCORES
    dx = (d - mean * d.sum(0) / n - spread * a * (d * a).sum(0) / min(n, each)) / scale
    return {"x": dx, "g": (SCORES * a).sum(0), "b": bias(SCORES, axis=0)}


NORMALISED_SLIPS = (
    ("the gain is left out: Knet.jl#288", {"gain": False}, r"the factor g is left out"),
    ("the mean counts as a constant", {"mean": 0}, r"back to mean\(x\) is missing"),
    ("the spread counts as a constant", {"spread": 0}, r"sqrt\(.* (missing|a constant)"),
    ("both count as constants", {"mean": 0, "spread": 0}, r"are treated as constants"),
    ("the spread's share is not averaged", {"each": 1}, r"sqrt\(.* not divided by the 4 examples"),
    ("the bias gets the mean", {"bias": np.mean}, r"of b is divided by the 4 examples|the mean is"),
    ("n - 1 for n", {"n": 3}, NAMELESS),
)

NOISE, SIGHT = SCORES[:, :2] / 2, SCORES[:, 1:]


def encoded(p):
    """A variational autoencoder that decodes by the identity: its noise is drawn beforehand."""
    drawn = p["m"] + cr.exp(0.5 * p["v"]) * asarray(NOISE.tolist())
    missed = cr.mean(cr.sum((drawn - asarray(SIGHT.tolist())) ** 2, axis=1))
    apart = cr.mean(cr.sum(1 + p["v"] - p["m"] ** 2 - cr.exp(p["v"]), axis=1))
    return missed - 0.5 * apart


def encoded_slopes(p, *, half=0.5, noise=NOISE, apart=1.0, n=4, average=4, grown=np.exp):
    m, v = np.array(p["m"]), np.array(p["v"])
    d = 2 * (m + np.exp(0.5 * v) * NOISE - SIGHT) / n
    dv = d * noise * half * np.exp(0.5 * v) - 0.5 * apart * (1 - grown(v)) / min(n, average)
    return {"m": d + apart * m / min(n, average), "v": dv}


ENCODED_SLIPS = (
    ("the noise is left out", {"noise": 1.0}, r"the constant factor is left out"),
    ("the half of the exponent is left out", {"half": 1.0}, r"the factor 0\.5 is left out"),
    ("the divergence has the wrong sign", {"apart": -1.0}, r"the term 0\.5.* the wrong sign"),
    ("the divergence is left out", {"apart": 0.0}, r"the term 0\.5.* is missing"),
    ("the divergence is not averaged", {"average": 1}, r"the term 0\.5.* not divided by the 4"),
    ("nothing is averaged", {"n": 1}, r"every gradient is not divided by the 4 examples"),
    ("1 for e^v", {"grown": np.ones_like}, r"derivative of exp is left out|exp\(v\).* missing"),
)

TABLE = np.array([[0.3, -1.1, 0.7], [1.2, 0.4, -0.5], [-0.8, 0.9, 0.2], [0.6, -0.3, 1.4]])

STATE = {"generic": {"w": 1.3, "x": 0.7, "h": 0.4}}
FILTER = {"generic": {"a": 0.8, "q": 0.53, "r": 0.31}, "round": {"a": 1.0, "q": 0.5, "r": 2.0}}
CHAIN = {"generic": {"tag": TABLE, "pair": TABLE[:3] ** 2}}
KERNEL = {"generic": {"s": 1.1, "l": 0.3, "n": 0.4}, "round": {"s": 1.0, "l": 0.5, "n": 0.5}}
GROWTH = {"generic": {"r": 1.3, "k": 2.1, "y": 0.2}}
RISK = {"generic": {"b": np.array([0.7, -0.4])}, "round": {"b": np.array([1.0, -0.5])}}
COST = {"generic": {"cost": abs(TABLE[:3])}}
TEXT = {"generic": {"table": TABLE, "w": np.array([0.7, -0.4, 1.1])}}
BATCH = {"generic": {"x": TABLE.tolist(), "g": [1.2, -0.7, 0.5], "b": [0.1, 0.3, -0.2]}}
CODE = {"generic": {"m": TABLE[:, :2].tolist(), "v": TABLE[:, 1:].tolist()}}

FAMILIES: tuple[tuple[str, Any, Any, dict[str, Any], Any], ...] = (
    ("60 steps of a recurrence", remembered, remembered_slopes, STATE, REMEMBERED_SLIPS),
    ("Kalman filter", filtered, filtered_slopes, FILTER, FILTERED_SLIPS),
    ("random field", chain, chain_slopes, CHAIN, CHAIN_SLIPS),
    ("Gaussian process", process, process_slopes, KERNEL, PROCESS_SLIPS),
    ("Runge-Kutta", grown, grown_slopes, GROWTH, GROWN_SLIPS),
    ("Cox", survived, survived_slopes, RISK, SURVIVED_SLIPS),
    ("Sinkhorn", carried, carried_slopes, COST, CARRIED_SLIPS),
    ("batch norm", normalised, normalised_slopes, BATCH, NORMALISED_SLIPS),
    ("variational autoencoder", encoded, encoded_slopes, CODE, ENCODED_SLIPS),
    ("embedding with NumPy", looked_up, looked_up_slopes, TEXT, LOOKED_UP_SLIPS),
)


def entries() -> Iterator[Entry]:
    return function_entries(FAMILIES)
