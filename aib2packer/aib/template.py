"""From the resource in the input to what the template says, whatever its API version and form."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, TypedDict

from aib2packer.aib.api_versions import KNOWN, ApiVersion
from aib2packer.aib.fields import Fields, Reading
from aib2packer.aib.ids import IMAGE_TEMPLATE, parse_id
from aib2packer.aib.model import ImageTemplate, Located
from aib2packer.aib.rules import check_rules
from aib2packer.aib.sections.customize import read_customizers
from aib2packer.aib.sections.distribute import read_targets
from aib2packer.aib.sections.identity import read_identities
from aib2packer.aib.sections.source import read_source, with_plan
from aib2packer.aib.sections.validate import read_validation
from aib2packer.aib.sections.vm import read_vm
from aib2packer.aib.tokens import command_text, hide_secrets
from aib2packer.arm.language.json_values import JsonSymbolic, node_of
from aib2packer.arm.language.symbolic import deciding_parameters
from aib2packer.arm.language.text import TemplateText
from aib2packer.findings import codes
from aib2packer.jsonc.tree import JsonScalar, string_of
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.text.placeholders import IN_TAGS, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aib2packer.aib.ids import ResourceId
    from aib2packer.aib.model import Validation, VmProfile
    from aib2packer.aib.sections.customize import ReadsCustomizer
    from aib2packer.aib.sections.distribute import ReadsTarget
    from aib2packer.aib.sections.source import ReadsSource
    from aib2packer.arm.documents.image_templates import Resource
    from aib2packer.findings.model import Code, Report
    from aib2packer.options import Options
    from aib2packer.text.source import Span

_DATE = pattern(r"\d{4}-\d{2}-\d{2}(-preview)?")
_DEFAULT_TIMEOUT_MINUTES = 240
_MAX_TIMEOUT_MINUTES = 960
_LARGEST_OPTIMIZED_GB = 2048  # docs/reference/aib-behaviour.md 4
_DOOMED_TIMEOUT_MINUTES = 5  # the sign-in of the service's own Packer would expire: docs/reference/aib-behaviour.md 1.1

# What the service writes into what it shows, and nobody sets.
_READ_ONLY = ("provisioningState", "provisioningError", "lastRunStatus", "exactStagingResourceGroup", "systemData")
_RESOURCE_KEYS = (
    *(
        "type",
        "apiVersion",
        "name",
        "id",
        "systemData",
        "etag",
        "resourceGroup",
        "kind",
        "dependsOn",
        "comments",
        "condition",
        "scope",
        "@options",
    ),
    *("$schema", "contentVersion", "resources", "copy", "metadata"),
    *("tenantId", "subscriptionId", "createdTime", "changedTime", "provisioningState", "resourceId"),  # what shows it
)

_BESIDE_PROPERTIES = ("name", "location", "tags", "identity")
_INSIDE_PROPERTIES = (
    *("source", "customize", "distribute", "vmprofile", "validate", "optimize", "buildtimeoutinminutes"),
    *("stagingresourcegroup", "errorhandling", "autorun", "managedresourcetags", "additionaldatadisks"),
)


class _ErrorHandling(TypedDict):
    """What is left of a VM on which something failed."""

    abort_on_customizer_error: bool
    abort_on_validation_error: Located[bool]


class _Others(_ErrorHandling):
    """The fields of `ImageTemplate` that need no file of their own."""

    name: TemplateText | None
    id: ResourceId | None
    location: TemplateText | None
    tags: Mapping[str, TemplateText]
    managed_resource_tags: Mapping[str, TemplateText]
    identities: tuple[TemplateText, ...]
    build_timeout_minutes: int
    build_timeout_span: Span | None
    build_timeout: TemplateText | None
    build_timeout_guessed: bool
    late_tags: TemplateText | None
    late_resource_tags: TemplateText | None
    staging_resource_group: TemplateText | None
    auto_run: Located[bool]
    validation: Validation | None


@dataclass(frozen=True, slots=True)
class KindsToRead:
    """The kinds of sources, customizers and targets that there are, by their names in the template."""

    sources: Mapping[str, ReadsSource]
    customizers: Mapping[str, ReadsCustomizer]
    targets: Mapping[str, ReadsTarget]


def _envelope(resource: Resource) -> tuple[str, ...]:
    """What stands beside the properties of a resource that Azure has shown, and is no setting: columns of a query."""
    if resource.flattened or resource.api_version is not None or resource.body.get("id") is None:
        return ()
    settings = {*_BESIDE_PROPERTIES, *_INSIDE_PROPERTIES, "properties"}
    return tuple(member.key for member in resource.body if member.key.lower() not in settings)


def read_template(
    resource: Resource, kinds: KindsToRead, options: Options, shape: set[str], report: Report
) -> ImageTemplate | None:
    """Read a resource; None after an error.

    `shape` collects the names, in lower case, of parameters that decide what is built.
    """
    api = _api_version(resource, report)
    reading = Reading(report, api, resource.resolve, resource.reveal, shape, options.assets)
    root = Fields(resource.body, "", reading, any_case=True)
    root.skip(*_RESOURCE_KEYS, *_envelope(resource))
    properties = root if resource.flattened else root.fields("properties")
    if properties is None:
        root.missing("properties", "Give the whole image template, with its properties.")
        reading.report_unknown()
        return None
    properties.path = ""  # findings name settings as the documentation does: source.sku, customize[0].inline
    properties.skip(*_READ_ONLY)
    name, text_id, location = root.text("name"), root.text("id"), root.region("location")
    if location is None and api.value is not None:
        report.add(
            codes.WANTED,
            root.key_span("type"),
            "the template has no location, which the service requires: the region to build in",
            help="Add it to the template.",
        )
    source_fields = properties.fields("source")
    source = None if source_fields is None else read_source(source_fields, kinds.sources, options.replace_iso)
    if source_fields is None:
        properties.missing("source", "Say what the image starts from: a PlatformImage, ManagedImage or SharedImageVersion.")
    vm = read_vm(properties)
    customize = read_customizers(properties, "customize", kinds.customizers, "customizer")
    targets = read_targets(properties, kinds.targets)
    timeout, late_timeout = _timeout(properties)
    guessed = late_timeout is not None and properties.known_integer("buildTimeoutInMinutes") is None
    # All is read before anything is left out: what nobody asks for is reported as unknown.
    (late_tags, tags), (late_resource_tags, resource_tags) = root.tags("tags"), properties.tags("managedResourceTags")
    others = _Others(
        name=_known_name(name, resource, report),
        id=None if text_id is None else parse_id(text_id, IMAGE_TEMPLATE),
        location=location,
        late_tags=late_tags,
        tags=tags,
        late_resource_tags=late_resource_tags,
        managed_resource_tags=resource_tags,
        identities=read_identities(root),
        build_timeout_minutes=_DEFAULT_TIMEOUT_MINUTES if timeout is None else timeout.value,
        build_timeout_span=None if timeout is None else timeout.span,
        build_timeout=late_timeout,
        build_timeout_guessed=guessed,
        staging_resource_group=properties.text("stagingResourceGroup"),
        auto_run=_auto_run(properties),
        validation=read_validation(properties, kinds.customizers),
        **_error_handling(properties),
    )
    _not_converted(properties, vm)
    properties.close(dict.fromkeys(_BESIDE_PROPERTIES, "beside properties, not inside them"))
    if properties is not root:
        root.close(dict.fromkeys(_INSIDE_PROPERTIES, "inside properties"))
    reading.report_unknown()
    if source is None:
        return None
    template = ImageTemplate(
        **others,
        api=api,
        parameters=resource.parameters,
        # What is the same with the secrets hidden is found again; those are reported where they are used.
        named=tuple((name, hide_secrets(value)[0]) for name, value in resource.named),
        siblings=resource.siblings,
        resolve=resource.resolve,
        source=with_plan(source, resource.siblings.source, report),
        vm=vm,
        customize=customize,
        targets=tuple(target.after(resource.siblings.made) for target in targets),
        settled=reading.settled,
        body=resource.body,
    )
    check_rules(template, report)
    return template


def _known_name(name: TemplateText | None, resource: Resource, report: Report) -> TemplateText | None:
    """The name of the template, with the values that its parameters have where that makes it known."""
    if name is None or name.literal is not None or not isinstance(resource.name, JsonSymbolic):
        return name
    resolved = resource.resolve(resource.name.symbol)
    return command_text(resolved, name.span, report) if isinstance(resolved, str) else name


def _api_version(resource: Resource, report: Report) -> ApiVersion:
    value = resource.api_version
    if isinstance(value, JsonSymbolic):  # it decides how the rest is read
        value = node_of(resource.resolve(value.symbol), value.span)
    text = string_of(value)
    if value is None or text in KNOWN or (isinstance(value, JsonScalar) and value.value is None):  # as the CLI prints it
        return ApiVersion(text)
    token = None if text is None else IN_TAGS.fullmatch(text)
    if isinstance(value, JsonSymbolic) or token is not None:
        symbols = deciding_parameters(value.symbol) if isinstance(value, JsonSymbolic) else ()
        names = [one.setting for one in symbols] if token is None else [plain(token[0])]
        given = " ".join(f"--set {shlex.quote(name)}={KNOWN[-1]}" for name in names)
        report.add(
            codes.UNKNOWN_API_VERSION,
            value.span,
            "the apiVersion has no value, so the template is read as any version would read it",
            help=f"Give it: {given}" if given else "Write it into the template.",
        )
        return ApiVersion(None)
    is_date = text is not None and _DATE.fullmatch(text) is not None
    what = f"`{text}`" if text else "the apiVersion"
    how = "as of its date" if is_date else "as any version would read it"
    report.add(
        codes.UNKNOWN_API_VERSION,
        value.span,
        f"{what} is not a known API version of Image Builder; the template is read {how}",
        help=f"Known versions: {', '.join(KNOWN)}.",
    )
    return ApiVersion(text if is_date else None)


def _timeout(properties: Fields) -> tuple[Located[int] | None, TemplateText | None]:
    """The minutes that a build may take, and the text that gives them where only Packer's run knows."""
    given, known = properties.number("buildTimeoutInMinutes"), properties.known_integer("buildTimeoutInMinutes")
    late = given if isinstance(given, TemplateText) and (known is None or known.value) else None
    timeout: Located[int] | None
    if late is not None:
        timeout = known or Located(_DEFAULT_TIMEOUT_MINUTES, late.span)
    else:  # 0 is the service's default, which no variable can say
        timeout = properties.integer("buildTimeoutInMinutes") if isinstance(given, TemplateText) else given
    if timeout is None:
        return None, None
    properties.instruct("buildTimeoutInMinutes")
    if not 0 < timeout.value <= _MAX_TIMEOUT_MINUTES:
        properties.report.add(
            codes.OUT_OF_RANGE,
            timeout.span,
            f"a buildTimeoutInMinutes of {timeout.value} is out of range: the service takes 0 to {_MAX_TIMEOUT_MINUTES}",
            help=f"Write a number up to {_MAX_TIMEOUT_MINUTES}; 0 means {_DEFAULT_TIMEOUT_MINUTES}.",
        )
    elif timeout.value <= _DOOMED_TIMEOUT_MINUTES:
        properties.report.add(
            codes.SHORT_TIMEOUT,
            timeout.span,
            f"no build ends within {timeout.value} minutes: the service fails such a template at once",
            help="Allow an hour or more.",
        )
    return timeout, late


