"""The jax engine says what it computes on, and how much was asked where its memory is used up."""

from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.extra("jax")
jax = pytest.importorskip("jax")

from chainrule.engines.jax import JaxEngine  # noqa: E402 - needs JAX
from chainrule.engines.jax_mesh import RowMesh  # noqa: E402


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


def test_memory_that_is_used_up_is_told_with_what_was_asked():
    engine = JaxEngine()
    wide = engine.compile(lambda x: x + jax.numpy.zeros(2**45))
    with pytest.raises(MemoryError, match=r"^RESOURCE_EXHAUSTED: .* \d+ bytes"):
        wide(engine.asarray(1.0))
