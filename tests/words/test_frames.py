"""Everything tabular becomes a data frame that holds the record's own numbers."""

import math
import sys

import pytest

import chainrule as cr
from chainrule.errors import KindError, MissingExtraError, OptionError

LIBRARIES = [
    pytest.param(name, marks=pytest.mark.extra(name, "numpy")) for name in ("pandas", "polars")
]
X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


@pytest.fixture(params=LIBRARIES)
def library(request):
    return request.param


@pytest.fixture(scope="module")
def trained():
    done = cr.train_on_table("iris", layers=[4], epochs=3, ledger=True, progress=False, seed=1)
    return done.net, cr.explain(done.net, cr.rows_for(done.net))


def columns_of(frame, library):
    """The columns of a frame as lists, what is missing as None."""
    if library == "polars":
        return frame.to_dict(as_series=False)
    return {
        name: [None if isinstance(v, float) and math.isnan(v) else v for v in frame[name].tolist()]
        for name in frame.columns
    }


def expect(frame, library, records):
    """The frame holds these records, one a row."""
    columns = columns_of(frame, library)
    assert len(frame) == len(records)
    told = {name for record in records for name, part in record.items() if part is not None}
    assert set(columns) == told - {"layers"}
    for name in columns:
        assert columns[name] == [record[name] for record in records], name


def test_records_columns_and_mappings_become_frames(library):
    rows = [{"a": 1, "b": "x", "none": None}, {"a": 2, "b": None, "none": None}]
    frame = columns_of(cr.to_frame(rows, library), library)
    assert frame == {"a": [1, 2], "b": ["x", None]}
    assert columns_of(cr.to_frame({"a": (1.5, 2.5)}, library), library) == {"a": [1.5, 2.5]}
    assert len(cr.to_frame([], library)) == 0
    mixed = cr.to_frame([{"a": 1}, {"a": 2.5, "b": (1, 2)}], library)
    assert columns_of(mixed, library) == {"a": [1.0, 2.5], "b": [None, [1, 2]]}


def test_what_is_not_a_number_stays_so_in_polars_and_infinity_in_both(library):
    values = list(cr.to_frame({"a": [math.inf, math.nan]}, library)["a"])
    assert values[0] == math.inf
    assert math.isnan(values[1])


def test_history_and_ledger(library, trained):
    history, ledger = trained[0].history, trained[0].history.ledger
    assert columns_of(history.to_frame(library), library) == history.columns()
    expect(ledger.to_frame(library), library, [w.to_dict() for w in ledger.top(10**6)])
    assert len(ledger.to_frame(library)) == ledger.layout.size
    steps = ledger.steps_to_frame(library)
    expect(
        steps,
        library,
        [s.to_dict() | dict(zip(ledger.by_layer(), s.layers, strict=True)) for s in ledger.steps],
    )
    sums = {name: sum(columns_of(steps, library)[name]) for name in ledger.by_layer()}
    assert sums == pytest.approx(ledger.by_layer())


def test_explanations(library, trained):
    _, ex = trained
    expect(ex.weights.to_frame(library), library, [w.to_dict() for w in ex.weights])
    expect(ex.blame.to_frame(library), library, [w.to_dict() for w in ex.blame.top(10**6)])
    culprits = ex.culprits(top=2)
    rows = [c.to_dict() | {"after": list(c.after)} for c in culprits]
    expect(culprits.to_frame(library), library, rows)
    groups = ex.groups(top=2)
    expect(groups.to_frame(library), library, [group.to_dict() for group in groups])
    curve = [{"weight": w, "loss": loss} for w, loss in ex.counterfactual("dense1.bias[0]").curve]
    expect(ex.counterfactual("dense1.bias[0]").to_frame(library), library, curve)
    mistake, mend = ex.mistake(), ex.mend([ex.examples[0].row])
    expect(mistake.to_frame(library), library, mistake.to_dict()["pushing"])
    expect(mend.to_frame(library), library, mend.to_dict()["changes"])
    expect(cr.to_frame(ex.examples, library), library, [e.to_dict() for e in ex.examples])


def test_columns_stand_beside_what_shuffling_them_does(library, trained):
    found = trained[1].columns(repeats=2)
    frame = columns_of(found.to_frame(library), library)
    assert frame["name"] == [column.name for column in found.columns]
    assert frame["amount"] == [column.amount for column in found.columns]
    rises = {shuffled.names[0]: shuffled.rise for shuffled in found.shuffled}
    assert frame["rise"] == [rises[name] for name in frame["name"]]


