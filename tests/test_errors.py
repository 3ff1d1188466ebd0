import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuffless.errors import fault, shortened, some_of


@given(st.text(max_size=2000), st.integers(10, 80))
def test_what_is_shown_of_a_file_fits_its_limit_on_one_line(text, limit):
    shown = shortened(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()


def test_short_values_are_shown_as_they_are():
    assert shortened("120,5 mmHg") == "120,5 mmHg"
    assert shortened(" 1\n 2\x00") == "1 2?"
    assert shortened("9" * 100, 20) == "9" * 17 + "..."


@given(st.lists(st.text(max_size=300), max_size=40), st.booleans())
def test_lists_are_cut_short_and_counted(values, quoted):
    shown = some_of(values, quoted=quoted)
    assert len(shown) <= 160 + len(" and 40 more")
    assert not quoted or bool(shown) == bool(values)


def test_lists_name_the_first_and_count_the_others():
    assert some_of(["ppg", "abp"]) == "ppg, abp"
    assert some_of(range(20), most=3) == "0, 1, 2 and 17 more"
    assert some_of(["", " x "], quoted=True) == "'', 'x'"
    assert some_of(["n" * 500, "m"]) == "n" * 37 + "..., m"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("nope"), "damaged: KeyError 'nope'"),
        (
            AttributeError("'dict' object has no attribute 'x'"),
            "damaged: AttributeError 'dict' object has no attribute 'x'",
        ),
        (ValueError("line 3\nis odd"), "line 3 is odd"),
        (EOFError(), "EOFError"),
    ],
)
def test_another_library_s_error_is_said_of_the_file(error, said):
    assert fault(error) == said


def test_a_number_of_thousands_of_digits_is_said_without_python_s_remedy():
    with pytest.raises(ValueError, match="set_int_max_str_digits") as error:
        int("9" * 5000)
    assert fault(error.value) == "it holds a number of 5,000 digits"
