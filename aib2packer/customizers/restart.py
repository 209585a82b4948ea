"""Restarts of a Linux VM from within a Shell customizer."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from aib2packer.packer.model import Provisioner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WAIT = "20m"

_MENTIONED = re.compile(r"\b(?:reboot|shutdown|init|telinit)\b")
# Words that a command can stand behind.
_PREFIXES = {"sudo", "exec", "nohup", "command", "time", "!", "then", "do", "else", "{", "-n", "-E", "-b"}
_SHELLS = {"sh", "bash", "dash"}
_SEPARATORS = set("();|&\n")
_HERE_DOCUMENT = re.compile(r"(<<-?\s*(['\"]?)(\w+)\2[^\n]*)\n(?:.*?\n)??\s*\3(?=\n|$)", re.DOTALL)


def restarts_vm(text: str) -> bool:
    """Whether commands restart the VM. What is echoed, quoted, a comment or a here-document does not count."""
    return _MENTIONED.search(text) is not None and any(map(_is_restart, _commands(_HERE_DOCUMENT.sub(r"\1", text))))


def wait_for_restart(name: str) -> Provisioner:
    """A step that returns when the VM is back.

    `reboot` returns while the VM is still going down: this waits as long as that is so, and where the link drops meanwhile, Packer
    tries again until the VM answers.
    """
    return Provisioner(
        "shell",
        {
            "name": f"{name}-restarted",
            "pause_before": "10s",
            "start_retry_timeout": WAIT,
            "max_retries": 3,
            "inline": (
                'while [ -e /run/systemd/shutdown/scheduled ] || [ "$(systemctl is-system-running)" = stopping ]; do sleep 1; done',
                "uptime",
            ),
        },
        "The VM restarts, a moment after the command returned: wait until it is back.",
    )


def _commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a script, as words. An open quote ends the reading."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="".join(sorted(_SEPARATORS)))
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, "#"
    words: list[str] = []
    try:
        for token in lexer:
            if set(token) <= _SEPARATORS:
                yield words
                words = []
            else:
                words.append(token)
    except ValueError:
        words = []  # an open quote: the rest is no command that a shell would run
    yield words


def _is_restart(words: Sequence[str]) -> bool:
    while words and (words[0] in _PREFIXES or re.fullmatch(r"\w+=.*", words[0])):
        words = words[1:]
    if not words:
        return False
    program, arguments = words[0].rsplit("/", 1)[-1], words[1:]
    match program:
        case "reboot":
            return "--help" not in arguments
        case "systemctl":
            return "reboot" in arguments
        case "init" | "telinit":
            return arguments[:1] == ["6"]
        case "shutdown":
            return any(argument == "--reboot" or re.fullmatch(r"-\w*r\w*", argument) for argument in arguments)
        case _ if program in _SHELLS and "-c" in arguments[:-1]:
            return restarts_vm(arguments[arguments.index("-c") + 1])
    return False
