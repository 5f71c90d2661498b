"""What the loss does when one weight is another: slope, nudge, counterfactual."""

# mypy: implicit-reexport

from chainrule.explanations.what_if.counterfactual import (
    Counterfactual,
    counterfactual,
    reach_of,
)
from chainrule.explanations.what_if.line import Nudge, WeightLine, measured, nudge
from chainrule.explanations.what_if.ranking import Ranking, WeightSlope, notes
from chainrule.explanations.what_if.slopes import Slope, off_the_line, slope
