"""The whole bank of attacks in both levels, some at a time, and the table of what came of it."""

from collections.abc import Callable, Iterable
from pathlib import Path

from rich.table import Table

from autograder.course import Selection
from autograder.grading.pool import spread
from autograder.sandbox.workers import Workers, open_workers
from instructor.attack import KNOWN_LIMITS, LEVELS, PROMISED, Attack, Outcome, attacks_in, try_attacks
from instructor.attack_folders import try_folders

AT_ONCE = 4  # most of the time an attack is waited for
BANK = Path("instructor", "attacks")
LONG = "long"


def try_bank(
    course: Path, only: Selection, step: Callable[[str], None] = lambda what: None, within: str = ""
) -> list[Outcome]:
    """Every attack on the tasks chosen, in each level; those that bring files along by the command.

    With `within`, those in that folder of the bank.
    """
    bank = [attack for attack in attacks_in(course / BANK, within) if only.has_task(attack.task)]
    plain = sorted((attack for attack in bank if not attack.files), key=lambda attack: attack.task)
    with_files = [attack for attack in bank if attack.files]
    parts = (plain[: len(plain) // 2], plain[len(plain) // 2 :], with_files)
    jobs = [(course, attacks, level) for attacks in parts for level in LEVELS if attacks]
    outcomes: list[Outcome] = []
    with open_workers("auto", warm=()) as workers:
        for level, found in spread(_try, jobs, workers, AT_ONCE):
            step(f"{len(found)} attacks tried in isolation {level}")
            outcomes += found
    return sorted(outcomes, key=lambda outcome: (LEVELS.index(outcome.level), bank.index(outcome.attack)))


def _try(course: Path, attacks: list[Attack], level: str, *, workers: Workers) -> tuple[str, list[Outcome]]:
    """In a process of several; each world has workers of its own, with a home and a TMPDIR in it."""
    run = try_folders if attacks[0].files else try_attacks
    return level, run(course, attacks, level)


def attack_table(outcomes: list[Outcome]) -> Table:
    """A row for each family of attacks and level, and one for all."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("attacks", "isolation", "tried", "score 0", "known limits", "harm", "not walled off", "faults"):
        table.add_column(column, justify="left" if column in ("attacks", "isolation") else "right")
    families = sorted({outcome.attack.family for outcome in outcomes})
    for family in families:
        for level in LEVELS:
            of_family = [one for one in outcomes if one.level == level and one.attack.family == family]
            if of_family:
                table.add_row(family, level, *_counts(of_family))
    table.add_section()
    for level in LEVELS:
        table.add_row("all", level, *_counts([one for one in outcomes if one.level == level]), style="bold")
    return table


def _counts(outcomes: list[Outcome]) -> Iterable[str]:
    """How many were tried, scored nothing, scored under a known limit, did harm that the level promises or not."""
    yield str(len(outcomes))
    yield str(sum(one.score == 0 for one in outcomes))
    yield str(sum(bool(one.limit) for one in outcomes))
    kinds = [(kind, one.level) for one in outcomes for kind in one.harm]
    yield str(sum(kind in PROMISED[level] for kind, level in kinds))
    yield str(sum(kind not in PROMISED[level] for kind, level in kinds))
    yield str(sum(len(list(one.faults)) for one in outcomes))


def limits_met(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    """The known limits under which something scored, with how often and the reason."""
    met = []
    for limit, reason in KNOWN_LIMITS.items():
        times = {level: sum(one.limit == limit and one.level == level for one in outcomes) for level in LEVELS}
        if any(times.values()):
            met.append((f"{limit} ({', '.join(f'{count} in {level}' for level, count in times.items())})", reason))
    return met
