"""A broken machine is red and says that it is not the student's fault; nothing is called a score that is none."""

import shutil

from instructor.tests.workflows.classroom import FIRST

INSTALL = "Install torch's CPU build and the autograder"
NOT_YOUR_FAULT = "Grading did not work; this is not your fault"


def assert_red_and_kind(ada, run, look):
    told = look(ada, run)
    assert not run.green
    assert run.jobs["post"].result == "failure"
    assert (told.state, told.description, told.conclusion) == ("error", NOT_YOUR_FAULT, "failure")
    assert told.summary.startswith("## Grading did not work. This is not your fault.")
    return told


def test_torchs_index_out_of_reach(student, small, images, solved, look):
    ada = student(small, "plain")
    ada.runner.images = {"grade": images["post"], "post": images["post"]}
    run = ada.push({str(FIRST.answer): solved[str(FIRST.answer)]})
    assert run.jobs["grade"].steps[INSTALL] == "failure"
    assert_red_and_kind(ada, run, look)


def test_a_full_disk(student, small, solved, look):
    ada = student(small, "pinned")
    ada.runner.step_prefix = {INSTALL: "ulimit -f 4"}  # KiB for each file that this step writes
    run = ada.push({str(FIRST.answer): solved[str(FIRST.answer)]})
    assert run.jobs["grade"].steps[INSTALL] == "failure"
    assert any("File too large" in line for line in run.jobs["grade"].log)
    assert_red_and_kind(ada, run, look)


def test_a_grader_that_crashes(student, small, solved, look):
    ada = student(small, "pinned")

    def tamper(job, step, machine):
        if (job, step) == ("grade", "Grade"):
            (grading,) = machine.folder.glob("python/lib/python*/site-packages/autograder/grading/grade.py")
            grading.write_text("raise MemoryError\n")

    ada.runner.tamper = tamper
    run = ada.push({str(FIRST.answer): solved[str(FIRST.answer)]})
    assert run.jobs["grade"].steps["Grade"] == "failure"
    assert_red_and_kind(ada, run, look)


def test_an_artifact_that_was_lost_on_the_way(half_done_plain, look):
    ada, run = half_done_plain.student, half_done_plain.run
    kept, run.artifacts = run.artifacts, {}
    again = ada.runner.again(run, "post")
    run.artifacts = kept
    assert again.jobs["post"].steps["Fetch the result"] == "failure"
    told = assert_red_and_kind(ada, again, look)
    assert "the grading job left no result.json" in told.summary.replace("&#46;", ".").replace("\u200b", "")


def test_an_artifact_that_is_a_link_to_a_secret(half_done_plain, tmp_path, look):
    ada, run = half_done_plain.student, half_done_plain.run
    (tmp_path / "secret").write_text('{"score": 290}')
    kept = run.artifacts
    run.artifacts = {name: tmp_path / name for name in kept}
    for name, folder in kept.items():
        shutil.copytree(folder, tmp_path / name)
        (tmp_path / name / "result.json").unlink()
        (tmp_path / name / "result.json").symlink_to(tmp_path / "secret")
    again = ada.runner.again(run, "post")
    run.artifacts = kept
    assert_red_and_kind(ada, again, look)
