"""Numbers become bytes and come back as the format defines them, or are refused."""

import math
import re
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ModelFileError
from chainrule.train.safetensors import ITEM_BYTES, TensorBytes

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite))
def test_doubles_come_back_bit_by_bit(values):
    assert TensorBytes.of_floats(values, (len(values),)).floats() == array("d", values)


@given(st.lists(st.floats(width=32)))
def test_narrow_numbers_come_back_bit_by_bit(values):
    stored = TensorBytes.of_floats(values, (len(values),), "F32")
    assert list(map(repr, stored.floats())) == list(map(repr, values))


@pytest.mark.parametrize(
    ("dtype", "value", "bits"),
    [
        ("F16", 1.0, 0x3C00),
        ("F16", -65504.0, 0xFBFF),
        ("F16", 2.0**-24, 0x0001),
        ("F16", math.inf, 0x7C00),
        ("BF16", 1.0, 0x3F80),
        ("BF16", -2.0, 0xC000),
        ("BF16", math.inf, 0x7F80),
        ("BF16", 2.0**-133, 0x0001),
    ],
)
def test_half_widths_have_their_published_bits(dtype, value, bits):
    """F16 from IEEE 754-2008 binary16; BF16 is the upper half of a binary32."""
    assert TensorBytes(dtype, (1,), struct.pack("<H", bits)).floats().tolist() == [value]


def test_a_tensor_of_bf16_is_read_whole_and_in_order():
    halves = [0x3F80, 0x7FC0, 0xC000] * 5000
    numbers = TensorBytes("BF16", (15_000,), struct.pack("<15000H", *halves)).floats().tolist()
    assert numbers[::3] == [1.0] * 5000
    assert all(map(math.isnan, numbers[1::3]))
    assert numbers[2::3] == [-2.0] * 5000


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16"])
def test_what_is_not_a_number_stays_so(dtype):
    assert math.isnan(TensorBytes.of_floats([math.nan], (1,), dtype).floats()[0])


@pytest.mark.parametrize(("dtype", "value"), [("F32", 1e39), ("F16", 7e4)])
def test_a_number_too_large_for_its_type_is_refused(dtype, value):
    with pytest.raises(ModelFileError, match=f"too large for dtype {dtype}"):
        TensorBytes.of_floats([math.inf, value], (2,), dtype)


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16"])
def test_many_numbers_come_back_in_their_order(dtype):
    values = [float(number % 256) for number in range(20_000)]
    stored = TensorBytes.of_floats(values, (len(values),), dtype)
    assert stored.floats().tolist() == values


def test_integers_are_not_read_as_floats():
    with pytest.raises(ModelFileError, match="I64 does not hold floats"):
        TensorBytes("I64", (1,), bytes(8)).floats()
    with pytest.raises(ModelFileError, match="I64 does not hold floats"):
        TensorBytes.of_floats([1], (1,), "I64")


@pytest.mark.parametrize(
    ("dtype", "shape", "size", "complaint"),
    [
        ("F32", (2, 3), 20, "take 24 bytes, and there are 20"),
        ("F64", (), 4, "take 8 bytes, and there are 4"),
        ("F64", (), 9, "take 8 bytes, and there are 9"),
        ("F128", (), 16, "'F128' is unknown"),
        ("F32", (-1, -1), 4, "is impossible"),
        ("U8", (2**40, 2**40, 0), 0, "is impossible"),
        ("U8", (2**32, 2**32, 0), 0, "is impossible"),
    ],
)
def test_a_tensor_has_the_bytes_of_its_type_and_shape(dtype, shape, size, complaint):
    with pytest.raises(ModelFileError, match=complaint):
        TensorBytes(dtype, shape, bytes(size))


def test_the_name_of_a_type_says_how_many_bits_a_number_takes():
    said = {dtype: re.findall(r"\d+", dtype)[:1] for dtype in ITEM_BYTES}
    assert said == {"BOOL": []} | {
        dtype: [str(8 * size)] for dtype, size in ITEM_BYTES.items() if dtype != "BOOL"
    }
