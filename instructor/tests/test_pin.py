"""OWNER/REPO@SHA, as `instructor release --course` takes it."""

import pytest

from autograder.course import CourseError
from instructor.students import Pin, pin_of

SHA = "0123456789abcdef0123456789abcdef01234567"
PIN = Pin("course/release", SHA)


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        (f"course/release@{SHA}", PIN),
        (f"course/release@{SHA.upper()}", PIN),
        (f"My-School_x/.github.io@{SHA}", Pin("My-School_x/.github.io", SHA)),
    ],
)
def test_a_pin_is_read(text, pin):
    assert pin_of(text) == pin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "course/release",
        "course/release@main",
        "course/release@v1.0",
        f"course/release@{SHA[:-1]}",
        f"course/release@{SHA}0",
        f"course/release@{SHA}\n",
        f"release@{SHA}",
        f"a/b/c@{SHA}",
        f"course/..@{SHA}",
        f"course/.@{SHA}",
        f"-course/release@{SHA}",
        f"course/re lease@{SHA}",
        f"course/release: x@{SHA}",
        f"https://github.com/course/release@{SHA}",
        f"course/release@{SHA[:-1]}g",
    ],
)
def test_a_pin_that_is_none_is_one_sentence(text):
    with pytest.raises(CourseError, match="write OWNER/REPO@SHA, where SHA is the whole commit"):
        pin_of(text)
