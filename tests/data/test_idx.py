"""IDX: images, the labels beside them, and damaged files."""

import gzip
import random
import struct
import tracemalloc
from collections import Counter

import pytest

from chainrule.data import Stream, load
from chainrule.data.idx import read_idx
from chainrule.data.stream import chunks_of
from chainrule.errors import DataError

PIXELS = bytes(range(12))


BILLIONS = (0xFFFFFFFF, 0x10000, 0x10000)


def idx(path, shape, values, kind=0x08):
    content = bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.fixture
def images(tmp_path):
    """Three images of two rows and two columns."""
    return idx(tmp_path / "some-images-idx3-ubyte", (3, 2, 2), PIXELS)


def test_each_pixel_is_a_column_row_by_row(images):
    table = read_idx(images)
    assert table.names == ("pixel0", "pixel1", "pixel2", "pixel3")
    assert list(table.column("pixel1")) == [1, 5, 9]
    assert (table.target, table.pixel_maximum) == (None, 255.0)


@pytest.mark.parametrize("name", ["some-labels-idx1-ubyte", "some-labels-idx1-ubyte.gz"])
def test_labels_are_found_beside_the_images(images, name):
    idx(images.with_name(name), (3,), b"\x07\x02\x07")
    table = load(images)
    assert (list(table.column("label")), table.target) == ([7, 2, 7], "label")


def test_labels_of_another_name_are_given(images, tmp_path):
    labels = idx(tmp_path / "answers", (3,), b"\x01\x02\x03")
    assert list(load(images, labels=labels).column("label")) == [1, 2, 3]
    assert load(images, labels=labels).source == images.name


def test_the_fingerprint_covers_images_and_labels(images, tmp_path):
    labels = idx(tmp_path / "answers", (3,), b"\x01\x02\x03")
    assert read_idx(images).sha256 != read_idx(images, labels=labels).sha256


def test_labels_for_other_images_are_refused_with_both_counts(images, tmp_path):
    labels = idx(tmp_path / "answers", (2,), b"\x01\x02")
    with pytest.raises(DataError, match=r"holds 3 images and answers 2 labels"):
        read_idx(images, labels=labels)


def test_labels_given_as_images_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"1 dimension\(s\), and images"):
        read_idx(idx(tmp_path / "labels", (3,), b"\x01\x02\x03"))


def test_a_truncated_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cut short: its header promises 3 items of 4 bytes"):
        read_idx(idx(tmp_path / "images", (3, 2, 2), PIXELS[:-1]))


@pytest.mark.parametrize("name", ["images", "images.gz"])
@pytest.mark.parametrize("reader", [read_idx, lambda path: Stream(path, "pixel0", memory=2**40)])
def test_a_promise_of_more_than_a_file_can_hold_is_not_believed(tmp_path, name, reader):
    path = idx(tmp_path / f"{name}-idx3-ubyte", BILLIONS, b"\0")
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(DataError, match=r"cut short: its header promises 4294967295 items"):
        reader(path)


def test_memory_is_not_asked_for_before_a_packed_file_has_shown_its_bytes(tmp_path):
    noise = random.Random(0).randbytes(1 << 16)
    path = idx(tmp_path / "images.gz", (1 << 16, 32, 31), noise)
    tracemalloc.start()
    with pytest.raises(DataError, match="cut short"):
        read_idx(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 23


def test_a_file_without_dimensions_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"0 dimension\(s\), and images"):
        read_idx(idx(tmp_path / "images", (), b"\0"))


def test_a_file_that_ends_in_its_header_is_refused(tmp_path):
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\x03\0\0\0\x01")
    with pytest.raises(DataError, match="cut short within its header"):
        load(path)


def test_a_wrong_magic_number_is_shown(tmp_path):
    path = tmp_path / "t10k-images-idx3-ubyte"
    path.write_bytes(b"\x7fELF and more")
    with pytest.raises(DataError, match=r"begins with 7f 45 4c 46"):
        load(path)


def test_values_of_another_type_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"IDX type 0x0d"):
        read_idx(idx(tmp_path / "images", (1, 1, 1), bytes(4), kind=0x0D))


def test_labels_make_no_sense_for_a_csv_file(csv):
    with pytest.raises(DataError, match="labels go with IDX images"):
        load(csv("x,y\n1,2\n"), labels="answers")


def test_mnist_has_the_digits_that_its_authors_count(mnist):
    table = load(mnist)
    # The counts of the test set's labels 0 to 9, as published with MNIST.
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert Counter(table.column("label")) == dict(enumerate(counts))
    assert (table.rows, len(table.names)) == (10_000, 785)


@pytest.mark.parametrize(("memory", "rows"), [(5, [1, 1, 1]), (9, [1, 1, 1]), (10, [2, 1])])
def test_a_chunk_holds_as_many_images_with_a_label_each_as_the_memory(images, memory, rows):
    chunks = chunks_of(images, labels=None, memory=memory)
    assert [table.rows for table in chunks.scan()] == rows
    assert [table.first_row for table in chunks.scan()] == [sum(rows[:n]) for n in range(len(rows))]
    with pytest.raises(DataError, match="takes about 5 bytes, and a chunk may take 4"):
        chunks_of(images, labels=None, memory=4)


def test_images_and_labels_are_named_where_their_numbers_differ(images, tmp_path):
    labels = idx(tmp_path / "answers", (2,), b"\x01\x02")
    with pytest.raises(DataError) as raised:
        read_idx(images, labels=labels)
    assert str(raised.value) == (
        "some-images-idx3-ubyte holds 3 images and answers 2 labels: give the labels of these "
        "images"
    )
    with pytest.raises(
        DataError, match=r"3 dimension\(s\), and labels \(one dimension\) are asked"
    ):
        read_idx(images, labels=images)
    assert [list(column) for column in read_idx(images).columns] == [
        [0, 4, 8],
        [1, 5, 9],
        [2, 6, 10],
        [3, 7, 11],
    ]
