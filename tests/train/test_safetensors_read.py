"""A file is never trusted: it is read when every byte of it makes sense, and refused otherwise."""

import json
import pickle
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ChainruleError, ModelFileError
from chainrule.train.safetensors import ITEM_BYTES, TensorBytes, read_tensors
from tests.train.refusals import refused


@pytest.fixture
def model(tmp_path):
    return tmp_path / "model.safetensors"


def file_of(header, data=b""):
    """The bytes of a file by hand: length, header, numbers."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def refusal(path):
    return refused(path, read_tensors, path)


def refusal_of(path, content):
    path.write_bytes(content)
    return refusal(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "there is no file" in refusal(tmp_path / "model")
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"sepal_length,species\n5.1,setosa\n", "text, such as a CSV"),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n", "text, such as a CSV"),
        (b"a\tb\n", "text, such as a CSV"),
        *((pickle.dumps([1.0] * 99, protocol), "a Python pickle") for protocol in (2, 3, 4, 5)),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
        (b"\x1f\x8b\x08\x00" + bytes(99), "a gzip file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "it begins with 89 50 4e 47 0d 0a 1a 0a"),
        (bytes(99), "it begins with 00 00 00 00 00 00 00 00"),
        (struct.pack("<Q", 3) + b"[1]", "it begins with 03 00"),
        (b"\x01\x02", "it begins with 01 02"),
        (struct.pack("<Q", 100_000_001) + b"{}", "is not a safetensors file"),
        (struct.pack("<Q", 100_000_000) + b"{}", "its header should have 100000000 bytes"),
        (struct.pack("<Q", 99) + b"{}", "cut short: its header should have 99 bytes, and 2 are"),
    ],
)
def test_a_foreign_file_is_called_by_its_name(model, content, complaint):
    assert complaint in refusal_of(model, content)


def test_a_zip_archive_is_called_by_its_name(model):
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("w.npy", b"\x93NUMPY")
    assert "a zip archive" in refusal(model)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (b"{oops}", "its header is not JSON"),
        (b"{} {}", "its header is not JSON"),
        (b'{"\xff": 1}', "its header is not JSON"),
        (b'{"w":' + b"[" * 100_000, "its header is not JSON"),
        (b'{"w": 1' + b"0" * 9999 + b"}", "its header is not JSON"),
        (b'{"a": {}, "w": {}, "w": {}, "x": {}}', "names 'w' twice"),
        (b'{"__metadata__": {"a": "1", "a": "2"}}', "names 'a' twice"),
        ({"__metadata__": {"epochs": 3}}, "map text to text"),
        ({"__metadata__": None}, "map text to text"),
        ({"w": None}, "should have a dtype, a shape and two data_offsets"),
        ({"w": {"dtype": "F32", "shape": [1]}}, "should have a dtype"),
        ({"w": entry(dtype=32)}, "should have a dtype"),
        ({"w": entry(shape=(1.0,))}, "should have a dtype"),
        ({"w": entry(shape=(True,))}, "should have a dtype"),
        ({"w": entry(shape=(-1,))}, "should have a dtype"),
        ({"w": entry(offsets=(0,))}, "should have a dtype"),
        ({"w": entry(offsets=(-4, 0))}, "should have a dtype"),
        ({"w": entry(dtype="F33")}, "tensor 'w': dtype 'F33' is unknown"),
        ({"w": entry(shape=(2,))}, "tensor 'w': dtype F32 and shape (2,) take 8 bytes"),
        ({"w": entry(shape=(2**62,) * 9)}, "is impossible"),
    ],
)
def test_a_damaged_header_is_refused(model, header, complaint):
    assert complaint in refusal_of(model, file_of(header, bytes(4)))


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        ((0, 4), (8, 12), "tensor 'b' should follow the one before it at byte 4"),
        ((0, 4), (2, 6), "tensor 'b' should follow the one before it at byte 4"),
        ((0, 4), (0, 4), "tensor 'b' should follow the one before it at byte 4"),
        ((4, 8), (8, 12), "tensor 'a' should follow the one before it at byte 0"),
        ((0, 4), (4, 0), "tensor 'b' should follow the one before it at byte 4"),
        ((0, 4), (4, 16), "cut short: its tensors should have 16 bytes, and 12 are there"),
        ((0, 4), (4, 8), "4 bytes belong to no tensor"),
    ],
)
def test_tensors_fill_the_file_without_hole_or_overlap(model, first, second, complaint):
    header = {"a": entry(offsets=first), "b": entry(offsets=second)}
    assert complaint in refusal_of(model, file_of(header, bytes(12)))


def test_tensors_may_stand_in_any_order_in_the_header(model):
    header = {"b": entry(offsets=(4, 8)), "a": entry(offsets=(0, 4)), "c": entry(shape=(0,))}
    header["c"]["data_offsets"] = [4, 4]
    model.write_bytes(file_of(header, struct.pack("<2f", 1, 2)))
    tensors, metadata = read_tensors(model)
    assert list(tensors) == ["a", "c", "b"]
    assert [list(stored.floats()) for stored in tensors.values()] == [[1], [], [2]]
    assert metadata == {}


def small_file():
    header = {"__metadata__": {"loss": "hinge"}, "v": entry(), "w": entry("F64", (), (4, 12))}
    return file_of(header, struct.pack("<fd", 1, 2))


def test_a_file_cut_at_any_byte_is_refused(model):
    whole = small_file()
    for length in range(len(whole)):
        refusal_of(model, whole[:length])
    model.write_bytes(whole)
    assert list(read_tensors(model)[0]) == ["v", "w"]


def test_a_flipped_bit_in_the_header_is_refused_or_leaves_a_valid_file(model):
    whole = small_file()
    header_end = len(whole) - 12
    for position in range(header_end):
        for bit in range(8):
            model.write_bytes(
                whole[:position] + bytes([whole[position] ^ 1 << bit]) + whole[position + 1 :]
            )
            read_or_refuse(model)


def read_or_refuse(path):
    try:
        tensors, metadata = read_tensors(path)
    except ModelFileError:
        return
    assert all(isinstance(stored, TensorBytes) for stored in tensors.values())
    assert all(isinstance(text, str) for text in metadata.values())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from([*ITEM_BYTES, ""]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
header_entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*ITEM_BYTES]) | json_values,
        "shape": st.lists(st.integers(0, 3)) | json_values,
        "data_offsets": st.lists(st.integers(0, 8), min_size=2, max_size=2) | json_values,
    }
)


@given(st.dictionaries(st.text() | st.just("__metadata__"), header_entries), st.binary(max_size=9))
def test_any_header_is_read_or_refused(tmp_path_factory, header, data):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(file_of(header, data))
    read_or_refuse(path)


def test_the_error_is_one_of_ours_and_a_value_error():
    assert issubclass(ModelFileError, ChainruleError)
    assert issubclass(ModelFileError, ValueError)


@pytest.mark.extra("safetensors")
@pytest.mark.parametrize("dtype", ITEM_BYTES)
def test_the_reference_knows_every_type_by_the_same_size(dtype):
    reference = pytest.importorskip("safetensors")
    size = ITEM_BYTES[dtype]
    [(name, found)] = reference.deserialize(
        file_of({"w": entry(dtype, (3,), (0, 3 * size))}, bytes(3 * size))
    )
    assert (name, found["dtype"]) == ("w", dtype)


def test_what_the_machine_says_of_a_file_is_handed_on(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"cannot be read \(Not a directory\)"):
        read_tensors(tmp_path / "file" / "model")
