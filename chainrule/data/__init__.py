"""Tables and images in; numbers out, with a record of what was done to them.

The way of a cell from a CSV file into the network:

1. `load` opens the bytes (`files`), brings them into UTF-8 (`encoding`) and divides them into the
   texts of a `Table` (`csv_file`), as `json_file`, `parquet`, `idx` and `frames` do for others.
2. One look over all texts (`table_survey`, a `column_survey` each) decides how each column is
   written, from what single texts can mean (`written_numbers`, `written_dates`) and what the user
   says (`reading_options`); its `column_reading` then turns each text into a number, an ISO date,
   a text or None, where a value is missing (`cells`).
3. Of the rows to learn from (`prepare`, or `stream` for files larger than the memory) each column
   leaves its `column_statistics`, from which `column_choice` makes an encoder (`encoders`) or
   leaves it out with the reason (`unread`), and `target` what is predicted.
4. Together these are the `Recipe`, which turns a table's columns into the features of `Examples`:
   standardised numbers, one-hot encoded categories, parts of dates.
5. It stays with the model, so that new rows (`rows_file`) are read by the same readings and
   encoded by the same encoders, and what training never had is told (`unlike`).

Beside that way, what may be wrong with a table is said: columns that give the target away (`leaks`,
by `formulas`), and `oddities`, letters that are `garbled` among them.
"""

# mypy: implicit-reexport

from chainrule.data.builtin import BUILT_IN, load
from chainrule.data.cells import Places, as_numbers, parse_number
from chainrule.data.column_choice import ColumnChoice, column_types
from chainrule.data.column_statistics import Moments, total_of
from chainrule.data.encoders import (
    Categories,
    Encoder,
    LeftOut,
    Numbers,
    Pixels,
    levels_of,
    own_value,
)
from chainrule.data.examples import Examples
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
