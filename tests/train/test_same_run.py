"""Which data and options make two runs the same."""

import json
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.errors import OptionError
from chainrule.train.plan import differences, require_same_run, run_description

X = [[row / 20 - 1, (row % 7) / 3 - 1] for row in range(41)]
Y = [int(a * b > 0) for a, b in X]


@pytest.mark.extra("numpy", "jax")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_fingerprint_is_the_same_on_every_engine(dtype):
    from chainrule.engines import choose_engine
    from chainrule.train.source import ArraySource

    found = set()
    for engine in map(choose_engine, ("numpy", "jax", *["python"] * (dtype == "float64"))):
        with engine.scope():
            x, t = (engine.asarray(a, dtype=dtype) for a in (X, [[y] for y in Y]))
            found.add(ArraySource(engine, x, t, batch_size=8, seed=0).digest)
    assert len(found) == 1


def test_a_run_of_another_depth_is_told_by_its_number_of_layers():
    one, other = {"layers": [{"n": 1}]}, {"layers": [{"n": 1}, {"n": 2}]}
    assert list(differences(one, other)) == [("number of layers", 1, 2)]


def test_another_run_on_the_leading_process_is_refused_with_what_differs():
    net = cr.Network([cr.Dense(2, 1, "sigmoid")], engine="python")
    run = net.training(X, Y, epochs=3, validation=None)

    def beside(epochs, processes=2):
        theirs = {**run_description(run.plan, run.source, None), "epochs": epochs}
        engine = SimpleNamespace(
            processes=processes, hand_out=lambda _: json.dumps(theirs).encode()
        )
        require_same_run(engine, run.plan, run.source, None)

    beside(3)
    beside(9, processes=1)  # nobody else is there
    with pytest.raises(OptionError, match="the epochs of process 0 is 9 and this one's 3"):
        beside(9)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ([1, 2], [1, 3], [("a[1]", 2, 3)]),
        ([1], [1, 2], [("number of a", 1, 2)]),
        ([1], 1, [("a", [1], 1)]),
        (1, [1], [("a", 1, [1])]),
        ({"b": 1}, 1, [("a", {"b": 1}, 1)]),
        ({"b": 1}, {"c": 1}, []),
    ],
)
def test_records_differ_by_entry_by_length_and_by_kind(one, other, found):
    assert list(differences(one, other, "a")) == found
