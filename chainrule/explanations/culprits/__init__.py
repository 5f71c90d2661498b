"""The mistakes themselves: which examples, which classes, which weights."""

from chainrule.explanations.culprits.culprits import Culprit, culprits
from chainrule.explanations.culprits.mistake import Mistake, mistake
from chainrule.explanations.culprits.notes import kinks_on, notes
from chainrule.explanations.culprits.totals import (
    ClassTotal,
    ExampleTotal,
    class_totals,
    example_totals,
)

__all__ = [
    "ClassTotal",
    "Culprit",
    "ExampleTotal",
    "Mistake",
    "class_totals",
    "culprits",
    "example_totals",
    "kinks_on",
    "mistake",
    "notes",
]
