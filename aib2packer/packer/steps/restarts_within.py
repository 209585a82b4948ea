"""Restarts inside of a step on Windows, which take the connection from under it, and from an upload that comes next."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.lazy.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aib2packer.aib.model import Customizer, ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.packer.model import Build, Provisioner
    from aib2packer.text.source import Span

_COMMENT = pattern(r"^[^\S\n]*+#[^\n]*", re.MULTILINE)
# The first word of a command or line is found once, and kept (`(?>`): else many of them take time by the square.
_RESTARTS = pattern(
    r"\brestart-computer\b|^(?>[^\n]*?\bshutdown\b)[^\n]*[/-][rg]\b|\.reboot\(\)"
    r"|^(?>[^\n]*?\b(?:install|uninstall|add|remove)-(?:windowsfeature|computer)\b|[^\n]*?\brename-computer\b)[^\n]*\s-restart\b(?!:\$false)",
    re.IGNORECASE | re.MULTILINE,
)


def restarts_windows(text: str) -> bool:
    """Whether commands of PowerShell restart the VM."""
    return _RESTARTS.search(_COMMENT.sub("", text)) is not None


def check_restarts_within(template: ImageTemplate, build: Build, report: Report) -> None:
    """Tell of restarts in the steps of a build for Windows and of the one that validates its image, with what comes next."""
    validators = template.validation.validators if template.validation is not None else ()
    customizers = {customizer.span: customizer for customizer in (*template.customize, *validators)}
    _check(customizers, build.provisioners, report)
    if build.validation is not None:
        _check(customizers, build.validation.provisioners, report)


def _check(customizers: Mapping[Span, Customizer], steps: Sequence[Provisioner], report: Report) -> None:
    for step, after in zip_longest(steps, steps[1:]):
        own = customizers.get(step.origins[0]) if step.origins else None
        is_last = after is None or after.origins != step.origins
        if own is None or own.kind != "PowerShell" or not is_last:
            continue
        following = customizers.get(after.origins[0]) if after is not None and after.kind == "file" and after.origins else None
        text = own.visible_text
        if text is None and following is not None:
            report.add(
                codes.RESTART_UNSEEN,
                own.span,
                f"the script of {own.called} has not been fetched, so it is not known whether it restarts the VM; "
                f"{following.called} begins with an upload, which Packer does not retry",
                help="Convert with --fetch, which reads the script. If it restarts the VM, put a WindowsRestart customizer "
                "after this one.",
            )
        elif text is not None and restarts_windows(text):
            report.add(
                codes.RESTARTS_WITHIN,
                own.span,
                "these commands restart the VM: the step fails when the connection breaks, or the next step begins before the "
                "VM goes down",
                help="Take the restart out, and put a WindowsRestart customizer after this one.",
            )
            if following is not None and after is not None:
                _report_upload(own, following, after, report)


def _report_upload(restarts: Customizer, following: Customizer, upload: Provisioner, report: Report) -> None:
    """Tell of an upload while the VM restarts: there is none of a script that is fetched when converting."""
    what = "file" if following.kind == "File" else "text" if "content" in upload.settings else "script"
    fetched = "Convert with --fetch, which uploads the script together with the command; or p" if what == "script" else "P"
    report.add(
        codes.RESTARTS_WITHIN,
        following.span,
        f"{restarts.path} restarts the VM before this step, whose {what} is uploaded first: Packer retries commands for five "
        "minutes, but not uploads",
        help=f"{fetched}ut a WindowsRestart customizer before this one.",
    )
