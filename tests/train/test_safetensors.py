"""The bytes of a file are those that the format asks for, and the reference reads and writes."""

import math
import struct
from array import array

import pytest

from chainrule.train.safetensors import TensorBytes, read_tensors, write_tensors


@pytest.fixture
def model(tmp_path):
    return tmp_path / "model.safetensors"


def test_the_bytes_are_those_of_the_reference_implementation(model):
    """The file of `test_serialization` in safetensors' own `tensor.rs`."""
    write_tensors(model, {"attn.0": TensorBytes.of_floats(range(6), (1, 2, 3), "F32")}, {})
    expected = bytes([64, 0, 0, 0, 0, 0, 0, 0])
    expected += b'{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}'
    expected += bytes([0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64])
    expected += bytes([0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64])
    assert model.read_bytes() == expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, bytes([8, 0, 0, 0, 0, 0, 0, 0]) + b"{}      "),
        (
            {"framework": "pt"},
            bytes([40, 0, 0, 0, 0, 0, 0, 0]) + b'{"__metadata__":{"framework":"pt"}}     ',
        ),
    ],
)
def test_spaces_fill_the_header_up_to_a_multiple_of_eight(model, metadata, expected):
    """The files of `test_empty` in safetensors' own `tensor.rs`."""
    write_tensors(model, {}, metadata)
    assert model.read_bytes() == expected
    assert read_tensors(model) == ({}, metadata)


def test_wide_numbers_come_first_so_that_every_tensor_is_aligned(model):
    tensors = {
        "a": TensorBytes("BOOL", (3,), b"\x01\x00\x01"),
        "b": TensorBytes.of_floats([1], (1,), "F32"),
        "d": TensorBytes.of_floats([0.5], ()),
        "c": TensorBytes.of_floats([-2], (1, 1)),
    }
    write_tensors(model, tensors, {"é": '"\n'})
    header = (
        '{"__metadata__":{"é":"\\"\\n"},'
        '"c":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},'
        '"d":{"dtype":"F64","shape":[],"data_offsets":[8,16]},'
        '"b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},'
        '"a":{"dtype":"BOOL","shape":[3],"data_offsets":[20,23]}}'
    ).encode()
    header += b" " * (-len(header) % 8)
    # IEEE 754: -2 is sign 1, exponent 1024; 0.5 is exponent 1022; 1 is exponent 127.
    numbers = bytes.fromhex("00000000000000c0 000000000000e03f 0000803f 010001")
    assert model.read_bytes() == struct.pack("<Q", len(header)) + header + numbers
    assert read_tensors(model) == (tensors, {"é": '"\n'})


def test_the_order_in_which_things_are_given_leaves_the_bytes_alone(tmp_path):
    tensors = {name: TensorBytes.of_floats([index], ()) for index, name in enumerate("cab")}
    texts = {"z": "1", "a": "2"}
    write_tensors(tmp_path / "one", tensors, texts)
    write_tensors(tmp_path / "two", dict(reversed(tensors.items())), dict(reversed(texts.items())))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_any_bytes_like_data_is_stored(model):
    numbers = array("i", [1, 2])
    tensors = {
        "m": TensorBytes("I32", (2,), memoryview(numbers)),
        "n": TensorBytes("U8", (1,), bytearray(1)),
    }
    write_tensors(model, tensors, {})
    assert read_tensors(model)[0]["m"].data == numbers.tobytes()


NUMPY_NAMES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "U8": "|u1",
    "BOOL": "|b1",
}


@pytest.mark.extra("numpy", "safetensors")
def test_the_reference_reads_what_is_written(model):
    numpy = pytest.importorskip("numpy")
    reference = pytest.importorskip("safetensors")
    load_file = pytest.importorskip("safetensors.numpy").load_file
    tensors = {
        "double": TensorBytes.of_floats([0.1, -0.0, math.inf, 5e-324], (2, 2)),
        "narrow": TensorBytes.of_floats([0.1, 3e38, 1e-45], (3, 1), "F32"),
        "half": TensorBytes.of_floats([0.1, 65504], (2,), "F16"),
        "scalar": TensorBytes("I64", (), struct.pack("<q", -(2**63))),
        "none": TensorBytes.of_floats([], (0, 3), "F32"),
        'name "é"\n': TensorBytes("BOOL", (3,), b"\x00\x01\x00"),
    }
    write_tensors(model, tensors, {"loss": "hinge", "ü": "\x00\x7f\u2028"})
    loaded = load_file(model)
    assert loaded.keys() == tensors.keys()
    for name, stored in tensors.items():
        own = numpy.frombuffer(stored.data, NUMPY_NAMES[stored.dtype]).reshape(stored.shape)
        assert loaded[name].dtype == own.dtype
        assert loaded[name].shape == own.shape
        assert loaded[name].tobytes() == own.tobytes()
    with reference.safe_open(model, framework="numpy") as opened:
        assert opened.metadata() == {"loss": "hinge", "ü": "\x00\x7f\u2028"}


@pytest.mark.extra("numpy", "safetensors")
def test_what_the_reference_writes_is_read_and_written_alike(model, tmp_path):
    numpy = pytest.importorskip("numpy")
    save_file = pytest.importorskip("safetensors.numpy").save_file
    random = numpy.random.default_rng(0)
    arrays = {
        f"{name} {dtype}": (9 * random.standard_normal(shape)).astype(name)
        for dtype, name in NUMPY_NAMES.items()
        for shape in ((), (4,), (2, 0), (3, 2))
    }
    save_file(arrays, model, {"format": "np"})
    tensors, metadata = read_tensors(model)
    assert metadata == {"format": "np"}
    assert tensors.keys() == arrays.keys()
    for name, stored in tensors.items():
        assert stored.data == arrays[name].tobytes()
        assert stored.shape == arrays[name].shape
        if stored.dtype.startswith("F"):
            assert stored.floats().tolist() == arrays[name].ravel().tolist()
    write_tensors(tmp_path / "again", tensors, metadata)
    assert (tmp_path / "again").read_bytes() == model.read_bytes()
