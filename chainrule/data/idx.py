"""IDX files: images and their labels, as MNIST has them."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chainrule.data.cells import Column
from chainrule.data.files import Opener, open_bytes, sha256
from chainrule.data.table import Table
from chainrule.errors import DataError
from chainrule.files import as_path
from chainrule.words import shortened

_UNSIGNED_BYTE = 0x08
PIXEL_MAXIMUM = 255.0
_PIXEL = "pixel"

_BLOCK = 1 << 20


def picture_width(names: Sequence[str]) -> int:
    """The width of the square picture that columns or inputs of such names are; 0 if they are none.

    Example:
        >>> picture_width(["pixel0", "pixel1", "pixel2", "pixel3"])
        2
    """
    width = math.isqrt(len(names))
    square = width > 1 and width * width == len(names)
    return width if square and all(name.startswith(_PIXEL) for name in names) else 0


@dataclass(frozen=True)
class IdxHeader:
    """The sizes an IDX file announces, and where its values begin.

    Args:
        shape: The number of items, and the sizes of each one.
        start: The byte at which the first value stands.
    """

    shape: tuple[int, ...]
    start: int

    @property
    def item_bytes(self) -> int:
        """The bytes of one image or label."""
        return math.prod(self.shape[1:])


def read_idx(path: str | Path, *, labels: str | Path | None = None) -> Table:
    """Read IDX images, and the labels beside them, into a table.

    The labels of `t10k-images-idx3-ubyte.gz` are looked for in `t10k-labels-idx1-ubyte`, with or
    without `.gz`.

    Args:
        path: The images.
        labels: The labels, when they have another name.

    Returns:
        A table with a column for each pixel, row by row, and the target `label` where there are
        labels.

    Raises:
        DataError: If a file is missing, cut short, of another kind, or the two do not fit together.
    """
    file = IdxFile(path, labels)
    return replace(file.chunk_at(0, file.rows), sha256=sha256(*file.files))


class IdxFile:
    """IDX images, with their labels where there are any, all of them or some at a time.

    Args:
        path: The images.
        labels: The labels, when they have another name.
        opener: What opens the files to read images and labels.

    Raises:
        DataError: As `read_idx`.

    Attributes:
        files: The images, and the labels where there are any.
        rows: How many images there are.
        header: What the images' file announces.
    """

    def __init__(
        self, path: str | Path, labels: str | Path | None, opener: Opener = open_bytes
    ) -> None:
        """Read both headers."""
        self.files, self._open = _with_labels(Path(path), labels), opener
        self._headers = [_header(file, labels=place > 0) for place, file in enumerate(self.files)]
        self.header = self._headers[0]
        self.rows, count = self.header.shape[0], self._headers[-1].shape[0]
        if self.rows != count:
            raise DataError(
                f"{self.files[0].name} holds {self.rows} images and {self.files[1].name} "
                f"{count} labels: give the labels of these images"
            )

    def chunks(self, rows: int) -> Iterator[tuple[int, Table]]:
        """Yield the first image of each chunk and the chunk: a table of up to `rows` images."""
        return ((first, self.chunk_at(first, rows)) for first in range(0, self.rows, rows))

    def chunk_at(self, first: int, rows: int) -> Table:
        """Up to so many images from one on, a column for each pixel, row by row."""
        count = min(rows, self.rows - first)
        pixels, *labels = (
            self._items(file, header, first, count)
            for file, header in zip(self.files, self._headers, strict=True)
        )
        width = self.header.item_bytes
        names = [f"{_PIXEL}{position}" for position in range(width)] + ["label"] * len(labels)
        columns: list[Column] = [memoryview(pixels)[position::width] for position in range(width)]
        columns += map(memoryview, labels)  # no pixel is copied
        return Table(
            tuple(names),
            tuple(columns),
            self.files[0].name,
            target="label" if labels else None,
            first_row=first,
            pixel_maximum=PIXEL_MAXIMUM,
        )

    def _items(self, path: Path, header: IdxHeader, first: int, count: int) -> bytearray:
        wanted = count * header.item_bytes
        values = bytearray()
        with self._open(path) as file:
            file.seek(header.start + first * header.item_bytes)
            # Memory for all that a header promises is asked for as the file shows to hold it.
            while block := file.read(min(_BLOCK, wanted - len(values))):
                values += block
        if len(values) < wanted:
            raise DataError(
                f"{path.name} is cut short: its header promises {header.shape[0]} items of "
                f"{shortened(str(header.item_bytes))} bytes; copy the file again"
            )
        return values


def refuse_labels(labels: object, source: str) -> None:
    """Refuse labels beside what has none.

    Raises:
        DataError: If there are any.
    """
    if labels is not None:
        raise DataError(f"labels go with IDX images, and {source}: leave them out")


def _with_labels(images: Path, labels: str | Path | None) -> tuple[Path, ...]:
    """The images' file, and the labels' file where it is given or found beside it."""
    if labels is not None:
        return images, as_path(labels)
    plain = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for name in (plain, f"{plain}.gz"):
        beside = images.with_name(name)
        if name != images.name and beside.exists():
            return images, beside
    return (images,)


def _header(path: Path, *, labels: bool) -> IdxHeader:
    """What an IDX file says it holds."""
    with open_bytes(path) as file:
        magic = file.read(4)
        sizes = file.read(4 * magic[3]) if len(magic) == 4 else b""
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"{path.name} is not an IDX file: it begins with {magic.hex(' ')}, where an IDX file "
            f"has {'00 00 08 01' if labels else '00 00 08 03'}; check the file"
        )
    if magic[2] != _UNSIGNED_BYTE:
        raise DataError(
            f"{path.name} holds values of IDX type 0x{magic[2]:02x}, and only unsigned bytes "
            "(type 0x08) are read: convert it"
        )
    dimensions = magic[3]
    if dimensions == 0 or (dimensions == 1) != labels:
        wanted = "labels (one dimension)" if labels else "images (two dimensions or more)"
        raise DataError(
            f"{path.name} has {dimensions} dimension(s), and {wanted} are asked for: "
            "give the images first and their labels as labels"
        )
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path.name} is cut short within its header: copy the file again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise DataError(
            f"{path.name} holds nothing (its sizes are {shortened(str(shape))}): give another file"
        )
    return IdxHeader(shape, 4 + len(sizes))
