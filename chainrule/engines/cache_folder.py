"""Where what a compiler made is kept for the next program."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """The folder of one kind of compiled things, in the user's cache folder.

    That is `$XDG_CACHE_HOME` or `~/.cache`, on Windows `%LOCALAPPDATA%`, on a Mac
    `~/Library/Caches`.
    """
    root = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    home = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
    return (Path(root) if root else Path.home().joinpath(*home)) / "chainrule" / kind
