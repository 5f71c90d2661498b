"""The numpy engine: a step is recorded once, and from then on replayed over the same buffers.

What happens to one training step, file by file, from the call to the buffers:

1. `engine`: `NumpyEngine.compile(step)` hands out a `Compiled`. Its first call has no program for
   the *form* of these arguments (shapes and number kinds), so it lets `engines.recording` run the
   step once on arrays that take notes. The notes are a `Program`: a straight line of calls, without
   the layers, ops and rules that led to it.
2. `program`: `engines.passes` take out what is computed twice or never read. With Numba, calls
   that go over the same table join in one `kernel`, which `kernel_source` writes as loops and
   `kernel_compiler` turns into machine code, once on a machine.
3. `memory`: each value is given its place: views take none, the new weights lie where the old ones
   lay, and everything else takes over the buffer of a value that nothing reads any more.
4. `source`: the planned program is written as Python: `prepare` makes the buffers once, and the
   function inside it is what runs in every call. `calls` says each call in the way that NumPy is
   quickest at, with `out=` a buffer; `blocks` takes long chains a stretch at a time, so that they
   stay in the processor's cache.
5. Every later call of the same form is that function: it checks the form in one `if`, and then goes
   from buffer to buffer. `print(net.program(x, y, engine="numpy"))` shows it.
"""

# mypy: implicit-reexport

from chainrule.engines.numpy.engine import NumpyEngine
from chainrule.engines.numpy.program import NumpyProgram
