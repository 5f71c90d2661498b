"""What is given as numbers and is none gets the same sentence on every engine."""

import pytest

import chainrule as cr
from chainrule.errors import ChainruleError

NOT_NUMBERS = {
    "nothing": (None, "one number or none|NoneType was found"),
    "a text": ("abc", "a str was found"),
    "texts": ([["a", "b"]], "a str was found"),
    "lists of different length": ([[1, 2], [3]], "lengths differ on axis 1"),
    "a dictionary": ({"a": 1}, "a dict was found"),
    "a number too large": ([[10**400, 1]], "too large for a float"),
    "one number": (5.0, "give a list with one for each input"),
}
NO_TARGETS = {
    "texts": (["a", "b"], "a str was found"),
    "a gap": ([None, 1], "a NoneType was found"),
    "lists of different length": ([[1], [1, 2]], "lengths differ on axis 1"),
}


@pytest.mark.parametrize(
    "engine", ["python", pytest.param("numpy", marks=pytest.mark.extra("numpy"))]
)
@pytest.mark.parametrize("given", NOT_NUMBERS)
def test_inputs_that_are_no_numbers_are_refused(engine, given):
    values, sentence = NOT_NUMBERS[given]
    with pytest.raises(ChainruleError, match=sentence):
        network(engine).forward(values)


@pytest.mark.parametrize(
    "engine", ["python", pytest.param("numpy", marks=pytest.mark.extra("numpy"))]
)
@pytest.mark.parametrize("given", NO_TARGETS)
def test_targets_that_are_no_numbers_are_refused(engine, given):
    values, sentence = NO_TARGETS[given]
    with pytest.raises(ChainruleError, match=sentence):
        network(engine).loss([[0.0, 0.0], [1.0, 1.0]], values)


def test_a_neuron_takes_as_many_inputs_as_it_has_weights():
    neuron = cr.Neuron(weights=[1.5], bias=0.5)
    for given in (2.0, None, [1.0, 2.0], []):
        with pytest.raises(ChainruleError):
            neuron.forward(given)


def network(engine):
    if engine != "python":
        pytest.importorskip(engine)
    return cr.Network([cr.Dense(2, 1)], engine=engine)
