"""The environment of a student's process: nothing of the grader's, whose may hold secrets."""

from __future__ import annotations

import os

_KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR"),
    *("SYSTEMROOT", "TEMP", "TMP", "LOCALAPPDATA", "USERPROFILE"),
)


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def environment() -> dict[str, str]:
    """For a server: nothing of the grader's but where things are; one thread wherever one may choose."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **ONE_THREAD, "MPLBACKEND": "Agg"}
