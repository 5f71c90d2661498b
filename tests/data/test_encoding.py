"""The letters of a text are known by its bytes, wherever they are not UTF-8."""

import errno
import io
from functools import partial

import pytest

from chainrule.data.csv_file import read_csv
from chainrule.data.encoding import _first_bad_byte, _latin, _wide
from chainrule.errors import DataError


def test_a_control_character_is_none_of_a_text_and_a_missing_mark_is_at_the_first_byte(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"a;b\x01\n")
    assert not _latin(path, partial(open, mode="rb"))
    assert _first_bad_byte(path, partial(open, mode="rb"), "utf-16") == 0


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        (b"abcdefgh\xe4\xe4", True),
        (b"abcdefg\xe4\xe4\xe4", False),  # 30 of 100
        (b"a\tb\r\nc\x0cd\x1a", True),
        (b"abc\0", False),
        (b"abc\x1f", False),
        (b"abcdefghijk\x81", False),  # none of Windows-1252
        (b"abcdefg\x80\xff", True),
    ],
)
def test_a_text_in_latin_letters_has_few_bytes_beyond_ascii(tmp_path, text, latin):
    (tmp_path / "text").write_bytes(text)
    assert _latin(tmp_path / "text", partial(open, mode="rb")) == latin


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\xff\xfe\0\0a\0\0\0", "utf-32"),
        (b"\0\0\xfe\xff\0\0\0a", "utf-32"),
        (b"\xff\xfea\0", "utf-16"),
        (b"\xfe\xff\0a", "utf-16"),
        (b"a\0b\0", "utf-16-le"),
        (b"\0a\0b", "utf-16-be"),
        (b"a\0b\0\x10\x20", "utf-16-le"),  # 2 of 3
        (b"a\0\x10\x20", None),  # half
        (b"a\0b\0\0\1", "utf-16-le"),  # a byte of a letter beyond Latin may be 0, too
        (b"\0a\0b\1\0", "utf-16-be"),
        (b"a\0b\0\0\0", None),
        (b"\0a\0b\0\0", None),
        (b"ab", None),
        (b"a", None),
        (b"", None),
    ],
)
def test_wide_letters_are_known_by_their_mark_or_by_every_other_byte(start, name):
    assert _wide(start) == name


def test_the_first_bad_byte_is_counted_over_all_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("chainrule.data.files._BLOCK", 4)
    path = tmp_path / "text"
    for before in range(1, 12):
        path.write_bytes(b"a" * before + b"\xe4b")
        assert _first_bad_byte(path, partial(open, mode="rb"), "utf-8") == before
        path.write_bytes(b"a" * before + "ä".encode())
        assert _first_bad_byte(path, partial(open, mode="rb"), "utf-8") is None
        path.write_bytes(b"a" * before + b"\xc3")
        assert _first_bad_byte(path, partial(open, mode="rb"), "utf-8") == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_lines_may_end_as_excel_ends_them_on_a_macintosh(csv, encoding):
    table = read_csv(csv('x;"a\rb"\r1;ä\r2;z'.encode(encoding)))
    assert (table.names[1], table.column("a\nb")) == ("a\nb", ["ä", "z"])


class FullDisk(io.BytesIO):
    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_without_room_for_the_text_in_utf_8_is_told_in_one_sentence(csv, monkeypatch):
    path = csv("größe;y\n1;2\n".encode("cp1252"))
    monkeypatch.setattr("tempfile.TemporaryFile", FullDisk)
    with pytest.raises(DataError, match=r"small.csv is written in UTF-8, and .* TMPDIR"):
        read_csv(path)
