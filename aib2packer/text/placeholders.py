"""Placeholders: what somebody, or a tool, was meant to fill in before the template is deployed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"[A-Za-z][\w.-]*"
_ANGLED = r"<<[A-Za-z][\w .-]*>>|<[ ]?[A-Za-z][\w .-]*>"  # as documentation has it
_BRACED = r"\{[A-Za-z][\w .-]*\}"  # as the REST API's documentation has it
_TOKEN = rf"#\{{ ?{_NAME} ?\}}#"  # of the tasks of Azure DevOps that replace tokens
_UNDERSCORED = r"__[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*__"

_BARE = r"\$(?:env:)?[A-Za-z_]\w*(?![\w:])|@@?[A-Za-z][\w.-]*@@?"  # of envsubst and PowerShell; of autoconf and its like

# Of pipelines; of templatefile in Terraform and envsubst; of Azure DevOps and make; of Jinja and mustache; the rest of scripts.
_TOOLS = {
    "${{ name }}": rf"\$\{{\{{ ?{_NAME} ?\}}\}}",
    "${name}": rf"\$\{{{_NAME}\}}",
    "$(name)": rf"\$\({_NAME}\)",
    "{{ name }}": rf"\{{\{{ ?{_NAME} ?\}}\}}",
    "[[name]]": rf"\[\[ ?(?!(?:true|false|null)\b){_NAME} ?\]\]",
    "__name__": rf"(?<![A-Za-z0-9]){_UNDERSCORED}(?![A-Za-z0-9])",
    "%name%": r"%[A-Za-z_]\w*%",
}
_ANY = "|".join((rf"{_TOKEN}|#\{{ ?{_NAME} ?\}}", *_TOOLS.values(), rf"{_UNDERSCORED}", _ANGLED))
# What scripts have of these forms, and mean themselves.
_OF_SCRIPTS = {
    "${name}": r"(?<!\$)",
    "$(name)": r"(?!\$\((?:arch|date|hostname|id|nproc|pwd|tty|uname|whoami)\))",
    "__name__": r"(?!__(?:all|file|init|main|name|pycache)__)",
    "%name%": r"(?!%(?i:allusersprofile|appdata|comspec|computername|errorlevel|homedrive|homepath|localappdata|path"
    r"|programdata|programfiles|public|systemdrive|systemroot|temp|tmp|userdomain|username|userprofile|windir)%)",
}
_OF_A_SHELL = {form: _OF_SCRIPTS.get(form, "") + found for form, found in _TOOLS.items()}

SENSITIVE = "sensitive_"
"""What the name in a placeholder begins with where what is to be filled in is a secret: a state of Terraform says so."""
_SIGNS = ("$", "%", "{{", "[[", "__")  # one of them stands in each
_NO_FORMS: frozenset[str] = frozenset()

OPENING = ("#", "$", "{", "[", "_", "%", "<", "@")
"""What any placeholder begins with."""
IN_NAMES = pattern(rf"{_ANY}|{_BRACED}|{_BARE}")
"""What is a placeholder in a name, a region or an id: there these signs mean nothing else."""
IN_TAGS = pattern(_ANY)
"""What is a placeholder in a tag, and in the place of a value of JSON."""
IN_COMMANDS = pattern(_TOKEN)
"""What is a placeholder in any command."""
IN_TEXTS = pattern(rf"{_TOKEN}|{_ANGLED}")
"""What is a placeholder in any text, where a value of its name is given; and as a command that is nothing else."""
IN_PATHS = pattern("|".join((_TOKEN, _ANGLED, *_OF_A_SHELL.values())))
"""What is a placeholder in a path on the VM."""
IN_URIS = pattern("|".join((
    _TOKEN,
    _ANGLED,
    _TOOLS["${{ name }}"],
    _TOOLS["${name}"],
    _TOOLS["$(name)"],
    _TOOLS["{{ name }}"],
    _TOOLS["[[name]]"],
    rf"(?!__(?:init|main|pycache)__){_TOOLS['__name__']}",
    r"%[A-Za-z_]\w{2,}%(?![0-9A-Fa-f]{2})",  # else it is a byte that begins there
    r"\$(?:env:)?(?!(?:blobchangefeed|logs|root|web)\b)[A-Za-z_]\w*+(?![:=])",  # but for containers, and for `$filter=`
)))  # fmt: skip
"""What is a placeholder in a URI."""
IN_EXPRESSIONS = pattern("|".join((
    _TOKEN,
    rf"#\{{ ?{_NAME} ?\}}",
    _ANGLED,
    *(found for form, found in _OF_A_SHELL.items() if form != "%name%"),
    rf"(?!%[0-9A-Fa-f]{{2}}%[0-9A-Fa-f]{{2}}){_OF_A_SHELL['%name%']}",  # else they are two bytes
)))  # fmt: skip
"""What is a placeholder in a text that an expression looks into: wherever it came from, and wherever it goes."""
_SIGN_IN_EXPRESSIONS = pattern(r"[<#$%]|\{\{|\[\[|__")  # one of them stands in each
_LONGEST_OPEN = 1000  # a longer text is a script


def is_sensitive(token: str) -> bool:
    """Whether a secret is to be filled in for a placeholder."""
    return token.startswith(f"<{SENSITIVE}")


_SIGN_OF_DOUBT = pattern(r"__|([%#@])\1|\[\[\[|\]\]\]|\{\{\{|<<<|[#$%@][{\[]")
_RUN = pattern(r"(?<!\w)\w*__\w*")  # from the start of a word only: else each letter of it would be one
_UNDERSCORES = pattern(_UNDERSCORED)
_DOUBLED = {"%": "%", "#": "#", "@": "@", "[": "]", "{": "}", "<": ">"}


def in_doubt(text: str, found: re.Pattern[str]) -> dict[int, str]:
    """The placeholders of which it is not clear where they begin and end, as in `__a__b__`, `%%x%%` and `#{{x}}`.

    By where each begins, with what is not clear.
    """
    if _SIGN_OF_DOUBT.search(text) is None:
        return {}
    doubtful = {start: run for start, run in _runs_in_doubt(text) if found.match(text, start)}
    end = 0
    for match in found.finditer(text):
        before, after = text[max(end, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        opens = match[0][0]
        is_doubled = before == opens and after == _DOUBLED.get(opens)
        is_doubled |= opens == "[" and (before == "[" or after == "]")  # of which ARM takes one away
        if is_doubled or (opens in "{[" and before and before in "#$%@"):
            doubtful[match.start()] = before + match[0] + (after if is_doubled else "")
        end = match.end()
    return doubtful


def run_in_doubt(text: str) -> str | None:
    """A word between double underscores with more of them in it: one placeholder, or several with something between."""
    return next((run for _, run in _runs_in_doubt(text) if run.startswith("__") and run.endswith("__")), None)


def _runs_in_doubt(text: str) -> Iterator[tuple[int, str]]:
    for run in _RUN.finditer(text):
        rest = _UNDERSCORES.sub(" ", run[0])
        if rest != run[0] and "__" in rest:
            yield from ((run.start() + token.start(), run[0]) for token in _UNDERSCORES.finditer(run[0]))


def unquoted(text: str, start: int) -> re.Match[str] | None:
    """A placeholder in the place of a value of JSON: the tool that fills it in writes a number, a list, or a text in quotes."""
    return IN_TAGS.match(text, start)


def has_sign(text: str) -> bool:
    """Whether a text has a sign of those that stand in any placeholder that also means something to a shell."""
    return any(sign in text for sign in _SIGNS)


def forms_in(text: str) -> frozenset[str]:
    """The forms of placeholders in a text that also mean something to a shell, as each is written for a `name`."""
    if not has_sign(text):
        return _NO_FORMS
    return frozenset(form for form, found in _OF_A_SHELL.items() if re.search(found, text))


def first_in(text: str, form: str) -> str:
    """The first placeholder of a form in a text that has one, with what makes it unclear where it begins and ends."""
    found = re.compile(_OF_A_SHELL[form])
    match = next(found.finditer(text))
    return in_doubt(text, found).get(match.start(), match[0])


def in_commands(forms: frozenset[str]) -> re.Pattern[str]:
    """What is a placeholder in the commands of a template that has these forms elsewhere."""
    return re.compile("|".join((IN_TEXTS.pattern, *(found for form, found in _OF_A_SHELL.items() if form in forms))))


def is_open(text: str) -> bool:
    """Whether a value is not filled in: a placeholder and what stands around one without a blank, or any that no text means."""
    if text.startswith("[") and text.endswith("]"):  # an expression, or a placeholder with such brackets
        return IN_TEXTS.search(text) is not None or IN_TAGS.fullmatch(text) is not None
    around = IN_TAGS.sub("", text)
    return around != text and "</" not in text and not any(map(str.isspace, around))


def is_open_in_expressions(text: str) -> bool:
    """Whether a text that an expression looks into is not filled in: what `is_open` says, but for what scripts mean by it."""
    if len(text) > _LONGEST_OPEN or _SIGN_IN_EXPRESSIONS.search(text) is None or "</" in text:
        return False
    around = IN_EXPRESSIONS.sub("", text)
    return (around != text or run_in_doubt(text) is not None) and not any(map(str.isspace, around))


def plain(token: str) -> str:
    """The name in a placeholder, or of a value for one, so that they can be compared: `<Resource group>`, `resource_group`."""
    return re.sub(r"[\W_]+", "", token).casefold()
