"""VHDs: azure-arm's own, which it names itself, and copies of it under the names that the template asks for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aib2packer.aib.model import VhdTarget
from aib2packer.aib.sections.distribute import read_vhd_target
from aib2packer.arm.language.text import join
from aib2packer.findings import codes
from aib2packer.hcl.printing import names_in, print_value
from aib2packer.hcl.values import HclCode, Local, Value, Variable, concat, traced
from aib2packer.lazy.models import dataclass
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.access.network import HTTPS, PACKER, Reach, server
from aib2packer.packer.access.rights import BLOB_CONTRIBUTOR, READER, Right, account_of, account_scope, account_word
from aib2packer.packer.distribution.made_ids import stem_of_target, temporary_name
from aib2packer.packer.distribution.target_kind import Finishing, TargetKind, TargetOutput
from aib2packer.packer.expressions.dates import TIME
from aib2packer.packer.shell_words import Word, shown_name, word
from aib2packer.packer.steps.cli_script import Operand, Option, RawShell, Script
from aib2packer.packer.variables.declared import BLOB_EXAMPLE, BLOB_PATTERN
from aib2packer.packer.variables.taken_apart import TOLD_BY_FILE, matching
from aib2packer.packer.vm.resource_group import named_at_a_time

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
OS_DISK = "pkros"
"""What the name of the OS disk begins with that azure-arm makes: builder/azure/arm/tempname.go of packer-plugin-azure 2.6.3."""

_CAPTURE_PREFIX = pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,23}")
_CONTAINER_NAME = pattern(r"[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Blob:
    """Where a VHD lies; `host` is what stands behind the account's name, `whole` the address, where it is one value."""

    account: Value
    host: Value
    container: Value
    name: Value
    whole: Value | None = None

    @property
    def uri(self) -> Value:
        """The address of the blob."""
        if self.whole is not None:
            return self.whole
        return concat("https://", self.account, ".", self.host, "/", self.container, "/", self.name)


