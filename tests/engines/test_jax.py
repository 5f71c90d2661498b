"""The jax engine trains as pure Python does, in every number kind, and keeps to itself."""

import pickle
from array import array

import pytest

pytestmark = pytest.mark.extra("jax")
jax = pytest.importorskip("jax")

import chainrule as cr  # noqa: E402 - after the library it depends on
from chainrule.arrays.random import Generator  # noqa: E402
from chainrule.autodiff import PRIMITIVES, Tensor, backward  # noqa: E402
from chainrule.engines.engine import PythonEngine  # noqa: E402
from chainrule.engines.jax import JaxEngine  # noqa: E402
from chainrule.engines.structure import leaves  # noqa: E402
from chainrule.errors import KindError, NotANumberError  # noqa: E402
from chainrule.model import load  # noqa: E402
from chainrule.nn import ACTIVATIONS, LOSSES, Architecture, Dense, Dropout  # noqa: E402
from chainrule.train import Watcher  # noqa: E402
from chainrule.train.optimizer import OPTIMIZERS, SGD, AdamW, choose_optimizer  # noqa: E402
from chainrule.train.step import initial_state, training_step  # noqa: E402

RULES = [*OPTIMIZERS, SGD(momentum=0.9), SGD(momentum=0.9, nesterov=True), AdamW(weight_decay=0.5)]
VARIANTS = {
    **{f"{name} layer": {"activation": name} for name in ACTIVATIONS},
    **{f"{name} loss": {"loss": name} for name in LOSSES},
    **{repr(rule): {"optimizer": rule} for rule in RULES},
    "dropout": {"dropout": True},
    "penalties and clipping": {"l1": 0.001, "l2": 0.01, "clip_norm": 0.1},
}
TARGETS = {
    "hinge": [[-1, 1], [1, -1], [1, 1], [-1, -1], [1, -1], [-1, 1]],
    "": [[0.25, 0.75], [1, 0], [0, 1], [0.5, 0.5], [1, 0], [0, 1]],
}


@pytest.fixture
def engine():
    return JaxEngine()


def numbers(structure):
    """Every number in a structure of arrays, from left to right."""
    found = []
    waiting = list(leaves(structure))
    for leaf in waiting:
        value = leaf.tolist() if hasattr(leaf, "tolist") else leaf
        if isinstance(value, list):
            waiting.extend(value)
        else:
            found.append(float(value))
    return found


def furthest(found, expected):
    pairs = zip(numbers(found), numbers(expected), strict=True)
    return max(abs(one - other) / max(1, abs(other)) for one, other in pairs)


def train(
    engine,
    dtype,
    steps,
    *,
    activation="tanh",
    loss="mean_squared_error",
    optimizer="adam",
    dropout=False,
    **options,
):
    """The losses of a run over three batches of two rows, and its weights after one step and all.

    Batches, masks and first weights are the same on every engine.
    """
    layers = [Dense(3, 5, activation), *([Dropout(0.5)] if dropout else []), Dense(5, 2)]
    architecture, rule = Architecture(layers), choose_optimizer(optimizer)
    step = engine.compile(training_step(architecture, LOSSES[loss], rule, **options), donate=(0,))
    first = [x for w in architecture.initial(3).values() for x in numbers(w)]
    flat = initial_state(rule, engine.asarray(first, dtype=dtype))
    state = engine.distribute(flat, architecture.layout)
    generator = Generator(5)
    x = [[4 * u - 2 for u in generator.random(3)] for _ in range(6)]
    t, losses, weights = TARGETS.get(loss, TARGETS[""]), [], []
    for number in range(steps):
        rows = slice(number % 3 * 2, number % 3 * 2 + 2)
        batch = {
            "x": engine.asarray(x[rows], dtype=dtype),
            "t": engine.asarray(t[rows], dtype=dtype),
            "learning_rate": 0.003,
        }
        if dropout:
            mask = [[2.0 * (u > 0.5) for u in generator.random(5)] for _ in range(2)]
            batch["masks"] = {"dropout1": engine.asarray(mask, dtype=dtype)}
        state, results = step(state, batch)
        losses.append(float(results["loss"]))
        if number in (0, steps - 1):
            weights.append(numbers(engine.collect(state["parameters"], architecture.layout)))
    return losses, weights


