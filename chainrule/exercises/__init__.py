"""Three exercises for each chapter, with fresh numbers, that check themselves.

An exercise in numbers is a function of the numbers that are drawn for it: it tells the right
answer, and what people answer who make one of five mistakes. An exercise in Python is judged by
`check_gradients` and `check_update`, which find most mistakes by themselves.
"""

# mypy: implicit-reexport

from chainrule.exercises.numbers import Judgment
from chainrule.exercises.sheet import CHAPTERS, Sheet, exercise
