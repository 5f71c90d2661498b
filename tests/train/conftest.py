"""The optimizers, array kinds and walks that the tests of training share."""

import pytest

import chainrule.arrays as lists
from chainrule.train.optimizer import OPTIMIZERS, SGD, AdamW
from tests.marked_engines import NUMPY

EVERY = [
    *(kind() for kind in OPTIMIZERS.values()),
    SGD(momentum=0.9),
    SGD(momentum=0.9, nesterov=True),
    AdamW(weight_decay=0.5),
]


@pytest.fixture(params=EVERY, ids=repr)
def optimizer(request):
    return request.param


@pytest.fixture(params=["lists", NUMPY])
def xp(request):
    return lists if request.param == "lists" else pytest.importorskip("numpy")


@pytest.fixture
def walk():
    """Take one step along each gradient; gives the last weights and memory."""

    def walk(optimizer, parameters, gradients, *, learning_rate):
        state = optimizer.init(parameters)
        for step, gradient in enumerate(gradients, start=1):
            change, state = optimizer.update(
                gradient, state, parameters, learning_rate=learning_rate, step=step
            )
            parameters = parameters + change
        return parameters, state

    return walk
