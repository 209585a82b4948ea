"""Texts that no inline form carries, as files on the VM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.hcl.printing import escaped_at_run
from aib2packer.packer.model import Provisioner
from aib2packer.packer.steps.build_context import AS_ROOT
from aib2packer.packer.steps.exact_text import content_is_exact

if TYPE_CHECKING:
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.hcl.values import Value
    from aib2packer.packer.steps.build_context import BuildContext


def upload_text(name: str, text: TemplateText, path: str, context: BuildContext, comment: str) -> tuple[Provisioner, ...]:
    """Upload a text, byte for byte."""
    if content_is_exact(text):
        content = (
            escaped_at_run(context.symbols.value(text))
            if context.renders(text)
            else context.symbols.value(text, multiline=text.visible.endswith("\n"))
        )
        return (Provisioner("file", {"name": name, "destination": path, "content": content}, comment),)
    if text.symbols:
        context.report.add(
            codes.NOT_EXACT,
            text.span,
            "these commands hold a secret beside characters that HCL cannot carry (those that are not in Unicode's form C)",
            help="Put the secret into a customizer of its own, or write the characters as escapes.",
        )
        return ()
    import base64

    encoded = base64.b64encode(text.visible.encode("utf-8", "surrogatepass")).decode("ascii")
    upload: dict[str, Value] = {"name": name, "destination": f"{path}.b64", "content": encoded}
    # HCL would change these characters (it normalizes Unicode), so they travel as base64.
    return (
        Provisioner("file", upload, f"{comment} In base64, for HCL would change some of its characters."),
        _decode(path, context),
    )


def _decode(path: str, context: BuildContext) -> Provisioner:
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    if context.is_windows:
        command = f"[IO.File]::WriteAllBytes('{path}', [Convert]::FromBase64String([IO.File]::ReadAllText('{path}.b64')))"
        return Provisioner("powershell", {"name": f"{name}-decode", "inline": (command, f"Remove-Item {path}.b64")})
    return Provisioner(
        "shell",
        {
            "name": f"{name}-decode",
            "execute_command": AS_ROOT,
            "inline": (f"base64 -d {path}.b64 > {path}", f"rm {path}.b64"),
        },
    )
