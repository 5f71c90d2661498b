"""Tensors in one file that cannot run code: the safetensors format, read and written.

A file is three things, one after the other: the length of the header (8 bytes, unsigned, little
endian); the header, a JSON object in UTF-8; and the numbers of all tensors, row-major and little
endian, without a hole between them. The header names each tensor:

    {"__metadata__": {"loss": "hinge"},
     "w": {"dtype": "F64", "shape": [2, 3], "data_offsets": [0, 48]}}

`data_offsets` are the first byte and the one after the last, counted from the end of the header.
Spaces pad the header to a multiple of 8 bytes, and wider types come first, so that every tensor
begins at a multiple of its item size.

Source: safetensors, README, "Format", and its reference implementation `tensor.rs`.
"""

from __future__ import annotations

import errno
import json
import reprlib
import struct
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, final

from chainrule.arrays import namespace_of
from chainrule.errors import ModelFileError
from chainrule.files import as_path, opened, real_path, why_unwritable, write_whole

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
_STORED_AS = {"float64": "F64", "float32": "F32"}


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
        given = memoryview(self.data).nbytes
        if needed != given:
            raise ModelFileError(
                f"dtype {self.dtype} and shape {reprlib.repr(self.shape)} take {needed} bytes, "
                f"and there are {given}"
            )

    @classmethod
    def of_floats(
        cls, values: Iterable[float], shape: Iterable[int], dtype: str = "F64"
    ) -> TensorBytes:
        """Pack numbers, row by row.

        Args:
            values: As many numbers as the shape holds.
            shape: The sizes.
            dtype: "F64", "F32" or "F16"; the narrower ones round to nearest.

        Raises:
            ModelFileError: If the dtype is another one, a value is too large for it, or the number
                of values does not fit the shape.
        """
        numbers, letter = array("d", values), _letter(dtype)
        parts = (struct.pack(f"<{len(part)}{letter}", *part) for part in _in_parts(numbers))
        try:
            return cls(dtype, tuple(shape), b"".join(parts))
        except OverflowError:
            largest = max(filter(isfinite, numbers), key=abs)
            raise ModelFileError(
                f"{largest} is too large for dtype {dtype}: use a wider one"
            ) from None

    @classmethod
    def of_array(cls, values: Any) -> TensorBytes:
        """Pack an array of any engine, in its own number kind, float64 or float32."""
        flat = namespace_of(values).reshape(values, (-1,))
        return cls.of_floats(flat.tolist(), values.shape, _STORED_AS[str(values.dtype)])

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


def _in_parts(numbers: Any, size: int = 1) -> Iterator[Any]:
    """The numbers some thousands at a time: all at once they would take ten times the memory."""
    step = _AT_ONCE * size
    return (numbers[start : start + step] for start in range(0, len(numbers), step))


METADATA = "__metadata__"
HEADER_LIMIT = 100_000_000
_LENGTH_BYTES = 8
_ALIGNMENT = 8
_ALIGNMENT_ORDER = {dtype: place for place, dtype in enumerate(ITEM_BYTES)}
_GIVE = "give a model file, as `chainrule train` or `net.save` writes it"
_TEXT = "text, such as a CSV file"
_FOREIGN = {
    b"\xef\xbb\xbf": _TEXT,
    b"PK\x03\x04": "a zip archive, as PyTorch and NumPy write them (cr.from_torch takes a module)",
    **{
        bytes((8, v, tag)): "an ONNX file (cr.from_onnx reads it)"
        for v in range(16)
        for tag in b"\x12:"
    },
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "a gzip file",
    **{bytes((0x80, protocol)): "a Python pickle" for protocol in range(2, 6)},
}
_ENDINGS = {
    ".onnx": "an ONNX file",
    ".npz": "a NumPy file",
    ".csv": "a table",
    ".json": "a JSON file",
    **dict.fromkeys((".pt", ".pth"), "a PyTorch file"),
    **dict.fromkeys((".h5", ".keras"), "a Keras file"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "a Python pickle"),
}
_WRITERS = {
    "an ONNX file": "; cr.to_onnx(net, path) writes ONNX",
    "a PyTorch file": "; net.to_torch() gives the module for torch.save",
}
_CHECKSUM = "chainrule.sha256"
_shortened = reprlib.Repr()
_shortened.maxstring = 80


def write_tensors(
    path: str | Path, tensors: Mapping[str, TensorBytes], metadata: Mapping[str, str]
) -> None:
    """Write tensors and text into a safetensors file: all of it, or nothing.

    The bytes depend on the names and contents only, not on the order in which they are given. A
    file that was there keeps its permissions, and stays as it was when anything goes wrong.

    Args:
        path: The file, in a folder that exists.
        tensors: What to store, by name.
        metadata: Texts to store beside them, by name.

    Raises:
        ModelFileError: If the folder is missing or protected, the disk is full, the path is no
            ordinary file or has the ending of another format, or a name or text cannot be stored.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     model = Path(folder) / "model.safetensors"
        ...     weights = {"w": TensorBytes.of_floats([1.5, -2], (1, 2))}
        ...     write_tensors(model, weights, {"loss": "hinge"})
        ...     tensors, texts = read_tensors(model)
        >>> tensors["w"].floats().tolist(), texts
        ([1.5, -2.0], {'loss': 'hinge'})
    """
    require_model_name(path)
    write_model(path, lambda: _encode(tensors, metadata))


