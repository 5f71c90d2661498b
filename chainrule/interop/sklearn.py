"""Networks as scikit-learn's estimators, and scikit-learn's networks as ours."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Self, final

from chainrule.data import Classes, Examples, Numbers, Quantity, Recipe, Target, levels_of
from chainrule.engines import Engine
from chainrule.errors import DataError, KindError, OptionError, missing, no_weight, shown
from chainrule.model import Explanation, Network, explain, suited_layers
from chainrule.nn import Dense, Layer
from chainrule.train import EarlyStopping, Optimizer, Schedule, Watcher
from chainrule.words import a_or_an

try:
    import numpy as np
    import sklearn.base
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import Pipeline
    from sklearn.utils import check_random_state, column_or_1d, compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise missing("scikit-learn 1.6 or later", "sklearn", error) from None

_OF_TRAINING = (
    *("epochs", "batch_size", "optimizer", "learning_rate", "schedule", "loss", "l1", "l2"),
    *("clip_norm", "validation", "early_stopping", "watchers"),
)
"""The options that both estimators hand on to the training as they are."""

_ROWS: dict[str, Any] = {"accept_sparse": "csr", "dtype": np.float64}
_ACTIVATIONS = {"logistic": "sigmoid"}


@dataclass(eq=False, repr=False, kw_only=True)
class _NetworkEstimator(sklearn.base.BaseEstimator):  # type: ignore[misc]  # it has no types
    """What both estimators share: the options of `Network.fit`, and how a table becomes inputs."""

    layers: Any = (100,)
    activation: str = "relu"
    dropout: float = 0.0
    loss: str | None = None
    optimizer: str | Optimizer = "adam"
    learning_rate: float | None = 0.03
    schedule: str | Schedule | None = "cosine"
    epochs: int = 100
    batch_size: int = 200
    l1: float = 0.0
    l2: float = 0.001
    clip_norm: float | None = None
    validation: float | None = None
    early_stopping: int | EarlyStopping | None = None
    warm_start: bool = False
    watchers: tuple[Watcher, ...] = ()
    engine: str | Engine = "auto"
    random_state: Any = None

    def explain(self, X: Any, y: Any, **options: Any) -> Explanation:
        """Explain the error on some rows: which weights caused it; see `cr.explain`.

        Args:
            X: Rows as `predict` takes them.
            y: Their targets, in their own words and units.
            **options: `reference` and `rows` of `cr.explain`.
        """
        check_is_fitted(self)
        return self._explain(self.network_, X, y, self._names, **options)

    def _explain(
        self, net: Network, X: Any, y: Any, names: tuple[str, ...], **options: Any
    ) -> Explanation:
        X, y, _ = self._checked(X, y, None, reset=False)
        inputs = replace(self._inputs(X), feature_names=names)
        return explain(net, inputs, self._encoded(y), **options)

    def _fit(self, X: Any, y: Any, weights: Any, **taken: Any) -> Self:
        """Begin anew where nothing is to be kept, and train; `taken` overrides options."""
        going_on = (self.warm_start or taken) and hasattr(self, "network_")
        X, y, weights = self._checked(X, y, weights, reset=not going_on)
        if not going_on:
            self._begin(X, y, weights)
        elif not taken:
            self._memory = dict[str, Any]()
        options = {name: getattr(self, name) for name in _OF_TRAINING} | taken
        options["sample_weight"] = None if np.all(weights == 1) else weights
        run = self.network_.training(self._inputs(X), self._encoded(y), **options)
        if taken:
            run.state = {**run.state, **self._memory}
        self.n_iter_ = len(run.run())
        self._memory = {part: run.state[part] for part in ("optimizer", "steps")}
        return self

    def _checked(self, X: Any, y: Any, weights: Any, *, reset: bool) -> tuple[Any, Any, Any]:
        """Rows, targets and weights as dense arrays of float64, without rows that weigh nothing."""
        of_values = sklearn.base.is_regressor(self)
        X, y = validate_data(
            self, X, y, reset=reset, multi_output=True, y_numeric=of_values, **_ROWS
        )
        X = _dense(X)
        if weights is None:
            return X, self._targets(y), np.ones(len(X))
        if not np.any(np.asarray(weights, dtype=float)):
            raise OptionError(no_weight("sample_weight"))
        weights = _check_sample_weight(weights, X, dtype=np.float64, ensure_non_negative=True)
        counts = weights > 0
        return X[counts], self._targets(y[counts]), weights[counts]

    def _targets(self, y: Any) -> Any:
        """Targets as they are, in the shape that they are learned in."""
        y = y.astype(np.float64)  # a text is refused in NumPy's plain words
        return y if y.ndim == 2 and y.shape[1] > 1 else column_or_1d(y, warn=True)

    def _begin(self, X: Any, y: Any, weights: Any) -> None:
        """A fresh network, and how rows become its inputs."""
        self._mean, self._deviation = _moments(X, weights)
        self._memory = dict[str, Any]()
        names = getattr(self, "feature_names_in_", [f"x{place}" for place in range(X.shape[1])])
        encoders = map(Numbers, map(str, names), self._mean.tolist(), self._deviation.tolist())
        target = self._target(y, weights)
        recipe = Recipe(tuple(encoders), target, type(self).__name__, "", len(X))
        layers: list[Layer] = suited_layers(
            recipe, self.layers, activation=self.activation, dropout=self.dropout, loss=self.loss
        )
        self._names = recipe.feature_names
        several = y.shape[1] if y.ndim == 2 else 0
        if several:
            last = layers.pop()
            assert last.in_features is not None
            layers.append(Dense(last.in_features, several))
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.network_ = Network(layers, seed=seed, engine=self.engine)
        self.network_.recipe = None if several else recipe

    def _inputs(self, X: Any) -> Examples:
        """Standardised rows, with the names of the columns."""
        scaled = (X - self._mean) / self._deviation
        return Examples(scaled.ravel(), scaled.shape, None, self._names, range(len(X)))

    def _rows(self, X: Any) -> Examples:
        """Inputs of rows that are to be answered."""
        check_is_fitted(self)
        return self._inputs(_dense(validate_data(self, X, reset=False, **_ROWS)))

    def _encoded(self, y: Any) -> Any:
        """Targets as the network learns them."""
        raise NotImplementedError

    def _target(self, y: Any, weights: Any) -> Target:
        """What is predicted, and how it is numbered or scaled."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


