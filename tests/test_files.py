"""A file goes by its name; what cannot be read or written is said in one sentence."""

import errno
import stat
from pathlib import Path

import pytest

from chainrule.errors import DataError, OptionError
from chainrule.files import as_path, opened, write_text, write_whole


@pytest.mark.parametrize("name", ["", 3, None, "a\0b"])
def test_a_file_goes_by_a_name(name):
    with pytest.raises(OptionError, match="a file goes by its name; found"):
        as_path(name)


def test_what_cannot_be_opened_says_what_was_found_and_what_to_give(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    for name, said in {
        "nothing": "there is no file {}: check the name and the folder",
        "": "{} is a folder: give one model file in it",
        "loop": "{} cannot be read (Too many levels of symbolic links): give another model file",
        "file/x": "{} cannot be read (Not a directory): give another model file",
    }.items():
        path = tmp_path / name
        with pytest.raises(DataError) as raised, opened(path, DataError, "model file"):
            pass
        assert str(raised.value) == said.format(path)


def test_what_cannot_be_written_is_said_and_what_was_there_stays(tmp_path):
    with pytest.raises(DataError) as raised:
        write_text(tmp_path, "text", "the page")
    assert str(raised.value) == (
        f"the page cannot be written to {tmp_path} (it is a folder, a device or a pipe); choose "
        "another place"
    )
    path = tmp_path / "page"
    path.write_text("before")

    def pieces():
        yield b"half"
        raise OSError("no more room")

    with pytest.raises(OSError, match="no more room"):
        write_whole(path, pieces())
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["open", "replace"])
def test_an_error_names_the_file_that_was_asked_for(step, tmp_path, monkeypatch):
    """A file system may refuse what the rights of a folder allow, as /proc does."""

    def refuse(self, *there):
        raise OSError(errno.ENOENT, "there is no such place", str(self), None, *map(str, there[:1]))

    monkeypatch.setattr(Path, step, refuse)
    with pytest.raises(OSError, match="no such place") as refused:
        write_whole(tmp_path / "page", [b"a"])
    assert (refused.value.filename, refused.value.filename2) == (str(tmp_path / "page"), None)


def test_a_written_file_keeps_its_permissions_and_a_link_leads_to_it(tmp_path):
    path, link = tmp_path / "page", tmp_path / "link"
    path.write_text("before")
    path.chmod(0o640)
    link.symlink_to(path)
    write_text(link, "after", "the page")
    assert (path.read_text(), link.is_symlink()) == ("after", True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_whole(tmp_path / "new", [b"a", b"b"])
    assert (tmp_path / "new").read_bytes() == b"ab"