@dataclass(frozen=True, slots=True)
class Vhd(TargetOutput):
    """What a target becomes: the place that the template wants, and the name that azure-arm gives the VHD there."""

    target: VhdTarget
    context: TargetContext
    wanted: Blob
    capture_prefix: str
    is_exact: bool
    """Whether the template names the blob itself; else its name has the time in it, and no other blob has that name."""

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
    def spare(self) -> Value:
        """A name for the new VHD while an old one is there."""
        return concat(temporary_name(self.context.label, self.target.index), ".vhd")

    @property
    def finishing(self) -> tuple[Finishing, ...]:
        """The step that gives the VHD the name that the template asks for."""
        if not self.is_exact:
            return ()
        comment = "azure-arm names the VHD itself; here it gets the name that the template asks for."
        return (Finishing(comment, "name", partial(_rename_vhd, self)),)

    def copy(self, others: Mapping[int, TargetOutput], script: Script) -> str:
        """Copy the blob that azure-arm wrote."""
        made = self if self.context.plan.vhd is None else others[self.context.plan.vhd.index]
        if isinstance(made, Vhd) and made.is_exact:
            _copy_vhd(made.captured, self, script, renamed=made.wanted)
        else:
            _copy_vhd(made.made if isinstance(made, Vhd) else self.made, self, script)
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
        prefix = _capture_prefix(target)
        # The name that Image Builder gives it.
        run_output = "vhd" if target.run_output_name is None else symbols.value(target.run_output_name)
        name = concat(run_output, "_", TIME, ".vhd")
        blob, is_exact = Blob(_ACCOUNT, context.cloud.facts.blob_host, _CONTAINER, name), False
        if target.uri is not None and _is_late(target.uri):
            return Vhd(target, context, _late_blob(target, context), prefix, is_exact=True)
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
        del tagged
        blob = None if target.uri is None else account_of(target.uri)
        account = word(_ACCOUNT) if target.uri is None else account_word(target.uri, symbols)
        scope = None if account is None else account_scope(account)
        yield Right("the storage account", READER, scope, "looks up where its blobs are", blob)
        others = [other for other in plan.copied if isinstance(other, VhdTarget)]
        is_source = target is plan.vhd and any(other.uri is None or account_of(other.uri) != blob for other in others)
        why = "copies the VHD into it, and from it to the other accounts" if is_source else "copies the VHD into it"
        yield Right("the storage account", BLOB_CONTRIBUTOR, scope, why, blob)

    def remove_leftovers(self, target: VhdTarget, label: str, symbols: Symbols, *, made: bool) -> tuple[Word, str] | None:
        """The command that deletes a new VHD by another name, where the old one is whole, or the new one has its place."""
        pieces = () if target.uri is None else target.uri.split("/")
        if len(pieces) <= 4:  # noqa: PLR2004 - https: "" host container name
            return None
        host, container, name = pieces[2], pieces[3], join("/", tuple(pieces[4:]), pieces[4].span)
        words = [word(symbols.value(one)) for one in (host.split(".")[0], container, name)]
        first = _capture_prefix(target)
        if any(one is None for one in words) or (made and not first):
            return None  # by the name of the disk alone nobody knows whose VHD it is
        account, of_blobs, blob = words
        prefix = f"{first}{OS_DISK}" if made else stem_of_target(label, target.index)
        place = f"--auth-mode login --account-name {account} --container-name {of_blobs}"
        status = f"az storage blob show {place} --name {blob} --query properties.copy.status --output tsv"
        query = "'[].name'" if made else f'"[?{named_at_a_time(prefix, ".vhd")}].name"'
        listed = f"az storage blob list {place} --prefix {prefix} --query {query} --output tsv"
        delete = f'az storage blob delete {place} --name "$left_over"'
        command = (
            f"{listed} | while read -r left_over; do copied=$({status}) || break; "
            f'case "$copied" in pending | failed | aborted) ;; *) {delete} ;; esac; done'
        )
        return Word(tuple(part for one in words if one is not None for part in one.parts)), command

    def reach(self, target: VhdTarget) -> tuple[Reach, ...]:
        """The connection to the host of the account."""
        host, port = (_ITS_BLOBS, HTTPS) if target.uri is None else server(target.uri, _ITS_BLOBS)
        return (Reach(PACKER, host, port, "has the VHD copied into it"),)

    def foresee(self, target: VhdTarget, report: Report) -> None:
        """The account and the container must be there when all else is done."""
        if target.uri is not None and (_is_late(target.uri) or ".blob." in target.uri.visible):
            report.add(
                codes.VHD_PLACE,
                target.uri.span,
                "the VHD is copied last: its storage account must be in the subscription of the build, and "
                "the container must exist by then",
                help="Create the container before the build: `az storage container create --auth-mode login "
                f"--account-name {account_of(target.uri) or '...'} --name {_container_of(target.uri)}`.",
            )


KIND = VhdKind()


def _container_of(uri: TemplateText) -> str:
    """The container in the URI of a blob, as a word of a shell for people."""
    pieces = uri.split("/")
    return shown_name(pieces[3]) if len(pieces) > 4 else "..."  # noqa: PLR2004 - https://account/container/name


def _capture_prefix(target: VhdTarget) -> str:
    """What azure-arm has the name of its VHD begin with, before that of the OS disk."""
    prefix = target.run_output_name.literal if target.run_output_name else None
    return prefix if prefix and _CAPTURE_PREFIX.fullmatch(prefix) else ""


def _rename_vhd(vhd: Vhd, script: Script) -> None:
    """Give the blob of azure-arm the name that the template wants."""
    _copy_vhd(vhd.captured, vhd, script)
    script.az("storage blob delete", *_options(vhd.captured, vhd.captured.name))


