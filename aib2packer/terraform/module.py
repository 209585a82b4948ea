"""A `.tf` file, with the folder around it, as a deployment template."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonMember, JsonObject, JsonScalar
from aib2packer.terraform.configuration import Written, configuration_of
from aib2packer.terraform.expressions import json_of
from aib2packer.terraform.forms import is_values_file, object_of
from aib2packer.terraform.reading import blocks_of, read_blocks
from aib2packer.terraform.resources import resources_of, unwritten
from aib2packer.terraform.syntax import NotTranslatedError, TfValue
from aib2packer.terraform.variables import values_of
from aib2packer.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.terraform.configuration import Files
    from aib2packer.terraform.syntax import TfBlock, TfExpression
    from aib2packer.text.source import SourceText

_MAX_MODULES = 10
_MOST_CALLS = 800  # what a deployment may have copies of a resource
_META = {"source", "version", "providers", "depends_on", "count", "for_each"}


def read_configuration(source: SourceText, files: Files, report: Report) -> JsonObject | None:
    """The deployment template that the image templates of a file come to; None where it is no configuration.

    The other files of the folder give variables, locals and the attributes of other resources.
    """
    return _Modules(report).read((source,), files, ())


class _Modules:
    """The configurations of the folders that lead to an image template; one that is called often is read once."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.known: dict[str, JsonObject | None] = {}
        self._calls = 0

    def read(self, sources: tuple[SourceText, ...], files: Files, above: tuple[str, ...]) -> JsonObject | None:
        """Read the files of a folder that are to be converted; `above` are files of the modules that lead here, one of each."""
        own: list[TfBlock] = []
        for source in sources:
            blocks = read_blocks(source, self.report, files.parser)
            if blocks is None:
                return None
            own += blocks
        others: list[TfBlock] = []
        values: dict[str, TfExpression] = {}
        names = {source.name for source in sources}
        for source in files.configuration(self.report):
            if source.name in names:
                continue
            if is_values_file(source.name):
                values |= values_of(source, self.report, files.parser) if not above else {}
            else:
                others += blocks_of(source, self.report, files.parser)
        written = Written(configuration_of((*own, *others), values), files, self.report)
        called = self._called(own, written, (*above, *map(_path, sources[:1])))
        resources = (*resources_of(tuple(own), written), *called)
        if not resources and not above:
            _report_remote(own, self.report)
        span = Span(sources[0], 0, len(sources[0].text)) if sources else own[0].span
        return written.document(resources, span)

    def _called(self, blocks: list[TfBlock], written: Written, above: tuple[str, ...]) -> Iterator[Json]:
        """The modules of the same repository that a file calls, each as a nested deployment."""
        for block in blocks:
            source = block.value("source") if block.type == "module" else None
            path = _folder(source)
            if source is None or not path.startswith(("./", "../")):
                continue
            document = self._module(path, source.span, written.files.below(path), above)
            if document is None or not _holds_images(document):
                continue
            self._calls += 1
            if self._calls > _MOST_CALLS:
                what = f"modules with image templates are called more than {_MOST_CALLS} times: the others are left out"
                self.report.add(codes.TOO_MANY_SETTINGS, block.span, what, help="Split the configuration.")
                return
            try:
                yield _call(block, document, written)
            except NotTranslatedError as error:
                yield unwritten(block, error)

    def _module(self, path: str, span: Span, files: Files, above: tuple[str, ...]) -> JsonObject | None:
        if files.folder in self.known:
            return self.known[files.folder]
        if len(above) > _MAX_MODULES:
            self._not_read(span, f"the module {path} is called through more than {_MAX_MODULES} others, and is not read: ")
            return None
        sources = tuple(one for one in files.configuration(self.report) if one.name.endswith((".tf", ".tofu")))
        if not set(above).isdisjoint(map(_path, sources)):
            self.report.add(
                codes.LINKED_TEMPLATE,
                span,
                f"the module {path} leads back to itself, which Terraform refuses: it is not read again",
                help="Name another folder, or leave the block out.",
            )
            return None
        if not sources:
            self._not_read(span, f"the module {path} is not read: ")
        self.known[files.folder] = self.read(sources, files, above) if sources else None
        return self.known[files.folder]

    def _not_read(self, span: Span, what: str) -> None:
        self.report.add(
            codes.LINKED_TEMPLATE,
            span,
            f"{what}any image template in it is missed",
            help="Convert the folder that holds both, or the module by itself.",
        )


def _folder(source: TfExpression | None) -> str:
    return source.value if isinstance(source, TfValue) and isinstance(source.value, str) else ""


def _report_remote(blocks: list[TfBlock], report: Report) -> None:
    """Say which modules come from elsewhere: an image template may be in one of them."""
    for block in blocks:
        source = block.value("source") if block.type == "module" else None
        if source is not None and (path := _folder(source)) and not path.startswith(("./", "../")):
            report.add(
                codes.LINKED_TEMPLATE,
                source.span,
                f"the module {path} comes from elsewhere and is not read: any image template in it is missed",
                help="Convert what `terraform show -json` prints once it is applied.",
            )


def _path(source: SourceText) -> str:
    return posixpath.normpath(source.name)


def _holds_images(document: JsonObject) -> bool:
    from aib2packer.jsonc.tree import JsonArray

    resources = document.get("resources")
    return isinstance(resources, JsonArray) and bool(resources.items)


def _call(block: TfBlock, document: JsonObject, written: Written) -> JsonObject:
    from aib2packer.terraform.resources import repeated

    copy, around = repeated(block, written)
    values = tuple(
        JsonMember(one.name, one.name_span, object_of({"value": json_of(one.value, around)}, one.value.span))
        for one in block.attributes
        if one.name not in _META
    )
    properties: dict[str, Json] = {
        "expressionEvaluationOptions": object_of({"scope": JsonScalar("inner", block.span)}, block.span),
        "template": document,
        "parameters": JsonObject(values, block.span),
    }
    members = (
        JsonMember("type", block.span, JsonScalar("Microsoft.Resources/deployments", block.span)),
        JsonMember("name", block.span, JsonScalar(f"module.{block.address}", block.span)),
        *copy,
        JsonMember("properties", block.span, object_of(properties, block.span)),
    )
    return JsonObject(members, block.span)
