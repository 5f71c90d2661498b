"""A verdict on a gradient: right to so many digits, or wrong, where, and why."""

from chainrule.checking.check import ENTRYWISE
from chainrule.checking.elsewhere import second_point
from chainrule.checking.engine_check import engine_verdict
from chainrule.checking.function_check import check_function
from chainrule.checking.given import asked_precision
from chainrule.checking.invariants import Invariants
from chainrule.checking.judge import Judged, as_floats, given_numbers, judge
from chainrule.checking.kinks import Kink, find_kinks
from chainrule.checking.noise import rounding_noise
from chainrule.checking.shifted_point import shifted_numbers
from chainrule.checking.subject import CANNOT, Flat, Subject, flat
from chainrule.checking.update_check import check_update
from chainrule.checking.verdict import Check, Verdict

__all__ = [
    "CANNOT",
    "ENTRYWISE",
    "Check",
    "Flat",
    "Invariants",
    "Judged",
    "Kink",
    "Subject",
    "Verdict",
    "as_floats",
    "asked_precision",
    "check_function",
    "check_update",
    "engine_verdict",
    "find_kinks",
    "flat",
    "given_numbers",
    "judge",
    "rounding_noise",
    "second_point",
    "shifted_numbers",
]
