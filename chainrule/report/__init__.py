"""Explanations as text, JSON, HTML and notebook cells."""

from chainrule.report.epochs import epochs_table
from chainrule.report.explanation_text import as_dict, as_html, as_text
from chainrule.report.html import check_path, page, write_page
from chainrule.report.page_data import page_data
from chainrule.report.program import Passes, ProgramText, write_program
from chainrule.report.progress import ProgressBar, waiting

__all__ = [
    "Passes",
    "ProgramText",
    "ProgressBar",
    "as_dict",
    "as_html",
    "as_text",
    "check_path",
    "epochs_table",
    "page",
    "page_data",
    "waiting",
    "write_page",
    "write_program",
]
