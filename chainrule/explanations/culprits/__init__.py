"""The mistakes themselves: which examples, which classes, which weights."""

# mypy: implicit-reexport

from chainrule.explanations.culprits.answer import (
    Answer,
    answer_for_function,
    answer_for_row,
    answer_for_rows,
    person,
    then_says,
)
from chainrule.explanations.culprits.columns import Columns, columns
from chainrule.explanations.culprits.culprits import (
    STEEPEST,
    Culprit,
    culprits,
    culprits_among,
    moved,
)
from chainrule.explanations.culprits.groups import (
    MISSING,
    Group,
    groups,
    listed_groups,
    order_of,
    people_name,
)
from chainrule.explanations.culprits.mend import Mend, mend
from chainrule.explanations.culprits.mistake import Mistake, mistake
from chainrule.explanations.culprits.standing_out import StandingOut, standing_out
from chainrule.explanations.culprits.taught_by import Lesson, TaughtBy, compare, taught_by
from chainrule.explanations.culprits.totals import (
    ClassTotal,
    ExampleTotal,
    class_totals,
    example_totals,
    heaviest_slice,
    losses_of_classes,
)