def _copy_vhd(source: Blob, vhd: Vhd, script: Script, renamed: Blob | None = None) -> None:
    """Copy a blob to where a VHD is wanted, and wait until it is there; the blob may have been `renamed` before.

    Where that failed, what has the new name is the VHD of an earlier build.
    """
    destination, far = vhd.wanted, source.account != vhd.wanted.account
    name_there: Operand = source.name
    if renamed is not None:
        name_there = RawShell('"$source"')
        script.say("Where azure-arm's VHD still has its first name, that with the name it was to get is of an earlier build.")
        script.line(f"source={script.word('SOURCE_BLOB', source.name)}")
        exists: tuple[Option, ...] = (("--query", "exists"), ("--output", "tsv"))
        script.az("storage blob exists", *_options(source, name_there), *exists, into="unnamed")
        script.line(f'if [ "$unnamed" != true ]; then source={script.word("RENAMED_BLOB", renamed.name)}; fi')
    if far:
        script.say(f"Between two accounts this takes az {AZ_COPIES_BETWEEN_ACCOUNTS}, and a role for the blobs of both.")
    script.line(f"name={script.word('NAME', destination.name)}")
    _clean_up(destination, script, may_replace=vhd.is_exact)
    _copying(destination, script)
    origin = _words(source, script, name_there)
    if vhd.is_exact:
        new = None if far else script.word("SOURCE_BLOB", name_there)
        _replace(origin, new, vhd, script)
    else:
        script.line("partial=$name")
        script.line(f'copy_to "$name" {origin}')
    script.line("trap - EXIT HUP INT TERM")


def _replace(origin: str, new: str | None, vhd: Vhd, script: Script) -> None:
    """Copy to a name that another blob may have.

    A copy over a blob empties that at once. So one that is there stays until the new VHD is complete in the same account: as
    `new`, or by a spare name; a copy within an account takes no time to speak of.
    """
    there: tuple[Option, ...] = (("--query", "exists"), ("--output", "tsv"))
    script.az("storage blob exists", *_options(vhd.wanted, _NAME), *there, into="there")
    script.say("A VHD of that name stays until the new one is there by another name.")
    if new is not None:
        script.line(f'if [ "$there" = true ]; then new={new}; else partial=$name; fi')
        script.line(f'copy_to "$name" {origin}')
        return
    with script.block('if [ "$there" = true ]; then', "else"):
        _by_way_of(vhd.spare, origin, vhd.wanted, script)
    with script.block("  # there is none", "fi"):
        script.line("partial=$name")
        script.line(f'copy_to "$name" {origin}')


def _by_way_of(spare: Value, origin: str, destination: Blob, script: Script) -> None:
    """Copy to a spare name, and from there to the wanted one."""
    script.line(f"partial={script.word('TEMPORARY_NAME', spare)}")
    script.line(f'copy_to "$partial" {origin}')
    script.line('new=$partial partial=""')
    script.line(f'copy_to "$name" {_words(destination, script, RawShell(_NEW))}')
    script.line('spare=$new new=""')
    left = 'echo "Left over, delete it: $spare" >&2'
    script.az("storage blob delete", *_options(destination, RawShell('"$spare"')), otherwise=left)


def _clean_up(destination: Blob, script: Script, *, may_replace: bool) -> None:
    """Have an incomplete VHD deleted where the script fails, and a complete one that replaces another named."""
    partial = RawShell('"$partial"')
    script.line("partial= # a VHD that is being written where there was none: a part of a VHD is none, and goes")
    if may_replace:
        script.line("new= # the new VHD by another name, while it takes the place of an old one")
    with script.block("clean_up() {", "}"):
        script.line("status=$?")
        script.line("trap - EXIT")
        if may_replace:
            with script.block('if [ -n "$new" ]; then', "fi"):
                script.line('echo "The new VHD is there as $new, and stays: the old one, $name, may be gone." >&2')
        with script.block('if [ -n "$partial" ]; then', "fi"):
            abort = (*_destination(destination, partial), ("--copy-id", RawShell('"${copy:-}"')))
            script.az("storage blob copy abort", *abort, otherwise=":")
            left = 'echo "The VHD is incomplete, delete it if it is there: $partial" >&2'
            script.az("storage blob delete", *_options(destination, partial), otherwise=left)
        script.line('exit "$status"')
    script.line("trap clean_up EXIT")
    script.line("trap 'exit 1' HUP INT TERM")


