"""A model file is written whole, or everything stays as it was and one sentence says why."""

import errno
import os
import sys
from pathlib import Path

import pytest

from chainrule.errors import ModelFileError
from chainrule.train.safetensors import HEADER_LIMIT, TensorBytes, read_tensors, write_tensors
from tests.train.refusals import refused

FULL_DISK = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def model(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture
def before(model):
    model.write_bytes(b"what was there")
    return model


def refusal(path, tensors=None, metadata=None):
    tensors = tensors or {"w": TensorBytes.of_floats(range(9999), (9999,))}
    return refused(path, write_tensors, path, tensors, metadata or {})


def fails_with(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "shutil.copymode"])
@pytest.mark.parametrize("error", [FULL_DISK, KeyboardInterrupt()], ids=["full", "interrupted"])
def test_whatever_step_fails_the_folder_stays_as_it_was(before, monkeypatch, step, error):
    monkeypatch.setattr(step, fails_with(error))
    with pytest.raises((ModelFileError, KeyboardInterrupt)):
        write_tensors(before, {}, {})
    assert before.read_bytes() == b"what was there"
    assert list(before.parent.iterdir()) == [before]


def test_a_full_disk_is_named(model, monkeypatch):
    monkeypatch.setattr("os.fsync", fails_with(FULL_DISK))
    assert "no room is left" in refusal(model)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_device_that_is_really_full_is_named(model, monkeypatch):
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr(Path, "open", lambda *_: full)
        assert "no room is left" in refusal(model)


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
def test_a_file_that_may_not_grow_further_leaves_nothing_behind(before):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        sentence = refusal(before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.strerror(errno.EFBIG) in sentence
    assert before.read_bytes() == b"what was there"
    assert list(before.parent.iterdir()) == [before]


def test_a_missing_folder_is_named(tmp_path):
    missing = tmp_path / "not_there"
    assert f"there is no folder {missing}; make it first" in refusal(missing / "model")
    assert not missing.exists()


def test_a_file_in_place_of_a_folder_is_named(before):
    assert f"there is no folder {before}" in refusal(before / "model")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_protected_folder_is_named(before, monkeypatch, number):
    monkeypatch.setattr(Path, "open", fails_with(OSError(number, os.strerror(number))))
    assert f"the folder {before.parent} is write-protected" in refusal(before)


@pytest.mark.skipif(not hasattr(os, "geteuid") or not os.geteuid(), reason="root may do anything")
def test_protection_is_respected(before):
    before.chmod(0o444)
    assert "it is write-protected" in refusal(before)
    before.parent.chmod(0o555)
    try:
        assert "write-protected" in refusal(before.parent / "other")
    finally:
        before.parent.chmod(0o755)


def test_a_folder_is_not_written_over(tmp_path):
    assert "it is a folder" in refusal(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="needs devices")
def test_a_device_is_not_replaced_by_a_file():
    assert "it is a device or a pipe; give the name of a file" in refusal(Path("/dev/null"))


def test_any_other_failure_keeps_the_words_of_the_system(model, monkeypatch):
    monkeypatch.setattr("os.fsync", fails_with(OSError(errno.EIO, "Input/output error")))
    assert "Input/output error" in refusal(model)


@pytest.mark.skipif(sys.platform == "win32", reason="needs permissions and links")
def test_permissions_and_links_outlive_a_new_version(before, tmp_path):
    before.chmod(0o640)
    link = tmp_path / "latest"
    link.symlink_to(before)
    write_tensors(link, {}, {})
    assert link.is_symlink()
    assert read_tensors(before) == ({}, {})
    assert before.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("tensors", "metadata", "complaint"),
    [
        (
            {"__metadata__": TensorBytes.of_floats([1], ())},
            {},
            "no tensor may be called __metadata__",
        ),
        ({}, {"epochs": 3}, "must be text, and 3 is not"),
        ({"\ud800": TensorBytes.of_floats([1], ())}, {}, r"'\ud800', which UTF-8 lacks"),
    ],
)
def test_what_the_header_cannot_hold_is_refused(model, tensors, metadata, complaint):
    assert complaint in refusal(model, tensors or {"w": TensorBytes.of_floats([], (0,))}, metadata)
    assert not model.exists()


def test_a_header_is_as_long_as_the_format_allows_at_most(model, monkeypatch):
    assert HEADER_LIMIT == 100_000_000
    tensors = {"w": TensorBytes.of_floats([], (0,))}
    write_tensors(model, tensors, {})
    length = int.from_bytes(model.read_bytes()[:8], "little")
    monkeypatch.setattr("chainrule.train.safetensors.HEADER_LIMIT", length)
    write_tensors(model, tensors, {})
    monkeypatch.setattr("chainrule.train.safetensors.HEADER_LIMIT", length - 1)
    assert f"take {length} bytes, and the format allows {length - 1}" in refusal(model, tensors)


def test_a_file_that_may_not_be_written_is_named(before, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ModelFileError, match="it is write-protected; choose another name"):
        write_tensors(before, {}, {})
