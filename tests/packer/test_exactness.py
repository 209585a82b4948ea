"""Which form carries which text."""

import pytest

from aib2packer import SourceText, Span
from aib2packer.arm.language.text import TemplateText
from aib2packer.packer.steps.exact_text import (
    content_is_exact,
    has_short_lines,
    powershell_inline_is_exact,
    shell_inline_is_exact,
    with_byte_order_mark,
)


def text(value: str) -> TemplateText:
    """Make a text without symbols."""
    return TemplateText((value,), Span(SourceText("x", value), 0, len(value)))


@pytest.mark.parametrize(
    ("value", "shell", "powershell", "content"),
    [
        ("echo ${x} %{y} \"'\\", True, True, True),
        ("{ { } }", True, True, True),
        ("{{ x }}", False, False, True),
        ("x {{", False, False, True),
        ("e\u0301", False, False, False),
        ("\u00e9", True, False, True),
        ("\ufeff", True, False, True),
        ("x" * 70_000, False, False, True),
        ("\u20ac" * 30_000, False, False, True),
        ("x\n" * 70_000, True, True, True),
        ("using namespace X", True, False, True),
        ("  param (\n$x)", True, False, True),
        ("# x\n[CmdletBinding()]\nparam()", True, False, True),
        ("Write-Host 'param'", True, True, True),
        ("x `", True, False, True),
        ("x `\n\n", True, False, True),
        ("\ud800", False, False, False),
    ],
)
def test_a_text_is_carried_by_the_forms_that_do_not_change_it(
    value: str, *, shell: bool, powershell: bool, content: bool
) -> None:
    assert shell_inline_is_exact(text(value)) == shell
    assert powershell_inline_is_exact(text(value)) == powershell
    assert content_is_exact(text(value)) == content


def test_lines_are_measured_in_bytes_each_for_itself() -> None:
    assert has_short_lines("x" * 40_000 + "\n" + "x" * 40_000)
    assert has_short_lines(("x" * 59_999 + "\n") * 3)
    assert not has_short_lines("\n" + "x" * 60_000)
    assert not has_short_lines("x" * 70_000)
    assert not has_short_lines("\u20ac" * 25_000)


def test_only_a_text_that_powershell_would_misread_gets_a_byte_order_mark() -> None:
    assert with_byte_order_mark(text("ascii")).visible == "ascii"
    assert with_byte_order_mark(text("\u00e9")).visible == "\ufeff\u00e9"
    assert with_byte_order_mark(text("\ufeff\u00e9")).visible == "\ufeff\u00e9"