@pytest.mark.parametrize("op", PRIMITIVES.values(), ids=lambda op: op.name)
def test_every_op_and_its_rules_agree(op, engine):
    def value_and_gradients(samples):
        found = []
        for inputs in samples:
            for options in op.sample_options:
                tensors = [Tensor(x) if op.rule(i) else x for i, x in enumerate(inputs)]
                a = op(tensors, **options) if op.sequence else op(*tensors, **options)
                if op.rules:
                    wanted = [x for x in tensors if type(x) is Tensor]
                    found.append((a.value, backward((a * a).sum(), wanted)))
                else:
                    found.append(a)
        return found

    def samples(engine):
        return [[engine.asarray(x) for x in sample] for sample in op.samples]

    expected = value_and_gradients(samples(PythonEngine()))
    found = engine.compile(value_and_gradients)(samples(engine))
    assert furthest(found, expected) < 1e-12


@pytest.mark.parametrize("variant", VARIANTS)
def test_weights_agree_after_200_steps(variant, engine):
    _, expected = train(PythonEngine(), "float64", 200, **VARIANTS[variant])
    _, found = train(engine, "float64", 200, **VARIANTS[variant])
    assert furthest(found, expected) < 1e-6


@pytest.mark.parametrize("variant", VARIANTS)
def test_float32_agrees_to_what_it_can_hold(variant, engine):
    losses, (first, _) = train(PythonEngine(), "float64", 200, **VARIANTS[variant])
    found_losses, (found_first, _) = train(engine, "float32", 200, **VARIANTS[variant])
    assert furthest(found_first, first) < 1e-5
    assert furthest(found_losses[-3:], losses[-3:]) < 1e-3


ROWS = [[Generator(row).random(1)[0] * 4 - 2, row / 32 - 1] for row in range(61)]
CLASSES = [int(a * b > 0) + int(a > 1) for a, b in ROWS]


def fitted(engine, dtype=None, **options):
    layers = [cr.Dense(2, 8, "tanh"), cr.Dropout(0.25), cr.Dense(8, 3, "softmax")]
    net = cr.Network(layers, seed=2, engine=engine, dtype=dtype)
    given = {"epochs": 30, "batch_size": 16, "validation": 0.2, "progress": False, **options}
    net.fit(ROWS, CLASSES, **given)
    return net


def test_a_whole_run_agrees_with_shuffles_masks_short_batches_and_held_out_rows():
    expected, found = fitted("python"), fitted("jax")
    assert furthest(found.parameters, expected.parameters) < 1e-6
    for name in ("loss", "metric", "validation_loss", "validation_metric"):
        columns = found.history.columns()[name], expected.history.columns()[name]
        assert furthest(*columns) < 1e-6
    assert furthest(found.gradients(ROWS, CLASSES), expected.gradients(ROWS, CLASSES)) < 1e-6
    assert furthest(found.predict_proba(ROWS), expected.predict_proba(ROWS)) < 1e-6


@pytest.mark.parametrize("weighed", [False, True])
def test_a_short_batch_is_filled_up_and_one_shape_compiles(weighed, caplog):
    options = {"sample_weight": [1 + row % 3 for row in range(61)]} if weighed else {}
    options |= {"l2": 0.03125 + weighed / 64}  # a step that nobody has asked for before
    options |= {"epochs": 2, "batch_size": 9, "validation": (ROWS[:25], CLASSES[:25])}
    expected = fitted("python", **options)
    with jax.log_compiles():
        found = fitted("jax", **options)
    assert caplog.text.count("Finished XLA compilation of jit(loop)") == 1
    assert furthest(found.parameters, expected.parameters) < 1e-9
    assert found.history.final.metric == pytest.approx(expected.history.final.metric, abs=1e-12)
    assert found.history.final.loss == pytest.approx(expected.history.final.loss, abs=1e-9)


