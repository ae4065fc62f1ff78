"""A worker's side that lies: its replies cost its own test, and what it tells is shown and not done."""

import tracemalloc

import pytest

from autograder.sandbox import Session, WorkerDied
from autograder.sandbox.answer import MAX_MESSAGE
from autograder.sandbox.conversation import Reply
from autograder.sandbox.errors import MissingName, StudentRaised
from autograder.sandbox.messages import names_of, outcome, shown

FORGE = """
import sys
frame, found = sys._getframe(), None
while frame is not None:
    if "_line" in frame.f_globals:
        found = frame.f_globals
    frame = frame.f_back
import numpy as np
found["write_frame"](found["wire"].encode({reply}))
"""
EVIL = "a\n::error::b\x1b[31m\x00\u202e\x9b"


@pytest.mark.parametrize(
    "reply",
    [
        '(1, np.array([1, 2]), "x", "", 0)',
        '(np.array([1, 2]), "loaded", [], "", 0)',
        '(1, "loaded", [("x", 5, 6)], "", 0)',
        '(1, "loaded", [("x", 5)], "", 0)',
        '(1, "loaded", 3, "", 0)',
        "(1, 2)",
        "3",
        '(1.0, "loaded", [], "", 0)',
        '(1, "raised", ("E",), "m", "a line", "", "", 0)',
        '(1, "value", b"no frame", "", 0)',
    ],
)
def test_a_forged_reply_is_no_answer_and_no_crash(sandbox, reply):
    with sandbox.session(FORGE.format(reply=reply), "answer.py") as session:
        with pytest.raises(WorkerDied, match="sent something that is no answer"):
            session.loaded()


def test_control_characters_line_ends_and_marks_of_direction_are_told():
    assert shown(EVIL) == "a\\n::error::b\\x1b[31m\\x00\\u202e\\x9b"
    assert shown("∂L/∂w = xᵀv") == "∂L/∂w = xᵀv"


def test_names_and_texts_of_an_exception_are_told_and_not_done():
    with pytest.raises(StudentRaised) as caught:
        outcome(("raised", (EVIL, "Exception"), EVIL, 3, EVIL))
    assert caught.value.types[0] == shown(EVIL)
    assert caught.value.message == shown(EVIL, keep="\n")
    assert caught.value.code == shown(EVIL)
    with pytest.raises(MissingName) as missing:
        outcome(("missing", "f", (EVIL,)))
    assert missing.value.similar == (shown(EVIL),)
    assert names_of(("loaded", [("f", (EVIL,))])) == {"f": (shown(EVIL),)}


@pytest.mark.parametrize(("line", "told"), [(3, 3), (-5, None), (0, None), (10**30, None), (None, None)])
def test_a_line_that_no_file_has_is_not_told(line, told):
    with pytest.raises(StudentRaised) as caught:
        outcome(("raised", ("E",), "m", line, ""))
    assert caught.value.line == told


def test_what_is_printed_is_kept_without_control_characters(sandbox):
    with sandbox.session('def f():\n    print("\\x1b[2Jone\\n\\ttwo\\x00")\n', "answer.py") as session:
        session.call("f")
        assert session.output == "\\x1b[2Jone\n\ttwo\\x00\n"


def test_a_long_text_of_control_characters_takes_no_memory_to_be_told():
    """Written as \\x00, each takes a text of 53 bytes of its own."""
    text = "\0" * (8 << 20)
    session = Session(lambda needs: pytest.fail("no worker is needed"), "", "answer.py")
    tracemalloc.start()
    try:
        with pytest.raises(StudentRaised) as raised:
            outcome(("raised", (text,), text, None, text))
        session._keep(Reply(("value",), text, 5, len(text)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 32 << 20
    assert len(raised.value.message) == 4 * MAX_MESSAGE
    assert len(session.output.encode()) <= session.limits.output
    assert session.output_dropped >= len(text) + 5 - session.limits.output
