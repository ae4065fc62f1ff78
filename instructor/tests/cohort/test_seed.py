"""The seed of a class: no grade of record is replaced by one with the public seed because somebody forgot an option."""

import sys

import pytest

from autograder.course import CourseError
from autograder.grading.runner import PUBLIC_SEED
from autograder.tests.made import a_result, a_task, an_assignment
from instructor.cohort import seed
from instructor.cohort.roster import Person
from instructor.cohort.run import Settings
from instructor.cohort.seed import seed_of
from instructor.command import main
from instructor.tests.cohort.made import keep
from instructor.tests.cohort.test_run import kept, run


def graded_with(*seeds):
    return {f"s{n}": a_result(an_assignment(a_task("01.1", "passed")), seed=seed) for n, seed in enumerate(seeds)}


def test_the_public_seed_is_that_of_every_students_own_grading():
    assert seed.PUBLIC_SEED == PUBLIC_SEED


@pytest.mark.parametrize(
    ("there", "given", "used", "told"),
    [
        ((), None, 0, "seed 0 (public: students see the same inputs; a grade of record needs --seed N)"),
        ((), 77, 77, ""),
        ((77, 77), None, 77, "seed 77, as the results in {out}"),
        ((77, 77), 77, 77, ""),
        ((0,), None, 0, "seed 0, as the results in {out} (public: "),
        ((77, 77), 0, 0, "seed 0; the results in {out} of seed 77 (2 students) are graded anew"),
        (
            (77, 0, 5),
            0,
            0,
            "seed 0; the results in {out} of seed 5 (1 student) and seed 77 (1 student) are graded anew",
        ),
    ],
)
def test_a_seed_that_is_not_given_is_that_of_the_results(tmp_path, there, given, used, told):
    out = tmp_path / "out"
    if there:
        keep(out, graded_with(*there)).close()
    seed, line = seed_of(given, out)
    assert seed == used
    assert line.startswith(told.format(out=out))
    assert bool(line) == bool(told)
    assert out.exists() == bool(there)


def test_of_several_seeds_none_is_chosen(tmp_path):
    keep(tmp_path, graded_with(77, 0, 77)).close()
    with pytest.raises(
        CourseError, match=r"of seed 0 \(1 student\) and seed 77 \(2 students\); say which .* --seed N\."
    ):
        seed_of(None, tmp_path)


def test_results_that_are_none_are_one_sentence(tmp_path):
    with keep(tmp_path, graded_with(77)) as store:
        store._connection.execute("UPDATE results SET result = '{}'")
        store._connection.commit()
    with pytest.raises(CourseError, match=r"results\.db cannot be used .*; give another --out, or move that file away"):
        seed_of(None, tmp_path)


def command(monkeypatch, capsys, submissions, out, course, *options):
    """What `instructor grade` prints, in this process."""
    words = [str(submissions), "--out", str(out), "--course", str(course), "--jobs", "1", *map(str, options)]
    monkeypatch.setattr(sys, "argv", ["instructor", "grade", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def test_the_same_command_without_its_seed_grades_nothing_anew(solved, submissions, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    run(submissions, Settings(solved, out, seed=77))
    again = command(monkeypatch, capsys, submissions, out, solved)
    assert again.startswith(f"seed 77, as the results in {out}\n")
    assert "0 graded, 3 unchanged. Results" in again
    assert {result.provenance.seed for result in kept(out).values()} == {77}

    other = command(monkeypatch, capsys, submissions, out, solved, "--seed", 78, "--only", "E1")
    assert other.startswith(f"seed 78; the results in {out} of seed 77 (3 students) are graded anew\n")
    assert {result.provenance.seed for result in kept(out).values()} == {78}


def test_the_mean_is_told_with_and_without_those_who_handed_in_nothing(
    solved, submissions, tmp_path, monkeypatch, capsys
):
    roster = tmp_path / "roster.csv"
    people = [Person("ada"), Person("Müller, Jörg"), Person("zoe"), Person("erin")]
    roster.write_text("\n".join(["id", *(f'"{one.id}"' for one in people)]), encoding="utf-8")
    told = command(monkeypatch, capsys, submissions, tmp_path / "out", solved, "--roster", roster)
    assert (
        "4 graded, 0 unchanged; mean of those graded 9.0 of 20 points, 12.0 without the 1 who handed in nothing" in told
    )
