"""The version number of a gallery image (reference/aib-behaviour.md 2.2)."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from aib2packer.aib.gallery_versions import LARGEST_PART
from aib2packer.arm.values import Segment
from aib2packer.findings import codes
from aib2packer.packer.hcl import print_value, references
from aib2packer.packer.values import Code, Local, Text, Value, Variable

if TYPE_CHECKING:
    from aib2packer.aib.model import GalleryTarget
    from aib2packer.findings.model import Report
    from aib2packer.packer.variables import Symbols

VERSION = "image_version"
"""The variable and the local that hold the version."""

NOW = Local("now", Code("timestamp()"), "Taken once: each call of timestamp() gives another time.")


def image_version(target: GalleryTarget, symbols: Symbols, report: Report, *, name: str = VERSION) -> Value:
    """The explicit version of a target; else a variable whose default, made from the time, grows within a major version.

    `name` is that of the variable: targets of another major version have one of their own.
    """
    if is_explicit(target):
        _check(target, report)
    else:
        _report_by_time(target, symbols, report, name)
    major = major_version(target)
    variable = Variable(
        name,
        f"Gallery version of the image, such as {major}.4.2. Null: {major}.<date>.<time>, which grows with each build and "
        f"stays below {major + 1}.0.0.",
        default=Code("null"),
    )
    by_time = Local(
        name.replace(VERSION, "time_version"),
        Code(
            f'format("{major}.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), '
            'parseint(formatdate("hhmmss", local.now), 10))',
            (NOW,),
        ),
    )
    chosen = Local(
        name,
        Code(f"var.{name} != null ? var.{name} : local.{by_time.name}", (variable, by_time)),
    )
    return explicit_or(chosen, target, symbols)


def major_version(target: GalleryTarget) -> int:
    """The major version within which a target's number grows."""
    return 1 if target.major is None else target.major.value


def is_explicit(target: GalleryTarget) -> bool:
    """Whether the template names the version. An id that is only known when Packer runs may end before it."""
    version = target.version
    return version is not None and not any(isinstance(symbol, Segment) and symbol.optional for symbol in version.symbols)


def explicit_or(otherwise: Local, target: GalleryTarget, symbols: Symbols) -> Value:
    """The version that the template names; `otherwise` where it names none, which may only be known when Packer runs."""
    if target.version is None:
        return otherwise
    version = symbols.value(target.version)
    if is_explicit(target):
        return version
    # null where the id ends before it
    return Code(f"{print_value(version).removesuffix('null')}local.{otherwise.name}", (*references(version), otherwise))


def counting_option(target: GalleryTarget, symbols: Symbols, name: str = VERSION) -> str:
    """The option of `packer build` that counts on from the highest version, as the service does, for a shell."""
    major = "" if target.major is None else f" --major {target.major.value}"
    return f"-var {name}=$(aib2packer next-version {_in_shell(symbols.value(target.id.text))}{major})"


def _in_shell(value: Value) -> str:
    """A text for a shell; variables of the build are variables there too."""
    if isinstance(value, str):
        return shlex.quote(value)
    parts = value.parts if isinstance(value, Text) else (value,)
    shown = (
        re.sub(r'[\\"$`]', r"\\\g<0>", part)
        if isinstance(part, str)
        else f"${{{part.name}}}"
        if isinstance(part, Variable | Local)
        else "..."
        for part in parts
    )
    return f'"{"".join(shown)}"'


def _report_by_time(target: GalleryTarget, symbols: Symbols, report: Report, name: str) -> None:
    major = major_version(target)
    if target.major is not None and major > LARGEST_PART:
        report.add(
            codes.BAD_VALUE,
            target.major.span,
            f"{major} is no major version: a part of a version is {LARGEST_PART} at most",
            help="Write a smaller number.",
        )
    service = (
        "before API version 2022-07-01 Image Builder made the number from the time, 0.<seconds / 65536>.<rest>; here it is a "
        f"higher one, {major}.<date>.<time>"
        if target.by_time
        else "Image Builder counts on from the highest version in the gallery; here the number is made from the time: "
        f"{major}.<date>.<time>"
    )
    report.add(
        codes.VERSION_BY_TIME,
        target.id.text.span,
        service,
        help=f"To count on from the highest there is: packer build {counting_option(target, symbols, name)}",
    )


def _check(target: GalleryTarget, report: Report) -> None:
    version = target.version
    if version is None or version.literal is None:
        return
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version.literal):
        report.add(
            codes.BAD_VALUE,
            version.span,
            f"`{version}` is no version of a gallery image: that has three numbers",
            help="Write a version such as 1.0.0, or leave it out.",
        )
        return
    for part in version.literal.split("."):
        if int(part) > LARGEST_PART or (part != "0" and part.startswith("0")):
            report.add(
                codes.FAILS_WHEN_RUN,
                version.span,
                f"the part {part} of the version {version} is not what a gallery takes: 0 to {LARGEST_PART}, no leading zeros",
                help="Write a version such as 1.0.0.",
            )
    if target.major is not None:
        report.add(
            codes.VERSION_TWICE,
            target.major.span,
            f"there are both an explicit version, {version}, and versioning of major {target.major.value}: the former is taken",
            help="Remove one of them.",
        )
