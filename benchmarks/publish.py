"""`python -m benchmarks.publish`: the results as pictures and tables, into docs and the READMEs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median
from textwrap import fill
from typing import Any

from benchmarks.machine import PEERS
from benchmarks.plots import OURS, Record, amount, beside_best_peer, groups_of, growth, how_fast
from benchmarks.run import RESULTS

PROJECT = Path(__file__).parent.parent
README, PICTURES = PROJECT / "README.md", PROJECT / "docs" / "img"
FIGURES = PROJECT / "benchmarks" / "README.md"
PLANTED = PROJECT / "docs" / "planted.md"
BEGIN = "<!-- from here on written by python -m benchmarks.publish -->"
END = "<!-- up to here -->"

Results = Mapping[str, Record]
STEP = ", bare step"
"""What is added to an engine's name for its steps on one batch that stays in a cache."""
READY = ", bare step on batches that lie ready"
"""The same for its steps on all batches of an epoch, read from memory one after the other."""
_BESIDE = {
    STEP: "The same trainings by `fit` beside as many bare steps, which count and keep nothing, on "
    "one batch that stays in a cache:",
    READY: "And beside as many bare steps on batches that lie ready in memory in their order, so "
    "that each is read from there, as in any training:",
}
OURS_OF = "culprits"
"""Our own way of ranking weights, among those that planted faults are looked for with."""
NOTHING = "nothing planted"
"""Networks in which no fault was planted."""
STANDING = "said to stand out"
"""In how many of the others the answer says so of a moved weight, and of another."""


def publish() -> None:
    """Draw the pictures, and write anew what the pages say of the results."""
    results = json.loads(RESULTS.read_text("utf-8"))
    for name, picture in pictures(results).items():
        (PICTURES / name).write_text(picture, "utf-8")
    texts = {README: summary(results), FIGURES: section(results)}
    for path, text in (texts | {PLANTED: planted(results["planted"])}).items():
        path.write_text(with_section(path.read_text("utf-8"), text), "utf-8")


def with_section(page: str, text: str) -> str:
    """A page with another text between the two markers.

    Example:
        >>> with_section(f"a {BEGIN} b {END} c", "new").splitlines()[1:-1]
        ['', 'new', '']
    """
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def pictures(results: Results) -> dict[str, str]:
    """The pictures by the names of their files."""
    drawn = {}
    if "steps" in results:
        drawn["how-fast.svg"] = str(how_fast(results["steps"]))
    if "growth" in results:
        drawn["growth.svg"] = str(growth(results["growth"]))
    return drawn


def summary(results: Results) -> str:
    """What the project's README says of the results: one sentence, and a table that is not wide."""
    record = results["steps"]
    others = ("NumPy by hand", "PyTorch", "JAX")
    rows, best_ratios = [], []
    for group, found in groups_of(record).items():
        ratios = beside_best_peer(found, record["control"])
        best_ratios.append(min(ratio for name, ratio in ratios.items() if name in OURS))
        times = {row["name"]: row["microseconds"] for row in found}
        ours = min(time for name, time in times.items() if name in OURS)
        theirs = [
            min(time for name, time in times.items() if name.startswith(other)) for other in others
        ]
        rows.append([group, _bold(amount(ours), True), *map(amount, theirs)])
    lead = (
        f"On our fastest engine a training step takes {min(best_ratios):.2f} to "
        f"{max(best_ratios):.2f} times as long as with the fastest of the others. Here are the "
        "microseconds of one Adam step in float32, batch in brackets; [all that is measured, and "
        "how](benchmarks/README.md)."
    )
    heads = ["network", "chainrule", *others]
    return _told(lead, heads, rows, _microgpt(results["microgpt"]))


def section(results: Results) -> str:
    """What the benchmarks' README says of the results."""
    parts = {
        "steps": _steps,
        "fit": _fit,
        "jax_step": _jax_step,
        "first_fit": _first_fit,
        "wide": _wide,
        "memory": _memory,
        "moons": _moons,
        "microgpt": _microgpt,
        "per_example": _per_example,
        "explanations": _explanations,
        "planted": planted,
        "taught": _taught,
        "tables": _tables,
        "sklearn_estimators": _estimators,
        "growth": _growth,
    }
    found = [write(*of) for name, write in parts.items() if (of := records_of(results, name))]
    return "\n\n".join([*found, _prose(_how(results))])