def test_rows_that_a_batch_lacks_have_no_weight(engine):
    batch = {"x": engine.asarray([[1.0], [2.0]]), "t": engine.asarray([3.0, 4.0]), "masks": {}}
    placed = engine.place(batch, 3)
    assert {name: placed[name].tolist() for name in ("x", "t", "weights")} == {
        "x": [[1.0], [2.0], [1.0]],
        "t": [3.0, 4.0, 3.0],
        "weights": [1.0, 1.0, 0.0],
    }
    assert "weights" not in engine.place(batch)
    own = engine.place({**batch, "weights": engine.asarray([0.5, 2.0])}, 3)
    assert own["weights"].tolist() == [0.5, 2.0, 0.0]


def test_gradients_of_every_example_are_compiled_at_once(caplog):
    net = fitted("jax", "float32", epochs=1)
    with jax.log_compiles():
        each = net.per_example_gradients(ROWS[:7], CLASSES[:7])
    assert "jit(network_per_example_gradients)" in caplog.text
    assert "jit(matmul)" not in caplog.text
    assert list(each) == list(net.parameters)
    alike = fitted("python", epochs=1)
    alike.set_parameters({name: w.tolist() for name, w in net.parameters.items()})
    theirs = alike.per_example_gradients(ROWS[:7], CLASSES[:7])
    assert furthest(each, theirs) < 1e-5


def test_bfloat16_computes_narrow_and_keeps_weights_wide():
    exact, narrow = fitted("python"), fitted("jax", "bfloat16")
    assert {str(w.dtype) for w in narrow.parameters.values()} == {"float32"}
    assert narrow.as_inputs(ROWS).dtype == "bfloat16"
    assert narrow.history.final.loss < narrow.history[0].loss - 0.05
    assert narrow.history.final.loss == pytest.approx(exact.history.final.loss, rel=0.02)


def test_bfloat16_weights_survive_being_saved(tmp_path):
    net = fitted("jax", "bfloat16", epochs=1)
    net.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors", engine="jax")
    assert loaded.dtype == "bfloat16"
    assert numbers(loaded.parameters) == numbers(net.parameters)


def test_the_setting_of_64_bit_numbers_is_left_as_it_was():
    fitted("jax", epochs=1)
    assert not jax.config.jax_enable_x64
    assert jax.numpy.arange(3.0).dtype == "float32"


def test_explanations_are_in_float64_whatever_the_network_trains_in():
    exact, narrow = fitted("python", epochs=2), fitted("jax", "float32", epochs=2)
    explained = cr.explain(narrow, ROWS, CLASSES)
    assert str(explained.gradients["dense1.weight"].dtype) == "float64"
    assert explained.loss == pytest.approx(exact.loss(ROWS, CLASSES), rel=1e-5)


class Losses(Watcher):
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def step(self, run, number, loss):
        self.told.append((number, loss))


def test_watchers_hear_of_every_step_in_order():
    losses = Losses()
    fitted("jax", epochs=1, batch_size=1, validation=None, watchers=[losses])
    assert [number for number, _ in losses.told] == list(range(1, 62))
    assert len({loss for _, loss in losses.told}) > 50


@pytest.mark.parametrize("bad", [0, 3, 60])
def test_a_loss_that_is_not_finite_is_traced_to_its_step_and_the_weights_before_it(bad):
    """A loss is read when later steps are under way, and its step is named all the same."""
    rows = [*ROWS[:bad], [float("inf"), 0.0], *ROWS[bad + 1 :]]

    def stopped(engine):
        net = cr.Network([cr.Dense(2, 4, "relu"), cr.Dense(4, 1)], seed=1, engine=engine)
        with pytest.raises(NotANumberError) as error:
            net.fit(rows, CLASSES, batch_size=1, validation=None, progress=False)
        return str(error.value), net.parameters

    (expected, weights), (found, found_weights) = stopped("python"), stopped("jax")
    assert found == expected
    assert furthest(found_weights, weights) < 1e-12


