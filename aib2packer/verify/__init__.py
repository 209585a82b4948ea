"""Lets Packer judge the output, and says where in the template that which it does not like comes from."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.findings.model import Severity, about_file
from aib2packer.lazy.models import replace
from aib2packer.packer.layout import BUILD_ENDING, VALUES_ENDING
from aib2packer.verify import packer, syntax
from aib2packer.verify.as_findings import JudgedOutput
from aib2packer.verify.values import made_up_values, recorded_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.conversion import Conversion
    from aib2packer.findings.model import Finding

NOTHING: Mapping[str, bytes] = MappingProxyType({})


def verify(conversion: Conversion, *, file: str, beside: Mapping[str, bytes] = NOTHING) -> Conversion:
    """The conversion with what Packer says of it among its findings, and without HCL where that is an error.

    `packer fmt -check` and `packer validate` of the Packer on PATH judge each folder that holds a build, with made-up values
    for the variables that have none. What they cannot judge, a finding says; then at least the syntax is checked here.

    Args:
        conversion: What has been converted; without HCL it is given back as it is.
        file: What findings call the input.
        beside: What Packer reads in the folder of the build besides, by name: files of other builds.

    """
    if conversion.hcl is None:
        return conversion
    files = {**beside, conversion.build_file: conversion.hcl.encode(), **conversion.files}
    folders = sorted({str(PurePosixPath(path).parent) for path in files if path.endswith(BUILD_ENDING)})
    found = [finding for folder in folders for finding in _judge(folder, files, conversion, file)]
    findings = tuple(dict.fromkeys((*conversion.findings, *found)))
    if any(finding.severity is Severity.ERROR for finding in found):
        return replace(conversion, hcl=None, files={}, findings=findings)
    return replace(conversion, findings=findings)


def _judge(folder: str, files: Mapping[str, bytes], conversion: Conversion, file: str) -> Iterator[Finding]:
    """What there is to say about the build in one folder."""
    beside = {PurePosixPath(path).name: data for path, data in files.items() if str(PurePosixPath(path).parent) == folder}
    texts = {name: data.decode() for name, data in beside.items() if name.endswith(BUILD_ENDING)}
    assigned = (data.decode() for name, data in beside.items() if name.endswith(VALUES_ENDING))
    given = {name for text in assigned for name in re.findall(r"^(\w+) +=", text, re.MULTILINE)}
    hcl = "\n".join(texts.values())
    values = {**recorded_values(hcl), **made_up_values(hcl, given)}
    verdict = packer.judge(folder, files, values)
    complaints = list(verdict.complaints)
    if verdict.unable is not None:
        yield about_file(codes.NOT_VERIFIED, file, verdict.unable.message, help=verdict.unable.help)
        if not verdict.syntax_checked:
            complaints += (found for name, text in texts.items() if (found := syntax.check(name, text)) is not None)
    below = "" if folder == "." else f"{folder}/"
    output = JudgedOutput(texts, values, tuple(place for place in conversion.source_map if place.folder == below), file)
    yield from map(output.finding, complaints)
