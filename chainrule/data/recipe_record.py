"""Encoders and targets as plain values that JSON can hold, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chainrule.data.encoders import Categories, Encoder, LeftOut, Numbers, Pixels
from chainrule.data.target import Classes, Quantity, Target

_ENCODERS = {kind.kind: kind for kind in (Numbers, Categories, Pixels, LeftOut)}
_TARGETS = {kind.kind: kind for kind in (Classes, Quantity)}


def encoder_record(encoder: Encoder) -> dict[str, Any]:
    """An encoder as plain values.

    Example:
        >>> encoder_record(Pixels("pixel0", 255.0))
        {'kind': 'pixels', 'column': 'pixel0', 'maximum': 255.0}
    """
    return {"kind": encoder.kind, **asdict(encoder)}


def target_record(target: Target) -> dict[str, Any]:
    """A target as plain values."""
    return {"kind": target.kind, **asdict(target)}


def encoder_from(record: Mapping[str, Any]) -> Encoder:
    """The encoder that `encoder_record` has written."""
    encoder: Encoder = _ENCODERS[record["kind"]](**_fields(record))
    return encoder


def target_from(record: Mapping[str, Any]) -> Target:
    """The target that `target_record` has written."""
    target: Target = _TARGETS[record["kind"]](**_fields(record))
    return target


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record; JSON has turned their tuples into lists."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in record.items()
        if name != "kind"
    }
