"""A run that needs the same step as one before finds it compiled, and keeps nothing else alive."""

import gc
from dataclasses import dataclass, replace
from weakref import ref

import pytest

import chainrule as cr
from chainrule.arrays.random import Generator
from chainrule.autodiff import PRIMITIVES
from chainrule.autodiff.primitive import Rule
from chainrule.nn import LOSSES, Architecture
from chainrule.train import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, step
from chainrule.train.metrics import Metric
from chainrule.train.plan import Plan
from tests.marked_engines import ENGINES

X = [[Generator(row).random(1)[0], row / 10] for row in range(10)]
Y = [[row % 3 / 2, row / 10] for row in range(10)]


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    monkeypatch.setattr(step, "_cache", {})


@dataclass
class Rows:
    rows: int = 10
    batch_size: int = 4


def plan(layers=None, **options):
    return Plan(
        **{
            "architecture": Architecture(layers or [cr.Dense(2, 3, "tanh"), cr.Dense(3, 2)]),
            "loss": LOSSES["mean_squared_error"],
            "metric": Metric("r2", "value"),
            "optimizer": Adam(),
            "learning_rate": 0.1,
            **options,
        }
    )


def functions(made, learn=Rows(), held_out=None, dtype=None):  # noqa: B008 - it never changes
    return step.step_and_evaluation(made, learn, held_out, dtype=dtype)


def test_the_same_plan_made_anew_is_given_the_same_functions():
    assert functions(plan()) == functions(plan())
    given = [cr.Dense(2, 3, "tanh", weight=[[1.0, 2.0]] * 3), cr.Dense(3, 2)]
    assert functions(plan(given, epochs=7, seed=5, learning_rate=2.0)) == functions(plan())


@pytest.mark.parametrize(
    "other",
    [
        {"layers": [cr.Dense(2, 3, "relu"), cr.Dense(3, 2)]},
        {"layers": [cr.Dense(2, 4, "tanh"), cr.Dense(4, 2)]},
        {"layers": [cr.Dense(2, 3, "tanh"), cr.Dropout(0.5), cr.Dense(3, 2)]},
        {"loss": LOSSES["huber"]},
        {"loss": replace(LOSSES["mean_squared_error"], op=LOSSES["huber"].op)},
        {"metric": Metric("accuracy", "largest")},
        {"optimizer": SGD()},
        {"optimizer": AdamW()},
        {"optimizer": Adam(beta1=0.8)},
        {"l1": 0.1},
        {"l2": 0.1},
        {"clip_norm": 1},
        {"dtype": "float32"},
    ],
)
def test_another_plan_is_given_functions_of_its_own(other):
    assert functions(plan(**other)) != functions(plan())
    assert functions(plan(**other)) == functions(plan(**other))


def test_other_numbers_of_rows_and_other_kinds_are_given_functions_of_their_own():
    made = plan()
    different = [
        functions(made),
        functions(made, Rows(11)),
        functions(made, Rows(10, 5)),
        functions(made, held_out=Rows()),
        functions(made, dtype="bfloat16"),
        functions(plan(l2=1)),
        functions(plan(l2=1.0)),
    ]
    assert len(set(different)) == len(different)
    assert functions(made, Rows(14)) == functions(made)


class MySGD(Optimizer):
    """Somebody's own, of whose factor neither its equality nor its text knows."""

    name = "mine"
    default_learning_rate = 0.1
    factor = 1.0

    def init(self, parameters, /):
        return {}

    def _direction(self, gradient, _state, /):
        return gradient * self.factor, {}

    def _rate(self, _gradient, _state, learning_rate, _step, /):
        return learning_rate, {}


del OPTIMIZERS[MySGD.name]  # other tests go through all of them


def test_an_optimizer_of_one_s_own_is_not_kept():
    made = plan(optimizer=MySGD())
    assert functions(made) != functions(made)
    assert not step._cache


@pytest.mark.extra("numpy")
def test_an_option_that_is_an_array_s_number_is_not_kept():
    import numpy as np

    made = plan(optimizer=Adam(beta1=np.float64(0.5)))
    assert functions(made) != functions(made)


def test_an_activation_of_somebodys_own_is_not_kept(monkeypatch):
    @cr.autodiff.primitive("a = k·z", samples=[(1.0,)])
    def steep(xp, z):
        """Be as steep as somebody says meanwhile."""
        return z * 3

    @steep.vjp("z", "da/dz = k")
    def steep_wrt_z(xp, g, a, z):
        """The same everywhere."""
        return g * 3

    del PRIMITIVES["steep"]
    monkeypatch.setitem(PRIMITIVES, "steep", steep)
    made = plan([cr.Dense(2, 3, "steep"), cr.Dense(3, 2)])
    assert functions(made) != functions(made)