def _error_handling(properties: Fields) -> _ErrorHandling:
    fields = properties.fields_or_unset("errorHandling")
    if fields is None:
        nowhere = Located(value=False, span=properties.span)
        return _ErrorHandling(abort_on_customizer_error=False, abort_on_validation_error=nowhere)
    on_customizer, on_validation = _aborts(fields, "onCustomizerError"), _aborts(fields, "onValidationError")
    fields.close()
    return _ErrorHandling(abort_on_customizer_error=on_customizer.value, abort_on_validation_error=on_validation)


def _aborts(fields: Fields, key: str) -> Located[bool]:
    word = fields.word(key)
    if word is None:
        return Located(value=False, span=fields.span)
    if word.value.lower() == "abort":
        fields.instruct(key)
        return Located(value=True, span=word.span)
    if word.value.lower() == "cleanup":
        fields.skip_default(key)
    else:
        fields.report.add(
            codes.NOT_ONE_OF, word.span, f"`{word.value}` is not a way to handle errors", help="Write cleanup or abort."
        )
    return Located(value=False, span=word.span)


def _auto_run(properties: Fields) -> Located[bool]:
    fields = properties.fields_or_unset("autoRun")
    if fields is None:
        return Located(value=False, span=properties.span)
    enabled = _state(fields, "autoRun") == "enabled"
    if enabled:
        fields.instruct("state")
    else:
        fields.skip_default("state")
    fields.close()
    return Located(enabled, fields.span)