def require_model_name(path: str | Path, /) -> None:
    """Refuse a name by whose ending people and programs expect a file of another format.

    Raises:
        ModelFileError: If it ends so; the message says what writes such a file, where something
            does.

    Example:
        >>> require_model_name("model.safetensors")
    """
    name = as_path(path)
    if other := _ENDINGS.get(name.suffix.lower()):
        raise ModelFileError(
            f"{path} is the name of {other}, and what is saved here is a safetensors file: call it "
            f"{name.with_suffix('.safetensors')}{_WRITERS.get(other, '')}"
        )


def write_model(
    path: str | Path, pieces: Callable[[], Iterable[bytes | bytearray | memoryview]]
) -> None:
    """Put a model of any format into a file: all of it, or nothing.

    Raises:
        ModelFileError: If it cannot be written; what was there stays as it was.
    """
    target = real_path(path)
    with about_file(path, "cannot be written: "):
        if why := why_unwritable(target):
            raise ModelFileError(why)
        try:
            write_whole(target, pieces())
        except OSError as error:
            raise ModelFileError(_cause(target.parent, error)) from error


def read_tensors(path: str | Path) -> tuple[dict[str, TensorBytes], dict[str, str]]:
    """Read a safetensors file and check that every byte of it is accounted for.

    Args:
        path: The file.

    Returns:
        The tensors by name, in the order of the file, and its texts by name.

    Raises:
        ModelFileError: If the file is missing, unreadable, cut short, damaged or of another kind.
    """
    with open_model(path) as file:
        return _interpret(*_split(file))


@contextmanager
def open_model(path: str | Path) -> Iterator[BinaryIO]:
    """Open a model of any format for reading bytes; what is found wrong in it names the file.

    Raises:
        ModelFileError: As `opened`, or what is done with it says so.
    """
    with opened(as_path(path), ModelFileError, "model file") as file, about_file(path):
        yield file


@contextmanager
def about_file(path: str | Path, problem: str = "") -> Iterator[None]:
    """Begin what is found wrong with the file's name and, if given, what cannot be done with it.

    Raises:
        ModelFileError: As what is done within says so.
    """
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{path} {problem}{error}") from None


def read_bytes(data: bytes) -> tuple[dict[str, TensorBytes], dict[str, str]]:
    """The tensors and texts of a safetensors file that is in memory already; see `read_tensors`.

    Raises:
        ModelFileError: If they are cut short, damaged or of another kind.
    """
    return _interpret(*_split(BytesIO(data)))


def _encode(
    tensors: Mapping[str, TensorBytes], metadata: Mapping[str, str]
) -> list[bytes | bytearray | memoryview]:
    for text in (*tensors, *metadata, *metadata.values()):
        if not isinstance(text, str):
            raise ModelFileError(f"names and metadata must be text, and {text!r} is not")
    if METADATA in tensors:
        raise ModelFileError(f"no tensor may be called {METADATA}; choose another name")
    ordered = sorted(tensors.items(), key=lambda item: (-_ALIGNMENT_ORDER[item[1].dtype], item[0]))
    entries: dict[str, object] = {METADATA: dict(sorted(metadata.items()))} if metadata else {}
    end = 0
    for name, stored in ordered:
        begin, end = end, end + memoryview(stored.data).nbytes
        entries[name] = {"dtype": stored.dtype, "shape": stored.shape, "data_offsets": (begin, end)}
    return [_header(entries), *(stored.data for _, stored in ordered)]


def _header(entries: dict[str, object]) -> bytes:
    try:
        header = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        wrong = error.object[error.start : error.end]
        raise ModelFileError(f"a name or text holds {wrong!r}, which UTF-8 lacks") from None
    header += b" " * (-len(header) % _ALIGNMENT)
    if len(header) > HEADER_LIMIT:
        raise ModelFileError(
            f"its names and texts take {len(header)} bytes, and the format allows {HEADER_LIMIT}"
        )
    return len(header).to_bytes(_LENGTH_BYTES, "little") + header


