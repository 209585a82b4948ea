"""From the builds of a template to what a conversion gives: HCL, files beside it, the account of settings, the source map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.conversion import Asset, Conversion
from aib2packer.options import Emit, Options
from aib2packer.packer.addresses import origins
from aib2packer.packer.layout import BUILD_FILE, VALIDATION_FOLDER
from aib2packer.provenance.accounting import account
from aib2packer.provenance.annotate import annotate
from aib2packer.provenance.sourcemap import source_map
from aib2packer.rendering.build_file import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.findings.model import Report
    from aib2packer.packer.model import Build
    from aib2packer.provenance.sourcemap import Place
    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class _Emitted:
    """A build that is put out: in which folder below the output, "" for its top, its text, and where that comes from."""

    folder: str
    build: Build
    text: str
    places: tuple[Place, ...]


def emit(template: ImageTemplate, build: Build, source: str, options: Options, report: Report) -> Conversion:
    """What a conversion gives, made of the build of the image and of the one that validates it.

    Args:
        template: What the build was made of.
        build: The build; the one that validates belongs to it.
        source: What the input is called.
        options: What the user can decide.
        report: The findings; a setting that nothing accounts for is added to them.

    """
    emitted = tuple(_emit(folder, one, options) for folder, one in _chosen(build, options))
    settings = account(template.body, template.settled, _addressed(build, options), report)
    files = {f"{one.folder}{path}": content for one in emitted for path, content in one.build.files.items()}
    files |= {f"{one.folder}{BUILD_FILE}": one.text.encode() for one in emitted if one.folder}
    if options.side_files:
        from aib2packer.guide.folder import folder_files

        files |= folder_files(build, files, report.findings, source)
    fetched = (download.fetched for one in emitted for download in one.build.downloads)
    return Conversion(
        emitted[0].text,
        files,
        report.findings,
        settings=settings,
        source_map=tuple(place for one in emitted for place in one.places),
        assets=tuple(dict.fromkeys(Asset(file.address, file.sha256) for file in fetched if file.address is not None)),
    )


def _chosen(build: Build, options: Options) -> Iterator[tuple[str, Build]]:
    """The builds to put out, the main one first, each with its folder."""
    if options.emit is Emit.VALIDATION and build.validation is not None:
        yield "", build.validation
        return
    yield "", build
    if build.validation is not None and options.side_files:
        yield f"{VALIDATION_FOLDER}/", build.validation


def _emit(folder: str, build: Build, options: Options) -> _Emitted:
    known = tuple(origins(build))
    rendered = render(build, annotate(build, known) if options.annotate else None)
    return _Emitted(folder, build, rendered.text, source_map(rendered.lines, known, folder))


def _addressed(build: Build, options: Options) -> Iterator[tuple[str, Span]]:
    """The addresses of both builds as the account names them: those of the main one plainly, the others by their folder."""
    main, other, way = build, build.validation, f"{VALIDATION_FOLDER}/"
    if options.emit is Emit.VALIDATION and build.validation is not None:
        main, other, way = build.validation, build, "../"
    yield from origins(main)
    if other is not None:
        yield from ((f"{way}{address}", origin) for address, origin in origins(other))
