"""The bank of attacks: what it must find when something is wrong, and that every attack on one family is refused.

``instructor check`` runs the whole bank.
"""

import os
import subprocess
import sys

import pytest

from autograder.course import CourseError, selection
from autograder.sandbox.confine import unavailable_reason
from instructor import attack_bank, world
from instructor.attack import CONDUCT, DIFFERENCES, LEVELS, NO_WALLS, TABLE, Attack, Outcome, attacks_in, try_attacks
from instructor.attack_folders import try_folders
from instructor.tests.courses import COURSE

BANK = attacks_in(COURSE / attack_bank.BANK)
LONG = attacks_in(COURSE / attack_bank.BANK, attack_bank.LONG)
linux = pytest.mark.skipif(sys.platform != "linux", reason="a world is looked at through Linux's /proc")
walls = pytest.mark.skipif(
    unavailable_reason() is not None and not os.environ.get("CI"), reason=f"no sandbox here: {unavailable_reason()}"
)


def bank(family, *words):
    return [one for one in BANK if one.family == family and (not words or any(word in one.about for word in words))]


def attack(code, **fields):
    return Attack("a test's own", "01.1", "an attack", code, **fields)


RIGHT = "x = 1\n"  # the solution's function stays
WRONG = "def polynomial_derivative(coefficients, x):\n    return 0.0\n"


def test_the_bank_has_sixty_attacks_and_a_note_for_each_family():
    assert len(BANK) >= 60
    assert len({(one.family, one.about) for one in BANK + LONG}) == len(BANK + LONG)
    for file in (COURSE / attack_bank.BANK).rglob("*.py"):
        assert file.read_text(encoding="utf-8").startswith('"""'), f"{file} does not say what its family tries"


def test_few_attacks_stand_under_a_known_limit():
    assert {limit for one in BANK for limit in one.limits.values()} == {DIFFERENCES, TABLE, CONDUCT, NO_WALLS}
    limited = [one for one in BANK if "sandbox" in one.limits]
    assert len(limited) <= 12


def test_the_long_list_is_of_forged_conduct_and_goes_on_with_a_family_each():
    assert all(one.limits == dict.fromkeys(LEVELS, CONDUCT) for one in LONG)
    assert {one.family for one in LONG} < {one.family for one in BANK}
    (copied,) = [one for one in LONG if one.family == "borrowing"]
    assert copied.code.index("import sys\n") < copied.code.index("import types\n") < copied.code.index("types.Func")


def test_a_limit_that_is_not_known_is_refused(tmp_path):
    (tmp_path / "family.py").write_text("# %% 01.1 · tries ⇒ bad luck\nx = 1\n")
    with pytest.raises(CourseError, match="'bad luck' is no known limit"):
        attacks_in(tmp_path)


@linux
def test_an_attack_that_scores_is_a_fault_and_one_under_a_known_limit_is_none():
    scores, nothing, known, vain = try_attacks(
        COURSE,
        [
            attack(RIGHT),
            attack(WRONG),
            attack(RIGHT, limits={"process": CONDUCT}),
            attack(WRONG, limits={"process": CONDUCT}),
        ],
        "process",
    )
    assert [(one.score, one.harm) for one in (scores, nothing, known, vain)] == [(3, {}), (0, {}), (3, {}), (0, {})]
    assert ["it scores 3" in fault for fault in scores.faults] == [True]
    assert [*nothing.faults, *known.faults] == []
    assert ["take the limit off" in fault for fault in vain.faults] == [True]


@linux
def test_harm_is_seen_where_no_walls_prevent_it():
    network = bank("network", "by TCP", "by UDP", "is a file", "an abstract")
    writing = bank("writing", "hooks of", "conftest", "shared folders")
    ending = bank("ending", "a daemon of", "a bystander is")
    outcomes = try_attacks(COURSE, [*network, *writing, *ending], "process")
    reached = [one.harm.get(world.NETWORK) for one in outcomes[:4]]
    assert reached == [f"reached: {name}" for name in ("tcp", "udp", "unix", "abstract")]
    assert all(world.FILES in one.harm for one in outcomes[4:7])
    bystander, daemon = outcomes[7:]
    assert world.LIMITS in bystander.harm
    assert world.PROCESSES in daemon.harm


@linux
def test_harm_is_a_fault_where_walls_are_promised():
    harmed = Outcome(attack(WRONG), "sandbox", 0, "failed", {world.FILES: "changed: x"})
    assert [fault.endswith("files changed: x") for fault in harmed.faults] == [True]
    assert not list(Outcome(attack(WRONG), "process", 0, "failed", {world.FILES: "changed: x"}).faults)


@linux
def test_a_next_student_who_is_refused_is_a_fault():
    # as the user of this process the attack would remove the next student's answer itself
    spoilt = attack(
        WRONG + "import os\nos.unlink(TOLD['next'] + '/assignments/beginner/01_basic_scalar_backward.py')\n"
    )
    (outcome,) = try_attacks(COURSE, [spoilt], "process")
    assert world.FILES in outcome.harm
    assert ["the next student's solution is refused" in fault for fault in outcome.faults] == [True]


@linux
@walls
def test_behind_walls_nothing_reaches_a_listener():
    outcomes = try_attacks(COURSE, bank("network"), "sandbox")
    assert [(one.score, one.harm) for one in outcomes] == [(0, {})] * len(bank("network"))


@linux
@walls
def test_a_table_of_the_public_seed_scores_until_the_seed_is_another():
    (outcome,) = try_attacks(COURSE, bank("learning", "a table"), "sandbox")
    assert (outcome.score, outcome.with_other_seed) == (3, 0)


@linux
def test_whole_folders_are_refused_and_a_right_answer_among_them_is_not():
    hostile = bank("shadowing", "a torch of its own", "hooks", "is a link to", "tests of its own")
    right = attack(RIGHT, files={"/torch.py": "raise SystemExit(0)\n"})
    *outcomes, scores = try_folders(COURSE, [*hostile, right], "process")
    assert [(one.score, one.harm, one.next_student) for one in outcomes] == [(0, {}, "")] * len(hostile)
    assert (scores.score, scores.next_student) == (3, "")


def test_only_attacks_on_the_tasks_chosen_are_tried():
    assert attack_bank.try_bank(COURSE, selection("22")) == []


@pytest.mark.parametrize("name", ["autograder", "instructor"])
def test_a_module_run_from_a_hostile_folder_imports_nothing_of_it(tmp_path, name):
    for shadow in ("random.py", "typing.py", "typer.py", "torch.py"):
        (tmp_path / shadow).write_text("raise SystemExit('hostile')\n")
    command = [sys.executable, "-m", name, "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "hostile" in done.stderr) == (0, False)
