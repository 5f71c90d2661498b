"""One tensor as a file holds it: the kind of its numbers, its shape and its bytes."""

from __future__ import annotations

import reprlib
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any, final

from chainrule.errors import ModelFileError

# Bytes per number, in order of alignment: the order that the reference implementation of
# safetensors sorts by. Types narrower than a byte are left out.
ITEM_BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 1),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 1),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 2),
    **dict.fromkeys(("I32", "U32", "F32"), 4),
    **dict.fromkeys(("C64", "F64", "I64", "U64"), 8),
}
_COUNT_LIMIT = 2**64
_AT_ONCE = 8192
_STRUCT_LETTERS = {"F64": "d", "F32": "f", "F16": "e"}


@final
@dataclass(frozen=True)
class TensorBytes:
    r"""One tensor as it lies in a file.

    Args:
        dtype: The kind of number, such as "F64", "F32", "BF16" or "I64".
        shape: The sizes; `()` is a single number.
        data: The numbers, row-major and little endian, in contiguous bytes.

    Raises:
        ModelFileError: If the dtype is unknown, or the bytes do not fit it and the shape.

    Example:
        >>> TensorBytes.of_floats([1, 2.5], (2,), "F32")
        TensorBytes(dtype='F32', shape=(2,), data=b'\x00\x00\x80?\x00\x00 @')
        >>> TensorBytes.of_floats([1, 2.5], (2,), "F32").floats()
        array('d', [1.0, 2.5])
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes | bytearray | memoryview

    def __post_init__(self) -> None:
        if self.dtype not in ITEM_BYTES:
            raise ModelFileError(
                f"dtype {reprlib.repr(self.dtype)} is unknown: use one of "
                f"{', '.join(reversed(ITEM_BYTES))}"
            )
        needed = _count(self.shape) * ITEM_BYTES[self.dtype]
        found = memoryview(self.data).nbytes
        if needed != found:
            raise ModelFileError(
                f"dtype {self.dtype} and shape {reprlib.repr(self.shape)} take {needed} bytes, "
                f"and there are {found}"
            )

    @classmethod
    def of_floats(
        cls, values: Iterable[float], shape: Iterable[int], dtype: str = "F64"
    ) -> TensorBytes:
        """Pack numbers, row by row.

        Args:
            values: As many numbers as the shape holds.
            shape: The sizes.
            dtype: "F64", "F32", "F16" or "BF16"; the narrower ones round to nearest.

        Raises:
            ModelFileError: If the dtype is another one, a value is too large for it, or the number
                of values does not fit the shape.
        """
        numbers = array("d", values)
        try:
            return cls(dtype, tuple(shape), _pack(numbers, dtype))
        except OverflowError:
            largest = max(filter(isfinite, numbers), key=abs)
            raise ModelFileError(
                f"{largest} is too large for dtype {dtype}: use a wider one"
            ) from None

    def floats(self) -> array[float]:
        """The numbers as doubles, row by row; widening to a double is exact.

        Raises:
            ModelFileError: If the dtype is not F64, F32, F16 or BF16.
        """
        numbers = array("d")
        size = ITEM_BYTES[self.dtype]
        for part in _in_parts(memoryview(self.data).cast("B"), size):
            count = len(part) // size
            if self.dtype == "BF16":
                halves = struct.unpack(f"<{count}H", part)
                # BF16 is the upper half of an F32.
                widened = struct.pack(f"<{count}I", *(half << 16 for half in halves))
                numbers.extend(struct.unpack(f"<{count}f", widened))
            else:
                numbers.extend(struct.unpack(f"<{count}{_letter(self.dtype)}", part))
        return numbers


def _count(shape: Iterable[int]) -> int:
    count = 1
    for size in shape:
        count *= size
        # A hostile header could otherwise ask for a product with millions of digits.
        if not 0 <= count < _COUNT_LIMIT:
            raise ModelFileError(f"shape {reprlib.repr(shape)} is impossible")
    return count


def _letter(dtype: str) -> str:
    if dtype not in _STRUCT_LETTERS:
        raise ModelFileError(f"dtype {dtype} does not hold floats: use F64, F32, F16 or BF16")
    return _STRUCT_LETTERS[dtype]


def _pack(numbers: array[float], dtype: str) -> bytes:
    letter = "H" if dtype == "BF16" else _letter(dtype)
    return b"".join(
        struct.pack(f"<{len(part)}{letter}", *(map(_bf16, part) if dtype == "BF16" else part))
        for part in _in_parts(numbers)
    )


def _in_parts(numbers: Any, size: int = 1) -> Iterator[Any]:
    """The numbers some thousands at a time: all at once they would take ten times the memory."""
    step = _AT_ONCE * size
    return (numbers[start : start + step] for start in range(0, len(numbers), step))


def _bf16(number: float) -> int:
    if isnan(number):
        # Rounding could carry out of the fraction and make an infinity of it.
        return 0x7FC0
    (bits,) = struct.unpack("<I", struct.pack("<f", number))
    rounded = int(bits + 0x7FFF + (bits >> 16 & 1) >> 16)  # to nearest, a tie to even
    if rounded & 0x7FFF == 0x7F80 and isfinite(number):
        raise OverflowError
    return rounded
