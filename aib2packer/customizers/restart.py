"""Restarts of a Linux VM from within a Shell customizer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.lazy.patterns import pattern
from aib2packer.packer.model import Provisioner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WAIT = "20m"

_MENTIONED = pattern(r"\b(?:reboot|shutdown|init|telinit)\b")
# Words that a command can stand behind, and what these take.
_PREFIXES = {
    *("sudo", "doas", "exec", "nohup", "command", "env", "time", "timeout", "setsid"),
    *("!", "{", "if", "elif", "while", "until", "then", "do", "else"),
}
_TAKEN = pattern(r"\w+=.*|-\S+|\d[\d.]*[smhd]?", re.DOTALL)
_TAKES_A_VALUE = {"-u", "-g", "-k", "-s"}
_SHELLS = {"sh", "bash", "dash"}
_HERE_DOCUMENT = pattern(r"(<<-?\s*(['\"]?)(\w+)\2[^\n]*)\n(?:.*?\n)??\s*\3(?=\n|$)", re.DOTALL)
_TOKEN = pattern(
    r"""(?P<separator>[;&|()\n])|(?P<blank>[ \t\r]+|\\\n)"""
    r"""|'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|\\(?P<escaped>.)|(?P<plain>[^\s;&|()'"\\]+)""",
    re.DOTALL,
)
_SHELL_SHEBANG = pattern(r"#![^\n]*\b(?:ba|da|z|k|a)?sh\b")
_COMMENT = pattern(r"#[^\n]*")


def restarts_vm(text: str) -> bool:
    """Whether commands restart the VM. What is echoed, quoted, a comment or a here-document does not count."""
    return mentions_restart(text) and any(map(_is_restart, _commands(_HERE_DOCUMENT.sub(r"\1", text))))


def mentions_restart(text: str) -> bool:
    """Whether a script in another language may restart the VM."""
    return _MENTIONED.search(text) is not None


def is_in_shell(text: str) -> bool:
    """Whether a script is one for a shell: its first line says so, or nothing else."""
    return not text.startswith("#!") or _SHELL_SHEBANG.match(text) is not None


def wait_for_restart(name: str) -> Provisioner:
    """A step that returns when the VM is back.

    `reboot` returns while the VM is still going down: this waits as long as that is so, and where the link drops meanwhile,
    Packer tries again until the VM answers.
    """
    return Provisioner(
        "shell",
        {
            "name": f"{name}-restarted",
            "pause_before": "10s",
            "start_retry_timeout": WAIT,
            "max_retries": 3,
            "inline": (
                (
                    "while [ -e /run/systemd/shutdown/scheduled ] || "
                    '[ "$(systemctl is-system-running)" = stopping ]; do sleep 1; done'
                ),
                "uptime",
            ),
        },
        "The VM restarts, a moment after the command returned: wait until it is back.",
    )


def _commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a script, as words without their quotes. A quote that is left open ends the reading."""
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(text):
        if word is None and (comment := _COMMENT.match(text, at)):
            at = comment.end()
            continue
        token = _TOKEN.match(text, at)
        if token is None:
            return
        at = token.end()
        if token["separator"] or token["blank"]:
            words += [] if word is None else [word]
            word = None
            if token["separator"]:
                yield words
                words = []
        else:
            word = (word or "") + next(part for part in token.group("single", "double", "escaped", "plain") if part is not None)
    yield words if word is None else [*words, word]


def _is_restart(words: Sequence[str]) -> bool:
    at, prefixed = 0, False
    while at < len(words) and (
        words[at] in _PREFIXES or re.fullmatch(r"\w+=.*", words[at], re.DOTALL) or (prefixed and _TAKEN.fullmatch(words[at]))
    ):
        if list(words[at : at + 2]) in (["command", "-v"], ["command", "-V"]):
            return False
        prefixed = True
        at += 2 if words[at] in _TAKES_A_VALUE else 1
    words = words[at:]
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