def records_of(results: Results, name: str) -> list[Record]:
    """The records of one benchmark: of the machine that measures all of them, then of others."""
    return [record for key, record in results.items() if key.partition(" on ")[0] == name]


def _how(results: Results) -> str:
    machine = next(iter(results.values()))["machine"]
    versions = ", ".join(f"{name} {machine[name]}" for name in PEERS)
    return (
        f"Measured on {machine['cores']} cores of {machine['processor']} with "
        f"{machine['threads']} threads for everyone: {machine['python']}, {versions}. Times are "
        "medians over rounds in which all take their turns, ratios medians of the rounds' ratios; "
        f"the middle half of the rounds spans {_spread(results):.0%} of a ratio, in the median "
        f"line. {_elsewhere(results)}Every figure is in [`results.json`](results.json)."
    )


def _elsewhere(results: Results) -> str:
    """What was measured on another machine than the first, or with other versions, and on which."""
    machines = {name: record["machine"] for name, record in results.items()}
    first = next(iter(machines.values()))
    apart = []
    for name, machine in machines.items():
        other = [f"{what} {value}" for what, value in machine.items() if first.get(what) != value]
        apart += [f"`{name}` on {', '.join(other)}"] if other else []
    return f"Measured apart from the rest: {'; '.join(apart)}. " if apart else ""


def _prose(text: str) -> str:
    return fill(text, 110, break_long_words=False, break_on_hyphens=False)


def _spread(results: Results) -> float:
    """How wide the middle half of the rounds is beside its ratio, in the median row."""
    rows = [row for record in results.values() for row in record["rows"]]
    wide = [(row["quartiles"][1] - row["quartiles"][0]) / row["ratio"] for row in rows]
    return median(share for share in wide if share)


def _told(lead: str, head: Sequence[str], rows: Sequence[Sequence[str]], end: str = "") -> str:
    """A sentence, a table, and what is said below it."""
    return "\n\n".join(part for part in (_prose(lead), _table(head, rows), end) if part)