@final
@dataclass(eq=False, repr=False, kw_only=True)
class NetworkClassifier(sklearn.base.ClassifierMixin, _NetworkEstimator):  # type: ignore[misc]
    """A network that names a class, as an estimator of scikit-learn.

    Columns are standardised by the rows it is fitted on, so that no scaler is needed, and
    explanations speak of the columns in their own units.

    Args:
        layers: The number of neurons of each hidden layer.
        activation: What the hidden neurons make of their weighted sums.
        dropout: The probability of silencing a hidden neuron while learning.
        loss: The name of a loss; the one that suits the target if left out.
        optimizer: "adam", "sgd", "rmsprop", "adagrad", "adamw", or one made with options.
        learning_rate: Per step, at first; the optimizer's own if None.
        schedule: How the learning rate moves over a `fit`.
        epochs: How often `fit` sees every row.
        batch_size: Rows per step.
        l1: λ of `λ Σ |w|`, biases left out.
        l2: λ of `λ Σ w²`, biases left out.
        clip_norm: The greatest length of a gradient.
        validation: The part of the rows to hold out, by which early stopping goes; None for none.
        early_stopping: Epochs without improvement after which to stop, the best weights put back.
        warm_start: Go on from the weights of the last `fit`.
        watchers: `cr.train.Watcher` objects, told of every step and epoch.
        engine: What it runs on.
        random_state: Decides first weights, held-out rows, shuffles and dropout masks.
        class_weight: Weights by class, or "balanced"; multiplied into those of the rows.

    Attributes:
        network_: The `Network`, for all that it can show and explain.
        classes_: The classes, in order.
        n_iter_: How many epochs the last `fit` took.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> model = NetworkClassifier(random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.95, model.explain(X, y).inputs[0]
        (True, 'sepal length (cm)')
    """

    class_weight: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from rows `(rows, columns)` and their classes `(rows,)`.

        Raises:
            DataError: If the rows that count have one class alone.
        """
        if not (self.warm_start and hasattr(self, "network_")):
            self._classes = None
        return self._fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Take one epoch through some more rows, at a constant rate; the first sets the scale.

        Args:
            X: The rows.
            y: Their classes.
            classes: Every class that will come; needed in the first call.
            sample_weight: How much each row counts.
        """
        if self.class_weight == "balanced":
            raise OptionError(
                "class_weight is 'balanced', which needs all rows at once, and partial_fit sees "
                "some: give the weights by class"
            )
        if not hasattr(self, "network_"):
            self._classes = None if classes is None else np.unique(classes)
        return self._fit(X, y, sample_weight, **_ONE_EPOCH)

    def predict(self, X: Any) -> Any:
        """The class of each row."""
        inputs = self._rows(X)
        return self.classes_[_numpy(self.network_.predict(inputs)).astype(int)]

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, of shape `(rows, classes)`."""
        inputs = self._rows(X)
        return _numpy(self.network_.predict_proba(inputs))

    def _checked(self, X: Any, y: Any, weights: Any, *, reset: bool) -> tuple[Any, Any, Any]:
        X, y, weights = super()._checked(X, y, weights, reset=reset)
        check_classification_targets(y)
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, y)
        return X, y, weights

    def _targets(self, y: Any) -> Any:
        return column_or_1d(y, warn=True)

    def _encoded(self, y: Any) -> Any:
        numbers = {name: number for number, name in enumerate(self.classes_.tolist())}
        if other := [name for name in y.tolist() if name not in numbers]:
            raise DataError(
                f"y has the class {other[0]!r}, and the classes are {[*numbers]}: leave its rows "
                "out, or fit again with all classes"
            )
        return np.array([numbers[name] for name in y.tolist()])

    def _target(self, y: Any, weights: Any) -> Target:
        self.classes_ = np.unique(y) if self._classes is None else self._classes
        if len(self.classes_) < 2:
            raise DataError(
                f"the rows that count have 1 class, {self.classes_.tolist()[0]!r}, and there is "
                "nothing to learn from it: give rows of two classes or more, or partial_fit the "
                "`classes` that will come"
            )
        counts = np.bincount(self._encoded(y), minlength=len(self.classes_)).tolist()
        return _classes(self.classes_, tuple(counts))


@final
@dataclass(eq=False, repr=False, kw_only=True)
class NetworkRegressor(sklearn.base.RegressorMixin, _NetworkEstimator):  # type: ignore[misc]
    """A network that gives a value, or several, as an estimator of scikit-learn.

    Columns and targets are standardised by the rows it is fitted on, so that no scaler is needed.

    Args:
        l2: λ of `λ Σ w²`, biases left out; values that are noisy need more of it than classes.
        layers: See `NetworkClassifier`, whose options these are, all but `class_weight`.

    Attributes:
        network_: The `Network`, for all that it can show and explain.
        n_iter_: How many epochs the last `fit` took.

    Example:
        >>> model = NetworkRegressor(layers=(), epochs=200, random_state=0)
        >>> model = model.fit([[0.0], [1.0], [2.0], [3.0]], [10.0, 20.0, 30.0, 40.0])
        >>> model.predict([[1.5]]).round().tolist()
        [25.0]
    """

    l2: float = 0.01

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from rows `(rows, columns)` and targets `(rows,)` or `(rows, outputs)`."""
        return self._fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Take one epoch through some more rows, at a constant rate; the first sets the scale."""
        return self._fit(X, y, sample_weight, **_ONE_EPOCH)

    def predict(self, X: Any) -> Any:
        """The value of each row, or its values, in the targets' own units."""
        inputs = self._rows(X)
        values = _numpy(self.network_.forward(inputs)) * self._y_deviation + self._y_mean
        return values[:, 0] if values.shape[1] == 1 else values

    def _encoded(self, y: Any) -> Any:
        return (y.reshape(len(y), -1) - self._y_mean) / self._y_deviation

    def _target(self, y: Any, weights: Any) -> Target:
        self._y_mean, self._y_deviation = _moments(y.reshape(len(y), -1), weights)
        return Quantity("y", float(self._y_mean[0]), float(self._y_deviation[0]))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


