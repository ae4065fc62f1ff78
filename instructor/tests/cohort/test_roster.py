"""The class list."""

import pytest

from autograder.course import CourseError
from instructor.cohort.roster import Person, read_roster, unknown


def roster(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_names_with_commas_quotes_and_any_letters(tmp_path):
    text = 'id,first_name,last_name\nada,Ada,"King, Countess of ""Lovelace"""\n李,明,李\n'
    people = read_roster(roster(tmp_path, text))
    assert people[0] == Person("ada", "Ada", 'King, Countess of "Lovelace"')
    assert people[1].name == "明 李"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    assert read_roster(roster(tmp_path, "id\r\nada\r\n", "utf-8-sig")) == [Person("ada")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name\nada\n", ":1 has no column id"),
        ("", ":1 has no column id"),
        ("id,email\nada,a@b\n,c@d\n", ":3 has an empty id"),
        ("id\nada\nada\n", ":3 names ada a second time"),
        ("id\nJörg\nJo\u0308rg\n", ":3 names Jörg a second time"),
        ("id,last_name,email\nada,King, Countess,a@b\n", ":2 has more fields than the first line names"),
    ],
)
def test_a_roster_that_cannot_be_used_is_one_sentence_with_the_line(tmp_path, text, told):
    with pytest.raises(CourseError, match=told):
        read_roster(roster(tmp_path, text))


def test_a_roster_in_another_encoding_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match="is not UTF-8"):
        read_roster(roster(tmp_path, "id\nMüller\n", "latin-1"))


def test_a_roster_that_is_missing_or_a_folder_is_one_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "roster.csv"):
        with pytest.raises(CourseError, match="cannot be read"):
            read_roster(path)


def test_students_who_are_not_on_it():
    assert unknown([Person("ada")], ["ada", "bob"]) == ["bob is not on the roster; graded all the same."]
    (told,) = unknown([Person("ada")], ["Ada"])
    assert told.endswith("If that is ada, who is, rename the folder.")