def _names(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Everyone by name, in the order of the first task."""
    return [row["name"] for row in next(iter(groups.values()))]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _steps(record: Record) -> str:
    groups, rows = groups_of(record), []
    for group, found in groups.items():
        ratios = beside_best_peer(found, record["control"])
        ours = min(ratio for name, ratio in ratios.items() if name in OURS)
        spent = [_bold(amount(row["microseconds"]), row["name"] in OURS) for row in found]
        rows.append([group, *spent, f"{ours:.2f}"])
    return _told(
        "One Adam step in float32, in microseconds, batch in brackets; ours in bold. The last "
        "column is our best engine's time over that of the fastest of the others.",
        ["network", *_names(groups), "ours / best other"],
        rows,
        "![The same as bars: time of one step beside the fastest of the others]"
        "(../docs/img/how-fast.svg)",
    )


def _fit(record: Record) -> str:
    """Rows per second of everyone's trainings, then ours beside our bare steps."""
    groups = groups_of(record)
    every = _names(groups)
    names = [name for name in every if not name.endswith((STEP, READY))]
    ours = [name for name in names if name in OURS]
    rates: list[list[str]] = []
    besides: dict[str, list[list[str]]] = {how: [] for how in _BESIDE if ours[0] + how in every}
    for group, found in groups.items():
        times = {row["name"]: row["ratio"] for row in found}
        micro = {row["name"]: row["microseconds"] for row in found}
        batch = int(group.rpartition("(")[2].rstrip(")"))
        best = min(times[name] for name in ours)
        other = min(times[name] for name in names if name not in OURS)
        cells = [_bold(f"{batch / micro[name] * 1e6:,.0f}", name in OURS) for name in names]
        rates.append([group, *cells, f"{other / best:.2f}"])
        for how, rows in besides.items():
            rows.append([group, *(f"{times[name] / times[name + how]:.2f}" for name in ours)])
    lead = (
        "Whole trainings, with shuffling, batches and history: rows per second, ours in bold. The "
        "last column is our fastest engine's rate over that of the fastest of the others."
    )
    parts = [_told(lead, ["network", *names, "ours / best other"], rates)]
    parts += [_told(_BESIDE[how], ["network", *ours], r) for how, r in besides.items()]
    return "\n\n".join(parts)


def _jax_step(*records: Record) -> str:
    return _by_machine(
        "The jax engine alone beside the same step written natively in JAX, where every step is "
        "waited for and where several are handed over in a row: microseconds, and times the "
        "native.",
        records,
        lambda row: f"{amount(row['microseconds'])}, {row['ratio']:.2f}",
    )


def _first_fit(*records: Record) -> str:
    titles = "; ".join(record["title"] for record in records)
    return _by_machine(
        "How long a new program is kept waiting on the jax engine, in seconds, once JAX is loaded: "
        f"{titles} ({records[0]['notes'][0]}).",
        records,
        lambda row: f"{row['microseconds'] / 1e6:.1f}",
        ("native", "chainrule"),
    )


def _wide(*records: Record) -> str:
    titles = "; ".join(record["title"] for record in records)
    lead = f"How near it comes to what the device can do in matrix products: {titles}."
    return _by_machine(lead, records, lambda row: str(row["note"]))


def _by_machine(
    lead: str,
    records: Sequence[Record],
    said: Callable[[Mapping[str, Any]], str],
    whose: Sequence[str] = ("chainrule",),
) -> str:
    """A sentence, and our row of every group, a column for each machine."""
    machines = (record["machine"] for record in records)
    heads = [of.get("gpu") or f"{of['cores']} cores, {of['processor']}" for of in machines]
    ours = [
        {row["group"]: said(row) for row in record["rows"] if row["name"] in whose}
        for record in records
    ]
    groups = dict.fromkeys(group for column in ours for group in column)
    rows = [[group, *(column.get(group, "") for column in ours)] for group in groups]
    return _told(lead, ["", *heads], rows)


def _bold(text: str, wanted: bool) -> str:
    return f"**{text}**" if wanted else text


def _memory(record: Record) -> str:
    """Networks in a table; of the long runs, what they left behind."""
    tables = {name: found for name, found in record["figures"].items() if "state" in found}
    heads = list(next(iter(tables.values())))
    rows = [[name, *(f"{found[head]:.2f}" for head in heads)] for name, found in tables.items()]
    left = [
        f"{name} left {found['megabytes']:.2f} MB"
        + (f" and {found['blocks']:,} live blocks behind" if "blocks" in found else " behind")
        for name, found in record["figures"].items()
        if "megabytes" in found
    ]
    lead = (
        "Megabytes of the same steps: weights with Adam's memory, the numpy engine's working "
        "buffers, and the peak of a process over fifty steps, beyond what its libraries take."
    )
    end = _prose(f"Over a long run: {'; '.join(left)}.")
    return _told(lead, ["network", *heads], rows, end)


def _moons(record: Record) -> str:
    ours = next(row for row in record["rows"] if row["name"] == "chainrule")
    rows = []
    for row in record["rows"]:
        times = row["ratio"] / ours["ratio"]
        name = _bold(row["name"], row is ours)
        rows.append([name, amount(row["microseconds"] / 1000), amount(times)])
    lead = (
        "Pure Python: one step of 2-16-16-1 on 100 points of two moons, full batch, hinge loss "
        "with L2."
    )
    return _told(lead, ["", "milliseconds", "beside chainrule"], rows)


def _microgpt(record: Record) -> str:
    ours, scalars, quiet = record["rows"]
    return _prose(
        f"{record['title']}, takes {amount(ours['microseconds'] / 1000)} milliseconds with our ops "
        "on NumPy. A tape of single numbers in pure Python, the way of the published script, takes "
        f"{amount(scalars['ratio'])} times as long, and {amount(quiet['ratio'])} times with "
        "Python's collector off."
    )


def _per_example(record: Record) -> str:
    groups = groups_of(record)
    rows = [
        [group, *(amount(row["microseconds"]) for row in found)] for group, found in groups.items()
    ]
    lead = "The gradient of every example on its own, and its length, in microseconds."
    return _told(lead, ["network (batch)", *_names(groups)], rows)


def _explanations(record: Record) -> str:
    groups = groups_of(record)
    names = list(dict.fromkeys(row["name"] for rows in groups.values() for row in rows))
    found = {group: {row["name"]: row["ratio"] for row in rows} for group, rows in groups.items()}
    rows = [
        [name, *(amount(of[name]) if name in of else "" for of in found.values())] for name in names
    ]
    copies = "; ".join(f"{name} {number:.1f}" for name, number in record["figures"].items())
    lead = f"What explaining costs, in gradients of the same engine ({record['title']})."
    return _told(lead, ["", *groups], rows, _prose(f"Memory at its peak: {copies}."))


def planted(record: Record) -> str:
    """Which way of ranking weights names those that were moved."""
    figures = dict(record["figures"])
    healthy, said = figures.pop(NOTHING), figures.pop(STANDING)
    ways = list(next(iter(figures.values())))
    rows = [
        [
            kind,
            *(_bold(f"{found[way][0]:.0%} / {found[way][1]:.0%}", way == OURS_OF) for way in ways),
        ]
        for kind, found in figures.items()
    ]
    lead = (
        "Faults planted in trained networks of 67 to 9,610 weights: how often the first weight "
        "that a way of ranking names was moved, and how much of the moved weights is among its "
        "first five, of five where more were moved."
    )
    end = _prose(
        f"Of {healthy['networks'][0]} networks in which nothing was moved, the answer says of "
        f"{healthy['a weight stands out'][0]} that a weight stands out; of those with a fault, it "
        f"says so in {said['a moved weight'][0]} of a moved weight, and in {said['another'][0]} of "
        "another."
    )
    return _told(lead, ["fault", *ways], rows, end)


def _taught(record: Record) -> str:
    """Which way of ranking training rows names those whose label was flipped."""
    figures = record["figures"]
    titles = list(next(iter(figures.values())))
    rows = [[case, *map(str, found.values())] for case, found in figures.items()]
    lead = (
        "One label in twenty flipped before the training: how many of those learned from are in "
        "the first tenth of each ranking; then the loss of the held-out rows whose label is right, "
        "trained with every row, and without the first twentieth of our ranking."
    )
    return _told(lead, ["table", *titles], rows)


def _tables(record: Record) -> str:
    """Points of everyone on each table, what they come to, and how long they took."""
    figures = record["figures"]
    who = [name for name in _measured(next(iter(figures.values()))) if name != "RealMLP"]
    rows = []
    for table, found in figures.items():
        points = [mean(found[name]["points"]) for name in who]
        shown = [_bold(f"{own:.1f}", own > max(points) - 0.05) for own in points]
        name = f"{table} †" if found["chosen on"] else table
        seeds = str(len(found["chainrule"]["points"]))
        rows.append([name, f"{found['rows']:,}", seeds, *shown, *ahead_of_real_mlp(found)])
    ranks = mean_ranks([[mean(f[name]["points"]) for name in who] for f in figures.values()])
    rows.append(["mean rank", "", "", *(f"{rank:.2f}" for rank in ranks), "", ""])
    times = (median(found[name]["seconds"] for found in figures.values()) for name in who)
    rows.append(["median seconds", "", "", *map(amount, times), "", ""])
    lead = (
        "Twenty tables at default settings: a hundred times the accuracy, or R² where the target "
        "is a number, on rows never seen; the mean of so many seeds, the best in bold. Our "
        "defaults were chosen on the tables with †, and only measured on the others. The last "
        "columns say how far we are ahead of RealMLP, the mean of the first seeds, and of how "
        "many. Seconds are the processor's, on one thread."
    )
    titles = ["table", "rows", "seeds", *who, "ahead of RealMLP", "on seeds"]
    return _told(lead, titles, rows, _prose(goals(figures)))


def _measured(found: Mapping[str, Any]) -> list[str]:
    return [name for name, each in found.items() if isinstance(each, dict)]


def goals(figures: Mapping[str, Any]) -> str:
    """On how many tables we are not far behind, in points and in seconds."""
    behind = {
        name: mean(f["MLP"]["points"]) - mean(f["chainrule"]["points"])
        for name, f in figures.items()
    }
    slower = {
        name: f for name, f in figures.items() if f["chainrule"]["seconds"] > f["MLP"]["seconds"]
    }
    ahead = {name: float(ahead_of_real_mlp(f)[0]) for name, f in figures.items() if "RealMLP" in f}
    far = {name: -points for name, points in ahead.items() if points < -1}
    return (
        f"At most a point behind MLP on {sum(by <= 1 for by in behind.values())} of "
        f"{len(behind)}{_but({name: by for name, by in behind.items() if by > 1})}; "
        f"at most a point behind RealMLP on {len(ahead) - len(far)} of {len(ahead)}{_but(far)}; "
        f"in no more time than MLP on {len(figures) - len(slower)} of {len(figures)}"
        + "".join(
            f", not on {name} ({f['chainrule']['seconds']} s for {f['MLP']['seconds']})"
            for name, f in slower.items()
        )
        + "."
    )


def _but(behind: Mapping[str, float]) -> str:
    said = ", ".join(f"{name} {points:.1f}" for name, points in behind.items())
    return f" (but {said})" if said else ""


def _estimators(record: Record) -> str:
    """Scores and seconds of both estimators on each table."""
    rows = [
        [
            table,
            *(f"{each['score']:.3f}" for each in pair),
            *(f"{each['seconds']:.3f}" for each in pair),
        ]
        for table, found in record["figures"].items()
        for pair in [list(found.values())]
    ]
    lead = (
        "`NetworkClassifier` and `NetworkRegressor` beside scikit-learn's `MLPClassifier` and "
        "`MLPRegressor` behind its scaler, a regressor's target scaled too: 100 hidden neurons, "
        "default settings, a quarter of each table never seen; accuracy or R², the mean of 5 "
        "seeds, and the median seconds of learning on one thread."
    )
    titles = ["table", "chainrule", "scikit-learn", "seconds, chainrule", "seconds, scikit-learn"]
    return _told(lead, titles, rows)


def ahead_of_real_mlp(found: Mapping[str, Any]) -> tuple[str, str]:
    """Our points beyond RealMLP's on the seeds that both have, and how many; empty for none."""
    if "RealMLP" not in found:
        return "", ""
    theirs = found["RealMLP"]["points"]
    ours = found["chainrule"]["points"][: len(theirs)]
    return f"{mean(ours) - mean(theirs):+.1f}", str(len(theirs))


def mean_ranks(tables: Sequence[Sequence[float]]) -> list[float]:
    """The mean place of each contender over tables of their points; ties share the better place.

    Example:
        >>> mean_ranks([[90.0, 80.0], [70.0, 70.0], [50.0, 60.0]])
        [1.3333333333333333, 1.3333333333333333]
    """
    places = [[1 + sum(other > own for other in points) for own in points] for points in tables]
    return [mean(column) for column in zip(*places, strict=True)]


def _growth(record: Record) -> str:
    fits = record["figures"]
    rows = [
        [group, f"{fit['time']:.2f}", f"{fit['memory']:.2f}", f"{fit['from']:,} to {fit['to']:,}"]
        for group, fit in fits.items()
    ]
    return _told(
        "Cost grows as the work grows, rows × width² × depth: exponents fitted over the upper "
        "decade of each sweep.",
        ["", "time", "memory", "fitted over"],
        rows,
        "![Time of one step over rows, width and depth, on logarithmic axes]"
        "(../docs/img/growth.svg)",
    )


if __name__ == "__main__":
    publish()
