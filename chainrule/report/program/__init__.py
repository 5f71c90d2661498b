"""A network's own backpropagation, written out as a Python program.

The forward pass, the loss and the walk back are run once and recorded. What is printed is that
record: it knows neither layers nor rules, only which number was made of which. Comments say which
op or rule a line came from.
"""

# mypy: implicit-reexport

from chainrule.report.program.write import ProgramText, program_of, write_program
