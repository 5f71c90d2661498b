"""A verdict on a gradient: right to so many digits, or wrong, where, and why."""

# mypy: implicit-reexport

from chainrule.checking.asking import require_takes
from chainrule.checking.check import ENTRYWISE
from chainrule.checking.checked_function import CANNOT, CheckedFunction, Flat, as_floats, flat, like
from chainrule.checking.comparison import Known
from chainrule.checking.engine_check import engine_verdict
from chainrule.checking.function_check import check_function
from chainrule.checking.gradient_verdicts import GradientVerdicts, compare_gradient, given_numbers
from chainrule.checking.invariants import Invariants
from chainrule.checking.kinks import find_kinks, kinks_on
from chainrule.checking.precision import asked_precision, kind_precision
from chainrule.checking.rounding import rounding_errors
from chainrule.checking.second_point import numbers_nearby, second_point, wrong_there
from chainrule.checking.update_check import check_update
from chainrule.checking.verdict import Check, Verdict
