"""Explanations as text, JSON, HTML and notebook cells."""

from chainrule.report.boundary import plot_boundary
from chainrule.report.diagram import diagram, passes
from chainrule.report.epochs import epochs_table
from chainrule.report.explanation_text import as_dict, as_html, as_text
from chainrule.report.export import FORMATS, written
from chainrule.report.first_screen import first_screen
from chainrule.report.graph import Graph, draw
from chainrule.report.html import check_path, page, page_part, write_page
from chainrule.report.page_data import as_json, page_data, weight_detail
from chainrule.report.program import Passes, ProgramText, write_program
from chainrule.report.scores_text import scores_as_html, scores_as_text

__all__ = [
    "FORMATS",
    "Graph",
    "Passes",
    "ProgramText",
    "as_dict",
    "as_html",
    "as_json",
    "as_text",
    "check_path",
    "diagram",
    "draw",
    "epochs_table",
    "first_screen",
    "page",
    "page_data",
    "page_part",
    "passes",
    "plot_boundary",
    "scores_as_html",
    "scores_as_text",
    "weight_detail",
    "write_page",
    "write_program",
    "written",
]
