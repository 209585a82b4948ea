"""What is in a folder already that a build goes to: declarations and plugins, each with its place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.findings.model import about_file
from aib2packer.jsonc.reader import parse
from aib2packer.jsonc.tree import JsonArray, JsonObject, JsonScalar, string_of
from aib2packer.landing.meaning import meaning, read_hcl
from aib2packer.lazy.models import dataclass, field
from aib2packer.packer.layout import BUILD_ENDING, is_converted, own_names
from aib2packer.terraform.reading import MOST_WORK, work_of
from aib2packer.terraform.syntax import TfName, TfObject, TfUnread, TfValue
from aib2packer.text.source import SourceText, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.landing.meaning import Meaning
    from aib2packer.terraform.reading import FileBody
    from aib2packer.terraform.syntax import TfAttribute, TfBlock, TfExpression

_MOST_TOGETHER = 100_000
"""The words and marks that are read in a folder's files, but for those that conversions have made."""
_ELSEWHERE = "Split the folder, or convert with -o DIR in place of --into: the build then has a folder of its own."


@dataclass(frozen=True, slots=True)
class DeclaredVariable:
    """A variable: its type as it is written, "" for none, and what its default means."""

    type: str
    default: Meaning | None
    sensitive: bool
    span: Span


@dataclass(frozen=True, slots=True)
class DeclaredLocal:
    """A local: what its value means."""

    value: Meaning
    span: Span


@dataclass(frozen=True, slots=True)
class RequiredPlugin:
    """An entry of `required_plugins`; "" for what it does not say."""

    source: str
    version: str
    span: Span


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What other builds of a folder declare, by its name."""

    variables: Mapping[str, DeclaredVariable] = field(default_factory=dict)
    locals: Mapping[str, DeclaredLocal] = field(default_factory=dict)
    plugins: Mapping[str, RequiredPlugin] = field(default_factory=dict)
    versions: tuple[tuple[str, Span], ...] = ()
    """The versions of Packer that are required."""
    sources: Mapping[str, Span] = field(default_factory=dict)
    """Sources for azure-arm, by their labels."""
    builds: Mapping[str, Span] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    """The variables that a file has values for which Packer reads by itself."""
    converted: frozenset[str] = frozenset()
    """The names of the files that conversions have made."""

    is_used: bool = False
    """Whether there are builds that no conversion has made."""

    @property
    def open(self) -> tuple[str, ...]:
        """The variables that need a value whenever Packer runs in the folder; other converted builds see to their own."""
        return tuple(
            name
            for name, one in self.variables.items()
            if one.default is None and name not in self.given and PurePath(one.span.source.name).name not in self.converted
        )


def neighbours(files: Iterable[SourceText], own: Collection[str], report: Report) -> Neighbours:
    """What files of a folder declare, but for the build's own files of an earlier run.

    Args:
        files: The files that Packer reads there.
        own: The names that the build's own files have.
        report: Gets an error for a file that cannot be read.

    """
    found = _Found()
    others = {name: file for file in files if (name := PurePath(file.name).name) not in own}
    for file in others.values():
        found.read(file, report)
    made = [name for name, file in others.items() if is_converted(file.text)]
    converted = frozenset(part for name in made for part in own_names(name.removesuffix(BUILD_ENDING)))
    return Neighbours(
        found.variables,
        found.locals,
        found.plugins,
        tuple(found.versions),
        found.sources,
        found.builds,
        frozenset(found.given),
        converted,
        is_used=any(PurePath(file.name).name not in converted for file in found.with_builds),
    )


def not_converted(files: Iterable[SourceText], build_file: str) -> SourceText | None:
    """The file with the name of the build's own, if no conversion has made it."""
    found = (file for file in files if PurePath(file.name).name == build_file)
    return next((file for file in found if not is_converted(file.text)), None)


def _too_large(work: int) -> str:
    """What is wrong with a file that is not read for its size."""
    own = f"the file has more than the {MOST_WORK:,} words and marks that are read of one"
    together = f"with this file, the folder has more than the {_MOST_TOGETHER:,} words and marks that are read of it"
    return f"{own if work > MOST_WORK else together}, so what it declares is not known"


@lru_cache(maxsize=1_000)
def _read_once(name: str, text: str) -> FileBody | int | None:
    """A file, which each build of a run that goes to its folder looks at."""
    return read_hcl(SourceText(name, text))


