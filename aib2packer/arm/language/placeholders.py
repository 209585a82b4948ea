"""Placeholders: what somebody, or a tool, was meant to fill in before the template is deployed."""

from __future__ import annotations

import re

from aib2packer.lazy.patterns import pattern

_NAME = r"[A-Za-z][\w.-]*"
ANGLED = r"<[ ]?[A-Za-z][\w .-]*>"
"""`<name>`, as documentation has it."""
BRACED = r"\{[A-Za-z][\w .-]*\}"
"""`{name}`, as the REST API's has it."""
TOOLS = "|".join((
    rf"#\{{ ?{_NAME} ?\}}#?",  # tasks of Azure DevOps that replace tokens
    rf"\$\{{{_NAME}\}}",  # templatefile of Terraform, envsubst
    rf"\$\({_NAME}\)",  # macros of Azure DevOps, make
    rf"\{{\{{ ?{_NAME} ?\}}\}}",  # Jinja, Helm, mustache
    rf"\[\[ ?{_NAME} ?\]\]",
    r"(?<![A-Za-z0-9])__[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*__(?![A-Za-z0-9])",
))  # fmt: skip
"""The forms of tools that replace text."""
_OF_CMD = r"%[A-Za-z_]\w{2,}%"  # shorter ones may be bytes of a URL

IN_NAMES = pattern(rf"{TOOLS}|{_OF_CMD}|{ANGLED}|{BRACED}")
"""What is a placeholder in a name, a region or an id: there these signs mean nothing else."""
_SURE = rf"#\{{ ?{_NAME} ?\}}#|{ANGLED}"
IN_TEXTS = pattern(_SURE)
"""What is one in any text: a tag, a command."""
DOLLAR_BRACED = pattern(rf"(?<!\$)\$\{{{_NAME}\}}")
"""`${name}`, which is also a variable of a shell: whether it is one in commands, the rest of the template tells."""
IN_URIS = pattern(rf"{_SURE}|\$\{{{_NAME}\}}")
"""What is one in a URI."""


def plain(token: str) -> str:
    """The name in a placeholder, or of a value for one, so that they can be compared: `<Resource group>`, `resource_group`."""
    return re.sub(r"[\W_]+", "", token).casefold()