def test_tables_of_scores(library, trained):
    scores = cr.score(trained[0])
    frame = columns_of(scores.to_frame(library), library)
    assert frame["name"] == ["this network", *(one.name for one in scores.baselines)]
    assert frame["accuracy"] == [scores.accuracy, *(one.accuracy for one in scores.baselines)]
    assert frame["balanced_accuracy"][0] == scores.balanced_accuracy
    assert "r2" not in frame
    confusion = columns_of(scores.to_frame(library, table="confusion"), library)
    assert list(zip(*confusion.values(), strict=True)) == list(scores.confusion)
    bins = scores.to_frame(library, table="reliability")
    expect(bins, library, [vars(held) for held in scores.reliability])
    classes = [{"class": name, **values} for name, values in scores.classes.items()]
    expect(scores.to_frame(library, table="classes"), library, classes)
    with pytest.raises(OptionError, match="no table of scores is called 'auc'"):
        scores.to_frame(library, table="auc")


def test_a_curve_and_residuals_of_scores(library):
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], seed=0, engine="python")
    net.fit(X, [0, 1, 1, 1], epochs=1, validation=None, progress=False)
    scores = cr.score(net, X, [0, 1, 1, 1])
    roc = columns_of(scores.to_frame(library, table="roc"), library)
    assert list(zip(*roc.values(), strict=True)) == list(scores.roc)
    net = cr.Network([cr.Dense(2, 1)], seed=0, engine="python")
    net.fit(X, [0.0, 0.5, 1.0, 2.0], epochs=1, validation=None, progress=False)
    scores = cr.score(net, X, [0.0, 0.5, 1.0, 2.0])
    residuals = columns_of(scores.to_frame(library, table="residuals"), library)
    assert list(zip(*residuals.values(), strict=True)) == list(scores.residuals)


def test_a_worksheet_without_answers_keeps_them_to_itself(library):
    net = cr.Network([cr.Dense(2, 1)], seed=0, engine="python")
    ex = cr.explain(net, [[1.0, 2.0]], [[0.5]])
    lines = ex.worksheet().lines
    whole = columns_of(ex.worksheet().to_frame(library), library)
    assert whole["value"] == [line.value for line in lines]
    assert whole["worked"] == [line.worked for line in lines]
    sheet = columns_of(ex.worksheet(answers=False).to_frame(library), library)
    given = [line.value if line.stage == "given" else None for line in lines]
    assert sheet["name"] == whole["name"]
    assert sheet["value"] == given
    assert any(value is None for value in given)


def test_checks_folds_trials_findings_and_trainings(library, trained):
    check = cr.check_gradients(lambda w: w**2, 3.0)
    frame = columns_of(check.to_frame(library), library)
    assert frame["given"] == [verdict.given for verdict in check.verdicts]
    assert frame["passed"] == [True] * len(check.verdicts)
    folds = cr.cross_validate("iris", folds=2, epochs=1, progress=False)
    frame = columns_of(folds.to_frame(library), library)
    assert frame["accuracy"] == [fold.score for fold in folds.folds]
    assert frame["held_out"] == [fold.scores.rows for fold in folds.folds]
    search = cr.search("iris", trials=2, epochs=1, progress=False)
    frame = columns_of(search.to_frame(library), library)
    assert frame["loss"] == [trial.loss for trial in search.trials]
    assert set(search.trials[0].options) | set(search.trials[1].options) <= set(frame)
    zeros = [[0.0, 0.0], [0.0, 0.0]]
    dead = cr.Network([cr.Dense(2, 2, "relu", weight=zeros), cr.Dense(2, 1)], engine="python")
    health = cr.health(dead, [[n / 10, 1 - n / 10] for n in range(10)], [[n] for n in range(10)])
    frame = columns_of(health.to_frame(library), library)
    assert frame["check"] == [finding.check for finding in health.findings]
    assert frame["units"] == [list(finding.units) for finding in health.findings]


def test_trainings_without_rows(library):
    net = cr.Network([cr.Dense(1, 2, "softmax")], engine="python")
    x, y = [[0.0], [1.0], [2.0], [2.1]], [0, 0, 1, 0]
    net.fit(x, y, epochs=20, validation=None, progress=False)
    ex = cr.explain(net, [[2.0]], [1])
    taught = ex.taught_by(training=(x, y), retrainings=3, progress=False)
    frame = columns_of(taught.to_frame(library), library)
    assert frame["row"] == [one.rows[0] for one in taught.each]
    assert frame["loss"] == [one.loss_without for one in taught]
    assert frame["recovered"] == [taught.loss_retrained - one.loss_without for one in taught]


@pytest.mark.parametrize("records", [3, ["a"], [1, 2]])
def test_what_is_no_list_of_records_is_refused(records):
    with pytest.raises(KindError, match="a list of records; found"):
        cr.to_frame(records)


@pytest.mark.extra("numpy")
def test_another_library_and_a_missing_one_are_refused_with_what_to_do(monkeypatch):
    with pytest.raises(OptionError, match="no data-frame library is called 'pandsa'; did you mean"):
        cr.to_frame([], "pandsa")
    for library in ("pandas", "polars"):
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(MissingExtraError, match=rf'this needs {library}: pip install "chainr'):
            cr.to_frame([{"a": 1}], library)
