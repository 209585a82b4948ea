"""Every string reaches Packer as it is, in the form that reads best (docs/reference/packer-semantics.md 2.1 to 2.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aib2packer.hcl.printing import is_exact, is_identifier, print_string, print_value, quote
from aib2packer.hcl.values import HclCode, Interpolation, Local, Variable
from tests.hcl.decoding import decode_value
from tests.hcl.samples import FRAGMENTS, NAMES, meaning, nfc, parts_of, texts

X = Variable("x")
FOLDER = Local("folder", "/tmp")

QUOTED = [
    ("", '""'),
    ("plain", '"plain"'),
    ('say "hi"', r'"say \"hi\""'),
    ("C:\\new\\table", r'"C:\\new\\table"'),
    ("a\nb\r\n\tc", r'"a\nb\r\n\tc"'),
    ("${x}", '"$${x}"'),
    ("$${x}", '"$$${x}"'),
    ("$$${x}", '"$$$${x}"'),
    ("${~x}", '"$${~x}"'),
    ("%{ if }", '"%%{ if }"'),
    ("%%{x}", '"%%%{x}"'),
    ("$%{x}%${x}", '"$%%{x}%$${x}"'),
    ("$$ $( $_ $x 5% %d % $", '"$$ $( $_ $x 5% %d % $"'),
    ("{{.X}} }}", '"{{.X}} }}"'),
    ("nothing\0", r'"nothing\u0000"'),
    ("\a\b\f\v\x1b[0m\x7f\x85", r'"\u0007\u0008\u000c\u000b\u001b[0m\u007f\u0085"'),
    ("a\u00a0b\u2028c\u3000d", r'"a\u00a0b\u2028c\u3000d"'),
    ("\ufeffBOM", r'"\ufeffBOM"'),
    ("\u200d\ue000", r'"\u200d\ue000"'),
    ("\U000e0001\U0010ffff", r'"\U000e0001\U0010ffff"'),
    ("Größe 東京 😀", '"Größe 東京 😀"'),
]

HEREDOCS = [
    ("commands", "echo a\necho b\n", "<<-EOT\n  echo a\n  echo b\nEOT"),
    ("no newline at the end", "echo a\necho b", "<<-EOT\n  echo a\n  echo b\nEOT"),
    ("indented lines", "if x; then\n  y\n\tz\nfi\n", "<<-EOT\n  if x; then\n    y\n  \tz\n  fi\nEOT"),
    ("only its last line at the margin", "  a\n\tb\nc\n", "<<-EOT\n    a\n  \tb\n  c\nEOT"),
    ("empty lines", "\na\n\n\nb\n\n", "<<-EOT\n\n  a\n\n\n  b\n\nEOT"),
    ("lines of white space", "a\n \n\t\n    \nb\n", "<<-EOT\n  a\n \n\t\n    \n  b\nEOT"),
    ("white space after the last newline", "a\n  ", "<<-EOT\n  a\n  \nEOT"),
    ("quotes and backslashes", 'C:\\n "x"\n', '<<-EOT\n  C:\\n "x"\nEOT'),
    ("sigils", "${a} %{b} $${c} $(d) $e 5%\n", "<<-EOT\n  $${a} %%{b} $$${c} $(d) $e 5%\nEOT"),
    ("a sigil at the end of a line", "a$\n%\n$\n", "<<-EOT\n  a$\n  %\n  $\nEOT"),
    ("letters", "Größe\n東京 😀\n", "<<-EOT\n  Größe\n  東京 😀\nEOT"),
    ("a mark within a line", "ç\u0327 \u0301\n  \u0301\n", "<<-EOT\n  ç\u0327 \u0301\n    \u0301\nEOT"),
    ("its marker", "a\nEOT\n", "<<-EOT2\n  a\n  EOT\nEOT2"),
    ("its marker indented", "a\n \tEOT  \nEOT2\n", "<<-EOT3\n  a\n   \tEOT  \n  EOT2\nEOT3"),
    ("its marker within a line", "cat <<EOT\nEOTs\n", "<<-EOT\n  cat <<EOT\n  EOTs\nEOT"),
]

NO_HEREDOCS = [
    ("nothing", ""),
    ("one line", "echo a"),
    ("only newlines", "\n\n"),
    ("only white space", "  \n\t\n"),
    ("every line indented", "  a\n    b\n"),
    ("every line indented by tabs", "\ta\n\tb\n"),
    ("CRLF, and LF", "a\r\nb\n"),
    ("CRLF with a lone CR", "a\rb\r\n"),
    ("a lone CR", "a\rb\n"),
    ("NUL", "a\0\n"),
    ("ESC", "\x1b[0m\n"),
    ("a form feed", "a\fb\n"),
    ("NBSP", "a\u00a0\n"),
    ("a line of NBSP", "a\n\u00a0\nb\n"),
    ("a line separator", "a\u2028b\n"),
    ("a byte order mark", "\ufeffa\n"),
    ("a joiner", "a\u200db\n"),
    ("a mark at the start of a line", "a\n\u0301b\n"),
    ("a variation selector at the start", "\ufe0fb\n"),
    ("a vowel sign that joins what is before it", "a\n\u0e33\n"),
    ("a skin tone at the start of a line", "a\n\U0001f3fd\n"),
    ("no normal form C", "e\u0301\n"),
]


@pytest.mark.parametrize(("text", "hcl"), QUOTED)
def test_a_string_is_quoted_with_the_escapes_of_hcl_and_no_others(text: str, hcl: str) -> None:
    assert print_value(text) == hcl
    assert decode_value(hcl) == text


@pytest.mark.parametrize(("text", "hcl"), [case[1:] for case in HEREDOCS], ids=[case[0] for case in HEREDOCS])
def test_a_heredoc_carries(text: str, hcl: str) -> None:
    assert print_string(Interpolation((text,), multiline=True)) == hcl
    assert decode_value(hcl) == (text if text.endswith("\n") else f"{text}\n")


@pytest.mark.parametrize("text", [case[1] for case in NO_HEREDOCS], ids=[case[0] for case in NO_HEREDOCS])
def test_quoted_is_what_no_heredoc_carries(text: str) -> None:
    assert print_string(Interpolation((text,), multiline=True)) == quote(text)
    assert decode_value(quote(text)) == nfc(text)


def test_line_ends_of_windows_are_put_back_after_a_heredoc() -> None:
    hcl = print_string(Interpolation(("a\r\n  b\r\n",), multiline=True), 2)

    assert hcl == 'replace(<<-EOT\n    a\n      b\n  EOT\n  , "\\n", "\\r\\n")'
    assert decode_value(hcl) == "a\r\n  b\r\n"


def test_only_who_asks_for_a_heredoc_gets_one() -> None:
    assert print_string(Interpolation(("a\nb\n",))) == print_value("a\nb\n") == r'"a\nb\n"'


def test_a_heredoc_stands_two_columns_deeper_than_its_line() -> None:
    assert print_string(Interpolation(("a\n\nb\n",), multiline=True), 4) == "<<-EOT\n      a\n\n      b\n    EOT"


@pytest.mark.parametrize("multiline", [False, True])
@pytest.mark.parametrize(
    ("reference", "hcl"),
    [(X, "var.x"), (FOLDER, "local.folder"), (HclCode("path.root"), "path.root"), (HclCode('f("a")'), 'f("a")')],
)
def test_a_reference_on_its_own_stands_bare(reference: Variable | Local | HclCode, hcl: str, *, multiline: bool) -> None:
    assert print_string(Interpolation((reference,), multiline)) == hcl
    assert print_string(Interpolation(("", reference, ""), multiline)) == hcl
    assert print_value(reference) == hcl


REFERENCES = [
    ((), '""'),
    (("a", "b"), '"ab"'),
    ((X, "-b"), '"${var.x}-b"'),
    (("a/", FOLDER, "/", HclCode("path.root")), '"a/${local.folder}/${path.root}"'),
    ((X, X), '"${var.x}${var.x}"'),
    (("$", "{a}"), '"$${a}"'),
    (("%", "", "{a}"), '"%%{a}"'),
    (("$", X), '"${"$"}${var.x}"'),
    (("a$$", "$", X, "$"), '"a${"$$$"}${var.x}$"'),
    (("%", X, "%"), '"%${var.x}%"'),
    (("$%", X), '"$%${var.x}"'),
    ((X, "{a}"), '"${var.x}{a}"'),
    (("{", X, "}"), '"{${var.x}}"'),
    (("\\", X, '"'), r'"\\${var.x}\""'),
]


@pytest.mark.parametrize(("pieces", "hcl"), REFERENCES)
def test_references_stand_in_a_quoted_string(pieces: tuple[str | Variable | Local | HclCode, ...], hcl: str) -> None:
    assert print_string(Interpolation(pieces)) == hcl
    expected = "".join(piece if isinstance(piece, str) else "X{" for piece in pieces)
    assert decode_value(hcl, {"var.x": "X{", "local.folder": "X{", "path.root": "X{"}) == expected


def test_references_stand_in_a_heredoc() -> None:
    text = Interpolation(("  curl '", X, "?a=${b}'\n", FOLDER, "$", X, "\n"), multiline=True)

    hcl = print_string(text)

    assert hcl == "<<-EOT\n    curl '${var.x}?a=$${b}'\n  ${local.folder}${\"$\"}${var.x}\nEOT"
    assert decode_value(hcl, {"var.x": "1", "local.folder": "2"}) == "  curl '1?a=${b}'\n2$1\n"


def test_a_newline_of_a_reference_makes_no_heredoc() -> None:
    assert print_string(Interpolation(("a", Local("lines", "\n")), multiline=True)) == '"a${local.lines}"'


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("", True),
        ("ASCII \0 \r\n", True),
        ("é", True),
        ("e\u0301", False),
        ("\u212b", False),
        ("\u0301", True),
        ("\ud800", False),
        ("\ud83d\ude00", False),
        ("😀\U0010ffff", True),
    ],
)
def test_hcl_carries_what_is_in_normal_form_c_and_has_no_surrogates(text: str, *, exact: bool) -> None:
    assert is_exact(text) is exact


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", True),
        ("_a-1", True),
        ("If", True),
        ("", False),
        ("1a", False),
        ("-a", False),
        ("a.b", False),
        ("a b", False),
        ("é", False),
        ("a\n", False),
    ],
)
def test_an_identifier_begins_with_a_letter_and_has_letters_digits_and_dashes(name: str, *, expected: bool) -> None:
    assert is_identifier(name) is expected


@pytest.mark.parametrize("first", FRAGMENTS)
def test_no_two_pieces_of_text_disturb_each_other(first: str) -> None:
    for second in FRAGMENTS:
        text = nfc(first + second)
        assert decode_value(quote(text)) == text
        whole = f"a\n{text}\n"
        assert decode_value(print_string(Interpolation(("a\n", first, second, "\n"), multiline=True))) == nfc(whole)


@given(texts)
def test_a_quoted_string_decodes_to_itself(text: str) -> None:
    assert decode_value(quote(text)) == text


@given(texts, st.integers(0, 4))
def test_a_multiline_string_decodes_to_itself_or_gains_a_newline(text: str, depth: int) -> None:
    hcl = print_string(Interpolation((text,), multiline=True), depth * 2)

    line_end = "\n" if hcl.startswith("<<") else "\r\n" if hcl.startswith("replace(") else ""
    assert decode_value(hcl) == (text if text.endswith("\n") else f"{text}{line_end}")


@given(parts_of(texts), st.booleans())
def test_a_string_with_references_decodes_to_what_they_stand_for(
    pieces: tuple[str | Variable | Local | HclCode, ...],
    multiline: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    text = Interpolation((*pieces, "\n"), multiline)

    assert decode_value(print_string(text), NAMES) == meaning(text)
