"""A folder of `.tf` files: what it holds, and what its references stand for."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from aib2packer.findings import codes
from aib2packer.findings.model import about_file
from aib2packer.jsonc.tree import JsonMember, JsonObject, JsonScalar
from aib2packer.lazy.models import dataclass, field, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.terraform.depths import endless
from aib2packer.terraform.expressions import Surroundings, arm_of, constant, json_of
from aib2packer.terraform.filesets import files_that_fit, names_in
from aib2packer.terraform.forms import UNUSED, as_arm_text, is_values_file, object_of
from aib2packer.terraform.reading import Parser
from aib2packer.terraform.syntax import NotTranslatedError, TfAccess, TfBlock, TfExpression, TfSplat, TfUnread, TfValue
from aib2packer.terraform.variables import declaration, kind_of_type, plain, refused_rules
from aib2packer.text.source import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aib2packer.findings.model import Report
    from aib2packer.jsonc.tree import Json
    from aib2packer.text.source import SourceText, Span

_ACCOUNT = {
    ("azurerm_subscription", "subscription_id"): "subscription().subscriptionId",
    ("azurerm_subscription", "id"): "subscription().id",
    ("azurerm_subscription", "tenant_id"): "tenant().tenantId",
    ("azurerm_client_config", "subscription_id"): "subscription().subscriptionId",
    ("azurerm_client_config", "tenant_id"): "tenant().tenantId",
    ("azapi_client_config", "subscription_id"): "subscription().subscriptionId",
    ("azapi_client_config", "subscription_resource_id"): "subscription().id",
    ("azapi_client_config", "tenant_id"): "tenant().tenantId",
}


_MOST_FILES = 100  # whose texts are taken up for a loop over their names
# The files of a folder that Terraform reads by itself.
_READ = (".tf", ".tofu", ".auto.tfvars", ".auto.tfvars.json")
_VALUES = ("terraform.tfvars", "terraform.tfvars.json")
# What addresses of blobs are made of.
_ADDRESSES = {
    ("azurerm_storage_account", "primary_blob_endpoint"): ("name",),
    ("azurerm_storage_blob", "url"): ("storage_account_name", "storage_container_name", "name"),
}
# Attributes whose values providers hide.
_SECRETS = pattern(
    r"password|(?:primary|secondary)_(?:access_)?key|connection_string|(?:^|_)sas(?:_|$)|client_secret|private_key"
)


@dataclass(frozen=True, slots=True)
class Files:
    """The files around a configuration: `read` gives one by its path, `names` those of a folder, "" for its own.

    `listed` gives the names of a folder, those of folders with a slash behind. It raises where there is none, as `read` does.
    `parser` parses those of a conversion; `folder` is where they lie, from the one that is converted.
    """

    read: Callable[[str], SourceText]
    names: Callable[[str], tuple[str, ...]]
    listed: Callable[[str], tuple[str, ...]]
    parser: Parser = field(default_factory=Parser)
    folder: str = "."

    def below(self, folder: str) -> Files:
        """The files as they are seen from another folder."""

        def seen(path: str) -> str:
            return posixpath.normpath(posixpath.join(folder, path))

        return Files(
            lambda path: self.read(seen(path)),
            lambda path: self.names(seen(path)),
            lambda path: self.listed(seen(path)),
            self.parser,
            posixpath.normpath(posixpath.join(self.folder, folder)),
        )

    def configuration(self, report: Report) -> tuple[SourceText, ...]:
        """The files that Terraform reads in the folder, in its order: a later file of values wins.

        One that cannot be read is an error where it gives values; others are converted by themselves, and are a note here.
        """
        wanted = (name for name in self.names("") if name in _VALUES or (name.endswith(_READ) and not name.startswith(".")))
        found = (self._readable(name, report) for name in sorted(wanted, key=lambda name: name not in _VALUES))
        return tuple(source for source in found if source is not None)

    def _readable(self, name: str, report: Report) -> SourceText | None:
        try:
            return self.read(name)
        except FileError as error:
            if is_values_file(name):
                report.record(about_file(codes.UNREADABLE, error.file, error.reason, error.help))
            else:
                reason = f"{error.reason}: what it declares is not known here"
                report.record(about_file(codes.LINKED_TEMPLATE, error.file, reason, error.help))
            return None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The blocks of a folder by what they declare, and the values that its `.tfvars` files give."""

    variables: Mapping[str, TfBlock]
    locals: Mapping[str, TfExpression]
    resources: Mapping[tuple[str, ...], TfBlock]
    values: Mapping[str, TfExpression]


