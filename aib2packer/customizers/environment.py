"""Secrets in shell commands, by way of the environment: neither the script on the VM nor what it starts holds them then.

A process list on the VM shows them all the same while the step runs: Packer has a shell run `NAME='value' sudo -E SCRIPT`. An
environment file (use_env_var_file) would be on the disk of the image instead.

Source: docs/reference/arm-expressions.md 3.8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.language.symbolic import ParameterSymbol
from aib2packer.arm.language.text import LateExpression, TemplateText, text_of
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.arm.language.text import TextSymbol
    from aib2packer.packer.variables.symbols import Symbols

# Where quotes may nest, nothing is said about what stands in which.
_NESTS = pattern(r"<<|\$\(|`")
# Variables that the shell itself goes by.
_TAKEN = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "IFS", "ENV", "PWD", "TERM", "LANG", "PS1", "PS4", "CDPATH"}
_QUOTE = pattern(r"\\.|['\"]|#[^\n]*", re.DOTALL)


def secrets_apart(text: TemplateText, symbols: Symbols) -> tuple[TemplateText, Mapping[str, TemplateText]] | None:
    """The commands with `${NAME}` for each secure parameter, and the values by name; None where that is not the same.

    It is the same inside of double quotes, and for a word by itself, which is put in quotes.
    """
    secrets = {part for part in text.symbols if isinstance(part, LateExpression) and _is_secure_parameter(part)}
    if not secrets or _NESTS.search(text.visible):
        return None
    parts: list[str | TextSymbol] = []
    environment: dict[str, TemplateText] = {}
    quote = ""
    for index, part in enumerate(text.parts):
        if isinstance(part, str):
            quote = _quote_after(part, quote)
        if part not in secrets or not isinstance(part, LateExpression):
            parts.append(part)
            continue
        whole_word = quote == "" and _is_whole_word(text, index)
        if quote != '"' and not whole_word:
            return None
        name = _name(part, symbols)
        environment[name] = TemplateText((part,), text.span)
        parts.append(f'"${{{name}}}"' if whole_word else f"${{{name}}}")
    return text_of(parts, text.span), environment


def _is_secure_parameter(symbol: LateExpression) -> bool:
    return isinstance(symbol.value, ParameterSymbol) and symbol.value.secure


def _name(symbol: LateExpression, symbols: Symbols) -> str:
    value = symbol.value
    name = symbols.leaves[value].name.upper() if isinstance(value, ParameterSymbol) else ""
    return f"{name}_VALUE" if name in _TAKEN else name


def _quote_after(text: str, quote: str) -> str:
    """The quote that is open after a text, given the one before it."""
    for match in _QUOTE.finditer(text):
        found = match.group()
        if found[0] == "\\":
            continue
        if found[0] == "#":
            # A comment only where a word begins, and no quote is open; else its quotes count.
            before = text[match.start() - 1 : match.start()]
            if quote or not (before == "" or before.isspace() or before in ";&|("):
                quote = _quote_after(found[1:], quote)
        elif not quote:
            quote = found
        elif quote == found:
            quote = ""
    return quote


def _is_whole_word(text: TemplateText, index: int) -> bool:
    before = text.parts[index - 1] if index else " "
    after = text.parts[index + 1] if index + 1 < len(text.parts) else " "
    return isinstance(before, str) and isinstance(after, str) and before[-1:].isspace() and after[:1] in {" ", "\n", "\t", ";"}