def test_random_numbers_are_the_stream_of_every_engine(engine):
    ours, theirs = Generator(7), Generator(7)
    assert engine.random(ours, 5).tolist() == theirs.random(5)
    assert engine.permutation(ours, 9).tolist() == theirs.permutation(9)
    assert ours.random(2) == theirs.random(2)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_step_counts_itself_and_widens_nothing(dtype):
    """The count is a whole number of 64 bits, and no kind of the weights' own."""
    runs = Runs()
    fitted("jax", dtype, epochs=2, batch_size=16, validation=None, watchers=[runs])
    state = runs.collected
    assert (state.pop("steps"), type(state)) == (8, dict)
    assert {str(leaf.dtype) for leaf in leaves(state)} == {"float32"}


class Runs(Watcher):
    """Keeps the state that a run ends with."""

    def end(self, run):
        self.collected = run.collected(run.state)


def test_numbers_of_64_bits_stay_in_their_scope(engine):
    with engine.scope(), engine.scope():
        assert jax.numpy.arange(3.0).dtype == "float64"
    assert jax.numpy.arange(3.0).dtype == "float32"
    assert engine.compile(lambda x: x * 2.5)(engine.asarray([2.0])).dtype == "float64"
    assert jax.numpy.arange(3.0).dtype == "float32"


def test_products_of_float32_numbers_keep_all_bits(engine):
    """Seen in what is asked of XLA; a processor multiplies so anyway, many a GPU does not."""
    x = engine.asarray([[2.5]], dtype="float32")

    def asked():
        return str(jax.make_jaxpr(lambda x: x @ x)(x))

    seen = []
    engine.compile(lambda x: seen.append(asked()) or x)(x)
    with engine.scope():
        seen.append(asked())
    assert all("HIGHEST" in text for text in seen)
    assert "HIGHEST" not in asked()
    with jax.default_matmul_precision("tensorfloat32"), engine.scope():
        assert "HIGHEST" not in asked()


@pytest.mark.parametrize("rates", [[0.5, 0.5, 0.5, 0.25, 0.25, 0.5], [0.5, 0.25]])
def test_a_learning_rate_reaches_the_step_whether_or_not_it_changes(engine, rates):
    take = engine.compile(lambda batch: batch["x"] * batch["learning_rate"])
    x = engine.asarray([2.0], dtype="float32")
    found = [take(engine.place({"x": x, "learning_rate": rate})) for rate in rates]
    assert [float(a[0]) for a in found] == [2 * rate for rate in rates]
    assert {str(a.dtype) for a in found} == {"float32"}


def test_a_donated_state_is_given_away_and_a_copy_is_not(engine):
    state = engine.asarray([1.0, 2.0])
    kept = engine.copy({"w": state})
    engine.compile(lambda w: w + 1, donate=(0,))(state)
    assert state.is_deleted()
    assert kept["w"].tolist() == [1.0, 2.0]


def test_a_run_agrees_where_jax_is_told_to_compile_nothing():
    def trained():
        net = cr.Network([Dense(2, 2, "softmax")], seed=1, engine="jax")
        net.fit([[0.0, 1.0], [1.0, 0.5], [2.0, -1.0]], [0, 1, 1], batch_size=2, progress=False)
        return net.flat.tolist()

    whole = trained()
    with jax.disable_jit():
        assert trained() == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([[1, 2], [3, 4]], None, "int64"),
        ([0.5, 1.5], None, "float64"),
        (array("f", [0.5, 1.5]), None, "float32"),
        ([1, 2], "bfloat16", "bfloat16"),
    ],
)
def test_arrays_keep_their_kind_unless_another_is_asked_for(engine, values, dtype, expected):
    made = engine.asarray(values, dtype=dtype)
    assert str(made.dtype) == expected
    assert numbers(made) == numbers(values if isinstance(values, array) else (values,))


def test_the_last_batch_is_short(engine):
    x, t = engine.asarray([[1.0], [2.0], [3.0]]), engine.asarray([4.0, 5.0, 6.0])
    parts = [(a.tolist(), b.tolist()) for a, b in engine.batches((x, t), 2)]
    assert parts == [([[1.0], [2.0]], [4.0, 5.0]), ([[3.0]], [6.0])]


def test_batches_in_an_order_are_those_of_the_rows_put_in_order_at_once(engine):
    x, t = engine.asarray([[row, -row] for row in range(23)]), engine.asarray(list(range(23)))
    order = [*range(7, 23), *range(7)]
    batches = [(a.tolist(), b.tolist()) for a, b in engine.batches((x, t), 4, order)]
    assert [len(part) for part, _ in batches] == [4, 4, 4, 4, 4, 3]
    assert [row for part, _ in batches for row in part] == [[row, -row] for row in order]
    assert [row for _, part in batches for row in part] == order


