"""JAX's own cache of compiled functions, in the user's cache folder."""

from __future__ import annotations

import warnings
from contextlib import suppress

import jax

from chainrule.engines.cache_folder import cache_folder

_MOST_BYTES = 1 << 30
_PATIENCE = 5
"""Seconds for which another process is waited for."""
_NOT_KEPT = "Error (reading|writing) persistent compilation cache"
"""What JAX says anew for each function that it compiles, such as on a full disk."""


def keep_compiled() -> None:
    """Let JAX find what an earlier program compiled, unless somebody has decided about its cache.

    `JAX_ENABLE_COMPILATION_CACHE=false` leaves it off, `JAX_COMPILATION_CACHE_DIR` puts it
    elsewhere. Several processes may use it at once: with a limit to its size, JAX takes a lock.
    Where the folder cannot be written to there is no cache, and nothing is said of it.
    """
    if jax.config.jax_compilation_cache_dir or not jax.config.jax_enable_compilation_cache:
        return
    with suppress(ImportError, OSError, RuntimeError):  # the latter where nobody knows a home
        from filelock import FileLock

        folder = cache_folder("jax")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(folder / ".lockfile", timeout=_PATIENCE):  # JAX's
            for entry in folder.glob("*-cache"):
                # JAX writes the time of use last: an entry without one was broken off.
                if not entry.with_name(f"{entry.name.removesuffix('-cache')}-atime").exists():
                    entry.unlink()
        jax.config.update("jax_compilation_cache_max_size", _MOST_BYTES)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_compilation_cache_dir", str(folder))
        warnings.filterwarnings("ignore", _NOT_KEPT)
