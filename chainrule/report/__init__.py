"""Explanations as text, JSON, HTML and notebook cells; graphs; a network's own program."""

# mypy: implicit-reexport

from chainrule.report.boundary import column_values, laid_out, numbers_alone, plot_boundary, side
from chainrule.report.diagram import diagram, passes
from chainrule.report.explanation_text import as_dict, as_html, as_text, worst_rows
from chainrule.report.first_screen import answer_parts, first_screen, named_weight
from chainrule.report.graph import Graph, draw
from chainrule.report.html import MODULES, check_path, page, page_part, write_page
from chainrule.report.page_data import FORMATS, as_json, page_data, weight_detail, written
from chainrule.report.program import ProgramText, program_of
from chainrule.report.scores_text import beaten, one_answer, scores_as_html, scores_as_text