def _cause(folder: Path, error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"no room is left in {folder}; make room, or choose another place"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"the folder {folder} is write-protected; choose another"
    return error.strerror or str(error)


def _split(file: BinaryIO) -> tuple[bytes, bytes]:
    start = file.read(_LENGTH_BYTES)
    if not start:
        raise ModelFileError(f"is empty: {_GIVE}")
    length = int.from_bytes(start, "little")
    if len(start) < _LENGTH_BYTES or length > HEADER_LIMIT:
        raise ModelFileError(_foreign(start))
    header = file.read(length)
    if header[:1] not in {b"{", b""} or not length:
        raise ModelFileError(_foreign(start))
    if len(header) < length:
        raise ModelFileError(
            f"is cut short: its header should have {length} bytes, and {len(header)} are there; "
            "copy it again"
        )
    return header, file.read()


def _foreign(start: bytes) -> str:
    for signature, kind in _FOREIGN.items():
        if start.startswith(signature):
            return f"is not a safetensors file but {kind}: {_GIVE}"
    if start.isascii() and "".join(start.decode().split()).isprintable():
        return f"is not a safetensors file but {_TEXT}: {_GIVE}"
    return (
        f"is not a safetensors file, or cut short: it begins with {start.hex(' ')}, where the "
        "length of a header should stand; check the name, or copy it again"
    )


def _interpret(header: bytes, data: bytes) -> tuple[dict[str, TensorBytes], dict[str, str]]:
    entries = _decode(header)
    metadata = entries.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(
        isinstance(text, str) for text in metadata.values()
    ):
        raise ModelFileError(f"is damaged: its {METADATA} should map text to text")
    places = sorted((*_place(name, entry), name) for name, entry in entries.items())
    used = 0
    for begin, end, *_, name in places:
        if begin != used or end < begin:
            raise ModelFileError(
                f"is damaged: tensor {_shortened.repr(name)} should follow the one before it at "
                f"byte {used}, and its offsets are {begin} to {end}"
            )
        used = end
    if len(data) < used:
        raise ModelFileError(
            f"is cut short: its tensors should have {used} bytes, and {len(data)} are there; "
            "copy it again"
        )
    if len(data) > used:
        raise ModelFileError(f"is damaged: {len(data) - used} bytes belong to no tensor")
    return {
        name: _cut(name, data[begin:end], dtype, shape) for begin, end, dtype, shape, name in places
    }, metadata


def _decode(header: bytes) -> dict[str, Any]:
    try:
        entries: dict[str, Any] = json.loads(header.decode(), object_pairs_hook=_without_twins)
    except ModelFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"is damaged: its header is not JSON ({error})") from None
    return entries


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twin = Counter(name for name, _ in pairs).most_common()[0][0]
        raise ModelFileError(f"is damaged: its header names {_shortened.repr(twin)} twice")
    return unique


def _place(name: str, entry: object) -> tuple[int, int, str, tuple[int, ...]]:
    match entry:
        case {"dtype": str(dtype), "shape": [*shape], "data_offsets": [begin, end]} if all(
            type(number) is int and number >= 0 for number in (*shape, begin, end)
        ):
            return begin, end, dtype, tuple(shape)
    raise ModelFileError(
        f"is damaged: tensor {_shortened.repr(name)} should have a dtype, a shape and two "
        f"data_offsets, and has {_shortened.repr(entry)}"
    )


def _cut(name: str, data: bytes, dtype: str, shape: tuple[int, ...]) -> TensorBytes:
    try:
        return TensorBytes(dtype, shape, data)
    except ModelFileError as error:
        raise ModelFileError(f"is damaged: tensor {_shortened.repr(name)}: {error}") from None


# A weight with one bit turned over is a weight like any other: only a checksum tells.


def with_checksum(tensors: Mapping[str, TensorBytes], texts: Mapping[str, str]) -> dict[str, str]:
    """The texts, and with them the fingerprint of tensors and texts.

    Example:
        >>> texts = with_checksum({"w": TensorBytes.of_floats([1.5], (1,))}, {"loss": "hinge"})
        >>> require_checksum({"w": TensorBytes.of_floats([1.5], (1,))}, texts)
        >>> require_checksum({"w": TensorBytes.of_floats([2.5], (1,))}, texts)
        Traceback (most recent call last):
            ...
        chainrule.errors.ModelFileError: it has changed since it was saved; copy the file again
    """
    return {**texts, _CHECKSUM: _fingerprint(tensors, texts)}


def require_checksum(tensors: Mapping[str, TensorBytes], texts: Mapping[str, str]) -> None:
    """Refuse what has changed since its checksum was taken; what has none passes.

    Raises:
        ModelFileError: If a tensor or a text is another.
    """
    if _CHECKSUM not in texts:
        return
    rest = {name: text for name, text in texts.items() if name != _CHECKSUM}
    if texts[_CHECKSUM] != _fingerprint(tensors, rest):
        raise ModelFileError("it has changed since it was saved; copy the file again")


def _fingerprint(tensors: Mapping[str, TensorBytes], texts: Mapping[str, str]) -> str:
    from hashlib import sha256  # only here, since loading it takes milliseconds

    digest = sha256(repr(sorted(texts.items())).encode(errors="surrogatepass"))
    for name, stored in sorted(tensors.items()):
        digest.update(repr((name, stored.dtype, tuple(stored.shape))).encode())
        digest.update(stored.data)
    return digest.hexdigest()