_ENDLESS = "a value that leads through too many others, or back to itself,"


def configuration_of(blocks: Iterable[TfBlock], values: Mapping[str, TfExpression]) -> Configuration:
    """Sort blocks by what they declare."""
    variables: dict[str, TfBlock] = {}
    local_values: dict[str, TfExpression] = {}
    resources: dict[tuple[str, ...], TfBlock] = {}
    for block in blocks:
        if block.type == "variable" and block.labels:
            variables[block.labels[0]] = block
        elif block.type == "locals":
            local_values |= {attribute.name: attribute.value for attribute in block.attributes}
        elif block.type == "resource":
            resources[block.labels] = block
        elif block.type == "data":
            resources["data", *block.labels] = block
    of_locals = {("local", name): value for name, value in local_values.items()}
    of_resources = {
        (*path, attribute.name): attribute.value for path, block in resources.items() for attribute in block.attributes
    }
    unread = {path: TfUnread(_ENDLESS, (of_locals | of_resources)[path].span) for path in endless(of_locals | of_resources)}
    if not unread:
        return Configuration(variables, local_values, resources, values)
    return Configuration(
        variables,
        {name: unread.get(("local", name), value) for name, value in local_values.items()},
        {
            path: replace(
                block,
                attributes=tuple(replace(one, value=unread.get((*path, one.name), one.value)) for one in block.attributes),
            )
            for path, block in resources.items()
        },
        values,
    )


