"""Columns of texts, read as those of a file are."""

from chainrule.data.cells import MISSING
from chainrule.data.column_choice import ColumnChoice
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.table_survey import read_table


def read(texts, options=None, **others):
    columns = {"c": texts, **others}
    table = Table(tuple(columns), tuple(columns.values()), "rows", words=MISSING)
    return read_table(table, options)


def learned(table, target=None, task=None, *, rows=None, **said):
    return Recipe.learn(table, ColumnChoice(table, target, task, **said), rows)
