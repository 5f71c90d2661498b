"""Tables and images in; numbers out, with a record of what was done to them.

A file or a built-in name becomes a `Table` of cells as they were read. A `Recipe`, learnt from the
training rows alone, turns any such table into `Examples`: standardised numbers, one-hot encoded
categories, filled gaps. The recipe stays with the model, so new rows meet the same treatment.
"""

from chainrule.data.builtin import BUILT_IN as BUILT_IN
from chainrule.data.builtin import load as load
from chainrule.data.builtin import read_rows as read_rows
from chainrule.data.cells import as_numbers as as_numbers
from chainrule.data.column_statistics import Moments as Moments
from chainrule.data.column_statistics import total_of as total_of
from chainrule.data.encoders import Categories as Categories
from chainrule.data.encoders import Encoder as Encoder
from chainrule.data.encoders import LeftOut as LeftOut
from chainrule.data.encoders import Numbers as Numbers
from chainrule.data.encoders import Pixels as Pixels
from chainrule.data.encoders import level_label as level_label
from chainrule.data.encoders import levels_of as levels_of
from chainrule.data.examples import Examples as Examples
from chainrule.data.files import as_path as as_path
from chainrule.data.files import write_text as write_text
from chainrule.data.files import write_whole as write_whole
from chainrule.data.folds import folds as folds
from chainrule.data.frames import is_frame as is_frame
from chainrule.data.frames import read_column as read_column
from chainrule.data.frames import read_frame as read_frame
from chainrule.data.prepare import Division as Division
from chainrule.data.prepare import Prepared as Prepared
from chainrule.data.prepare import prepare as prepare
from chainrule.data.recipe import Recipe as Recipe
from chainrule.data.rows_file import open_rows_file as open_rows_file
from chainrule.data.split import batches as batches
from chainrule.data.split import split as split
from chainrule.data.stream import DEFAULT_MEMORY as DEFAULT_MEMORY
from chainrule.data.stream import Stream as Stream
from chainrule.data.stream import is_held_out as is_held_out
from chainrule.data.survey import ReadingOptions as ReadingOptions
from chainrule.data.survey import read_table as read_table
from chainrule.data.table import Table as Table
from chainrule.data.target import Classes as Classes
from chainrule.data.target import Quantity as Quantity
from chainrule.data.target import Target as Target
