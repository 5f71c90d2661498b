"""Health: what keeps a network from learning, each finding with its number and what to try.

Every check looks at one thing and gives a list of findings, empty if all is well. A finding names
the unit, the number, the threshold that it crossed, and what to try; thresholds are constants of
the check's file, with their source where there is one.
"""

# mypy: implicit-reexport

from chainrule.diagnosis.baseline import chance_loss
from chainrule.diagnosis.curve import overfitting
from chainrule.diagnosis.examine import examine, examine_history
from chainrule.diagnosis.finding import Finding, Health
