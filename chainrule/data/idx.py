"""IDX files: images and their labels, as MNIST has them."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chainrule.data.cells import Column
from chainrule.data.files import most_bytes, open_bytes, sha256
from chainrule.data.table import Table
from chainrule.errors import DataError
from chainrule.words import shortened

_UNSIGNED_BYTE = 0x08
PIXEL_MAXIMUM = 255.0

_BLOCK = 1 << 20


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
    files = find_labels(path, labels)
    header, pixels = _read(files[0])
    columns = pixel_columns(pixels, header.item_bytes)
    names = pixel_names(header)
    if len(files) == 2:
        labels_header = header_of(files[1], labels=True)
        check_fit(header, labels_header, files)
        names = (*names, "label")
        columns.append(memoryview(_read(files[1], labels=True)[1]))
    return idx_table(names, columns, files, sha256(*files))


def idx_table(
    names: tuple[str, ...],
    columns: list[Column],
    files: tuple[Path, ...],
    digest: str = "",
    first_row: int = 0,
) -> Table:
    """Pixels, and labels where there are any, as a table."""
    target = "label" if len(files) == 2 else None
    return Table(names, tuple(columns), files[0].name, digest, target, first_row, PIXEL_MAXIMUM)


def find_labels(images: str | Path, labels: str | Path | None) -> tuple[Path, ...]:
    """The images' file, and the labels' file where it is given or found beside it."""
    images = Path(images)
    if labels is not None:
        return images, Path(labels)
    plain = images.name.removesuffix(".gz").replace("images", "labels").replace("idx3", "idx1")
    for name in (plain, f"{plain}.gz"):
        beside = images.with_name(name)
        if name != images.name and beside.exists():
            return images, beside
    return (images,)


def pixel_names(header: IdxHeader) -> tuple[str, ...]:
    """A name for each pixel of an image, row by row."""
    return tuple(f"pixel{position}" for position in range(header.item_bytes))


def pixel_columns(pixels: bytearray, width: int) -> list[Column]:
    """The values of each pixel over all images, without copying them."""
    return [memoryview(pixels)[position::width] for position in range(width)]


def header_of(path: Path, *, labels: bool = False) -> IdxHeader:
    """Read what an IDX file says it holds.

    Raises:
        DataError: If the magic number is another one, or the file holds another kind of values.
    """
    with open_bytes(path) as file:
        return _header(file, path, labels)


def check_fit(images: IdxHeader, labels: IdxHeader, files: tuple[Path, ...]) -> None:
    """Refuse labels that are more or fewer than the images."""
    if images.shape[0] != labels.shape[0]:
        raise DataError(
            f"{files[0].name} holds {images.shape[0]} images and {files[1].name} "
            f"{labels.shape[0]} labels: give the labels of these images"
        )


def _read(path: Path, *, labels: bool = False) -> tuple[IdxHeader, bytearray]:
    with open_bytes(path) as file:
        header = _header(file, path, labels)
        return header, read_items(file, path, header, header.shape[0])


def read_items(file: BinaryIO, path: Path, header: IdxHeader, count: int) -> bytearray:
    """Read the next images or labels of a file that is already at the right place."""
    wanted = count * header.item_bytes
    values = bytearray()
    # Memory for all that a header promises is not asked for before the file has shown to hold it.
    while block := file.read(min(_BLOCK, wanted - len(values))):
        values += block
    if len(values) < wanted:
        raise _cut_short(path, header)
    return values


def _cut_short(path: Path, header: IdxHeader) -> DataError:
    return DataError(
        f"{path.name} is cut short: its header promises {header.shape[0]} items of "
        f"{shortened(str(header.item_bytes))} bytes; copy the file again"
    )


def _header(file: BinaryIO, path: Path, labels: bool) -> IdxHeader:
    magic = file.read(4)
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
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path.name} is cut short within its header: copy the file again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    if 0 in shape:
        raise DataError(
            f"{path.name} holds nothing (its sizes are {shortened(str(shape))}): give another file"
        )
    header = IdxHeader(shape, 4 + len(sizes))
    if header.start + shape[0] * header.item_bytes > most_bytes(path):
        raise _cut_short(path, header)
    return header
