"""Explanations as text, JSON, HTML and notebook cells."""

from chainrule.report.boundary import plot_boundary as plot_boundary
from chainrule.report.diagram import diagram as diagram
from chainrule.report.diagram import passes as passes
from chainrule.report.explanation_text import as_dict as as_dict
from chainrule.report.explanation_text import as_html as as_html
from chainrule.report.explanation_text import as_text as as_text
from chainrule.report.export import FORMATS as FORMATS
from chainrule.report.export import written as written
from chainrule.report.first_screen import first_screen as first_screen
from chainrule.report.graph import Graph as Graph
from chainrule.report.graph import draw as draw
from chainrule.report.html import check_path as check_path
from chainrule.report.html import page as page
from chainrule.report.html import page_part as page_part
from chainrule.report.html import write_page as write_page
from chainrule.report.page_data import as_json as as_json
from chainrule.report.page_data import page_data as page_data
from chainrule.report.page_data import weight_detail as weight_detail
from chainrule.report.program import Passes as Passes
from chainrule.report.program import ProgramText as ProgramText
from chainrule.report.program import write_program as write_program
from chainrule.report.scores_text import scores_as_html as scores_as_html
from chainrule.report.scores_text import scores_as_text as scores_as_text
