"""One epoch takes every example once."""

import pytest

from chainrule.data import batches
from chainrule.errors import OptionError


@pytest.mark.parametrize(("n", "size"), [(10, 3), (9, 3), (1, 5), (0, 2)])
def test_every_example_is_taken_once_and_only_the_last_batch_is_short(generator, n, size):
    found = list(batches(n, size, generator))
    assert sorted(position for batch in found for position in batch) == list(range(n))
    assert all(len(batch) == size for batch in found[:-1])


def test_the_generator_decides_the_order(new_generator):
    first, again, other = (list(batches(50, 7, new_generator(seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_two_epochs_of_one_generator_differ(generator):
    assert list(batches(50, 7, generator)) != list(batches(50, 7, generator))


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(OptionError, match="batch_size is 0"):
        list(batches(5, 0))
