"""The jax engine says what it computes on."""

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
