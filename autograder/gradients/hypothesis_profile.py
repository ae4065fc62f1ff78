"""One Hypothesis profile everywhere, so that a laptop and CI draw the same examples."""

from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture import providers

NAME = "autograder"

PROFILE: dict[str, Any] = {
    "derandomize": True,
    "max_examples": 50,
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "report_multiple_bugs": False,
    "phases": (Phase.explicit, Phase.generate, Phase.shrink),
    "print_blob": False,
    "verbosity": Verbosity.normal,
}


def ignore_local_constants() -> None:
    """Keep literals of local modules out of the draws: a student's `LR = 137` must not change the examples.

    Hypothesis collects constants from every imported module that is not installed, even derandomized.
    The attribute is private; hypothesis is pinned exactly, and a missing name fails here, loudly.
    """
    nothing = type(providers._local_constants)()
    if not callable(providers._get_local_constants):
        raise RuntimeError("this version of hypothesis collects local constants in another way")
    providers._get_local_constants = lambda: nothing
    providers.CONSTANTS_CACHE.cache.clear()


def activate() -> None:
    """Register and load the profile for this process. May be called again."""
    ignore_local_constants()
    settings.register_profile(NAME, **PROFILE)
    settings.load_profile(NAME)
