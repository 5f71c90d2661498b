"""The page: a network that a person watches, changes, and asks why.

A `Session` holds one network and one table, and answers calls by name with plain data; the page
only draws them. `serve` puts both behind a server of this machine alone.
"""

from chainrule.playground.server import OWN, SHARED, Playground, page_file, serve
from chainrule.playground.session import Session

__all__ = ["OWN", "SHARED", "Playground", "Session", "page_file", "serve"]
