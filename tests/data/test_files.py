"""Files are told apart by what they hold."""

import pytest

from chainrule.data.files import format_of, open_bytes, sha256
from chainrule.data.idx import read_idx
from chainrule.errors import DataError


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("rows", b"PAR1....", "parquet"),
        ("rows.parquet", b"anything", "parquet"),
        ("rows", b"\0\0\x08\x01", "idx"),
        ("labels-idx1-ubyte", b"anything", "idx"),
        ("labels-ubyte.gz", b"anything", "idx"),
        ("labels.idx", b"anything", "idx"),
        ("rows", b'{"a": 1}', "json"),
        ("rows", b"\xef\xbb\xbf{", "json"),
        ("rows", b"  [{", "json"),
        ("rows", b"[ {", "json"),
        ("rows", b"[\n{", "json"),
        ("rows", b"\xef\xbb\xbf[\r\n\t {", "json"),
        ("rows", b"[]", "json"),
        ("rows", b"[1]", "csv"),
        ("rows", b"12345678{", "csv"),
        ("rows", b"\x01\0345678", "csv"),
        ("rows", b"\x01\0345678x{", "csv"),
        ("rows", b" " * 8 + b"{", "json"),
    ],
)
def test_a_format_is_told_by_how_a_file_begins_or_by_its_name(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    assert format_of(tmp_path / name) == kind


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 and more", "is a workbook or another zip archive: save its table as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is a workbook as Excel wrote them before 2007: save its"),
        (b"BZh91AY", "is packed by another than gzip: save its table as CSV"),
        ('[{"x": 1}]'.encode("utf-16"), "is JSON in UTF-16: save its table as CSV and give that"),
        (b"\x10\0\0\0\0\0\0\0{", "is a saved model, where data were asked for: give a table"),
        (b"", "is empty: give a file with a header and rows"),
    ],
)
def test_what_holds_no_rows_is_refused(tmp_path, content, sentence):
    path = tmp_path / "rows"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        format_of(path)
    assert str(raised.value).startswith(f"{path} {sentence}")


def test_a_file_of_one_byte_is_no_packed_one(tmp_path):
    (tmp_path / "one").write_bytes(b"\x1f")
    with open_bytes(tmp_path / "one") as file:
        assert file.read() == b"\x1f"


def test_a_fingerprint_is_that_of_all_bytes_one_after_the_other(tmp_path):
    first, second, both = (tmp_path / name for name in "abc")
    first.write_bytes(b"x" * 70_000)
    second.write_bytes(b"y")
    both.write_bytes(b"x" * 70_000 + b"y")
    assert sha256(first, second) == sha256(both) != sha256(second, first)


def test_a_header_that_promises_as_much_as_there_is_is_believed(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(b"\0\0\x08\x02\0\0\0\x01\0\0\0\x02" + b"ab")
    assert [list(column) for column in read_idx(path).columns] == [[97], [98]]
    path.write_bytes(b"\0\0\x08\x02\0\0\0\x01\0\0\0\0" + b"ab")
    with pytest.raises(DataError, match=r"holds nothing \(its sizes are \(1, 0\)\)"):
        read_idx(path)
    path.write_bytes(b"\0\0\x08")
    with pytest.raises(DataError, match="begins with 00 00 08, where an IDX file has 00 00 08 03"):
        read_idx(path)
    for magic in (b"\0\x01\x08\x03", b"\x01\0\x08\x03"):
        path.write_bytes(magic + b"\0\0\0\x01" * 3 + b"a")
        with pytest.raises(DataError, match="is not an IDX file: it begins with"):
            read_idx(path)
