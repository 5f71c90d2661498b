"""A Python of its own, so that nothing that this test run has loaded is in its way."""

import subprocess
import sys

from tests.source_files import PROJECT

PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def python(*words, folder=PROJECT, **options):
    """Run Python with some words in a folder, and wait for what it has to say."""
    options = {"timeout": 180, **PIPES, **options}
    return subprocess.run([sys.executable, *words], cwd=folder, check=False, **options)
