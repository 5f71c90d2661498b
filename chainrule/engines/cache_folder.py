"""Where what a compiler made is kept for the next program."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """The folder of one kind of compiled things, in the user's cache folder.

    That is `$XDG_CACHE_HOME` or `~/.cache`, on Windows `%LOCALAPPDATA%`, on a Mac
    `~/Library/Caches`. A path that is not absolute counts for nothing, as XDG asks.
    """
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    home = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
    root = Path(os.environ.get(variable, ""))
    root = root if root.is_absolute() else Path.home().joinpath(*home)
    return root / "chainrule" / kind
