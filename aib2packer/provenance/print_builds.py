"""The builds that are put out, printed, with where in the template each of their places comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.hcl.printing import print_body
from aib2packer.lazy.models import dataclass
from aib2packer.options import Emit
from aib2packer.packer.addresses import origins
from aib2packer.packer.layout import build_files, output_names, values_file
from aib2packer.packer.model import Asset
from aib2packer.provenance.annotate import annotate
from aib2packer.provenance.sourcemap import source_map
from aib2packer.rendering.build_file import render_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aib2packer.aib.model import Fetched
    from aib2packer.options import Options
    from aib2packer.packer.layout import BuildFiles, OutputNames
    from aib2packer.packer.model import Build
    from aib2packer.provenance.sourcemap import Place
    from aib2packer.text.source import Span


@dataclass(frozen=True, slots=True)
class Printed:
    """What is put out: the HCL of the main build, and all other files by their paths."""

    hcl: str
    build_file: str
    """The file that the HCL belongs into: the one with the build block, where it is spread over several."""
    files: Mapping[str, bytes]
    places: tuple[Place, ...]
    """Which lines come from where."""
    origins: tuple[tuple[str, Span], ...]
    """Where each place of all builds comes from, of one that is not put out too: for the account of settings."""
    assets: tuple[Asset, ...]
    """What the builds fetch by themselves, as far as it is known where from."""


@dataclass(frozen=True, slots=True)
class _Output:
    """A build that is put out: in which folder below the output, "" for its top, under which comment."""

    folder: str
    build: Build
    header: Sequence[str]
    files: BuildFiles


def print_builds(build: Build, headers: tuple[Sequence[str], Sequence[str]], options: Options) -> Printed:
    """Print those of the builds of a template that are asked for.

    Args:
        build: The build of the image; the one that validates belongs to it.
        headers: The comments at their tops, in that order.
        options: What the user decided.

    """
    mains: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    places: list[Place] = []
    assets: dict[Asset, None] = {}
    names = output_names(options.layout, build.name, among_others=options.into is not None)
    outputs = tuple((one, tuple(origins(one.build))) for one in _outputs(build, headers, names, options))
    for one, known in outputs:
        notes = annotate(one.build, known) if options.annotate else None
        rendered = render_files(one.build, one.header, one.files, notes)
        texts = {name: file.text for name, file in rendered.items()}
        mains.append(next(iter(texts.items())))
        files |= {f"{one.folder}{name}": text.encode() for name, text in texts.items()}
        files |= {f"{one.folder}{path}": content for path, content in one.build.files.items()}
        if one.build.values:
            files[f"{one.folder}{values_file(one.build.name)}"] = f"{print_body(one.build.values)}\n".encode()
        for name, file in rendered.items():
            places += source_map(file.lines, known, one.folder, name)
        fetched = [download.fetched for download in one.build.downloads]
        assets |= {Asset(source.address, _sha256(source)): None for source in fetched if source.address is not None}
    build_file, hcl = mains[0]
    del files[build_file]
    main, of_main = outputs[0]
    of_all = (*of_main, *_origins_beside(build, main.build, names.validation))
    return Printed(hcl, build_file, files, tuple(places), of_all, tuple(assets))


def _sha256(file: Fetched) -> str | None:
    """A checksum that is known already."""
    return None if file.sha256 is None else file.sha256.literal


def _outputs(
    build: Build, headers: tuple[Sequence[str], Sequence[str]], names: OutputNames, options: Options
) -> Iterator[_Output]:
    """The builds to put out, the main one first."""
    header, header_of_validation = headers
    if options.emit is Emit.VALIDATION and build.validation is not None:
        yield _Output("", build.validation, header_of_validation, build_files(options.layout, build.validation.name))
        return
    yield _Output("", build, header, names.files)
    if build.validation is not None and options.side_files:
        apart = build_files(options.layout, build.validation.name)
        yield _Output(f"{names.validation}/", build.validation, header_of_validation, apart)


def _origins_beside(build: Build, main: Build, folder: str) -> Iterator[tuple[str, Span]]:
    """Where the places of the build that is not the main one come from, by the way to its folder.

    `folder` is that of the build that validates.
    """
    if build.validation is not None:
        other, way = (build.validation, f"{folder}/") if main is build else (build, "../")
        yield from ((f"{way}{address}", origin) for address, origin in origins(other))
