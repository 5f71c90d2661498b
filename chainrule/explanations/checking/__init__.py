"""A verdict on a gradient: right to so many digits, or wrong, where, and why."""

from chainrule.explanations.checking.check import ENTRYWISE
from chainrule.explanations.checking.engine_check import engine_verdict
from chainrule.explanations.checking.function_check import check_function
from chainrule.explanations.checking.invariants import Invariants
from chainrule.explanations.checking.judge import Judged, as_floats, given_numbers, judge
from chainrule.explanations.checking.kinks import Kink, find_kinks
from chainrule.explanations.checking.noise import rounding_noise
from chainrule.explanations.checking.subject import Flat, Subject, flat
from chainrule.explanations.checking.verdict import Check, Verdict

__all__ = [
    "ENTRYWISE",
    "Check",
    "Flat",
    "Invariants",
    "Judged",
    "Kink",
    "Subject",
    "Verdict",
    "as_floats",
    "check_function",
    "engine_verdict",
    "find_kinks",
    "flat",
    "given_numbers",
    "judge",
    "rounding_noise",
]
