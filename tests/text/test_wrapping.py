"""Lines are wrapped as `textwrap` wraps them at blanks."""

from textwrap import wrap

from hypothesis import given
from hypothesis import strategies as some

from aib2packer.text.wrapping import wrapped


@given(some.text(alphabet="ab -"), some.integers(1, 12))
def test_lines_break_where_the_standard_library_breaks_them(text: str, width: int) -> None:
    assert wrapped(text, width) == wrap(text, width, break_long_words=False, break_on_hyphens=False)
