"""What compilers made lies in the user's cache folder, and never where a program happens to run."""

import sys
from pathlib import Path

import pytest

from chainrule.engines.cache_folder import cache_folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows names its folder otherwise")
def test_a_folder_that_is_not_absolute_counts_for_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("kernels") == tmp_path / "chainrule" / "kernels"
    for odd in ("", "here", "./here"):
        monkeypatch.setenv("XDG_CACHE_HOME", odd)
        folder = cache_folder("kernels")
        assert folder.is_relative_to(Path.home())
        assert folder.parts[-2:] == ("chainrule", "kernels")
