"""Kernels run by Python itself: the same text without a compiler, for tests of what it says."""

import re

import numpy as np

from chainrule.engines.numpy.kernel_compiler import HEADER


def interpreted(text, _arguments, _outputs):
    """Take the place of `kernel_compiler.compiled`."""
    names = re.findall(r"\w+", HEADER)
    scope = {name: getattr(np, name) for name in names if hasattr(np, name)}
    exec(text, scope)

    def kernel(*arguments):
        """What the machine code reads without asking: entries that lie in order."""
        assert all(x.flags.carray for x in arguments if isinstance(x, np.ndarray))
        return scope["kernel"](*arguments)

    return kernel
