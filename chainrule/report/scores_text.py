"""Scores as text of 80 columns, and as a cell of a notebook with pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chainrule.words import (
    WIDTH,
    answer_text,
    cell,
    draw_in_text,
    figure,
    listed,
    note,
    number,
    paragraph,
    percent_in_table,
    plural,
    quantity,
    safe,
    shortened,
    table,
)

CLASSES = 6
"""So many classes are listed on one screen."""

_BAR, _LONGEST, _BINS_ON_A_SCREEN = 30, 24, 5
_RATES = ("precision", "recall")
_FIGURES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced",
    "log_loss": "log loss",
    "r2": "r²",
    "typical_error": "rmse",
    "mean_error": "mae",
}
"""What is set beside the baselines, by the titles of columns."""

RUNAWAY = 100.0
"""A mean loss above this comes from weights that a training threw out of all bounds."""


def scores_as_text(record: Mapping[str, Any], *, full: bool = False) -> str:
    """Scores for a screen of 80 columns: the baselines first, then what tells classes apart.

    Args:
        record: What `Scores.to_dict` gives.
        full: Every class, and the curves as pictures, too.
    """
    blocks = [_beside(record)]
    if record.get("only_answer"):
        blocks.append([paragraph(one_answer(record))])
    if "accuracy" in record:
        blocks += [*_classes(record, full=full), _trust(record, full=full)]
    elif record.get("residual_quantiles"):
        blocks.append(_residuals(record, full=full))
    blocks.append([paragraph(f"note: {said}") for said in record.get("notes", ())])
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _beside(record: Mapping[str, Any]) -> list[str]:
    """The network's figures, and those of the baselines below them."""
    rows = _figures(record)
    longest = max(len(shortened(name, most=30)) for name, *_ in rows)
    lines = [
        f"{shortened(name, most=30):<{longest}}" + "".join(f"{text:>12}" for text in figures)
        for name, *figures in rows
    ]
    which = record.get("which") or plural(record["rows"], "row")
    lead = [paragraph(f"{which}; loss {number(record['loss'], 4)}")]
    return [*lead, "", *lines, *map(paragraph, filter(None, [beaten(record)]))]


def _figures(record: Mapping[str, Any]) -> list[list[str]]:
    """The titles, and below them the network's figures and those of the baselines."""
    keys = [key for key in _FIGURES if key in record]
    rows = [("this network", record), *((b["name"], b) for b in record["baselines"])]
    return [["", *(_FIGURES[key] for key in keys)]] + [
        [name, *(_shown(key, scores.get(key)) for key in keys)] for name, scores in rows
    ]


def beaten(record: Mapping[str, Any]) -> str:
    """A sentence where a baseline does better; empty where none does."""
    key = "accuracy" if "accuracy" in record else "r2"
    baselines: list[dict[str, Any]] = record["baselines"]
    best = max(baselines, key=lambda baseline: baseline.get(key, 0.0), default={})
    if not best.get(key, 0.0) > record.get(key, 0.0):
        return ""
    cure = "train longer, or, where the held-out loss rises, shorter or with more l2"
    cure = _unlike(record) or _too_wide(record) or cure
    than = "a" if best["name"].startswith("linear") else "saying"
    return f"The network does worse than {than} {best['name']}: {cure}."


def _unlike(record: Mapping[str, Any]) -> str:
    """What to look at first where the rows are unlike those of training."""
    names: Sequence[str] = record.get("unlike", ())
    first = f"look first at {listed(names, flowing=True)}"
    return f"{first}, where these rows are far from all it learned from" if names else ""


def _too_wide(record: Mapping[str, Any]) -> str:
    """What to do where there are so many inputs that the rows can be learned by heart."""
    inputs, rows = record.get("inputs", 0), record.get("learned", 0)
    if not inputs > rows > 0:
        return ""
    return (
        f"with {inputs:,} inputs it can learn {plural(rows, 'row')} by heart; give it more rows, "
        "or leave columns out with --ignore"
    )


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    if "accuracy" in key:
        return percent_in_table(value)
    return f"{value:.4f}" if key == "r2" else answer_text(value)


