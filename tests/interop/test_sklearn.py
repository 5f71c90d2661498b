"""The estimators in scikit-learn's own hands, and scikit-learn's networks in ours."""

import pickle

import pytest

import chainrule as cr
from chainrule.train import Watcher

pytest.importorskip("sklearn", exc_type=ImportError)
import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris, make_regression
from sklearn.exceptions import DataConversionWarning
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule.interop.sklearn import (
    NetworkClassifier,
    NetworkRegressor,
    explain_pipeline,
    from_sklearn,
)

pytestmark = pytest.mark.extra("numpy", "sklearn", "pandas")
EASY = {"layers": (8,), "epochs": 60, "learning_rate": 0.05, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    x, y = load_iris(return_X_y=True, as_frame=True)
    return x, y.map(dict(enumerate(["setosa", "versicolor", "virginica"])))


@parametrize_with_checks([NetworkClassifier(), NetworkRegressor()])
def test_an_estimator_passes_scikit_learns_own(check, estimator):
    check(estimator)


def test_a_classifier_scores_across_folds(iris):
    assert cross_val_score(NetworkClassifier(**EASY), *iris, cv=3).mean() > 0.9


def test_a_search_sets_an_option_and_clones_what_it_found(iris):
    search = GridSearchCV(NetworkClassifier(**EASY), {"epochs": [1, 60]}, cv=3).fit(*iris)
    assert search.best_params_ == {"epochs": 60}
    assert clone(search.best_estimator_).get_params()["epochs"] == 60


def test_calibrated_probabilities_add_up(iris):
    calibrated = CalibratedClassifierCV(NetworkClassifier(**EASY), cv=3).fit(*iris)
    assert np.allclose(calibrated.predict_proba(iris[0]).sum(axis=1), 1)


def test_shuffling_a_column_that_matters_costs_score():
    x, y = make_regression(200, 3, n_informative=1, random_state=0, coef=False)
    model = NetworkRegressor(**EASY).fit(x, y)
    found = permutation_importance(model, x, y, random_state=0).importances_mean
    assert max(found) > 10 * abs(sorted(found)[1])


@pytest.fixture(scope="module")
def mixed(iris):
    """A pipeline of one-hot and scaled columns, data frames in between."""
    x, y = iris
    x = x.assign(colour=["red", "blue"] * 75)
    columns = ColumnTransformer(
        [
            ("word", OneHotEncoder(sparse_output=False), ["colour"]),
            ("size", StandardScaler(), list(x.columns[:4])),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    return Pipeline([("columns", columns), ("net", NetworkClassifier(**EASY))]).fit(x, y), x, y


def test_a_pipeline_of_data_frames_is_explained_in_its_names(mixed):
    model, x, y = mixed
    found = explain_pipeline(model, x, y)
    assert found.inputs[:3] == ("colour_blue", "colour_red", "sepal length (cm)")
    assert found.study.truths[0] == "setosa"
    assert model.predict(x)[0] == "setosa"


def test_steps_without_frames_between_give_their_names_too(iris):
    model = make_pipeline(PowerTransformer(), NetworkClassifier(**EASY)).fit(*iris)
    assert model[-1].network_.recipe.feature_names[0] == "x0"
    assert explain_pipeline(model, *iris).inputs[0] == "sepal length (cm)"


@pytest.mark.parametrize("targets", [["bmi"], ["bmi", "bp"]])
def test_one_output_or_several_columns_go_by_their_names(targets):
    x = load_diabetes(as_frame=True).data
    y, x = x[targets], x[["s1", "s2", "s3"]]
    y = y[targets[0]] if len(targets) == 1 else y
    model = NetworkRegressor(**EASY).fit(x, y)
    assert {part.name for part in model.explain(x, y).columns()} == {"s1", "s2", "s3"}
    line = make_pipeline(PowerTransformer(), NetworkRegressor(**EASY)).fit(x, y)
    assert explain_pipeline(line, x, y).inputs == ("s1", "s2", "s3")


def test_what_is_no_pipeline_with_a_network_is_refused(iris):
    with pytest.raises(cr.ChainruleError, match="ends in a NetworkClassifier"):
        explain_pipeline(make_pipeline(StandardScaler(), MLPClassifier()), *iris)


def test_a_regressor_is_explained_in_the_unit_of_its_target():
    x, y = load_diabetes(return_X_y=True, as_frame=True)
    model = NetworkRegressor(**EASY).fit(x, y)
    found = model.explain(x, y, reference="zero")
    assert [row[0] for row in found.study.truths] == pytest.approx(list(y))
    assert [row[0] for row in found.study.answers] == pytest.approx(model.predict(x))
    assert found.blame.trusted


def test_a_class_that_weighs_more_is_named_more_often():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1))
    y = np.where(x[:, 0] + rng.normal(size=200) > 1, "rare", "common")
    plain = NetworkClassifier(**EASY).fit(x, y)
    balanced = NetworkClassifier(**EASY, class_weight="balanced").fit(x, y)
    by_hand = NetworkClassifier(**EASY).fit(
        x, y, sample_weight=[100 / (y == name).sum() for name in y]
    )
    assert (balanced.predict(x) == "rare").sum() > (plain.predict(x) == "rare").sum()
    assert np.allclose(balanced.predict_proba(x), by_hand.predict_proba(x))


def test_rows_that_weigh_nothing_are_absent_and_so_is_a_class_of_them_alone(iris):
    x, y = iris
    model = NetworkClassifier(**EASY).fit(x, y, sample_weight=(y != "setosa") * 1.0)
    without = NetworkClassifier(**EASY).fit(x[y != "setosa"], y[y != "setosa"])
    assert list(model.classes_) == ["versicolor", "virginica"]
    assert np.allclose(model.predict_proba(x), without.predict_proba(x))


def test_parts_are_learnt_as_one_run_on_the_same_batches_is(iris):
    x, y = iris
    options = {**EASY, "epochs": 2, "schedule": None, "batch_size": 150}
    whole = NetworkClassifier(**options).fit(x, y)
    parts = NetworkClassifier(**options)
    for _ in range(2):
        parts.partial_fit(x, y, classes=sorted(set(y)))
    assert np.allclose(parts.predict_proba(x), whole.predict_proba(x))


def test_parts_need_weights_that_do_not_depend_on_all_rows(iris):
    with pytest.raises(ValueError, match="give the weights by class"):
        NetworkClassifier(class_weight="balanced").partial_fit(*iris)


def test_a_class_that_was_not_there_is_named(iris):
    x, y = iris
    model = NetworkClassifier(**EASY).fit(x[:100], y[:100])
    with pytest.raises(ValueError, match="the class 'virginica'"):
        model.partial_fit(x, y)


def test_a_warm_start_goes_on_and_a_cold_one_does_not(iris):
    x, y = iris
    warm = NetworkClassifier(**{**EASY, "epochs": 20, "learning_rate": 0.01}, warm_start=True)
    first = warm.fit(x, y).network_.history.final.loss
    assert warm.fit(x, y).network_.history.final.loss < 0.8 * first
    cold = warm.set_params(warm_start=False).fit(x, y)
    assert cold.network_.history.final.loss == pytest.approx(first)


def test_early_stopping_and_watchers_take_part(iris):
    class Counts(Watcher):
        epochs = 0

        def epoch(self, run, record):
            Counts.epochs += 1

    model = NetworkClassifier(
        **{**EASY, "epochs": 500}, validation=0.2, early_stopping=5, watchers=(Counts(),)
    ).fit(*iris)
    assert model.n_iter_ == Counts.epochs < 500


def test_a_fitted_estimator_comes_back_from_a_pickle_and_goes_on(iris):
    x, y = iris
    model = NetworkClassifier(**EASY).partial_fit(x, y, classes=sorted(set(y)))
    again = pickle.loads(pickle.dumps(model))
    assert np.allclose(
        again.partial_fit(x, y).predict_proba(x), model.partial_fit(x, y).predict_proba(x)
    )


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_taken_over_predicts_the_same(activation, classes, iris):
    x, y = (part[: 50 * classes] for part in load_iris(return_X_y=True))
    model = MLPClassifier((7, 5), activation=activation, tol=0.5, random_state=0).fit(x, y)
    net = from_sklearn(model)
    assert np.abs(net.predict_proba(x) - model.predict_proba(x)).max() < 1e-12
    assert (net.predict(x) == model.predict(x)).all()
    assert net.recipe.class_names == tuple("012"[:classes])


def test_a_classifier_taken_over_reads_frames_with_spaces_around_their_names(iris):
    x, y = iris[0].add_prefix(" "), iris[1]
    model = MLPClassifier((4,), tol=0.5, random_state=0).fit(x, y)
    assert (from_sklearn(model).predict(x) == model.predict(x)).all()


def test_targets_of_two_columns_are_learned_side_by_side_and_of_one_as_a_row():
    x, y = make_regression(30, 3, n_targets=2, random_state=0)
    quick = NetworkRegressor(layers=(), epochs=2, random_state=0)
    assert quick.fit(x, y).predict(x).shape == (30, 2)
    alone = quick.fit(x, y[:, 0]).predict(x)
    with pytest.warns(DataConversionWarning, match="1d array"):
        assert (quick.fit(x, y[:, :1]).predict(x) == alone).all()


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_regressor_taken_over_predicts_the_same(outputs):
    x, y = make_regression(50, 3, n_targets=outputs, random_state=0)
    model = MLPRegressor(hidden_layer_sizes=(7,), tol=1e6, random_state=0).fit(x, y)
    found = from_sklearn(model).predict(x).reshape(model.predict(x).shape)
    assert np.abs(found - model.predict(x)).max() < 1e-12


def test_several_yes_or_no_questions_are_taken_over():
    x = load_iris().data
    y = np.stack([x[:, 0] > 5.8, x[:, 2] > 3], axis=1).astype(int)
    model = MLPClassifier((7,), tol=0.5, random_state=0).fit(x, y)
    net = from_sklearn(model)
    assert np.abs(net.forward(x) - model.predict_proba(x)).max() < 1e-12
    assert (net.predict(x) == model.predict(x)).all()


def test_a_network_taken_over_is_explained_like_any_other(iris):
    x, y = iris
    model = MLPClassifier((7,), tol=0.5, random_state=0).fit(x, y)
    net = cr.from_sklearn(model)
    found = cr.explain(net, x, y, reference="zero")
    assert found.inputs[0] == "sepal length (cm)"
    assert found.blame.trusted
    assert found.culprits(top=1)[0].recovered > 0
    assert found.examples[0].truth in set(y)
    assert found.answer.startswith(f"{(model.predict(x) != y).sum()} of 150 rows are wrong. ")
    assert cr.check_gradients(net, x, y).passed


@pytest.mark.parametrize("classes", [[1.0, 2.0, 4.0], [7, 8, 9], ["1.0", "b", "c"]])
def test_classes_of_any_kind_are_explained_in_a_frame(classes, iris):
    x = iris[0]
    y = np.array(classes)[np.arange(150) % len(classes)]
    net = from_sklearn(MLPClassifier((7,), tol=0.5, random_state=0).fit(x, y))
    model = NetworkClassifier(layers=(), epochs=1, random_state=0).fit(x, y)
    for found in (cr.explain(net, x, y), model.explain(x, y), cr.explain(model.network_, x, y)):
        assert len(set(found.study.truths)) == len(classes)
    assert set(model.predict(x)) <= set(classes)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (MLPClassifier(), "not been fitted, MLPClassifier: fit it first"),
        (NetworkRegressor(), r"a NetworkRegressor: its network is model\.network_"),
        (make_pipeline(StandardScaler(), MLPClassifier()), r"its last step, model\[-1\]"),
        (StandardScaler(), "StandardScaler: learn the same with"),
    ],
)
def test_what_is_no_fitted_network_of_theirs_is_refused(model, said):
    with pytest.raises(cr.ChainruleError, match=said):
        from_sklearn(model)


