"""Restarts of a Linux VM from within a Shell customizer."""

from __future__ import annotations

import re

from aib2packer.packer.model import Provisioner

WAIT = "20m"
_DEFAULT_DELAY_MINUTES = 1  # of `shutdown -r` without a time
_SEPARATORS = re.compile(r"\n|;|&&?|\|\|?|\(|\)|\{|\}|\bthen\b|\bdo\b|\belse\b")
_PREFIXES = {"sudo", "exec", "nohup", "command", "!", "time", "-n", "-E", "-b", "-f"}


def restart_delay(text: str) -> int | None:
    """How many minutes after it the VM restarts, where commands restart it; None where they do not.

    Only the commands themselves count: what is echoed, quoted or a comment does not.
    """
    delays = [delay for command in _SEPARATORS.split(text) if (delay := _delay(command)) is not None]
    return max(delays, default=None)


def wait_for_restart(name: str, delay_minutes: int) -> Provisioner:
    """A step that returns when the VM is back.

    `reboot` returns before the link drops, hence the pause; the upload of this step is then tried until the VM answers.
    """
    return Provisioner(
        "shell",
        {
            "name": f"{name}-restarted",
            "pause_before": f"{delay_minutes * 60 + 30}s",
            "start_retry_timeout": WAIT,
            "inline": ("uptime",),
        },
        "The VM restarts: the link drops a moment after the command returned, and this waits until the VM is back.",
    )


def _delay(command: str) -> int | None:
    words = [word.strip("\"'") for word in command.split("#")[0].split()]
    while words and (words[0] in _PREFIXES or re.fullmatch(r"\w+=.*", words[0])):
        words.pop(0)
    if not words:
        return None
    program, *arguments = words[0].rsplit("/", 1)[-1], *words[1:]
    match program:
        case "reboot":
            return None if "--help" in arguments else 0
        case "systemctl":
            return 0 if "reboot" in arguments else None
        case "init" | "telinit":
            return 0 if arguments[:1] == ["6"] else None
        case "shutdown":
            return _shutdown_delay(arguments)
    return None


def _shutdown_delay(arguments: list[str]) -> int | None:
    if not any(argument == "--reboot" or re.fullmatch(r"-\w*r\w*", argument) for argument in arguments):
        return None
    times = [argument for argument in arguments if argument == "now" or re.fullmatch(r"\+?\d+", argument)]
    if not times:
        return _DEFAULT_DELAY_MINUTES
    return 0 if times[0] == "now" else int(times[0])
