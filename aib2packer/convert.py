"""The pipeline: text in, Packer HCL out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aib2packer.conversion import Conversion
from aib2packer.findings.model import Report
from aib2packer.jsonc.reader import parse
from aib2packer.options import Options
from aib2packer.text.source import InputError, SourceText, decode

if TYPE_CHECKING:
    from aib2packer.aib.model import ImageTemplate
    from aib2packer.jsonc.tree import Json
    from aib2packer.packer.model import Build


def convert(text: str | bytes, *, file: str = "<stdin>", options: Options | None = None) -> Conversion:
    """Convert an Azure Image Builder template to a Packer build.

    Args:
        text: The template. Bytes are decoded as ARM tools do: UTF-8, or UTF-16 with a byte order mark.
        file: What findings call the input, usually its path.
        options: What the user can decide.

    Returns:
        The HCL and the files beside it, and the findings; no HCL where one of these is an error.

    Raises:
        InputError: The bytes are no text.

    """
    source = decode(text, file) if isinstance(text, bytes) else SourceText(file, text.removeprefix("\ufeff"))
    read = Report()
    document = parse(source, read)
    if document is None:
        return Conversion(None, findings=read.findings)
    chosen = options or Options()
    shape: frozenset[str] = frozenset()
    while True:
        report, needed = read.copy(), set[str]()
        built = _build(document, chosen, shape, needed, report)
        if needed <= shape:
            break
        # Parameters that decide what is built cannot be variables: once more, with their values in place.
        shape |= needed
    if built is None or report.failed:
        return Conversion(None, findings=report.findings)
    from aib2packer.emission import emit

    template, build = built
    return emit(template, build, source.name, chosen, report)


def _build(
    document: Json, options: Options, shape: frozenset[str], needed: set[str], report: Report
) -> tuple[ImageTemplate, Build] | None:
    """The template and the build, stage by stage; None where a stage has found an error that leaves nothing to go on with.

    `shape` are the parameters whose values are used in any case, `needed` collects those for which that must be so.
    """
    from aib2packer.aib.normalize import read_template
    from aib2packer.arm.documents.context import Context
    from aib2packer.arm.documents.parameters import read_values
    from aib2packer.arm.documents.template import find_image_template
    from aib2packer.customizers import CUSTOMIZERS
    from aib2packer.packer.translate import translate

    context = Context(
        values=read_values(options.parameter_files, options.settings, report),
        subscription_id=options.subscription_id,
        resource_group=options.resource_group,
        location=options.location,
        fold=options.resolve,
        shape=shape,
        read_linked=partial(_read_linked, document.span.source.name),
    )
    if (resource := find_image_template(document, options.name, context, report)) is None:
        return None
    template = read_template(resource, CUSTOMIZERS, options, needed, report)
    if template is None or not needed <= shape:  # it is read once more
        return None
    build = translate(template, CUSTOMIZERS, options, report)
    return None if build is None else (template, build)


def _read_linked(file: str, path: str, report: Report) -> Json | None:
    """A template by its path beside the file that is converted; None where it cannot be had."""
    linked = Path(file).parent / path
    try:
        if not linked.is_file():  # a device would be read without end
            return None
        return parse(decode(linked.read_bytes(), str(linked)), report)
    except (OSError, ValueError, InputError):
        return None