class Written:
    """The deployment template that results: only what the image templates need is in it."""

    def __init__(self, configuration: Configuration, files: Files, report: Report) -> None:
        self.configuration = configuration
        self.files = files
        self.report = report
        self.parameters: dict[str, JsonMember] = {}
        self.variables: dict[str, JsonMember] = {}
        self._addressed: set[tuple[str, ...]] = set()
        self._stands_for: dict[str, tuple[str, ...]] = {}

    def surroundings(self) -> Surroundings:
        """What expressions at the top of a block can name."""
        template = self.files.parser.template
        return Surroundings(
            self._lookup, self._kind, self._definition, self._read, template, self._moment, self._files, self._texts
        )

    def _read(self, path: str) -> SourceText:
        return self.files.parser.taken_up(self.files.read(path))

    def document(self, resources: tuple[Json, ...], span: Span) -> JsonObject:
        """The deployment template."""
        from aib2packer.jsonc.tree import JsonArray

        return object_of(
            {
                "$schema": JsonScalar("https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", span),
                "parameters": JsonObject(self._declared(), span),
                UNUSED: JsonObject(self._unused(), span),
                "variables": JsonObject(tuple(self.variables.values()), span),
                "resources": JsonArray(resources, span),
            },
            span,
        )

    def _declared(self) -> tuple[JsonMember, ...]:
        """The parameters, in the order in which the configuration declares them; what stands for others comes last."""
        own = [self.parameters[name] for name in self.configuration.variables if name in self.parameters]
        return (*own, *(member for name, member in self.parameters.items() if name not in self.configuration.variables))

    def _unused(self) -> tuple[JsonMember, ...]:
        """The variables that no image template needs: values for them are right, and say nothing."""
        names = (name for name in self.configuration.variables if name not in self.parameters)
        return tuple(
            JsonMember(name, self.configuration.variables[name].span, JsonScalar(None, self.configuration.variables[name].span))
            for name in names
        )

    def _definition(self, path: tuple[str, ...]) -> TfExpression | None:
        return self.configuration.locals.get(path[1]) if path[0] == "local" and len(path) == len(("local", "name")) else None

    def _kind(self, path: tuple[str, ...]) -> str | None:
        block = self.configuration.variables.get(path[1]) if path[0] == "var" and len(path) == len(("var", "name")) else None
        return None if block is None else kind_of_type(block.value("type"))

    def _moment(self, form: str) -> str:
        name = "timestamp" if not self.parameters.get("timestamp") else f"timestamp_{len(self.parameters)}"
        span = next(iter(self.configuration.resources.values())).span
        default = JsonScalar(f"[utcNow({constant(form)})]", span)
        self.parameters[name] = JsonMember(
            name, span, object_of({"type": JsonScalar("string", span), "defaultValue": default}, span)
        )
        return f"parameters({constant(name)})"

    def _files(self, folder: str, wanted: str, span: Span) -> tuple[str, ...]:
        """The files of a folder that fit a pattern; that none does is told."""
        found = files_that_fit(self.files.listed, folder, wanted, span)
        if not found:
            where = f" in {folder.rstrip('/')}" if folder.strip("./") else ""
            self.report.add(
                codes.NO_FILE_FITS,
                span,
                f"no file{where} matches {wanted}, so what is made for each of these files is left out",
                help="Correct the pattern, or add the files.",
            )
        return found

    def _texts(self, folder: str, span: Span) -> str | None:
        """The texts of the files in a folder and in those in it, as a variable."""
        name = f"{folder.replace('/', '_') or 'own'}_files"
        if name in self.configuration.locals:
            return None
        if name not in self.variables:
            names = self._names(folder, span)
            if len(names) > _MOST_FILES:
                where = folder or "this folder"
                what = f"{where} holds more than {_MOST_FILES} files, too many for a loop over their texts"
                raise NotTranslatedError(span, what, "Move the files that the loop is about to a folder of their own.")
            texts = {one: source.text for one in names if (source := self._text(posixpath.join(folder, one))) is not None}
            held = object_of({one: JsonScalar(as_arm_text(text), span) for one, text in texts.items()}, span)
            self.variables[name] = JsonMember(name, span, held)
        return f"variables({constant(name)})"

    def _names(self, folder: str, span: Span) -> list[str]:
        """The files in a folder and in those in it."""
        seen = [one for one in names_in(self.files.listed, folder or ".", span) if not one.startswith(".")]
        below = (f"{one}{name}" for one in seen if one.endswith("/") for name in self.files.names(posixpath.join(folder, one)))
        return [one for one in (*seen, *below) if not one.endswith("/")]

    def _text(self, path: str) -> SourceText | None:
        try:
            return self._read(path)
        except FileError:  # a folder, or no text
            return None

    def _lookup(self, path: tuple[str, ...], expression: TfExpression, around: Surroundings) -> str:
        match path:
            case ("var", name):
                return self._variable(name, expression, around)
            case ("local", name):
                return self._local(name, expression)
            case ("path", _):
                return "'.'"
            case ("terraform", "workspace"):
                return self._stand_in("workspace", path, expression, around)
            case (kind, _, *_) if "_" in kind or kind in {"data", "module"}:
                return self._other(path, expression, around)
            case _:
                raise NotTranslatedError(expression.span, f"`{'.'.join(path)}` is not known here")

    def _variable(self, name: str, expression: TfExpression, around: Surroundings) -> str:
        block = self.configuration.variables.get(name)
        if block is None:
            return self._stand_in(name, ("var", name), expression, around)
        if name not in self.parameters:
            given = self.configuration.values.get(name) or block.value("default")
            declared = declaration(block, None if given is None else plain(given))
            self.parameters[name] = JsonMember(name, block.span, declared)
            for rule in refused_rules(block):
                self.report.add(
                    codes.TERRAFORM_RULE,
                    rule.span,
                    f"Packer does not understand this rule for {name}: it is left out",
                    help="Check the value before the build, or write the rule in another way.",
                )
        return f"parameters({constant(name)})"

    def _local(self, name: str, expression: TfExpression) -> str:
        value = self.configuration.locals.get(name)
        if value is None:
            raise NotTranslatedError(
                expression.span, f"there is no local `{name}`", "Convert where all files of the module lie."
            )
        if name not in self.variables:
            self.variables[name] = JsonMember(name, value.span, JsonScalar(None, value.span))  # so that a circle ends
            try:
                self.variables[name] = JsonMember(name, value.span, json_of(value, self.surroundings()))
            except NotTranslatedError:
                del self.variables[name]
                raise
        return f"variables({constant(name)})"

    def _other(self, path: tuple[str, ...], expression: TfExpression, around: Surroundings) -> str:
        """What stands for an attribute of another resource: what the configuration says of it, else a parameter."""
        type_ = path[1] if path[0] == "data" else path[0]
        account = _ACCOUNT.get((type_, path[-1]))
        if account is not None and path[0] == "data":
            return account
        head, rest = (path[:3], path[3:]) if path[0] == "data" else (path[:2], path[2:])
        block = self.configuration.resources.get(head)
        if block is not None and len(rest) == 1 and not block.value("count") and not block.value("for_each"):
            value = block.value(rest[0])
            made = self._blob_address(type_, rest[0], block) if value is None else arm_of(value, self.surroundings())
            if made is not None:
                return f"createArray({made})" if isinstance(expression, TfSplat) else made
        words = (_short(path[1]), *path[2:]) if path[0] == "data" else (_short(path[0]), *path[1:])
        words = path[1:] if path[0] == "module" else words
        return self._stand_in("_".join(words), path, expression, around)

    def by_key(self, path: tuple[str, ...], span: Span) -> str:
        """The parameter that stands for all that a resource with `for_each` is, by its keys."""
        name = "_".join((_short(path[0]), *path[1:]))
        return self._declare(name, "object", f"What {'.'.join(path)} is, by its key.", span)

    def _declare(self, name: str, kind: str, what: str, span: Span, *, untyped: bool = False) -> str:
        """A parameter of the deployment template, declared where it is not yet."""
        members: dict[str, Json] = {
            "type": JsonScalar(kind, span),
            "metadata": object_of({"description": JsonScalar(what, span)}, span),
        }
        if untyped:
            members["untyped"] = JsonScalar(value=True, span=span)
        self.parameters.setdefault(name, JsonMember(name, span, object_of(members, span)))
        return f"parameters({constant(name)})"

    def _blob_address(self, kind: str, attribute: str, block: TfBlock) -> str | None:
        """The address of a blob or of the blobs of an account, which Azure makes of their names."""
        wanted = _ADDRESSES.get((kind, attribute), ())
        values = [value for name in wanted if (value := block.value(name)) is not None]
        if not values or len(values) < len(wanted) or block.labels in self._addressed:
            return None
        self._addressed.add(block.labels)  # so that a circle ends
        try:
            names = [arm_of(value, self.surroundings()) for value in values]
        finally:
            self._addressed.remove(block.labels)
        path = "/".join(f"{{{at}}}" for at in range(2, len(names) + 1))
        suffix = "environment().suffixes.storage"
        return f"format({constant(f'https://{{0}}.blob.{{1}}/{path}')}, {', '.join((names[0], suffix, *names[1:]))})"

    def _stand_in(self, name: str, path: tuple[str, ...], expression: TfExpression, around: Surroundings) -> str:
        """A parameter for what only Terraform knows; a map of them where it depends on the round of a loop."""
        index, span = _index_of(expression), expression.span
        which = ""
        if isinstance(index, TfValue) and isinstance(index.value, int) and index.value:  # the first is most often the only one
            name, which = f"{name}_{index.value}", f" of instance {index.value}"
        key = None if index is None or isinstance(index, TfValue) else arm_of(index, around)
        described = ".".join(path) + which
        several = isinstance(expression, TfSplat)
        known_by = (
            f"The {path[-1]} of each {'.'.join(path[:-1])}."
            if several
            else f"What {described} is{'' if key is None else ', by its key'}."
        )
        secret = _SECRETS.search(path[-1]) is not None or (path[-1] == "value" and "secret" in "".join(path[:-1]))
        type_ = "array" if several else "string" if key is None else "object"
        kind = ("secure" if secret and not several else "") + type_
        name = f"{name}_{len(path)}" if name in self.configuration.variables and path[0] != "var" else name
        free = self._free(name, (*path, which, type_))
        declared = self._declare(free, kind, known_by, span, untyped=key is None and not secret and not several)
        return declared + ("" if key is None else f"[{key}]")

    def _free(self, name: str, path: tuple[str, ...]) -> str:
        """A name that stands for nothing but this: a resource and a data source can be called alike, and be one or several."""
        number, free = 1, name
        while self._stands_for.setdefault(free, path) != path:
            number += 1
            free = f"{name}_{number}" if path[0] != "data" or number > len(("name", "data")) else f"data_{name}"
        return free


def _short(kind: str) -> str:
    """The type of a resource without the provider, where that is one of Azure, or Terraform itself."""
    provider, _, rest = kind.partition("_")
    return rest if provider in {"azurerm", "azapi", "azuread", "azurestack", "terraform"} else kind


def _index_of(expression: TfExpression) -> TfExpression | None:
    """The index in a reference such as `azurerm_subnet.build[each.key].id`."""
    while isinstance(expression, TfAccess):
        if expression.span.text.endswith("]"):
            return expression.key
        expression = expression.target
    return None
