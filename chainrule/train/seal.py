"""A fingerprint that lies in a file beside its numbers: a changed byte does not pass for a weight.

A weight with one bit turned over is a weight like any other, so nothing else would tell.
"""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.errors import ModelFileError
from chainrule.train.stored import Stored

_SEAL = "chainrule.sha256"


def sealed(tensors: Mapping[str, Stored], texts: Mapping[str, str]) -> dict[str, str]:
    """The texts, and with them the fingerprint of tensors and texts.

    Example:
        >>> texts = sealed({"w": Stored.of_floats([1.5], (1,))}, {"loss": "hinge"})
        >>> require_seal({"w": Stored.of_floats([1.5], (1,))}, texts)
        >>> require_seal({"w": Stored.of_floats([2.5], (1,))}, texts)
        Traceback (most recent call last):
            ...
        chainrule.errors.ModelFileError: it has changed since it was saved; copy the file again
    """
    return {**texts, _SEAL: _fingerprint(tensors, texts)}


def require_seal(tensors: Mapping[str, Stored], texts: Mapping[str, str]) -> None:
    """Refuse what is not as it was sealed; what never was passes.

    Raises:
        ModelFileError: If a tensor or a text is another.
    """
    if _SEAL not in texts:
        return
    rest = {name: text for name, text in texts.items() if name != _SEAL}
    if texts[_SEAL] != _fingerprint(tensors, rest):
        raise ModelFileError("it has changed since it was saved; copy the file again")


def _fingerprint(tensors: Mapping[str, Stored], texts: Mapping[str, str]) -> str:
    from hashlib import sha256  # only here, since loading it takes milliseconds

    found = sha256(repr(sorted(texts.items())).encode(errors="surrogatepass"))
    for name, stored in sorted(tensors.items()):
        found.update(repr((name, stored.dtype, tuple(stored.shape))).encode())
        found.update(stored.data)
    return found.hexdigest()