_ONE_EPOCH = {"epochs": 1, "schedule": None, "validation": None, "early_stopping": None}


def explain_pipeline(pipeline: Pipeline, X: Any, y: Any, **options: Any) -> Explanation:
    """Explain the network at the end of a fitted pipeline, in the pipeline's names.

    The columns are called as the steps before the network call them; targets and answers are in
    their own words and units.

    Args:
        pipeline: A fitted pipeline that ends in a `NetworkClassifier` or `NetworkRegressor`.
        X: Rows as the pipeline takes them.
        y: Their targets, in their own words and units.
        **options: `reference` and `rows` of `cr.explain`.

    Raises:
        KindError: If there is no such pipeline.
    """
    if not isinstance(pipeline, Pipeline) or not isinstance(pipeline[-1], _NetworkEstimator):
        raise KindError(
            "what is explained is a pipeline that ends in a NetworkClassifier or NetworkRegressor; "
            f"found {shown(pipeline)}: ask its own explain, or give search.best_estimator_"
        )
    before, estimator = pipeline[:-1], pipeline[-1]
    check_is_fitted(estimator)
    net = copy(estimator.network_)
    names = tuple(map(str, getattr(before, "get_feature_names_out", lambda: estimator._names)()))
    if (recipe := net.recipe) is not None:
        encoders = zip(recipe.encoders, names, strict=True)
        named = tuple(replace(encoder, column=name) for encoder, name in encoders)
        net.recipe = replace(recipe, encoders=named)
    return estimator._explain(net, before.transform(X), y, names, **options)


