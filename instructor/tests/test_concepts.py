"""Nothing is used before it is taught."""

from pathlib import Path

import pytest

from autograder.course import Assignment
from autograder.grading.task import Task
from instructor.concepts import Concept, faults, read_concepts, see_faults, torch_words

SECOND = Assignment("02", "beginner", "02_second")
LESSON = "# %% [markdown]\n# ## Keep the graph\n\n# %%\ny.backward(retain_graph=True)\n"


@pytest.fixture
def course(tmp_path):
    for path, text in ((SECOND.lesson, LESSON), ("instructor/solutions/beginner/02_second.py", "y.backward()\n")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


BACKWARD = Concept("01", "backward", "Backward", ("backward",))
KEPT = Concept("02", "a graph that is kept", "Keep the graph", ("retain_graph",))


def test_a_word_counts_where_torch_has_it_and_python_and_numpy_have_not():
    text = "x = torch.zeros(2).sum()\nnp.detach\ny = x.detach()\nf(create_graph=True, color=1)\n[].append(y.T)\n"
    assert torch_words(text) == {"detach": 3, "create_graph": 4}


def test_all_is_well_where_everything_is_taught_in_time(course):
    assert list(faults(course, SECOND, [BACKWARD, KEPT])) == []


def test_a_word_that_a_later_lesson_introduces_is_found_with_its_line(course):
    late = Concept("03", "backward", "Backward", ("backward",))
    told = list(faults(course, SECOND, [late, KEPT]))
    assert told == [
        "lessons/beginner/02_second.py:5 uses backward, which lesson 03 introduces",
        "instructor/solutions/beginner/02_second.py:1 uses backward, which lesson 03 introduces",
    ]


def test_a_word_that_no_lesson_introduces_is_found(course):
    (told,) = faults(course, SECOND, [BACKWARD, Concept("02", "a graph that is kept", "Keep the graph")])
    assert told.startswith("lessons/beginner/02_second.py:5 uses retain_graph, which no lesson introduces")


def test_a_lesson_without_a_concept_is_found(course):
    (told,) = faults(course, SECOND, [BACKWARD, Concept("01", "all", "All", ("retain_graph",))])
    assert "no concept of lesson 02" in told


def test_a_section_that_is_not_there_is_found(course):
    (told,) = faults(course, SECOND, [BACKWARD, Concept("02", "x", "Throw it away", ("retain_graph",))])
    assert "no section “Throw it away”" in told


def test_a_task_sends_to_a_section_that_exists(course):
    right = Task("02.1", "f", points=5, see="Keep the graph, in lessons/beginner/02_second.py")
    wrong = Task("02.2", "g", points=5, see="lessons/beginner/02_second.py")
    (told,) = see_faults(course, [SECOND], [right, wrong])
    assert told.startswith("task 02.2 sends to")


def test_the_course_lists_its_concepts():
    assert {concept.lesson for concept in read_concepts(Path(__file__).resolve().parents[2])} >= {"01", "04"}