def test_small_steps_are_taken_together_and_read_each_by_itself(engine):
    def step(state, batch):
        return {"w": state["w"] + batch["x"]}, {"loss": 2 * state["w"]}

    def alone(state, batch):
        raise AssertionError("a step was taken by itself")

    take, most = engine.in_turn(step, alone, work=1 << 16)
    state, results = take(
        {"w": engine.asarray(1.0)}, [{"x": engine.asarray(x)} for x in (2.0, 4.0)]
    )
    assert most == 16
    assert float(state["w"]) == 7.0
    assert [engine.as_float(result["loss"]) for result in results] == [2.0, 6.0]
    assert engine.in_turn(step, alone, work=1 << 28)[1] == 4
    with pytest.raises(AssertionError):
        engine.in_turn(step, alone, work=1 << 30)[0](state, [{"x": engine.asarray(2.0)}])


def test_steps_take_the_rows_of_a_batch_out_of_their_tables_in_order(engine):
    def step(state, batch):
        return {"w": state["w"] + batch["x"][0, 0]}, {"loss": xp.sum(batch["x"] * batch["t"])}

    xp = engine.xp
    x, t = engine.asarray([[float(row)] for row in range(7)]), engine.asarray([[1.0, 3.0]] * 7)
    weights = engine.asarray([float(row) for row in range(7)])
    order = [5, 3, 0, 1, 6, 2, 4]
    batches = [
        dict(zip(("x", "t", "weights"), tables, strict=True))
        for tables in engine.step_batches((x, t, weights), 2, order)
    ]
    assert [batch["x"].shape for batch in batches] == [(2, 1)] * 3 + [(1, 1)]
    assert [engine.gathered(batch)["x"].tolist() for batch in batches][1:3] == [
        [[0.0], [1.0]],
        [[6.0], [2.0]],
    ]
    assert [numbers(batch["weights"]) for batch in batches][2:] == [[6.0, 2.0], [4.0]]
    state, results = engine.in_turn(step, step, work=1, rows=2)[0](
        {"w": engine.asarray(0.0)}, batches
    )
    assert float(state["w"]) == 5 + 0 + 6 + 4
    assert [engine.as_float(result["loss"]) for result in results] == [32.0, 4.0, 32.0, 32.0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_quick_look_finds_what_is_not_finite(engine, value):
    assert engine.surely_finite((engine.asarray([1.0]), engine.asarray([2.0, 3.0])))
    assert not engine.surely_finite((engine.asarray([1.0]), engine.asarray([2.0, value])))
    assert not engine.surely_finite(engine.asarray([[value, 1.0]]))


@pytest.mark.parametrize("name", ["python", "numpy", "jax"])
def test_a_network_inside_a_traced_function_is_refused_in_one_sentence(name):
    net = cr.Network([Dense(2, 1)], engine=name)
    with pytest.raises(KindError, match=r"traced array.*call it outside of jax\.jit"):
        jax.jit(net.forward)(jax.numpy.ones((3, 2)))


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_a_network_can_be_pickled(dtype):
    net = fitted("jax", dtype, epochs=1)
    again = pickle.loads(pickle.dumps(net))
    assert numbers(again.parameters) == numbers(net.parameters)
    assert numbers({"a": again.forward(ROWS)}) == numbers({"a": net.forward(ROWS)})


def test_a_network_like_one_before_is_trained_without_compiling_anything():
    """What is compiled anew for each is never given back: of many trainings, memory runs out."""
    compiled = []

    def note(event, _seconds, fun_name="", **_):
        if event.endswith("backend_compile_duration"):
            compiled.append(fun_name)

    fitted("jax", "float64", epochs=1)
    jax.monitoring.register_event_duration_secs_listener(note)
    try:
        fitted("jax", "float64", epochs=1)
    finally:
        jax.monitoring.unregister_event_duration_listener(note)
    assert not compiled
