"""Real data sets as lists of numbers, scaled, for the networks whose learning is explained."""

from functools import cache
from pathlib import Path

import pytest

from chainrule.arrays.random import Generator
from chainrule.data import load, prepare

REAL_DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def data_set():
    """Inputs, class indices and the number of classes of a data set, every row to learn from."""

    @cache
    def prepared(name):
        return prepare(load(name), validation=0, generator=Generator(0)).train

    def read(name, rows=None):
        examples = prepared(name)
        chosen = range(len(examples))[:rows]
        return [examples.row(i) for i in chosen], [examples.y[i] for i in chosen]

    return read


@pytest.fixture
def mnist(data_set):
    """The first of MNIST's 10,000 test images (LeCun, Cortes, Burges), where they are at hand."""
    path = REAL_DATA / "t10k-images-idx3-ubyte.gz"
    if not path.exists():
        pytest.skip("MNIST's test images are not at hand")
    return lambda rows: data_set(path, rows)
