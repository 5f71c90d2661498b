"""A program made ready to run on NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, final

import numpy as np

from chainrule.engines import passes
from chainrule.engines.numpy.kernel import Kernel, fuse
from chainrule.engines.numpy.kernel_compiler import compiled
from chainrule.engines.numpy.memory import Memory, plan_memory
from chainrule.engines.numpy.source import NumpySource
from chainrule.engines.program import Program, Variable
from chainrule.engines.structure import KeyPath, paths

_CALL, _ENTRY = 0.7e-6, 1e-10  # seconds that a call costs, and every entry that it goes over


@final
class NumpyProgram:
    """A recorded program as source, the memory it needs, and the function that runs it.

    Attributes:
        recorded: The program as it was recorded.
        program: The same after all passes.
        plan: Where its values lie.
    """

    def __init__(
        self, recorded: Program, donate: Sequence[int] = (), *, accelerate: bool = False
    ) -> None:
        self.recorded = recorded
        self.program = optimized(recorded)
        if accelerate:
            self.program = fuse(self.program)
        given_away, returned = _replacements(self.program, donate)
        spent = _spent(self.program, donate)
        self.plan: Memory = plan_memory(self.program, given_away, spent)
        self._source = NumpySource(
            self.program, self.plan, given_away, returned, accelerate=accelerate
        )
        self._state = {path: x for path, x in _input_paths(self.program) if x in given_away}

    def source(self) -> str:
        """The Python that runs, which needs nothing but NumPy.

        It defines `prepare`, which takes the given-away inputs and makes the program's function.
        """
        return self._source.text()

    __str__ = source

    @cached_property
    def memory(self) -> int:
        """The bytes of the buffers that the program holds, without its state and its results."""
        owners = set(self.plan.buffers.values())
        return sum(x.size * np.dtype(x.dtype).itemsize for x in owners)

    @cached_property
    def _code(self) -> Any:
        return compile(self._source.text(kernels=False), "<numpy program>", "exec")

    @cached_property
    def saved_seconds(self) -> float:
        """About how much time the kernels save in a call: calls of NumPy, and ways to memory."""
        every: tuple[Any, ...] = self.program.instructions
        calls = [call for each in every if isinstance(each, Kernel) for call in each.instructions]
        return _CALL * len(calls) + _ENTRY * sum(call.result.size for call in calls)

    def prepare(self, store: dict[Any, Any], scratch: dict[Any, Any]) -> Any:
        """Make the function.

        Args:
            store: The arrays that hold given-away inputs, by path, shape and dtype; those that
                are missing are made. Programs of one compiled function share them.
            scratch: The arrays that hold nothing from one call to the next, by shape, dtype and
                number; shared and made likewise.

        Returns:
            The function of the recorded arguments, which returns `NotImplemented` for arguments of
            another form.
        """
        taken: Counter[Any] = Counter()

        def lent(*kind: Any) -> Any:
            taken[kind] += 1
            return _held(scratch, (taken[kind], *kind))

        scope: dict[str, Any] = {
            name: compiled(kernel.text, kernel.arguments, kernel.outputs)
            for name, kernel in self._source.kernels.items()
        }
        exec(self._code, scope)
        state = [_held(store, (path, x.shape, x.dtype)) for path, x in self._state.items()]
        scope["empty"] = lent
        run = scope["prepare"](*state, *self._source.constants.values())
        scope["empty"] = np.empty  # what a call makes is handed out
        return run


def _held(arrays: dict[Any, Any], key: tuple[Any, Any, Any]) -> Any:
    """The array that is held under a key, which ends in shape and dtype; made if there is none."""
    if key not in arrays:
        arrays[key] = np.empty(*key[1:])
    return arrays[key]


def optimized(program: Program) -> Program:
    """The program after every pass that NumPy gains from."""
    program = passes.without_duplicates(passes.without_unused(program))
    program = passes.without_broadcasts(program)
    program = passes.fold_constants(program, np)
    return passes.numbers_first(passes.without_unused(passes.without_duplicates(program)))


def _input_paths(program: Program) -> list[tuple[KeyPath, Variable]]:
    return [(path, leaf) for path, leaf in paths(program.inputs) if type(leaf) is Variable]


def _replacements(
    program: Program, donate: Sequence[int]
) -> tuple[Mapping[Variable, Variable], Mapping[KeyPath, Variable]]:
    """Which output replaces which given-away input: the one at the same place in a like structure.

    The structure may be the whole result or one entry of it, as in `(state, batch) -> (state,
    results)`.
    """
    outputs = {path: leaf for path, leaf in paths(program.outputs) if type(leaf) is Variable}
    given_away: dict[Variable, Variable] = {}
    returned: dict[KeyPath, Variable] = {}
    for path, before in _input_paths(program):
        if path[0] not in donate or len(path) == 1 or before.dtype == "number":
            continue
        for place, after in outputs.items():
            same = path[1:] in (place, place[1:]) and place not in returned
            if same and (after.shape, after.dtype) == (before.shape, before.dtype):
                given_away[before] = after
                returned[place] = before
                break
    return given_away, returned


def _spent(program: Program, donate: Sequence[int]) -> dict[Variable, Variable]:
    """Which output may be written over which array that was given away by itself."""
    return {
        before: after
        for (position, *inside), before in _input_paths(program)
        if position in donate and not inside
        for after in program.output_variables
        if (after.shape, after.dtype) == (before.shape, before.dtype)
    }
