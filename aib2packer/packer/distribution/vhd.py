"""VHDs: azure-arm's own, which it names itself, and copies of it under the names that the template asks for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aib2packer.aib.model import VhdTarget
from aib2packer.aib.sections.distribute import read_vhd_target
from aib2packer.arm.language.text import join
from aib2packer.findings import codes
from aib2packer.hcl.values import HclCode, Value, Variable, concat, traced
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.access.network import HTTPS, PACKER, Reach, server
from aib2packer.packer.access.rights import BLOB_CONTRIBUTOR, READER, Right, account_of, account_scope
from aib2packer.packer.distribution.target_kind import Finishing, TargetKind, TargetOutput
from aib2packer.packer.expressions.dates import TIME
from aib2packer.packer.steps.cli_script import Option, RawShell, Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aib2packer.aib.fields import Fields
    from aib2packer.aib.sections.distribute import TargetHead
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.azure.clouds import Cloud
    from aib2packer.findings.model import Report
    from aib2packer.hcl.values import Settings
    from aib2packer.packer.distribution.plan import DistributionPlan
    from aib2packer.packer.distribution.target_kind import TargetContext
    from aib2packer.packer.variables.symbols import Symbols

VHD_GROUP = Variable("vhd_resource_group_name", "Resource group of the storage account that receives the VHD.")
_ACCOUNT = Variable("vhd_storage_account", "Storage account that receives the VHD, in the subscription of the build.")
_CONTAINER = Variable("vhd_container", "Container that receives the VHD; it must exist.", default="vhds")
AZ_COPIES_BETWEEN_ACCOUNTS = "2.70"
"""The first Azure CLI that copies a blob between accounts without a key of either (docs/reference/azure-runtime.md 8)."""
_ITS_BLOBS = "the blobs of the storage account that receives the VHD"
_POLL_SECONDS = 15

_CAPTURE_PREFIX = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}")
_CONTAINER_NAME = pattern(r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Blob:
    """Where a VHD lies; `host` is what stands behind the account's name."""

    account: Value
    host: Value
    container: Value
    name: Value

    @property
    def uri(self) -> Value:
        """The address of the blob."""
        return concat("https://", self.account, ".", self.host, "/", self.container, "/", self.name)


@dataclass(frozen=True, slots=True)
class Vhd(TargetOutput):
    """What a target comes to: the place that the template wants, and the name that azure-arm gives the VHD there."""

    target: VhdTarget
    context: TargetContext
    wanted: Blob
    capture_prefix: str
    is_exact: bool
    """Whether the template names the blob itself."""

    @property
    def captured(self) -> Blob:
        """The blob that azure-arm writes."""
        return Blob(
            self.wanted.account,
            self.wanted.host,
            self.wanted.container,
            concat(self.capture_prefix, HclCode("build.TempOSDiskName"), ".vhd"),
        )

    @property
    def made(self) -> Blob:
        """The blob that is there in the end, where azure-arm writes it."""
        return self.wanted if self.is_exact else self.captured

    @property
    def made_id(self) -> Value:
        """The address of the blob that is there in the end."""
        return self.made.uri

    @property
    def copied_id(self) -> Value:
        """The address of the blob that the template wants."""
        return self.wanted.uri

    def settings(self) -> Settings:
        """The settings of azure-arm."""
        settings: Settings = {
            "storage_account": traced(self.wanted.account, self.target.span),
            "resource_group_name": VHD_GROUP,
            "capture_container_name": traced(self.wanted.container, self.target.span),
        }
        if self.capture_prefix and self.target.run_output_name is not None:
            settings["capture_name_prefix"] = traced(self.capture_prefix, self.target.run_output_name.span)
        return settings

    @property
    def finishing(self) -> tuple[Finishing, ...]:
        """The step that gives the VHD the name that the template asks for."""
        if not self.is_exact:
            return ()
        comment = "azure-arm names the VHD itself; here it gets the name that the template asks for."
        return (Finishing(comment, "name", partial(_copy_vhd, self.captured, self.wanted, move=True)),)

    def copy(self, others: Mapping[int, TargetOutput], script: Script) -> str:
        """Copy the blob that azure-arm wrote."""
        made = self if self.context.plan.vhd is None else others[self.context.plan.vhd.index]
        _copy_vhd(made.made if isinstance(made, Vhd) else self.made, self.wanted, script, move=False)
        return "VHD, copied from that of azure-arm."