@pytest.mark.extra("jax")
@pytest.mark.parametrize("what", ["rule", "activation"])
def test_what_is_put_in_place_of_a_rule_or_an_activation_is_trained_with(what, monkeypatch):
    before = learned("jax")
    if what == "rule":
        rule = cr.tanh.rules["z"]

        def halved(xp, g, a, z):
            """Lose one half."""
            return 0.5 * rule.function(xp, g, a, z)

        wrong = Rule("z", rule.formula, halved)
        monkeypatch.setitem(cr.tanh.rules, "z", wrong)
    else:
        monkeypatch.setitem(PRIMITIVES, "tanh", cr.sigmoid)
    assert learned("jax") != before
    monkeypatch.undo()
    assert learned("jax") == before


@pytest.mark.extra("jax")
def test_nan_is_looked_for_by_jax_once_that_is_asked_for():
    import jax

    before = learned("jax", optimizer="sgd")
    with jax.debug_nans(True):
        assert learned("jax", optimizer="sgd") == before
        with pytest.raises(FloatingPointError, match="nan"):
            learned("jax", learning_rate=1e300, optimizer="sgd")


def test_the_last_few_are_kept():
    first, second = functions(plan(l2=0.1)), functions(plan(l2=0.2))
    for number in range(7):
        functions(plan(l2=0.1))
        functions(plan(l1=1 + number))
    assert functions(plan(l2=0.1)) == first
    assert functions(plan(l2=0.2)) != second
    assert len(step._cache) == 8


def network(engine, seed=0):
    layers = [cr.Dense(2, 3, "tanh"), cr.Dropout(0.25), cr.Dense(3, 2)]
    return cr.Network(layers, seed=seed, engine=engine)


@pytest.mark.extra("jax")
def test_jax_compiles_once_for_equal_networks(monkeypatch):
    traced = []
    losses = step.example_losses

    def counted(*arguments, **options):
        traced.append(1)
        return losses(*arguments, **options)

    monkeypatch.setattr(step, "example_losses", counted)
    for seed in range(3):
        net = network("jax", seed)
        for rate in (0.1, 0.2):
            net.fit(X, Y, epochs=2, learning_rate=rate, batch_size=4, progress=False)
    assert len(traced) == 1
    net.fit(X, Y, epochs=1, l2=0.5, batch_size=4, progress=False)
    assert len(traced) == 2


CHANGES = [
    {},
    {"optimizer": "sgd"},
    {"optimizer": SGD(momentum=0.5)},
    {"optimizer": Adam(beta1=0.5)},
    {"learning_rate": 0.3},
    {"schedule": "cosine"},
    {"loss": "huber"},
    {"l1": 0.1},
    {"l2": 0.1},
    {"clip_norm": 0.01},
    {"clip_norm": 0.02},
    {"batch_size": 5},
    {"epochs": 2},
    {"validation": 0.2},
    {"early_stopping": cr.EarlyStopping(1, min_delta=9)},
    {"seed": 3},
    {},
]
SHARED = {"learning_rate", "schedule", "epochs", "early_stopping", "seed", "clip_norm"}


def learned(engine, *, seed=0, **options):
    net = network(engine, seed)
    wanted = {"epochs": 3, "batch_size": 4, "learning_rate": 0.1, "progress": False, **options}
    history = net.fit(X, Y, **wanted)
    return net.flat.tolist(), [(e.loss, e.validation_loss, e.metric) for e in history]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_option_is_heard_after_every_other(engine):
    # Each costs a second on JAX, and there those matter which are given functions of before.
    changes = CHANGES if engine != "jax" else [c for c in CHANGES if set(c) <= SHARED]
    after_others = [learned(engine, **change) for change in changes]
    for change, found in zip(changes, after_others, strict=True):
        step._cache.clear()
        assert found == learned(engine, **change), change
    assert after_others[0] == after_others[-1]
    assert len({str(found) for found in after_others[:-1]}) == len(changes) - 1


@pytest.mark.extra("numpy")
@pytest.mark.parametrize("engine", ENGINES)
def test_neither_data_nor_weights_are_kept_alive(engine):
    import numpy as np

    x, y = np.asarray(X), np.asarray(Y)
    net = network(engine)
    net.set_parameters(net.parameters, initial=True)
    net.fit(x, y, epochs=2, batch_size=4, progress=False)
    own = [net, net.architecture, x, y]
    if engine != "python":  # a list array has no weak references
        own.append(net.flat)
    watched = [ref(thing) for thing in own]
    del own, net, x, y
    gc.collect()
    assert len(step._cache) == 1
    assert [thing() for thing in watched] == [None] * len(watched)
