"""The random stream: the same everywhere, in pieces of its own, and to be continued."""

import json
import math
from statistics import NormalDist, fmean, stdev

import pytest

from chainrule.arrays.random import Generator
from chainrule.errors import OptionError


def test_is_the_mersenne_twister_of_its_authors():
    # The first doubles of genrand_res53 in mt19937ar.out, for init_by_array of these four words.
    words = (0x123, 0x234, 0x345, 0x456)
    seed = sum(word << 32 * place for place, word in enumerate(words))
    stream = Generator(seed)
    drawn = [int(stream.random(1)[0] * 2**53) for _ in range(2)]
    first = [1067595299, 955945823, 477289528, 4107218783]  # genrand_int32 in the same file
    expected = [(first[i] >> 5) * 2**26 + (first[i + 1] >> 6) for i in (0, 2)]
    assert drawn == expected


def test_the_same_seed_gives_the_same_stream():
    assert Generator(7).random(5) == Generator(7).random(5) != Generator(8).random(5)


@pytest.mark.extra("numpy")
def test_numpy_continues_the_stream_from_its_state():
    import numpy as np

    stream = Generator(42)
    stream.random(1001)
    state = stream.state()
    other = np.random.RandomState()
    other.set_state((state["name"], state["key"], state["position"]))
    assert other.random_sample(2000).tolist() == stream.random(2000)


@pytest.mark.extra("numpy")
def test_a_permutation_is_numpys_stable_order_of_the_same_doubles():
    import numpy as np

    drawn = np.array(Generator(5).random(500))
    assert Generator(5).permutation(500) == np.argsort(drawn, kind="stable").tolist()


def test_a_state_survives_json_and_continues_the_stream():
    stream = Generator(1)
    stream.random(700)
    kept = json.loads(json.dumps(stream.state()))
    expected = stream.random(10)
    resumed = Generator(99)
    resumed.restore(kept)
    assert resumed.random(10) == expected
    assert resumed.spawn("a").random(1) == Generator(1).spawn("a").random(1)


def test_spawned_streams_do_not_depend_on_what_was_drawn():
    first, second = Generator(3), Generator(3)
    second.random(100)
    assert first.spawn("shuffle").random(3) == second.spawn("shuffle").random(3)
    assert first.spawn("shuffle").random(3) != first.spawn("mask").random(3)


def test_uniform_numbers_fill_their_interval():
    x = Generator(0).uniform(-2.0, 3.0, (40, 50))
    assert x.shape == (40, 50)
    assert -2.0 <= min(x.data) < -1.99
    assert 2.99 < max(x.data) < 3.0


@pytest.mark.parametrize("count", [2000, 2001])
def test_normal_numbers_are_normal(count):
    x = Generator(0).normal(5.0, 2.0, (count,))
    assert fmean(x.data) == pytest.approx(5.0, abs=4 * 2 / math.sqrt(count))
    assert stdev(x.data) == pytest.approx(2.0, abs=4 * 2 / math.sqrt(2 * count))
    below = sum(number < 5.0 + 2.0 for number in x.data) / count
    assert below == pytest.approx(NormalDist().cdf(1.0), abs=0.035)


def test_a_permutation_holds_every_place_once():
    assert sorted(Generator(2).permutation(100)) == list(range(100))


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True, None])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(OptionError, match=r"seed is .*: it must be a whole number, at least 0"):
        Generator(seed)