def _state(fields: Fields, what: str) -> str | None:
    """A `state`, in lower case: `enabled` or `disabled`, None where it is neither."""
    state = fields.word("state")
    if state is None:
        return None
    if state.value.lower() in {"enabled", "disabled"}:
        return state.value.lower()
    fields.report.add(
        codes.NOT_ONE_OF, state.span, f"`{state.value}` is not a state of {what}", help="Write Enabled or Disabled."
    )
    return None


def _not_converted(properties: Fields, vm: VmProfile) -> None:
    optimize = properties.fields_or_unset("optimize")
    if optimize is not None:
        disk = vm.os_disk_gb
        if optimize.value("vmBoot") is not None and isinstance(disk, Located) and disk.value > _LARGEST_OPTIMIZED_GB:
            properties.report.add(
                codes.REFUSED_DISK,
                disk.span,
                f"optimize.vmBoot takes disks of {_LARGEST_OPTIMIZED_GB} GB at most, and this one has {disk.value}",
                help="Nothing to do, unless you submit the template again.",
            )
        for key, code in (("vmBoot", codes.VM_BOOT), ("workload", codes.WORKLOAD)):
            _optimization(optimize, key, code)
        optimize.close()


def _optimization(optimize: Fields, key: str, code: Code) -> None:
    fields = optimize.fields_or_unset(key)
    if fields is None:
        return
    state = _state(fields, f"optimize.{key}")
    fields.skip_default("state", "scriptUri", "sha256Checksum")
    fields.close()
    if state != "enabled":
        if state is None and fields.value("state") is None and fields.value("scriptUri") is not None:
            optimize.report.add(
                codes.IGNORED_FIELD,
                optimize.key_span(key),
                f"optimize.{key} has no state, and so is not enabled: nothing is optimized",
                help="If it should be enabled, set its state to Enabled; Packer has no equivalent.",
            )
        return
    optimize.report.add(
        code,
        optimize.key_span(key),
        f"optimize.{key} has no equivalent: it is a service of Image Builder, not a step on the VM",
        help="Measure the image without it.",
    )