def test_an_output_that_no_layer_here_has_is_named():
    model = MLPRegressor(hidden_layer_sizes=(3,), tol=1e6).fit([[0.0], [1.0]], [1.0, 2.0])
    model.out_activation_ = "exp"  # that of loss="poisson", from scikit-learn 1.7 on
    with pytest.raises(cr.ChainruleError, match="loss is 'poisson'"):
        from_sklearn(model)


def test_texts_as_values_are_refused_as_scikit_learn_refuses_them():
    with pytest.raises(ValueError, match="could not convert string to float"):
        NetworkRegressor(**EASY).fit([[0.0], [1.0]], ["low", "high"])


def test_one_class_alone_and_a_class_that_is_new_are_named_as_they_are_written():
    x = [[0.0], [1.0], [2.0]]
    with pytest.raises(ValueError, match=r"have 1 class, 3, and .* partial_fit the `classes`"):
        NetworkClassifier().partial_fit(x, np.array([3, 3, 3]))
    model = NetworkClassifier(**EASY).fit(x, np.array([1, 2, 2]))
    with pytest.raises(ValueError, match="has the class 3, and the classes are"):
        model.explain(x, np.array([1, 2, 3]))
    with pytest.raises(ValueError, match=r"has the class 'no', and the classes are \[1, 2\]"):
        model.explain(x, np.array(["no", "yes", "no"]))
