"""The comment at the top of the file: what to run, from where, with which rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings.model import Severity
from aib2packer.packer.access.rights import IMAGE_GROUP, SOURCE_GROUP
from aib2packer.packer.layout import CONVERTED, DIGEST, ESTATE_VALUES, MIGRATION_PAGE, SHA256SUMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aib2packer.findings.model import Report
    from aib2packer.guide.commands import Commands
    from aib2packer.guide.instructions import Guide, Guides
    from aib2packer.options import Origin

_SHORT = 98  # and the two characters of the comment
_CLI = "Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make."
_NO_NAME = f"VM image, {CONVERTED}"
_FETCHED = f"Scripts and files were fetched when the template was converted; `sha256sum --check {SHA256SUMS}` compares."
_PRIVATE_BLOBS = "Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them."
# The order of the sentence about rights; what else there is comes after these.
_FIRST = (
    "the subnet",
    "the source image",
    SOURCE_GROUP,
    "the gallery",
    IMAGE_GROUP,
    "the storage account",
)


def headers(guides: Guides, report: Report, origin: Origin | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of the comments above a build and the one that validates its image, which may not be there: no lines then.

    With an origin they name that, and are short: the page beside the build says the rest.

    Those that begin with spaces are commands, the others are wrapped when printed.
    """
    if origin is not None:
        return _short(guides.build, origin), () if guides.validation is None else _short(guides.validation, origin, above="../")
    if guides.build.boots is not None:
        return (*_validation_header(guides.build), *_deviations(report)), ()
    return _header(guides.build, report), () if guides.validation is None else _validation_header(guides.validation)


def _short(guide: Guide, origin: Origin, above: str = "") -> tuple[str, ...]:
    """Above a build in a folder that has a page; `above` leads to the page from there."""
    from textwrap import wrap

    lines = [
        *_first_lines(guide),
        f"Source: {origin.path}",
        f"{DIGEST.removeprefix('# ')}{origin.sha256}, aib2packer {origin.version}",
    ]
    commands = _all_commands(guide)
    page = f"{above}{guide.names.own(MIGRATION_PAGE)} says what it needs, what was decided, and what to switch off."
    if guide.in_estate:
        page += f" What {ESTATE_VALUES} has, above all builds, goes before other values."
    whole = (*lines, "", *commands, "", page)
    return tuple(one for line in whole for one in (wrap(line, _SHORT) if line and not line.startswith(" ") else [line]))


def _first_lines(guide: Guide) -> tuple[str, ...]:
    if guide.boots is not None:
        which = f" of the Azure Image Builder template {guide.name}" if guide.name else ""
        return (f"Boots the {guide.boots}{which}, runs the validators there, and makes no image.",)
    line = f"VM image {guide.called}, {CONVERTED}" if guide.called else _NO_NAME
    # What a conversion has made is known by its first line.
    if len(line) <= _SHORT:
        return (line,)
    return (_NO_NAME, f"Template: {guide.name}" if guide.name else f"Image: {guide.called}")


def _header(guide: Guide, report: Report) -> tuple[str, ...]:
    """Above a build that makes an image."""
    lines = [f"VM image {guide.called}, {CONVERTED}" if guide.called else _NO_NAME, ""]
    lines += _all_commands(guide)
    lines += ["", *filter(None, (guide.commands.limit.about,)), f"{_where(guide)} {_rights(guide)}"]
    if guide.copies:
        lines += [_CLI, *guide.notes]
    if guide.validated:
        how = "The last command" if guide.validation else "The build that `aib2packer convert --emit validation` prints"
        lines.append(f"{how} boots the image and validates it, which Image Builder does before it distributes.")
    if guide.private_blobs:
        lines.append(_PRIVATE_BLOBS)
    if guide.fetched:
        lines.append(_FETCHED)
    if guide.counting is not None:
        first = "set these in the shell, and add the option" if guide.counting_values else "add"
        lines.append(f"{guide.counted}, {first}:")
        shell = (" ".join(guide.counting_values),) if guide.counting_values else ()
        lines += ["", *(f"  {line}" for line in (*shell, guide.counting)), ""]
    if guide.auto_run:
        lines.append("Image Builder built by itself when the template was submitted (autoRun): run this when the file changes.")
    return (*lines, *_deviations(report))


def _validation_header(guide: Guide) -> tuple[str, ...]:
    """Above a build that validates."""
    of = f"of the Azure Image Builder template {guide.name}" if guide.name else "of an Azure Image Builder template"
    what = f"image that the build {of} made last" if guide.boots == "image" else f"{guide.boots} {of}"
    lines = [
        f"Boots the {what}, runs the validators there, and makes no image.",
        "",
        *_commands(guide.commands, guide.set_cloud),
        "",
        f"{_where(guide)} {_rights(guide)}",
    ]
    if guide.private_blobs:
        lines.append(_PRIVATE_BLOBS)
    if guide.fetched:
        lines.append(_FETCHED)
    if guide.releases:
        lines.append("The Azure CLI releases what was held back when the validators have passed: it must be signed in.")
    return tuple(lines)


def _deviations(report: Report) -> Iterator[str]:
    """What was lost, and what is otherwise than in the service."""
    for severity, words in ((Severity.LOSS, "Not carried over"), (Severity.CHANGE, "Differs from Image Builder")):
        kinds = sorted({finding.code for finding in report.findings if finding.severity is severity}, key=lambda code: code.id)
        if kinds:
            yield f"{words}: {', '.join(f'{code.title} ({code.id})' for code in kinds)}."


def _all_commands(guide: Guide) -> list[str]:
    """The commands for the build, and for the one that validates its image."""
    lines = _commands(guide.commands, guide.set_cloud)
    others = [] if guide.validation is None else _commands(guide.validation)[1:]  # the plugins are the same
    return [*lines, *(line for line in others if line not in lines)]


def _commands(run: Commands, before: Sequence[str] = ()) -> list[str]:
    lines = [f"  {command}" for command in (*before, run.init, *run.prepare, *run.exports, run.limited_build)]
    if run.values_file is None or run.copied:
        return lines
    given = [name for name in run.required if name not in run.left_open]
    return [*lines, "", f"{run.values_file} gives values to {', '.join(given)}."] if given else lines


def _where(guide: Guide) -> str:
    if guide.places:
        return f"Run it {', '.join(guide.places)}."
    return "It runs wherever Packer does; only timeout is a Linux program."


def _rights(guide: Guide) -> str:
    role = guide.subscription_right.role
    words = f"The account needs {role} on the subscription, which Image Builder's own service took care of"
    things = dict.fromkeys(right.thing for right in guide.rights if right.in_sentence)
    had = sorted(things, key=lambda thing: _FIRST.index(thing) if thing in _FIRST else len(_FIRST))
    whole = f"{', '.join(had[:-1])} and {had[-1]}" if len(had) > 1 else "".join(had)
    if had and guide.had_identity is not None:
        words += f", and what the identity {guide.had_identity or 'of the template'} had: {whole}"
    elif had:
        words += f", and may use {whole}"
    if guide.vm_identities:
        words += ", and Managed Identity Operator on the identities of the build VM"
    return f"{words}."
