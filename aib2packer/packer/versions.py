"""The version number of a gallery image (reference/aib-behaviour.md 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aib2packer.arm.values import Segment
from aib2packer.findings import codes
from aib2packer.packer.hcl import print_value, references
from aib2packer.packer.values import Code, Local, Value, Variable

if TYPE_CHECKING:
    from aib2packer.aib.model import GalleryTarget
    from aib2packer.findings.model import Report
    from aib2packer.packer.variables import Symbols

NOW = Local("now", Code("timestamp()"), "Taken once: each call of timestamp() gives another time.")
_LARGEST_PART = 2**31 - 1


def image_version(target: GalleryTarget, symbols: Symbols, report: Report) -> Value:
    """The explicit version of a target; else a variable whose default, made from the time, grows within a major version."""
    version = target.version
    optional = version is not None and any(isinstance(symbol, Segment) and symbol.optional for symbol in version.symbols)
    if version is not None and not optional:
        _check(target, report)
        return symbols.value(version)
    major = 1 if target.major is None else target.major.value
    if target.major is not None and major > _LARGEST_PART:
        report.add(
            codes.BAD_VALUE,
            target.major.span,
            f"{major} is no major version: a part of a version is {_LARGEST_PART} at most",
            help="Write a smaller number.",
        )
    report.add(
        codes.VERSION_BY_TIME,
        target.id.text.span,
        "Image Builder counts on from the highest version in the gallery; here the number is made from the time: "
        f"{major}.<date>.<time>",
        help="For a number of your own pass -var image_version=…",
    )
    variable = Variable(
        "image_version",
        f"Gallery version of the image, such as {major}.4.2. Null: {major}.<date>.<time>, which grows with each build and "
        f"stays below {major + 1}.0.0.",
        default=Code("null"),
    )
    by_time = Local(
        "time_version",
        Code(
            f'format("{major}.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), '
            'parseint(formatdate("hhmmss", local.now), 10))',
            (NOW,),
        ),
    )
    chosen = Local(
        "image_version",
        Code("var.image_version != null ? var.image_version : local.time_version", (variable, by_time)),
    )
    if version is None:
        return chosen
    explicit = symbols.value(version)  # null where the id ends before it
    otherwise = print_value(explicit).removesuffix("null") + "local.image_version"
    return Code(otherwise, (*references(explicit), chosen))


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
        if int(part) > _LARGEST_PART or (part != "0" and part.startswith("0")):
            report.add(
                codes.FAILS_WHEN_RUN,
                version.span,
                f"the part {part} of the version {version} is not what a gallery takes: 0 to {_LARGEST_PART}, no leading zeros",
                help="Write a version such as 1.0.0.",
            )
    if target.major is not None:
        report.add(
            codes.VERSION_TWICE,
            target.major.span,
            f"there are both an explicit version, {version}, and versioning: the explicit one is taken",
            help="Remove one of them.",
        )
