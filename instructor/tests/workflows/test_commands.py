"""What a runner obeys in a step's output, and reads from a step's files."""

import pytest

from instructor.tests.workflows.commands import commands_in, values_in


@pytest.mark.parametrize(
    "line", ["::error::no", "  ::set-output name=x::1", "::add-mask::a", "text ##[error]no", "##[set-env name=A]b"]
)
def test_a_command_is_seen(line):
    assert commands_in([line]) == [line]


@pytest.mark.parametrize(
    "line", ["a ::error::no", "::nothing::", "std::vector", "##[nothing]", ":: error::", "::error"]
)
def test_what_looks_like_one_is_none(line):
    assert commands_in([line]) == []


def test_between_the_pause_and_its_token_nothing_is_obeyed():
    lines = ["::stop-commands::secret", "::error::a", "::other::", "::stop-commands::mine", "::secret::", "::error::b"]
    assert commands_in(lines) == ["::error::b"]


def test_values_of_one_and_of_several_lines(tmp_path):
    file = tmp_path / "env"
    file.write_text("A=1=2\nB<<END\nx=1\ny\nEND\n\nC=\n")
    assert values_in(file) == {"A": "1=2", "B": "x=1\ny", "C": ""}
