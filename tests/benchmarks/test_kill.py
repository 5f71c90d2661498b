"""Nothing is lost when a training is ended, whenever that is, nor where a place gives trouble."""

import random
import signal

import pytest

from benchmarks import kill

pytestmark = pytest.mark.extra("numpy")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return kill.undisturbed(tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_training_that_is_ended_and_gone_on_with_has_the_weights_of_a_whole_one(how, whole):
    assert kill.ended_again_and_again(how, random.Random(1), 2, *whole)[1] == []


@pytest.mark.parametrize("trouble", kill.TROUBLES, ids=lambda trouble: trouble.__name__)
def test_a_place_that_gives_trouble_costs_a_sentence_and_no_file(trouble, tmp_path):
    assert trouble(tmp_path)


def test_a_file_that_is_half_written_is_seen(tmp_path, whole):
    assert kill.is_whole(tmp_path / "nothing")
    (tmp_path / "half").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    assert not kill.is_whole(tmp_path / "half")
    assert len(whole[0]) == 64
