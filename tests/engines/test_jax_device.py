"""The jax engine says what it computes on, and how much memory a step will take or could not."""

import os
import re
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.extra("jax")
jax = pytest.importorskip("jax")

import chainrule as cr  # noqa: E402 - after the library it depends on
from chainrule.arrays.random import Generator  # noqa: E402
from chainrule.engines.jax import JaxEngine  # noqa: E402
from chainrule.engines.jax_mesh import RowMesh  # noqa: E402
from chainrule.errors import OptionError  # noqa: E402
from chainrule.nn import Architecture  # noqa: E402
from chainrule.train.memory import step_bytes  # noqa: E402
from tests.processes import python  # noqa: E402


@pytest.mark.parametrize(
    ("platform", "kind", "devices", "words"),
    [
        ("cpu", "cpu", None, "cpu"),
        ("cpu", "cpu", 2, "cpu"),
        ("gpu", "NVIDIA H100 80GB HBM3", None, "1 × NVIDIA H100 80GB HBM3"),
        ("gpu", "NVIDIA H100 80GB HBM3", 4, "4 × NVIDIA H100 80GB HBM3"),
    ],
)
def test_the_device_is_told_in_words(platform, kind, devices, words, monkeypatch):
    mesh = RowMesh() if devices else None
    if mesh:
        mesh.devices = devices
    engine = JaxEngine(mesh)
    device = SimpleNamespace(platform=platform, device_kind=kind)
    monkeypatch.setattr(jax, "local_devices", lambda: [device])
    assert engine.hardware == words


@pytest.mark.parametrize(
    ("platform", "flags", "options"),
    [
        ("cpu", "", None),
        ("gpu", "", {"xla_gpu_enable_triton_gemm": False}),
        ("gpu", "--xla_gpu_deterministic_ops=true", {"xla_gpu_enable_triton_gemm": False}),
        ("gpu", "--xla_gpu_enable_triton_gemm=true", None),
    ],
)
def test_a_gpu_compiles_products_of_its_vendor_unless_xla_flags_decide(
    platform, flags, options, monkeypatch
):
    monkeypatch.setattr(jax, "local_devices", lambda: [SimpleNamespace(platform=platform)])
    monkeypatch.setenv("XLA_FLAGS", flags)
    engine, compile_alone, asked = JaxEngine(), jax.jit, []

    def jit(function, *, compiler_options, **others):
        asked.append(compiler_options)
        return compile_alone(function, **others)

    monkeypatch.setattr(jax, "jit", jit)
    x = engine.asarray([1.0])
    with engine.scope():
        assert engine.compile(jax.numpy.negative)(x).tolist() == [-1]
        assert engine.whole(jax.numpy.negative)(x).tolist() == [-1]
        engine.planned_bytes(lambda state, _batch: state, {"w": x}, {})
    assert asked == [options] * 3


def test_memory_that_is_used_up_is_told_with_what_was_asked():
    """A GPU that takes memory as it goes says so only to whoever waits for the result."""
    engine = JaxEngine()
    wide = engine.compile(lambda x: x + jax.numpy.zeros(2**45))
    said = r"^RESOURCE_EXHAUSTED: .* (\d+ bytes|[\d.]+ ?TiB)"
    with pytest.raises(MemoryError, match=said), engine.scope():
        jax.block_until_ready(wide(engine.asarray(1.0)))


WIDE = [cr.Dense(100, 100, "relu") for _ in range(4)]
LAYERS = [cr.Dense(20, 100, "relu"), *WIDE, cr.Dropout(0.1), cr.Dense(100, 3, "softmax")]
ROWS = 20_000


def fit(memory, batch_size, monkeypatch, **options):
    """Train where the device has so many bytes."""
    monkeypatch.setattr(JaxEngine, "memory", memory)
    draw = Generator(1).random
    x = [draw(20) for _ in range(ROWS)]
    net = cr.Network(LAYERS, engine="jax")
    given = {"epochs": 1, "validation": None, "progress": False, **options}
    net.fit(x, [row % 3 for row in range(ROWS)], batch_size=batch_size, **given)


def estimate():
    """The bytes of a step as counted without XLA, of the batch and of the weights."""
    sizes = {"number_bytes": 8, "weight_bytes": 8, "memories": 2}
    return step_bytes(Architecture(LAYERS), ROWS, **sizes)


def test_a_step_is_planned_without_a_batch_and_takes_at_least_what_it_must_keep():
    engine, seen = JaxEngine(), len(jax.live_arrays())

    def step(state, batch):
        products = batch["x"] @ state["w"]
        return {"w": state["w"] - products.T @ products}, (products * products).sum()

    state = {"w": engine.asarray([[0.5] * 8] * 8)}
    batch = {"x": ((10**7, 8), "float64"), "learning_rate": 0.1}
    kept = 2 * 8 * 8 * 10**7  # x and the products
    assert kept <= engine.planned_bytes(step, state, batch) < 1.1 * kept
    assert len(jax.live_arrays()) <= seen + 1


def test_a_batch_is_not_refused_for_values_that_xla_never_holds_at_once(monkeypatch, caplog):
    batch, weights = estimate()
    with jax.log_compiles():  # of a step that no other test has asked for
        fit(int(0.9 * batch) + weights, ROWS, monkeypatch, l2=0.125)
    compiled = re.findall(r"Finished XLA compilation of jit\(step\)", caplog.text)
    assert len(compiled) == 1


def test_a_batch_that_xla_has_no_room_for_is_refused_with_one_that_fits(monkeypatch):
    batch, weights = estimate()
    with pytest.raises(OptionError, match=f"a step of {ROWS:,} rows takes about") as error:
        fit(batch // 3 + weights, ROWS, monkeypatch)
    fitting = int(re.search(r"at most ([\d,]+) rows", str(error.value))[1].replace(",", ""))
    fit(batch // 3 + weights, fitting, monkeypatch)


def test_a_gpu_keeps_32_mib_for_the_products_of_its_vendor(monkeypatch):
    devices = [SimpleNamespace(platform="cpu", memory_stats=lambda: {"bytes_limit": 80 * 2**30})]
    engine = JaxEngine()
    monkeypatch.setattr(jax, "local_devices", lambda: devices)
    assert engine.memory == (80 * 1024 - 32) * 2**20


def test_a_plan_that_does_not_fit_while_it_is_made_is_none(monkeypatch):
    engine = JaxEngine()

    def step(_state, _batch):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying kernels")

    assert engine.planned_bytes(step, {"w": engine.asarray([1.0])}, {}) is None


FORKED = """
import os
import chainrule as cr
net = cr.Network([cr.Dense(1, 1)], engine="jax")
ask = [lambda: net.forward([[1.0]]), lambda: cr.Network([cr.Dense(1, 1)], engine="jax")]
ask[0]()
if os.fork():
    os.wait()
else:
    for each in ask:
        try:
            each()
        except cr.ChainruleError as error:
            print(error, flush=True)
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no process")
def test_a_process_forked_from_one_that_computes_on_jax_is_refused_rather_than_left_to_wait():
    done = python("-W", "ignore", "-c", FORKED, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("forked from one that computes on JAX") == 2
