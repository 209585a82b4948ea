"""One build for several environments: a file of values for each, or where that cannot be, a build for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings.codes import FOLDED
from aib2packer.lazy.models import replace
from aib2packer.packer.layout import EXAMPLE, VALUES_ENDING, environment_file, run_by_pipelines
from aib2packer.pipeline import convert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.conversion import Conversion
    from aib2packer.options import Options
    from aib2packer.packer.facts import Facts
    from aib2packer.text.source import SourceText

_OPEN = "\n# Open: the parameters file has no value for these.\n"


def convert_for(
    text: bytes | SourceText, file: str, options: Options, environments: Mapping[str, SourceText]
) -> dict[str, Conversion]:
    """The conversions for some environments, by the folder of each; one for all of them in the folder itself if that can be.

    It cannot be where a parameter decides what is built: the builds differ then, and not only the values.

    Args:
        text: The template.
        file: What findings call it.
        options: What the user decided.
        environments: The parameters file of each environment, by its name.

    """
    apart = {
        name: convert(
            text,
            file=file,
            options=replace(options, parameter_files=(*options.parameter_files, parameters), facts=True),
        )
        for name, parameters in environments.items()
    }
    if any(one.hcl is None or any(finding.code is FOLDED for finding in one.findings) for one in apart.values()):
        return _by_environment(apart, facts=options.facts)
    names = tuple(map(environment_file, environments))
    open_ones = tuple(() if one.facts is None else one.facts.values for one in apart.values())
    common = convert(text, file=file, options=replace(options, environments=names, left_open=open_ones))
    if common.hcl is None:
        return _by_environment(apart, facts=options.facts)
    values = {environment_file(name): _values(one) for name, one in apart.items()}
    findings = dict.fromkeys((*common.findings, *(finding for one in apart.values() for finding in one.findings)))
    known = {name: one.facts for name, one in apart.items() if one.facts is not None}
    facts = None if common.facts is None else _facts(common.facts, known)
    work = sum(one.work for one in (common, *apart.values()))
    return {"": replace(common, files={**common.files, **values}, findings=tuple(findings), facts=facts, work=work)}


def _by_environment(apart: dict[str, Conversion], *, facts: bool) -> dict[str, Conversion]:
    """A build for each environment, with facts if they are wanted; no pipeline runs the one without a name beside others."""
    if not facts:
        return {name: replace(one, facts=None) for name, one in apart.items()}
    run = run_by_pipelines(apart)
    return {name: one if name in run else _by_hand(one) for name, one in apart.items()}


def _by_hand(conversion: Conversion) -> Conversion:
    facts = conversion.facts
    if facts is None:
        return conversion
    return replace(conversion, facts=replace(facts, launch=replace(facts.launch, by_hand=True)))


def _facts(common: Facts, apart: Mapping[str, Facts]) -> Facts:
    """The facts of the build for all: open is what the file of an environment leaves open."""
    open_ones: dict[str, bool] = {}
    for entry in (entry for one in apart.values() for entry in one.entries):
        open_ones[entry.name] = entry.is_open or open_ones.get(entry.name, False)
    return replace(
        common,
        values=tuple(dict.fromkeys(name for one in apart.values() for name in one.values)),
        launch=replace(common.launch, watches={environment_file(name): one.launch.watch for name, one in apart.items()}),
        entries=tuple(replace(entry, is_open=open_ones[entry.name]) for entry in common.entries if entry.name in open_ones),
    )


def _values(conversion: Conversion) -> bytes:
    """The values that a conversion was given, and what is still open."""
    given = b"".join(content for path, content in conversion.files.items() if path.endswith(VALUES_ENDING))
    example = conversion.files.get(EXAMPLE, b"").partition(b"\n\n")[2]
    return given + (_OPEN.encode() + b"\n" + example if example else b"")