def from_sklearn(model: MLPClassifier | MLPRegressor, *, engine: str | Engine = "auto") -> Network:
    """The network of a fitted `MLPClassifier` or `MLPRegressor`, weight by weight.

    What its training began with is not known: count blame from `reference="zero"`. Classes go by
    their place in `model.classes_`.

    Args:
        model: The fitted model.
        engine: What the network runs on.

    Returns:
        A network that predicts what the model predicts.

    Raises:
        KindError: If it is another model, or has not been fitted.
        MissingExtraError: If scikit-learn is not installed.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.neural_network import MLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((8,), max_iter=300, tol=0.01, random_state=0).fit(X, y)
        >>> net = from_sklearn(model)
        >>> bool(abs(net.predict_proba(X) - model.predict_proba(X)).max() < 1e-12)
        True
    """
    if not isinstance(model, MLPClassifier | MLPRegressor) or not hasattr(model, "coefs_"):
        raise KindError(
            f"a fitted MLPClassifier or MLPRegressor becomes a network; found {_said(model)}"
        )
    names = [model.activation] * (len(model.coefs_) - 1) + [model.out_activation_]
    if model.out_activation_ == "exp":
        raise KindError(
            "the model's loss is 'poisson', whose output e^z no layer here has: take over one with "
            "the squared error, or explain its losses as a function"
        )
    layers = [
        Dense(len(w), len(b), _ACTIVATIONS.get(name, name), weight=w.T.tolist(), bias=b.tolist())
        for w, b, name in zip(model.coefs_, model.intercepts_, names, strict=True)
    ]
    net = Network(layers, engine=engine, dtype="float64")
    inputs, outputs = len(model.coefs_[0]), model.n_outputs_
    columns = map(str, getattr(model, "feature_names_in_", [f"x{n}" for n in range(inputs)]))
    encoders = tuple(Numbers(column, 0.0, 1.0) for column in columns)
    target: Target = Quantity("y", 0.0, 1.0)
    if isinstance(model, MLPClassifier):
        target = _classes(model.classes_, (0,) * len(model.classes_))
    net.multi_label = isinstance(model, MLPClassifier) and names[-1] == "logistic" and outputs > 1
    if not net.multi_label and (isinstance(target, Classes) or outputs == 1):
        net.recipe = Recipe(encoders, target, type(model).__name__, "", 0)
    return net


def _said(model: Any) -> str:
    """What a model is that cannot be taken over, and what to do instead."""
    if isinstance(model, MLPClassifier | MLPRegressor):
        return f"one that has not been fitted, {type(model).__name__}: fit it first"
    if isinstance(model, _NetworkEstimator):
        return f"{a_or_an(type(model).__name__)}: its network is model.network_"
    if isinstance(model, Pipeline):
        return (
            "a Pipeline: give its last step, model[-1], and its rows through model[:-1].transform"
        )
    return f"{type(model).__name__}: learn the same with NetworkClassifier or NetworkRegressor"


def _classes(classes: Any, counts: tuple[int, ...]) -> Classes:
    """Classes by the names that they go by in a table."""
    numeric = classes.dtype.kind in "fiu"
    names = levels_of(classes.tolist(), numeric=numeric)
    return Classes("y", tuple(map(str, names)), counts, numeric)


def _moments(table: Any, weights: Any) -> tuple[Any, Any]:
    """Mean and standard deviation of each column, rows weighed; 1 where it does not vary."""
    mean = np.average(table, axis=0, weights=weights)
    deviation = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=weights))
    rounding = 10 * np.finfo(np.float64).eps * np.abs(mean)
    return mean, np.where(deviation > rounding, deviation, 1.0)


def _dense(table: Any) -> Any:
    return table.toarray() if hasattr(table, "toarray") else table


def _numpy(array: Any) -> Any:
    return array if isinstance(array, np.ndarray) else np.asarray(array.tolist())