def one_answer(record: Mapping[str, Any]) -> str:
    """What to do where one class is said of every row."""
    says = f"It says {answer_text(record['only_answer'])} for every row"
    if cure := _unlike(record):
        return f"{says}: {cure}."
    if record["loss"] > RUNAWAY:
        return (
            f"{says}, and with a loss of {number(record['loss'], 3)} its weights are far too "
            "large: train with a smaller learning rate."
        )
    sizes = {each["rows"] for each in record["classes"].values()}
    even = len(sizes) == 1 or record["learned_by_class"]
    weights = "" if even else 'with --class-weight balanced (class_weight="balanced"), '
    return f"{says}: train {weights}longer, or on more rows of the other classes."


def _classes(record: Mapping[str, Any], *, full: bool) -> Iterator[list[str]]:
    """The confusion matrix with precision and recall beside it, or apart where it is too wide."""
    classes = record["classes"]
    names = [shortened(name, most=_LONGEST) for name in classes]
    counts = {(truth, answer): rows for truth, answer, rows in record["confusion"]}
    longest = max(len("truth"), *map(len, names))
    width = max(len("answered"), *map(len, names)) + 2
    count = "weight" if record.get("weighed") else "rows"
    rates = [f"{count:>8}{'precision':>11}{'recall':>8}"]
    for of in classes.values():
        shares = [_shown("accuracy", of[key]) for key in _RATES]
        rates.append(f"{of['rows']:>8,}{shares[0]:>11}{shares[1]:>8}")
    if longest + width * len(names) + len(rates[0]) <= WIDTH and (full or len(names) <= CLASSES):
        head = "".join(f"{name:>{width}}" for name in names)
        lines = [f"{'truth':<{longest}}{head}{rates[0]}"]
        for truth, name, of in zip(classes, names, rates[1:], strict=True):
            cells = "".join(f"{counts.get((truth, answer), 0):>{width},}" for answer in classes)
            lines.append(f"{name:<{longest}}{cells}{of}")
        yield lines
        return
    order = sorted(range(len(names)), key=lambda k: classes[[*classes][k]]["recall"] or 0)
    listed = range(len(names)) if full or len(names) <= CLASSES else order[:CLASSES]
    lines = [f"{'class':<{longest}}{rates[0]}"]
    lines += [f"{names[k]:<{longest}}{rates[k + 1]}" for k in listed]
    if rest := len(names) - len(listed):
        lines.append(f"and {plural(rest, 'class', many='classes')} with more recall; see --full")
    yield lines
    missed = sorted((-n, *pair) for pair, n in counts.items() if pair[0] != pair[1])
    mistakes = [
        f"{-n:>6,}  {shortened(truth, most=30)} taken for {shortened(answer, most=30)}"
        for n, truth, answer in (missed if full else missed[:CLASSES])
    ]
    yield ["commonest mistakes", *mistakes] if mistakes else []


def _trust(record: Mapping[str, Any], *, full: bool) -> list[str]:
    """How sure the answers are beside how often they are right, and how well rows are ranked."""
    bins = record.get("reliability")
    if not bins:
        return []
    count = "weight" if record.get("weighed") else "rows"
    lines = [f"how sure          right {count:>7}   ░ how sure, █ how often right"]
    most = sorted((held["rows"] for held in bins), reverse=True)[:_BINS_ON_A_SCREEN][-1]
    for held in bins:
        if held["rows"] < most and not full:
            continue
        right, sure = round(held["right"] * _BAR), round(held["confidence"] * _BAR)
        bar = ("█" * right + "░" * max(sure - right, 0)).ljust(_BAR)
        lines.append(
            f"{held['low']:.1f} to {held['high']:.1f} {percent_in_table(held['right']):>12} "
            f"{held['rows']:>7,}   {bar.rstrip()}"
        )
    said = f"calibration error {record['calibration_error']:.4f}"
    if "auc" in record:
        several = len(record["classes"]) > 2
        how = "each class against the others, mean" if several else "1 ranks all, 0.5 is chance"
        said += f"; ROC AUC {record['auc']:.4f} ({how})"
    lines.append(said)
    if full and record.get("roc"):
        lines += ["", "true positive rate, above false positive rate", *_dots(record["roc"])]
    return lines


