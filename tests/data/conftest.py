"""A generator for shuffles, and the real data that may lie beside the checkout."""

import random
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).parents[2].parent / "shared" / "data"


class Shuffles:
    """What the room asks of a generator of random numbers."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def permutation(self, n):
        return sorted(range(n), key=[self._random.random() for _ in range(n)].__getitem__)


@pytest.fixture
def new_generator():
    """A maker of generators: the same seed shuffles alike."""
    return Shuffles


@pytest.fixture
def generator():
    return Shuffles(0)


@pytest.fixture
def csv(tmp_path):
    """A writer of small CSV files: text, or bytes as they are."""

    def write(content, name="small.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def mnist():
    """MNIST's 10,000 test images (LeCun, Cortes, Burges), where they are at hand."""
    path = REAL_DATA / "t10k-images-idx3-ubyte.gz"
    if not path.exists():
        pytest.skip("MNIST's test images are not at hand")
    return path