class _Found:
    """Declarations as they are read, file by file."""

    def __init__(self) -> None:
        self.variables: dict[str, DeclaredVariable] = {}
        self.locals: dict[str, DeclaredLocal] = {}
        self.plugins: dict[str, RequiredPlugin] = {}
        self.versions: list[tuple[str, Span]] = []
        self.sources: dict[str, Span] = {}
        self.builds: dict[str, Span] = {}
        self.given: set[str] = set()
        self.with_builds: list[SourceText] = []
        self._left = _MOST_TOGETHER

    def read(self, file: SourceText, report: Report) -> None:
        """Read a file, by what its name says that it is."""
        if file.name.endswith(".json"):
            document = parse(file, report)
            if isinstance(document, JsonObject):
                self._read_json(file, document)
            return
        work = work_of(file.text)
        body = _read_once(file.name, file.text) if work <= self._left else None
        if body is None:
            report.record(about_file(codes.NOT_TERRAFORM, file.name, _too_large(work), _ELSEWHERE))
            return
        self._left -= 0 if is_converted(file.text) else work
        if isinstance(body, int):
            report.add(
                codes.NOT_TERRAFORM,
                Span(file, body, body + 1),
                "this file of the folder cannot be read as HCL, so what it declares is not known",
                help="Correct it, if `packer validate` finds a fault here too; else write this place in another way.",
            )
            return
        attributes, blocks = body
        if ".auto.pkrvars." in file.name:
            self.given |= {attribute.name for attribute in attributes}
        for block in blocks:
            self._block(block)
        self.with_builds += [file] if any(block.type == "build" for block in blocks) else []

    def _block(self, block: TfBlock) -> None:
        match block.type, block.labels:
            case "variable", (name,):
                self.variables.setdefault(name, _variable(block.attributes, block.span))
            case "variables", ():
                for one in block.attributes:
                    self.variables.setdefault(
                        one.name, DeclaredVariable("", meaning(one.value), sensitive=False, span=one.name_span)
                    )
            case "locals", ():
                for one in block.attributes:
                    self.locals.setdefault(one.name, DeclaredLocal(meaning(one.value), one.name_span))
            case "local", (name,):
                values = [one.value for one in block.attributes if one.name == "expression"]
                self.locals.setdefault(name, DeclaredLocal(meaning(values[0]) if values else (), block.span))
            case _:
                self._other_block(block)

    def _other_block(self, block: TfBlock) -> None:
        match block.type, block.labels:
            case "source", ("azure-arm", name):
                self.sources.setdefault(name, block.span)
            case "build", ():
                names = [one.value.value for one in block.attributes if one.name == "name" and isinstance(one.value, TfValue)]
                self.builds |= {str(name): block.span for name in names}
            case "packer", ():
                self.versions += [
                    (_word(one.value), one.name_span) for one in block.attributes if one.name == "required_version"
                ]
                for plugin in (one for inner in block.blocks if inner.type == "required_plugins" for one in inner.attributes):
                    self.plugins.setdefault(plugin.name, _plugin(plugin))
            case _:
                pass

    def _read_json(self, file: SourceText, document: JsonObject) -> None:
        if ".auto.pkrvars." in file.name:
            self.given |= {member.key for member in document}
            return
        self.with_builds += [file] if document.get("build") is not None else []
        for member in document:
            for name, value, span in _members(member.value):
                match member.key:
                    case "variable":
                        self.variables.setdefault(name, _json_variable(value, span))
                    case "locals":
                        self.locals.setdefault(name, DeclaredLocal(_json_meaning(value), span))
                    case "source" if name == "azure-arm":
                        self.sources |= {label: place for label, _, place in _members(value)}
                    case "packer" if name == "required_plugins":
                        self.plugins |= {plugin: _json_plugin(one, place) for plugin, one, place in _members(value)}
                    case "packer" if name == "required_version":
                        self.versions.append((string_of(value) or "", span))
                    case "build" if name == "name" and (own := string_of(value)) is not None:
                        self.builds.setdefault(own, span)
                    case _:
                        pass


def _variable(attributes: Iterable[TfAttribute], span: Span) -> DeclaredVariable:
    said = {attribute.name: attribute.value for attribute in attributes}
    kind = said.get("type")
    sensitive = said.get("sensitive")
    return DeclaredVariable(
        "" if kind is None else "".join(kind.span.text.split()).strip('"'),
        meaning(said["default"]) if "default" in said else None,
        sensitive=isinstance(sensitive, TfValue) and sensitive.value is True,
        span=span,
    )


def _plugin(attribute: TfAttribute) -> RequiredPlugin:
    items = attribute.value.items if isinstance(attribute.value, TfObject) else ()
    said = {_word(key): _word(value) for key, value in items}
    return RequiredPlugin(said.get("source", ""), said.get("version", ""), attribute.name_span)


def _word(expression: TfExpression) -> str:
    match expression:
        case TfName(name):
            return name
        case TfValue(str() as text):
            return text
        case _:
            return ""


def _members(value: Json) -> Iterator[tuple[str, Json, Span]]:
    """The members of an object, or of the objects in a list, which JSON has for a block that stands several times."""
    if isinstance(value, JsonArray):
        for item in value.items:
            yield from _members(item)
    elif isinstance(value, JsonObject):
        yield from ((member.key, member.value, member.key_span) for member in value)


def _json_variable(value: Json, span: Span) -> DeclaredVariable:
    said = {name: one for name, one, _ in _members(value)}
    sensitive = said.get("sensitive")
    return DeclaredVariable(
        string_of(said.get("type")) or "",
        _json_meaning(said["default"]) if "default" in said else None,
        sensitive=isinstance(sensitive, JsonScalar) and sensitive.value is True,
        span=span,
    )


def _json_plugin(value: Json, span: Span) -> RequiredPlugin:
    said = {name: string_of(one) or "" for name, one, _ in _members(value)}
    return RequiredPlugin(said.get("source", ""), said.get("version", ""), span)


def _json_meaning(value: Json) -> Meaning:
    """What a literal means; what may hold an expression is like nothing else."""
    match value:
        case JsonScalar(scalar) if not (isinstance(scalar, str) and ("${" in scalar or "%{" in scalar)):
            return meaning(TfValue(scalar, value.span))
        case _:
            return meaning(TfUnread("JSON", value.span))