class VhdKind(TargetKind[VhdTarget]):
    """A VHD: a blob in a storage account."""

    name = VhdTarget.kind
    tags_until = "2021-10-01"  # samples show that VHD took `tags` up to 2020-02-14
    azure_cli = AZ_COPIES_BETWEEN_ACCOUNTS
    has_tags = False
    can_be_trusted = False
    copies_data_disks = False
    note = "For VHDs that takes Storage Blob Data Contributor on the storage account."

    def read(self, head: TargetHead, fields: Fields) -> VhdTarget | None:
        """Read the place."""
        return read_vhd_target(head, fields)

    def translate(self, target: VhdTarget, context: TargetContext) -> Vhd:
        """Translate a target; reports what is not a place for a VHD."""
        symbols = context.symbols
        prefix = target.run_output_name.literal if target.run_output_name else None
        if not prefix or not _CAPTURE_PREFIX.fullmatch(prefix):
            prefix = ""
        # The name that Image Builder gives it.
        run_output = "vhd" if target.run_output_name is None else symbols.value(target.run_output_name)
        name = concat(run_output, "_", TIME, ".vhd")
        blob, is_exact = Blob(_ACCOUNT, context.cloud.facts.blob_host, _CONTAINER, name), False
        if target.uri is not None and (place := _place(target.uri, context.cloud, context.report)) is not None:
            host, container, path = place
            account, *domain = host.split(".")
            blob = Blob(
                account=symbols.value(account),
                host=symbols.value(join(".", tuple(domain), target.uri.span)),
                container=symbols.value(container),
                name=symbols.value(join("/", path, target.uri.span)) if path else name,
            )
            is_exact = bool(path)
        return Vhd(target, context, blob, prefix, is_exact)

    def rights(self, target: VhdTarget, plan: DistributionPlan, symbols: Symbols, *, tagged: bool) -> Iterator[Right]:
        """The rights to find the account and to write into it; from that of azure-arm's VHD copies are read too."""
        del symbols, tagged
        blob = None if target.uri is None else account_of(target.uri)
        scope = None if blob is None else account_scope(blob)
        yield Right("the storage account", READER, scope, "looks up where its blobs are", blob)
        others = [other for other in plan.copied if isinstance(other, VhdTarget)]
        is_source = target is plan.vhd and any(other.uri is None or account_of(other.uri) != blob for other in others)
        why = "copies the VHD into it, and from it to the other accounts" if is_source else "copies the VHD into it"
        yield Right("the storage account", BLOB_CONTRIBUTOR, scope, why, blob)

    def reach(self, target: VhdTarget) -> tuple[Reach, ...]:
        """The connection to the host of the account."""
        host, port = (_ITS_BLOBS, HTTPS) if target.uri is None else server(target.uri, _ITS_BLOBS)
        return (Reach(PACKER, host, port, "has the VHD copied into it"),)

    def foresee(self, target: VhdTarget, report: Report) -> None:
        """The account and the container must be there when all else is done."""
        if target.uri is not None and ".blob." in target.uri.visible:
            report.add(
                codes.VHD_PLACE,
                target.uri.span,
                "the VHD is copied when all else is done: its storage account must be in the subscription of the build, and "
                "the container must exist by then",
                help="Create the container before the build: `az storage container create`.",
            )


def _copy_vhd(source: Blob, destination: Blob, script: Script, *, move: bool) -> None:
    """Copy a VHD, and wait until it is there; `move` deletes the source then."""
    if source.account != destination.account:
        script.say(f"Between two accounts this takes az {AZ_COPIES_BETWEEN_ACCOUNTS}, and a role for the blobs of both.")
    script.az(
        "storage blob copy start",
        _LOGIN,
        ("--account-name", destination.account),
        ("--destination-container", destination.container),
        ("--destination-blob", destination.name),
        ("--source-account-name", source.account),
        ("--source-container", source.container),
        ("--source-blob", source.name),
        ("--query", "id"),
        ("--output", "tsv"),
        into="copy",
    )
    script.say("A part of a VHD is none: it does not stay.")
    with script.block("clean_up() {", "}"):
        script.line("status=$?")
        script.line("trap - EXIT")
        script.az("storage blob copy abort", *_destination(destination), ("--copy-id", RawShell('"$copy"')), otherwise=":")
        script.az("storage blob delete", *_options(destination), otherwise='echo "The VHD is incomplete: delete it." >&2')
        script.line('exit "$status"')
    script.line("trap clean_up EXIT")
    script.line("trap 'exit 1' HUP INT TERM")
    with script.polling("The VHD was not copied", _POLL_SECONDS):
        query: tuple[Option, ...] = (("--query", "properties.copy.status"), ("--output", "tsv"))
        script.az("storage blob show", *_options(destination), *query, into="status")
        with script.block('case "$status" in', "esac"):
            script.line("success) break ;;")
            script.line("""failed | aborted) echo "The copy of the VHD ended as: $status" >&2; exit 1 ;;""")
    script.line("trap - EXIT HUP INT TERM")
    if move:
        script.az("storage blob delete", *_options(source))


_LOGIN: Option = ("--auth-mode", "login")


def _options(blob: Blob) -> tuple[Option, ...]:
    return (_LOGIN, ("--account-name", blob.account), ("--container-name", blob.container), ("--name", blob.name))


def _destination(blob: Blob) -> tuple[Option, ...]:
    """The options that name a blob as the destination of a copy."""
    return (
        _LOGIN,
        ("--account-name", blob.account),
        ("--destination-container", blob.container),
        ("--destination-blob", blob.name),
    )


def _place(
    uri: TemplateText, cloud: Cloud, report: Report
) -> tuple[TemplateText, TemplateText, tuple[TemplateText, ...]] | None:
    """Host, container and path of a VHD's URI."""
    pieces = uri.split("/")
    host, path = pieces[2] if len(pieces) > 2 else None, pieces[3:]  # noqa: PLR2004 - https: "" host
    if host is None or ".blob." not in host.visible or not path or not path[0].parts:
        report.add(
            codes.BAD_ADDRESS,
            uri.span,
            f"`{uri}` is not a place for a VHD",
            help=f"Write https://ACCOUNT.{cloud.facts.blob_host}/CONTAINER/NAME.vhd",
        )
        return None
    if path[0].literal is not None and not _CONTAINER_NAME.fullmatch(path[0].literal):
        report.add(
            codes.BAD_NAME,
            uri.span,
            f"`{path[0]}` is not a valid name of a container: Packer takes lower case letters, digits and single `-`, 3 to 63",
            help="Choose another container.",
        )
    return host, path[0], tuple(piece for piece in path[1:] if piece.parts)
