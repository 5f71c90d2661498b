"""Exponents: known powers are found again, in the part that is fitted."""

import pytest

pytestmark = pytest.mark.extra("numpy")

VALUES = [2**power for power in range(10)]


@pytest.fixture
def exponent():
    from benchmarks.growth import exponent

    return exponent


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_a_power_law_gives_its_power(exponent, power):
    assert exponent(VALUES, [7 * value**power for value in VALUES]) == power


def test_only_the_upper_decade_is_fitted(exponent):
    costs = [100.0 if 10 * value < VALUES[-1] else value**2.0 for value in VALUES]
    assert exponent(VALUES, costs) == 2.0


def test_a_step_is_work_in_proportion_to_the_rows():
    """A twofold batch takes a twofold memory on the way, weights apart."""
    from benchmarks.growth import Task, _memory

    small, large = (_memory("numpy", Task(rows, 8, 2)) for rows in (1000, 2000))
    assert large == pytest.approx(2 * small, rel=0.02)
