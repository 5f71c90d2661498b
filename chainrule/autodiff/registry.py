"""Where every op is known by name: the list of primitives and the tensors' array namespace.

Ops enter themselves here when they are declared, so the walk and the tensor find them without
importing them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from chainrule.errors import OptionError

if TYPE_CHECKING:
    from chainrule.autodiff.primitive import Primitive

PRIMITIVES: dict[str, Primitive] = {}
"""Every op by its name, in the order of declaration."""

namespace = SimpleNamespace()
"""The array namespace of tensors: `namespace.exp` is the op `exp`, as `xp.exp` is elsewhere."""


def register(primitive: Primitive) -> None:
    """Enter an op under its name; a second op of that name is refused."""
    if primitive.name in PRIMITIVES:
        raise OptionError(
            f"an op named {primitive.name!r} exists already; give this one its own name"
        )
    PRIMITIVES[primitive.name] = primitive
    setattr(namespace, primitive.name, primitive)
