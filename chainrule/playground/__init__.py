"""The page: a network that a person watches, changes, and asks why.

A `Session` holds one network and one table, and answers calls by name with plain data; the page
only draws them. A `Playground` puts both behind a server of this machine alone.
"""

# mypy: implicit-reexport

from chainrule.playground.server import OWN, SHARED, Playground, page_file
from chainrule.playground.session import Session
