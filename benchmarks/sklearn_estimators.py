"""Our estimators beside scikit-learn's networks of the same size, on four of its own tables.

A quarter of each table is set aside by the seed, classes in equal shares; each learns from the rest
at default settings, one hidden layer of 100 neurons, and is scored on the quarter by its own
`score`: the accuracy, or R². Theirs stands behind a `StandardScaler`, and a regressor of theirs has
its target scaled, too, without which it does not learn within its 200 epochs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from statistics import mean, median
from time import perf_counter
from typing import Any

from benchmarks.timing import Result

SEEDS = 5
OURS, THEIRS = "chainrule", "scikit-learn"
TABLES = ("wine", "breast_cancer", "digits", "diabetes")


def run(*, quick: bool = False) -> Result:
    """Let both learn and answer, in turn, seed after seed."""
    from threadpoolctl import threadpool_limits  # it comes with scikit-learn

    figures = {}
    for table in TABLES[:1] if quick else TABLES:
        found: dict[str, list[tuple[float, float]]] = {OURS: [], THEIRS: []}
        for seed in range(1 if quick else SEEDS):
            for who, model in contenders(table, seed).items():
                with threadpool_limits(1), warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # that an optimizer has not come to rest
                    found[who].append(_trial(table, seed, model))
        figures[table] = {
            who: {
                "score": round(mean(score for score, _ in trials), 4),
                "seconds": round(median(seconds for _, seconds in trials), 3),
            }
            for who, trials in found.items()
        }
    notes = (f"mean scores and median seconds of learning over {SEEDS} seeds, one thread",)
    title = "estimators on scikit-learn's tables, 100 hidden neurons"
    return Result(title, OURS, notes=notes, figures=figures)


def contenders(table: str, seed: int) -> dict[str, Any]:
    """Both estimators at default settings."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from chainrule.interop.sklearn import NetworkClassifier, NetworkRegressor

    if table == "diabetes":
        theirs = TransformedTargetRegressor(
            MLPRegressor(random_state=seed), transformer=StandardScaler()
        )
        return {
            OURS: NetworkRegressor(random_state=seed),
            THEIRS: make_pipeline(StandardScaler(), theirs),
        }
    return {
        OURS: NetworkClassifier(random_state=seed),
        THEIRS: make_pipeline(StandardScaler(), MLPClassifier(random_state=seed)),
    }


def _trial(table: str, seed: int, model: Any) -> tuple[float, float]:
    """The score on rows never seen, and the seconds of learning."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    load: Callable[..., Any] = getattr(datasets, f"load_{table}")
    x, y = load(return_X_y=True)
    learn, answer, y_learn, y_answer = train_test_split(
        x, y, test_size=0.25, random_state=seed, stratify=None if table == "diabetes" else y
    )
    began = perf_counter()
    model.fit(learn, y_learn)
    return float(model.score(answer, y_answer)), perf_counter() - began