def _copying(destination: Blob, script: Script) -> None:
    """The function that copies a blob to a name in the container, and waits until it is there."""
    with script.block("copy_to() { # the name; then account, container and name of the source", "}"):
        script.az(
            "storage blob copy start",
            *_destination(destination, RawShell('"$1"')),
            ("--source-account-name", RawShell('"$2"')),
            ("--source-container", RawShell('"$3"')),
            ("--source-blob", RawShell('"$4"')),
            ("--query", "id"),
            ("--output", "tsv"),
            into="copy",
        )
        with script.polling("The VHD was not copied", _POLL_SECONDS):
            query: tuple[Option, ...] = (("--query", "properties.copy.status"), ("--output", "tsv"))
            script.az("storage blob show", *_options(destination, RawShell('"$1"')), *query, into="copied")
            with script.block('case "$copied" in', "esac"):
                script.line("success) break ;;")
                script.line("""failed | aborted) echo "The copy of the VHD ended as: $copied" >&2; exit 1 ;;""")


_NAME, _NEW = RawShell('"$name"'), '"$new"'
_LOGIN: Option = ("--auth-mode", "login")


def _options(blob: Blob, name: Operand) -> tuple[Option, ...]:
    """The options that name a blob in the container of another, or this itself."""
    return (_LOGIN, ("--account-name", blob.account), ("--container-name", blob.container), ("--name", name))


def _destination(blob: Blob, name: Operand) -> tuple[Option, ...]:
    """The options that name a blob as the destination of a copy."""
    return (
        _LOGIN,
        ("--account-name", blob.account),
        ("--destination-container", blob.container),
        ("--destination-blob", name),
    )


def _words(blob: Blob, script: Script, name: Operand | None = None) -> str:
    """Account, container and name of a blob, as words."""
    return " ".join(
        (
            script.word("SOURCE_ACCOUNT_NAME", blob.account),
            script.word("SOURCE_CONTAINER", blob.container),
            script.word("SOURCE_BLOB", blob.name if name is None else name),
        )
    )


def _is_late(uri: TemplateText) -> bool:
    """Whether only Packer's run knows where a URI leads, from its beginning on."""
    return bool(uri.parts) and not isinstance(uri.parts[0], str)


def _late_blob(target: VhdTarget, context: TargetContext) -> Blob:
    """The pieces of such a URI, which Packer takes apart."""
    uri = "" if target.uri is None else context.symbols.value(target.uri)
    name = "vhd_parts" if target is context.plan.vhd else f"vhd_parts_{target.index + 1}"
    is_checked = isinstance(uri, Variable)
    whole = print_value(uri) if is_checked else matching(uri, BLOB_PATTERN, f"say where the VHD goes, such as {BLOB_EXAMPLE}")
    parts = Local(name, HclCode(f'split("/", {whole})', names_in(uri)), "" if is_checked else TOLD_BY_FILE)
    domain = f'split(".", local.{name}[2])'
    account, host, container, path = (
        HclCode(code, (parts,))
        for code in (
            f"{domain}[0]",
            f'join(".", slice({domain}, 1, length({domain})))',
            f"local.{name}[3]",
            f'join("/", slice(local.{name}, 4, length(local.{name})))',
        )
    )
    return Blob(account, host, container, path, whole=uri)


def _place(
    uri: TemplateText, cloud: Cloud, report: Report
) -> tuple[TemplateText, TemplateText, tuple[TemplateText, ...]] | None:
    """Host, container and path of a VHD's URI."""
    if "?" in uri.visible:
        report.add(
            codes.BAD_ADDRESS,
            uri.span,
            "the URI for the VHD has a query: Packer signs in without it, and a signature would end up in the manifest",
            help="Leave out the question mark and what comes after it.",
        )
        return None
    pieces = uri.split("/")
    host, path = pieces[2] if len(pieces) > 2 else None, pieces[3:]  # noqa: PLR2004 - https: "" host
    if host is None or ".blob." not in host.visible or not path or not path[0].parts:
        report.add(
            codes.BAD_ADDRESS,
            uri.span,
            f"`{uri}` is not a URI for a VHD",
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
