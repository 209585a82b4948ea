"""Runs conversions for the command line, one template at a time."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import nullcontext
from enum import Enum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from aib2packer.app.inputs import place_of, shown_place
from aib2packer.app.output import FilesDifferError, OutputError, write
from aib2packer.conversion import Conversion
from aib2packer.findings.codes import (
    CLASH,
    LEFT_OUT,
    LEFT_OVER,
    LINKED_TEMPLATE,
    NO_IMAGE_TEMPLATE,
    NOT_BUILT,
    NOT_WRITTEN,
    PARAMETERS_BESIDE,
    SEVERAL_IMAGE_TEMPLATES,
    UNREADABLE,
)
from aib2packer.findings.model import Severity, about_file
from aib2packer.findings.text import safe
from aib2packer.jsonc.replace import occurring
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.options import Emit, Origin
from aib2packer.packer.layout import AZURE_FILE, BUILD_ENDING, BUILD_FILE, VALIDATION_FOLDER, run_by_pipelines
from aib2packer.pipeline import convert, open_input
from aib2packer.system.files import MOST
from aib2packer.text.checksum import sha256_of
from aib2packer.text.source import FileError, SourceText, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from aib2packer.aib.reading import OpenDocument
    from aib2packer.app.inputs import Template
    from aib2packer.app.into import SharedFolder
    from aib2packer.findings.model import Code, Finding, Level
    from aib2packer.options import Options, Unfetched
    from aib2packer.packer.facts import Facts
    from aib2packer.packer.model import Asset
    from aib2packer.provenance.accounting import Entry, State
    from aib2packer.provenance.sourcemap import Place
    from aib2packer.system.digests import Digests
    from aib2packer.system.packed import Content

    Fetch = Callable[[Sequence[Asset], Callable[[], object]], Mapping[str, bytes | Unfetched]]
    Watch = Callable[[Sequence[str]], AbstractContextManager[Callable[[], object]]]

    class Write(Protocol):
        """What writes files."""

        def __call__(self, folder: Path, files: Mapping[str, Content], *, force: bool) -> None:
            """Write files below a folder, as `output.write` does, or take them for later."""


C = TypeVar("C", bound="Content")
_STDOUT_NAMES: dict[Emit | None, str] = {
    Emit.VALIDATION: f"{VALIDATION_FOLDER}{BUILD_ENDING}"
}  # what a person would call it beside the other

_LEFT_OUT = "left out"  # State.LEFT_OUT, and what the table calls a file with nothing else


class _ReadInput(NamedTuple):
    """An input, and what it holds where that is known."""

    template: Template
    data: bytes
    opened: OpenDocument | Conversion | None


def _nothing_accepted(_template: str) -> tuple[tuple[Code, str], ...]:
    return ()


class Outcome(Enum):
    """What became of a template, as the table calls it."""

    CONVERTED = "converted"
    NOT_CONVERTED = "not converted"
    NO_TEMPLATE = "no image template"
    LEFT_OUT = _LEFT_OUT
    NOT_WRITTEN = "not written"
    UNREADABLE = "unreadable"
    NOT_BUILT = "not built"
    UP_TO_DATE = "up to date"
    OUT_OF_DATE = "out of date"
    LEFT_OVER = "left over"
    FOR_ALL = "for all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for."""

    options: Options
    file: Path | None = None
    """The HCL file to write; neither this nor a folder: standard output."""
    folder: Path | None = None
    """The folder to write the HCL and the files beside it to."""
    force: bool = False
    prune: bool = False
    """Whether what earlier runs have made, and this one does not, is to go."""
    write: Write = write
    """What writes the files."""
    verify: bool = False
    """Whether Packer is to judge the output."""
    check: bool = False
    """Whether to compare with the files that are there, instead of writing them."""
    most: int = MOST
    """The most bytes that an input may have."""
    fetch: bool = False
    """Whether scripts and files are fetched now; that needs a folder."""
    fetcher: Fetch | None = None
    """What fetches them."""
    parameters_beside: bool = False
    """Whether the parameters files beside each template are used; several become a file of values each."""
    environments: Mapping[str, SourceText] = field(default_factory=dict)
    """Parameters files by the environment that each is for."""
    refresh: bool = False
    """Whether Azure is asked again, where what it said is kept."""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """What lies in the folder besides what a conversion makes, by path."""
    estate: bool = False
    """Whether the folder is one of several: the result then has the facts of the build."""
    in_estate: bool = False
    """Whether an earlier run of several templates has given the folder to one of them."""
    top: Path | None = None
    """The folder of all outputs, where that is not the folder itself."""
    written: Digests | None = None
    """The digests of files as earlier runs have written them, as far as that is known."""
    placed: Mapping[str, str] = field(default_factory=dict)
    """The folders that earlier runs have given to templates below that of all, by where these stand."""
    look: bool = False
    """Whether only to look: nothing is written, and the results have the facts of the builds."""
    accepted_in: Callable[[str], tuple[tuple[Code, str], ...]] = _nothing_accepted
    """Gives the codes that are accepted in a template, each with the reason."""
    fail_on: Level = Severity.ERROR
    """The lightest findings that make the exit status 1."""

    into: SharedFolder | None = None
    """The folder, where it has other builds and gets this one beside them."""

    def below(self, template: Template) -> Request:
        """The request, with the template's own folder below that of all, unless all go into one."""
        if self.into:
            return self
        return replace(self, folder=self.folder and self.folder / template.folder, top=self.top or self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one template. `hcl` belongs on standard output; `diff` says how files differ that were to be checked.

    `folder` is the one that its files belong to.
    """

    name: str
    outcome: Outcome
    exit_code: int
    findings: tuple[Finding, ...] = ()
    diff: str = ""
    hcl: bytes | None = None
    folder: Path | None = None
    home: str = ""
    """The folder of its template below that of all, in which there may be several builds."""
    source: str = ""
    """What it was made of: a path without anything of the machine."""
    on_record: str = ""
    """Where its template stands, by the way from the folder of all."""
    settings: tuple[Entry, ...] = ()
    states: Counter[State] = field(default_factory=Counter)
    """How many settings there are of each state."""
    source_map: tuple[Place, ...] = ()
    facts: Facts | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """The files that it is to have in its folder, until they are delivered."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What the build has in its folder, by path: digests, "" for what is the user's own by now."""
    stale: tuple[str, ...] = ()
    """What is to be removed from its folder when the files have taken their places: earlier runs have made it."""
    removed: tuple[str, ...] = ()
    """What was removed of that."""
    renamed: frozenset[str] = frozenset()
    """The old names, lower-case, that occur in the input and its parameters files, and have new ones."""

    @property
    def waits(self) -> bool:
        """Whether there are files that take their places at the end of the run."""
        return self.outcome is Outcome.CONVERTED and self.hcl is None


def at_rest(result: Result, *, with_account: bool) -> Result:
    """A result as it waits for the others of its run: without the texts that it was made of, or all that is in the account."""
    findings = tuple(finding.alone() for finding in result.findings)
    states = Counter(entry.state for entry in result.settings)
    if with_account:
        return replace(result, findings=findings, states=states)
    return replace(result, findings=findings, states=states, settings=(), source_map=())


def unreadable(error: FileError) -> Result:
    """The result where an input cannot be read."""
    finding = about_file(UNREADABLE, error.file, error.reason, error.help)
    return Result(name=error.file, outcome=Outcome.UNREADABLE, exit_code=2, findings=(finding,))


def _not_built(error: FileError) -> Result | None:
    """The result where a Bicep file is not built; None for any other error."""
    from aib2packer.app.bicep import NotBuiltError

    if not isinstance(error, NotBuiltError):
        return None
    finding = about_file(NOT_BUILT, error.file, error.reason, error.help)
    return Result(name=error.file, outcome=Outcome.NOT_BUILT, exit_code=1, findings=(finding,))


def _unwatched(_uris: Sequence[str]) -> AbstractContextManager[Callable[[], object]]:
    return nullcontext(lambda: None)


def run(template: Template, request: Request, watch: Watch = _unwatched) -> tuple[Result, ...]:
    """Convert an input, and write or check what there is; the arguments are those of `make`."""
    return tuple(deliver(result, request) for result in make(template, request, watch))


def make(template: Template, request: Request, watch: Watch = _unwatched) -> tuple[Result, ...]:
    """Convert an input; what there is to write waits in the results.

    Args:
        template: The input. Where it holds several image templates, each gets a folder of its own, if there is one for all.
        request: What the user asked for.
        watch: Told which addresses are fetched from, and when one is.

    """
    asked = request.below(template)
    try:
        if template.resource is not None:
            return _run_from_azure(template, template.resource, asked, watch)
        data = template.read(request.most)
        if data is None:
            return (Result(name=template.name, outcome=Outcome.NO_TEMPLATE, exit_code=0),)
        asked, beside = _with_parameters(template, data, asked)
        renamed = _renamed(data, template.name, asked)
        source = shown_place(template, asked.top)
        results = _counted(_run(template, data, asked, watch))
        return tuple(replace(_told(result, beside), renamed=renamed, source=source) for result in results)
    except FileError as error:
        failed = _not_built(error) or unreadable(error)
        return (replace(failed, name=template.name, folder=asked.folder, source=shown_place(template, asked.top)),)


def _run_from_azure(template: Template, resource: str, request: Request, watch: Watch) -> tuple[Result, ...]:
    """Convert an image template that is read from Azure, and keep what was read beside the output."""
    from aib2packer.app.azure.template_reading import read_template

    kept_as = f"{template.folder.name}.{AZURE_FILE}" if request.into else AZURE_FILE
    file = None if request.folder is None or request.look else request.folder / kept_as
    data, kept, further = read_template(resource, file, refresh=request.refresh, most=request.most)
    named = template if file is None else replace(template, name=str(file))
    asked = request if file is None else replace(request, beside={kept_as: kept})
    renamed = _renamed(data, named.name, asked)
    return tuple(replace(_told(result, further), renamed=renamed) for result in _counted(_run(named, data, asked, watch)))


def _counted(results: Iterable[Result]) -> Iterator[Result]:
    """The results of an input; image templates that it leaves out are in the account of the first."""
    for number, result in enumerate(results):
        account = result.settings if number == 0 else tuple(one for one in result.settings if one.state.value != _LEFT_OUT)
        yield replace(result, settings=account)


def _renamed(data: bytes, name: str, request: Request) -> frozenset[str]:
    """The old names that an input or one of its parameters files has."""
    if not request.options.replacements:
        return frozenset()
    sources = (decode(data, name), *request.options.parameter_files, *request.environments.values())
    return occurring((source.text for source in sources), request.options.replacements)


def _with_parameters(template: Template, data: bytes, request: Request) -> tuple[Request, tuple[Finding, ...]]:
    """The request with the parameters files that lie beside a template, or findings that name those which are not used."""
    from aib2packer.app.inputs import read_values
    from aib2packer.app.parameters_beside import environments_of, parameters_beside

    if template.path is None or request.environments or request.options.parameter_files:
        return request, ()
    found = parameters_beside(template.path, data)
    if not found:
        return request, ()
    if not request.parameters_beside:
        return request, _not_used(found, "Pass it with -p, or use all such files: --parameters-beside.")
    files = {path: read_values(str(path), path, request.most) for path in found}
    if len(files) > 1 and request.folder is not None:
        named = {name: files[path] for name, path in environments_of(template.path, files).items()}
        return replace(request, environments=named), _without_environment(named)
    used = replace(request, options=replace(request.options, parameter_files=tuple(files.values())[:1]))
    return used, _not_used(found[1:], "Convert with -o DIR, which writes a file of values for each.")


def _not_used(files: Sequence[Path], what_to_do: str) -> tuple[Finding, ...]:
    """A finding about each parameters file that lies beside a template for nothing."""
    return tuple(
        about_file(PARAMETERS_BESIDE, str(path), f"{path.name} lies beside the template, but is not used", what_to_do)
        for path in files
    )


def _without_environment(named: Mapping[str, SourceText]) -> tuple[Finding, ...]:
    """A finding about each parameters file whose name tells no environment, where others do."""
    run = run_by_pipelines(named)
    return tuple(
        about_file(
            PARAMETERS_BESIDE,
            file.name,
            f"{PurePath(file.name).name} names no environment: it becomes `{name}`, which no pipeline runs",
            "Name the file after its environment if a pipeline must run it.",
        )
        for name, file in named.items()
        if name not in run
    )


def _told(result: Result, further: tuple[Finding, ...]) -> Result:
    """The result with further findings, if there is a template at all."""
    return result if result.outcome is Outcome.NO_TEMPLATE else replace(result, findings=(*result.findings, *further))


def _run(template: Template, data: bytes, request: Request, watch: Watch) -> Iterator[Result]:
    """The results of all image templates of an input, for all environments."""
    if request.folder:
        origin = _origin(template, request.beside.get(AZURE_FILE, data), request.top or request.folder)
        request = replace(request, options=replace(request.options, origin=origin))
    # Each file of values is an option of its own, for which the input is read anew.
    opened = None if request.environments else open_input(data, template.name, replace(request.options, root=template.root))
    conversions = _convert(template, data, request, watch, opened)
    several = any(finding.code == SEVERAL_IMAGE_TEMPLATES for one in conversions.values() for finding in one.findings)
    if several and request.folder is not None:
        yield from _run_each(_ReadInput(template, data, opened), request, watch, conversions)
    else:
        yield from _results(template, conversions, request)


def _run_each(given: _ReadInput, request: Request, watch: Watch, conversions: Mapping[str, Conversion]) -> Iterator[Result]:
    """The results of each image template of an input, as far as converting them takes no more than it may together.

    `conversions` are those in which the input turned out to hold several.
    """
    from aib2packer.arm.documents.forms.lists import most_work, texts_of_list, work_of_reading

    template, data, opened = given
    names = tuple(dict.fromkeys(name for one in conversions.values() for name in one.image_templates))
    # It was read, or there would be no image templates in it.
    whole = open_input(data, template.name, replace(request.options, root=template.root)) if opened is None else opened
    listed = () if isinstance(whole, Conversion) else texts_of_list(whole.document, len(names))
    named = None if opened is None or isinstance(opened, Conversion) else opened.with_names(names)
    readings = 1 + len(request.environments)
    left = most_work(data) - readings * work_of_reading(data) - sum(one.work for one in conversions.values())
    texts = listed or (named,) * len(names)
    for number, (image, own_text) in enumerate(zip(template.of_images(names), texts, strict=True)):
        own = (
            request
            if request.into
            else replace(request, folder=request.folder and request.folder / image.folder.name, estate=True)
        )
        made = _convert(image, data, replace(own, options=replace(own.options, most_work=left)), watch, own_text)
        if any(one.hcl is None and one.work > left for one in made.values()):
            yield _too_many(template, number, len(names))
            return
        left -= sum(one.work for one in made.values())
        if own_text is None or isinstance(own_text, SourceText):
            left -= readings * work_of_reading(data if own_text is None else own_text.text.encode())
        yield from _results(image, made, own)


def _too_many(template: Template, converted: int, count: int) -> Result:
    """The result for the image templates of an input that are more than are converted of it."""
    message = f"the input holds {count} image templates, and converting all would take too long: {converted} are converted"
    finding = about_file(SEVERAL_IMAGE_TEMPLATES, template.name, message, "Split it, or convert the others by --name NAME.")
    return Result(name=template.name, outcome=Outcome.NOT_CONVERTED, exit_code=1, findings=(finding,))


def _convert(
    template: Template, data: bytes, request: Request, watch: Watch, text: SourceText | OpenDocument | Conversion | None
) -> dict[str, Conversion]:
    """The conversions of an image template, by the folder of each below its own.

    `text` is its own where `data` is a list, or the whole, read already: what it holds, or why that cannot be had.
    """
    if request.into and request.environments:
        raise FileError(template.name, "has several parameters files, but a build among others takes only one", "Give -p.")
    in_estate = (request.estate or request.in_estate) and not request.into
    options = replace(
        request.options,
        root=template.root,
        name=None if isinstance(text, SourceText) else template.image or request.options.name,
        side_files=request.folder is not None,
        facts=request.look or request.estate,
        into=None if request.into is None else _beside(request),
        scripts_there={} if request.into is None else request.into.scripts,
        accepted=request.accepted_in(template.shown),
        origin=_of_image(request.options.origin, template.image),
        called=(template.folder.name or template.path.stem) if request.folder and template.path else "",
        in_estate=in_estate,
        place=_place_in_estate(template, request) if in_estate else "",
        file_name=request.file.name if request.file else _STDOUT_NAMES.get(request.options.emit, BUILD_FILE),
    )

    def converted(options: Options) -> dict[str, Conversion]:
        if request.environments:
            from aib2packer.app.environments import convert_for

            own = text if isinstance(text, SourceText) else data
            return convert_for(own, template.name, options, request.environments)
        return {"": text if isinstance(text, Conversion) else convert(text or data, file=template.name, options=options)}

    conversions = converted(options)
    assets = tuple(dict.fromkeys(asset for one in conversions.values() for asset in one.assets))
    if request.fetch and request.fetcher is not None and any(one.hcl is not None for one in conversions.values()):
        with watch([asset.uri for asset in assets]) as advance:
            fetched = request.fetcher(assets, advance)
        conversions = converted(replace(options, assets=fetched))
    return conversions


def _beside(request: Request) -> tuple[SourceText, ...]:
    """What Packer reads in the folder that a build is put into."""
    return () if request.into is None else request.into.files(request.most)


def _origin(template: Template, data: bytes, top: Path | None) -> Origin:
    """What the builds of an input say that they are made of; the digest is that of the file."""
    from aib2packer import __version__

    digest = sha256_of(data if template.path is None else _raw(template.path, data))
    return Origin(shown_place(template, top), digest, __version__)


def _of_image(origin: Origin | None, image: str | None) -> Origin | None:
    """What the build of one image template of an input says."""
    return replace(origin, path=f"{origin.path} ({safe(image)})") if origin and image else origin


def _place_in_estate(template: Template, request: Request) -> str:
    """Where a template stands, as no other of an estate does."""
    whole = template.resource or place_of(template, request.top)
    return whole if template.image is None else f"{whole} ({template.image})"


def _raw(path: Path, data: bytes) -> bytes:
    """What a file has, where that was built from it."""
    from aib2packer.system.files import read_bytes

    return read_bytes(str(path), path, MOST) if path.suffix.lower() == ".bicep" else data


def _results(template: Template, conversions: Mapping[str, Conversion], request: Request) -> Iterator[Result]:
    for place, conversion in conversions.items():
        own = replace(request, folder=request.folder and request.folder / place)
        name = f"{template.shown} [{place}]" if place else template.shown
        yield replace(_result(template, name, conversion, own), folder=own.folder)


def _result(template: Template, name: str, conversion: Conversion, request: Request) -> Result:
    """What becomes of a conversion."""
    if request.verify:
        from aib2packer.verify import verify

        beside = {PurePath(file.name).name: file.text.encode() for file in _beside(request)}
        conversion = verify(conversion, file=template.name, beside=beside)
    findings = conversion.findings
    if conversion.hcl is None:
        if template.found and any(finding.code == NO_IMAGE_TEMPLATE for finding in findings):
            return _none_deployed(name, conversion, request)
        return Result(name=name, outcome=Outcome.NOT_CONVERTED, exit_code=1, findings=findings, settings=conversion.settings)
    hcl = conversion.hcl.encode()
    result = Result(
        name=name,
        outcome=Outcome.CONVERTED,
        exit_code=1 if any(finding.reaches(request.fail_on) for finding in findings) else 0,
        findings=findings,
        settings=conversion.settings,
        source_map=conversion.source_map,
        facts=conversion.facts,
    )
    if request.look:
        return result
    if request.file:
        return replace(result, contents={request.file.name: hcl})
    if request.folder:
        files = {conversion.build_file: hcl, **conversion.files, **request.beside}
        if request.into is not None:
            if (other := request.into.maker_of(conversion.build_file)) is not None:
                return _made_twice(result, request.folder / conversion.build_file, template.shown, other)
            request.into.add(files, template.shown)
        return replace(result, contents=files)
    return replace(result, hcl=hcl)


def deliver(made: Result, request: Request) -> Result:
    """Write or check the files of a result, in the folder that it has by now."""
    files, result = made.contents, replace(made, contents={})
    if not files:
        return result
    if request.file:
        return _deliver(result, request.file.parent, files, request)
    if (folder := result.folder) is None:
        return result
    to_write = without_own(folder, files, check=request.check)
    if result.facts is not None:
        digests = {name: sha256_of(content) if name in to_write else "" for name, content in files.items()}
        result = replace(result, files=digests)
    return replace(_deliver(result, folder, to_write, request), folder=folder)


def _none_deployed(name: str, conversion: Conversion, request: Request) -> Result:
    """What becomes of a file of a folder that no image template is deployed from: none, or none that is on and in sight."""
    told = tuple(finding for finding in conversion.findings if finding.code in {LEFT_OUT, LINKED_TEMPLATE})
    if not told:
        return Result(name=name, outcome=Outcome.NO_TEMPLATE, exit_code=0)
    exit_code = 1 if any(finding.reaches(request.fail_on) for finding in told) else 0
    return Result(name=name, outcome=Outcome.LEFT_OUT, exit_code=exit_code, findings=told, settings=conversion.settings)


def _made_twice(result: Result, file: Path, template: str, other: str) -> Result:
    """The result of a template that becomes a file which another one of the run has made."""
    message = f"this template becomes {file}, and so does {other} in this run"
    finding = about_file(CLASH, template, message, "Give one of the builds another name: `build-name` in aib2packer.toml.")
    return replace(result, outcome=Outcome.NOT_WRITTEN, exit_code=1, findings=(*result.findings, finding))


def without_own(folder: Path, files: Mapping[str, C], *, check: bool) -> dict[str, C]:
    """The files without those that are the user's once they are there; these may also be gone, or elsewhere by now."""
    from aib2packer.packer.layout import is_beginning

    return {
        name: content
        for name, content in files.items()
        if not is_beginning(name) or not (check or os.path.lexists(folder / name))
    }


def _deliver(result: Result, folder: Path, files: Mapping[str, bytes], request: Request) -> Result:
    if request.check:
        return check_files(result, folder, files, request.written, with_leftovers=request.file is None)
    try:
        request.write(folder, files, force=request.force)
    except OutputError as error:
        return not_written(result, error)
    if request.file:
        return result
    from aib2packer.app.drift import left_in

    # Of what is in the record of earlier runs, that is told of all builds together. What Packer would read beside the build, as
    # it was in another layout, goes as if it were replaced.
    parts = {(folder / name).parent for name in files if name.endswith(BUILD_ENDING)}
    left = [path for path in left_in(folder, files) if request.written is None or request.written.of(path) is None]
    replaced = {path for path in left if path.name.endswith(BUILD_ENDING) and path.parent in parts}
    gone = left if request.prune and not request.estate else [path for path in left if request.force and path in replaced]
    told = (_left_over(path) for path in left if path not in gone)
    stale = tuple(path.relative_to(folder).as_posix() for path in gone)
    return replace(result, findings=(*result.findings, *told), stale=stale)


def not_written(result: Result, error: OutputError) -> Result:
    """The result of a conversion whose files are not written."""
    exit_code = 1 if isinstance(error, FilesDifferError) else 2
    finding = about_file(NOT_WRITTEN, str(error.file), error.reason, error.help)
    return replace(result, outcome=Outcome.NOT_WRITTEN, exit_code=exit_code, findings=(*result.findings, finding))


def nothing_written(folder: Path | str | None, error: OutputError) -> Finding:
    """What is to be said of each folder of a run of whose files none is written, as the system refuses one."""
    reason = f"{error.file} {error.reason}, so nothing of this run is written"
    return about_file(NOT_WRITTEN, str(folder or error.file), reason, error.help)


def none_written(results: Iterable[Result], error: OutputError) -> list[Result]:
    """The results of a run of whose files none is written."""
    return [
        replace(
            result,
            outcome=Outcome.NOT_WRITTEN,
            exit_code=2,
            findings=(*result.findings, nothing_written(result.folder, error)),
        )
        if result.waits
        else result
        for result in results
    ]


def _left_over(path: Path) -> Finding:
    """What is said of a file that an earlier conversion has made, and this one has not."""
    message = "an earlier conversion wrote this file, and the build no longer uses it"
    if path.name.endswith(BUILD_ENDING):
        message += ", but Packer reads it"
    return about_file(LEFT_OVER, str(path), message, help="Delete it, or let --prune remove it.")


def check_files(
    result: Result, folder: Path, files: Mapping[str, Content], written: Digests | None, *, with_leftovers: bool = False
) -> Result:
    """The result, with what differs between files and those that are there.

    `written` are digests of files as they were written; `with_leftovers`: what a build had once, and has no more, differs too.
    """
    from aib2packer.app.drift import compare

    try:
        differences = compare(folder, files, written, with_leftovers=with_leftovers)
    except FileError as error:
        refused = unreadable(error)
        return replace(refused, name=result.name, findings=(*result.findings, *refused.findings))
    if not differences:
        return replace(result, outcome=Outcome.UP_TO_DATE)
    return replace(
        result,
        outcome=Outcome.OUT_OF_DATE,
        exit_code=1,
        findings=(*result.findings, *(difference.finding for difference in differences)),
        diff="\n".join(difference.diff for difference in differences),
    )


def check_leftovers(folder: Path, expected: Iterable[Path | None]) -> list[Result]:
    """A result for each build below a folder that is in none of those where one is expected."""
    from aib2packer.app.drift import left_over

    try:
        return [
            Result(
                name=str(difference.path),
                outcome=Outcome.LEFT_OVER,
                exit_code=1,
                findings=(difference.finding,),
                diff=difference.diff,
            )
            for difference in left_over(folder, {path for path in expected if path})
        ]
    except FileError as error:
        return [unreadable(error)]
