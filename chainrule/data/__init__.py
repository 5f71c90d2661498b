"""Tables and images in; numbers out, with a record of what was done to them.

A file or a built-in name becomes a `Table` of cells as they were read. A `Recipe`, learned from the
training rows alone, turns any such table into `Examples`: standardised numbers, one-hot encoded
categories, filled gaps. The recipe stays with the model, so new rows meet the same treatment.
"""

# mypy: implicit-reexport

from chainrule.data.builtin import BUILT_IN, as_table, load
from chainrule.data.cells import Places, as_numbers, parse_number
from chainrule.data.column_choice import ColumnChoice, column_types
from chainrule.data.column_statistics import Moments, total_of
from chainrule.data.encoders import (
    Categories,
    Encoder,
    LeftOut,
    Numbers,
    Pixels,
    level_label,
    levels_of,
    own_value,
)
from chainrule.data.examples import Examples
from chainrule.data.files import (
    as_path,
    exists,
    opened,
    real_path,
    why_unwritable,
    write_text,
    write_whole,
)
from chainrule.data.frames import is_frame, read_column, read_frame
from chainrule.data.idx import picture_width
from chainrule.data.prepare import Division, Prepared, batches, folds, prepare, split
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.recipe import Recipe
from chainrule.data.rows_file import open_rows_file
from chainrule.data.stream import DEFAULT_MEMORY, Stream, is_held_out
from chainrule.data.table import Table
from chainrule.data.table_survey import read_table
from chainrule.data.target import Classes, Quantity, Target
