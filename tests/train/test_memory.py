"""A batch that cannot fit into memory is refused before anything is allocated."""

import pytest

from chainrule.engines.engine import PythonEngine
from chainrule.errors import OptionError
from chainrule.model import Network
from chainrule.nn import Architecture, Dense, Dropout
from chainrule.train.memory import (
    machine_memory,
    require_room,
    require_room_for_weights,
    step_bytes,
)

NETWORK = Architecture([Dense(10, 100, "relu"), Dropout(0.5), Dense(100, 5)])


def test_a_step_grows_with_its_rows_and_its_weights():
    batch, weights = step_bytes(NETWORK, 50, number_bytes=8, weight_bytes=8, memories=2)
    assert step_bytes(NETWORK, 100, number_bytes=8, weight_bytes=8, memories=2) == (
        2 * batch,
        weights,
    )
    assert step_bytes(NETWORK, 50, number_bytes=4, weight_bytes=4, memories=2) == (
        batch // 2,
        weights // 2,
    )
    assert step_bytes(NETWORK, 50, number_bytes=8, weight_bytes=8, memories=0)[1] == weights // 2


def test_a_batch_that_does_not_fit_is_refused_with_both_sizes_and_the_size_that_fits():
    asked = {"number_bytes": 8, "weight_bytes": 8, "memories": 2, "available": 1_000_000}
    with pytest.raises(OptionError, match=r"1,000 rows takes about 3\.69 MB.* 1 MB of") as error:
        require_room(NETWORK, 1000, **asked)
    fitting = int(str(error.value).split("at most ")[1].split()[0])
    require_room(NETWORK, fitting, **asked)
    with pytest.raises(OptionError):
        require_room(NETWORK, fitting + 1, **asked)


def test_a_network_that_does_not_fit_with_any_batch_is_told_apart():
    with pytest.raises(OptionError, match="make the layers smaller"):
        require_room(NETWORK, 1, number_bytes=8, weight_bytes=8, memories=2, available=1000)


def test_what_a_compiler_plans_takes_the_place_of_the_estimate_that_does_not_fit():
    asked = {"number_bytes": 8, "weight_bytes": 8, "memories": 2, "available": 1_000_000}
    own = (
        3 * 8 * NETWORK.layout.size
    )  # what the plan holds of the weights, which are counted anyway
    with pytest.raises(OptionError, match=r"1,000 rows takes about 3\.69 MB"):
        require_room(NETWORK, 1000, **asked, planned=lambda: None)
    require_room(NETWORK, 1000, **asked, planned=lambda: 790_000 + own)
    with pytest.raises(OptionError, match=r"takes about 1\.81 MB .* at most 496 rows"):
        require_room(NETWORK, 1000, **asked, planned=lambda: 1_600_000 + own)


def test_a_compiler_is_not_asked_where_the_step_fits_or_the_weights_do_not():
    def planned():
        raise AssertionError

    asked = {"number_bytes": 8, "weight_bytes": 8, "memories": 2, "planned": planned}
    require_room(NETWORK, 1000, **asked, available=4_000_000)
    with pytest.raises(OptionError, match="make the layers smaller"):
        require_room(NETWORK, 1000, **asked, available=1000)


def test_weights_that_do_not_fit_are_refused_before_they_are_drawn():
    with pytest.raises(OptionError, match=r"1,605 weights take about 89\.9 kB.* 89\.9 kB of"):
        require_room_for_weights(NETWORK, available=89_879)
    require_room_for_weights(NETWORK, available=89_880)
    with pytest.raises(OptionError, match="make the layers smaller"):
        Network([Dense(10**9, 10**9)], engine="python")


def test_nothing_is_refused_where_nobody_knows_the_memory():
    require_room(NETWORK, 10**15, number_bytes=8, weight_bytes=8, memories=2, available=None)


@pytest.mark.parametrize(
    ("limit", "memory"), [(None, 6000), ("max", 6000), ("5999\n", 5999), ("6001\n", 6000)]
)
def test_the_memory_is_what_the_machine_and_the_container_allow(
    monkeypatch, tmp_path, limit, memory
):
    pages = {"SC_PHYS_PAGES": 3, "SC_PAGE_SIZE": 2000}
    monkeypatch.setattr("os.sysconf", pages.__getitem__)
    monkeypatch.setattr("os.sysconf_names", pages)
    monkeypatch.setattr("chainrule.train.memory._CONTAINER_LIMIT", tmp_path / "memory.max")
    if limit:
        (tmp_path / "memory.max").write_text(limit)
    assert machine_memory() == memory


def test_the_memory_of_a_system_that_does_not_say_it_is_not_known(monkeypatch):
    with monkeypatch.context() as without:
        without.setattr("os.sysconf_names", {})
        assert machine_memory() is None
    monkeypatch.delattr("os.sysconf")
    assert machine_memory() is None


@pytest.mark.parametrize(
    ("available", "said"),
    [(999, "999 bytes"), (1000, "1 kB"), (10**6, "1 MB"), (2 * 10**16, "20 PB")],
)
def test_a_size_is_said_in_the_largest_unit_that_it_fills(available, said):
    with pytest.raises(OptionError, match=f"there are {said} of memory"):
        require_room_for_weights(Architecture([Dense(10**9, 10**6)]), available=available)


def test_this_machine_has_room_for_a_small_step():
    assert (machine_memory() or 2**30) > 2**20


def test_fit_asks_before_it_begins(monkeypatch):
    monkeypatch.setattr(PythonEngine, "memory", property(lambda engine: 8000))
    net = Network([Dense(2, 3), Dense(3, 1)], engine="python")
    before = {name: w.tolist() for name, w in net.parameters.items()}
    with pytest.raises(OptionError, match="a step of 32 rows takes about"):
        net.fit([[0.0, 1.0]] * 64, [1.0] * 64, validation=None, progress=False)
    assert {name: w.tolist() for name, w in net.parameters.items()} == before
    assert net.history is None
    net.fit([[0.0, 1.0]] * 64, [1.0] * 64, batch_size=2, validation=None, progress=False)