def _residuals(record: Mapping[str, Any], *, full: bool) -> list[str]:
    """Between which values the residuals lie, and where they lie against the answers."""
    shares = ("5%", "25%", "50%", "75%", "95%")
    lines = [
        paragraph("answer minus target, and the part of the rows that lies below"),
        "".join(f"{share:>12}" for share in shares),
        "".join(f"{answer_text(value):>12}" for value in record["residual_quantiles"]),
    ]
    if full:
        lines += ["", "answer minus target, above the answer", *_dots(record["residuals"])]
    return lines


def _dots(points: Sequence[Sequence[float]]) -> list[str]:
    return draw_in_text([("·", points)], points)


def scores_as_html(record: Mapping[str, Any]) -> str:
    """Scores for a cell of a notebook: tables, and curves as pictures."""
    return cell(*_pieces(record))


def _pieces(record: Mapping[str, Any]) -> Iterator[str]:
    which = record.get("which") or plural(record["rows"], "row")
    titles, *rows = _figures(record)
    yield table(f"{which}; loss {figure(record['loss'])}", titles, rows)
    if record.get("only_answer"):
        yield note(one_answer(record))
    if said := beaten(record):
        yield note(said)
    yield from map(note, record.get("notes", ()))
    if "accuracy" in record:
        names, counts = list(record["classes"]), {(t, a): n for t, a, n in record["confusion"]}
        shown = names[:_MOST_IN_A_CELL]
        yield table(
            "target below, answers beside it"
            + (f" (the first {len(shown)} of {len(names)} classes)" if shown != names else ""),
            ["", *shown, "precision", "recall"],
            [
                [
                    truth,
                    *(str(counts.get((truth, answer), 0)) for answer in shown),
                    *(_shown("accuracy", record["classes"][truth][k]) for k in _RATES),
                ]
                for truth in shown
            ],
        )
    if bins := record.get("reliability"):
        points = [(held["confidence"], held["right"]) for held in bins]
        said = f"how sure, and how often right: error {figure(record['calibration_error'])}"
        yield _picture(said, points, diagonal=True)
    if roc := record.get("roc"):
        yield _picture(f"ROC curve: area {figure(record['auc'])}", roc, diagonal=True, line=True)
    if residuals := record.get("residuals"):
        yield _picture("answer, and answer less target", residuals)


_MOST_IN_A_CELL, _SIZE, _EDGE = 20, 220, 40


def _picture(
    caption: str, points: Sequence[Sequence[float]], *, diagonal: bool = False, line: bool = False
) -> str:
    """Points, or the line through them, with numbered axes; where told to, from 0 to 1."""
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    left, right, low, high = (0, 1, 0, 1) if diagonal else (min(xs), max(xs), min(ys), max(ys))
    places = [
        (
            _EDGE + (x - left) / ((right - left) or 1) * _SIZE,
            _EDGE / 2 + (high - y) / ((high - low) or 1) * _SIZE,
        )
        for x, y in zip(xs, ys, strict=True)
    ]
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places)
    if line:
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        marks = f'<polyline points="{way}" fill="none" stroke="currentColor"/>'
    top, foot, end = _EDGE / 2, _EDGE / 2 + _SIZE, _EDGE + _SIZE
    guide = f'<path d="M{_EDGE} {foot}L{end} {top}" stroke-dasharray="4"/>' if diagonal else ""
    ends = (
        (_EDGE, foot + 14, "start", left),
        (end, foot + 14, "end", right),
        (_EDGE - 4, foot, "end", low),
        (_EDGE - 4, top + 8, "end", high),
    )
    texts = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{quantity(value, 3)}</text>'
        for x, y, anchor, value in ends
    )
    size = f'width="{end + 10}" height="{foot + _EDGE / 2}"'
    return (
        f'<svg {size} role="img" aria-label="{safe(caption)}" '
        f'font-size="11" fill="currentColor"><g stroke="currentColor" fill="none" opacity=".4">'
        f'<rect x="{_EDGE}" y="{top}" width="{_SIZE}" height="{_SIZE}"/>{guide}</g>{marks}{texts}'
        f"</svg><p>{safe(caption)}</p>"
    )
