"""How anything is said: numbers, counts, lists, lines that fit a screen, tables, text made safe."""

# mypy: implicit-reexport

from chainrule.words.curve import draw_curve, draw_in_text
from chainrule.words.html import BLANK, cell, facts, note, printed, safe, sheet_page, table
from chainrule.words.phrases import (
    a_or_an,
    aligned,
    answer_text,
    apart,
    closest,
    factor,
    figure,
    in_a_row,
    listed,
    number,
    numbered,
    percent,
    percent_in_table,
    plural,
    quantity,
    set_apart,
    shortened,
    spaced,
    wrong_of,
)
from chainrule.words.plots import (
    axes,
    draw_examples,
    draw_levels,
    draw_lines,
    draw_mark,
    draw_points,
    draw_regions,
    draw_reliability,
    draw_spreads,
    draw_table,
    draw_waterfall,
)
from chainrule.words.records import Record, Records, plain_data, to_frame
from chainrule.words.waiting import clock, counted, duration, waiting
from chainrule.words.wrapping import (
    WIDTH,
    escaped,
    fitted,
    on_screen,
    paragraph,
    quoted,
    screen,
    wrapped,
)
