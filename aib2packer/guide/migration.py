"""MIGRATION.md: what to run, what was decided, what is missing, with which rights, over which network."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, TypeAlias

from aib2packer.findings.codes import ABOUT_TEMPLATE, FIXED_VERSION, SECURITY_TYPE_UNKNOWN, VERSION_BY_TIME
from aib2packer.findings.formats import place_in
from aib2packer.findings.model import Asks, Severity
from aib2packer.findings.text import capitalized
from aib2packer.guide import cut_over
from aib2packer.guide.needed_rights import BUILD_GROUP_NAME
from aib2packer.hcl.values import Attribute
from aib2packer.lazy.models import dataclass, replace
from aib2packer.packer.access.rights import grant_command
from aib2packer.packer.distribution.gallery import EXCLUSION
from aib2packer.packer.layout import (
    ATTRIBUTES,
    AZURE_PIPELINES,
    BUILD_ENDING,
    ENVIRONMENT_ENDING,
    ESTATE_VALUES,
    EXAMPLE,
    FILES,
    GITHUB_ACTIONS,
    IGNORED,
    PIPELINES,
    SCRIPTS,
    SHA256SUMS,
    SINGLE_PIPELINES,
    SPLIT_FILES,
    VALIDATION_FOLDER,
    VALUES_ENDING,
    build_files,
)
from aib2packer.packer.security import IF_TRUSTED
from aib2packer.packer.shell_words import Word, assignments
from aib2packer.packer.vm.resource_group import BUILD_GROUP, TEMPORARY_GROUP, goes_with_build

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aib2packer.findings.model import Code, Finding
    from aib2packer.guide.instructions import Guide
    from aib2packer.packer.access.network import Reach
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.facts import Service
    from aib2packer.packer.layout import OutputNames
    from aib2packer.packer.model import Build

    _Step: TypeAlias = tuple[str, tuple[str, ...]]

PIPELINES_USED = {
    GITHUB_ACTIONS: "copy it to `.github/workflows/`, and write in it where this folder lies",
    AZURE_PIPELINES: "make a pipeline of it in Azure DevOps, and write in it where this folder lies",
}
"""The pipelines beside a build, and what is to be done with each."""
_FILES = {
    f"{SCRIPTS}/": "scripts of the build's steps",
    f"{FILES}/": "files that customizers upload",
    f"{PIPELINES}/": "starter pipelines",
    f"{VALIDATION_FOLDER}/": "the build that checks the finished image",
    SHA256SUMS: "checksums of what was fetched",
    IGNORED: "keeps out of the repository what a build leaves behind",
    ATTRIBUTES: "keeps git from changing line ends in what the VM gets",
}

_PARTS = dict(
    zip(SPLIT_FILES, ("which Packer and which plugins", "the variables", "the locals", "the source: VM and image"), strict=True)
)

_IN_SUBNET = (
    "In a subnet the VM has a private address: Packer must run where it reaches that, and the rules of the network must let it "
    "in. A new subnet has no way out unless it is given one, such as a NAT gateway."
)
_PUBLIC = (
    "Anybody can reach that port of a VM with a public address while it builds, unless `allowed_inbound_ip_addresses` names "
    "the addresses that Packer comes from."
)


@dataclass(frozen=True, slots=True)
class PageEntry:
    """Findings of a kind that ask for one thing: messages with their places, and what is to be done."""

    code: str
    title: str
    said: tuple[tuple[str, tuple[str, ...]], ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows; nothing is Markdown yet, but for backticks around code in sentences of ours."""

    title: str
    source: str
    settings: str
    """How many settings are converted, and how many lost."""
    files: tuple[tuple[str, str], ...]
    """Paths, and what is there."""
    where: str
    run: tuple[str, ...]
    powershell: tuple[str, ...]
    """What to run on Windows; nothing where the build runs on Linux only."""
    boots: str
    """What is said about validation."""
    asks_type: tuple[str, ...]
    """Commands that ask for the security type of the image definition."""
    naming: str
    """How Packer's managed images are called as long as Image Builder builds, as sentences; "" where there are none."""
    counting: tuple[str, ...]
    counted: str
    """How the service counted, as the beginning of a sentence."""
    leftovers: tuple[str, ...]
    """Commands that delete what a cancelled build left."""
    to_act_on: tuple[PageEntry, ...]
    missing: tuple[PageEntry, ...]
    to_decide: tuple[PageEntry, ...]
    choices: tuple[str, ...]
    to_know: tuple[PageEntry, ...]
    about_template: tuple[PageEntry, ...]
    """How the template is written, which matters as long as it is deployed."""
    rights: tuple[Right, ...]
    had: str
    """Who had the further rights in Image Builder."""
    grants: tuple[str, ...]
    not_included: str
    unknown_scopes: bool
    group_grants: tuple[str, ...]
    group_use: str
    group_leftovers: tuple[str, ...]
    reach: tuple[Reach, ...]
    network: str
    switch_off: tuple[_Step, ...]
    """What to do in Image Builder, in order: a sentence, and commands."""
    more_of_cut_over: str
    """Where to read on."""
    starts: str
    pipelines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AboutInput:
    """What the input is called, what was found in it, and how many of its settings are converted, in words."""

    name: str
    findings: tuple[Finding, ...]
    settings: str


def page(build: Build, guide: Guide, about: AboutInput, files: Iterable[str]) -> Page:
    """The page for a build. `about` is the input, `files` are the paths of what lies beside the page."""
    findings = tuple(_in_page(finding, guide) for finding in about.findings)
    names = guide.names
    rights = (guide.subscription_right, *guide.rights)
    others = [finding for finding in findings if finding.severity is not Severity.LOSS]
    beside = sorted(files, key=lambda path: (not path.endswith(BUILD_ENDING), path))
    return Page(
        title=f"VM image {guide.called}".rstrip(),
        source=_base_name(about.name),
        settings=about.settings,
        files=tuple(_described(beside, guide.names)),
        where=_where(guide) + (_MADE_ONCE if any(one.code is FIXED_VERSION for one in about.findings) else ""),
        run=_run(guide),
        powershell=() if guide.needs_shell else _powershell(guide),
        boots=_boots(guide),
        asks_type=guide.asks_type,
        naming=build.worded(_naming(guide)),
        counting=_counting(guide),
        counted=guide.counted,
        leftovers=guide.leftovers,
        to_act_on=_entries(finding for finding in others if _asks(finding) is Asks.ACT),
        missing=_entries(finding for finding in findings if finding.severity is Severity.LOSS),
        to_decide=_entries(finding for finding in others if _asks(finding) is Asks.DECIDE),
        choices=guide.choices,
        to_know=_entries(one for one in others if _asks(one) is Asks.KNOW and one.code not in ABOUT_TEMPLATE),
        about_template=_entries(finding for finding in others if finding.code in ABOUT_TEMPLATE),
        rights=rights,
        had=_had(guide),
        grants=_grants(rights),
        not_included=", but not what a storage account holds" if any(right.about_data for right in rights) else "",
        unknown_scopes=any(right.scope is None for right in rights),
        group_grants=_group_grants(guide),
        group_use=_group_use(build, guide.names),
        group_leftovers=guide.group_leftovers,
        reach=guide.reach,
        network=" ".join((*((_IN_SUBNET,) if guide.private else ()), *((build.worded(_PUBLIC),) if guide.public else ()))),
        switch_off=_switch_off(build, guide),
        more_of_cut_over=_more_of_cut_over(guide),
        starts=_starts(guide),
        pipelines=tuple((names.own(path), words) for path, words in PIPELINES_USED.items() if names.own(path) in beside),
    )


def _in_page(finding: Finding, guide: Guide) -> Finding:
    """A finding as the page has it, which shows in one place what is to be run."""
    if finding.accepted:
        return replace(finding, help=f"Accepted: {finding.accepted}")
    if finding.code is VERSION_BY_TIME and guide.counting is not None:
        return replace(finding, help="To increment the highest version instead, see how to count on above.")
    if finding.code is SECURITY_TYPE_UNKNOWN and guide.asks_type:
        # The command, with what it needs, ends where the next sentence begins.
        return replace(finding, help=f"Look it up as above. {finding.help[finding.help.index(IF_TRUSTED) :]}")
    return finding


def _asks(finding: Finding) -> Asks:
    """What a finding asks: nothing any more once it is accepted."""
    return Asks.KNOW if finding.accepted else finding.asks


_MADE_ONCE = " The version that the template names can be made once: see To decide first."
_IN_DOCS = "`docs/cut-over.md` of aib2packer says more."
_IN_ESTATE = "{} both run side by side and what else goes, such as the identity, is in the page of all builds."
_WHO = "See who uses the image, in all subscriptions that the account may read; search your repositories too."
_SIDE_BY_SIDE = (
    "Both can build for a while, though not at the same time: for two builds and one patch day at least, about five weeks."
)
_HOLD_BACK = "Until the cut-over, hold back what Packer makes from those who follow the newest version"
_BEFORE_IT_IS_THERE = "before the first build write `{} = true` into the source block of `{}`, and take it out at the cut-over"
_NOT_RELEASED = "take the provisioner `release` out of `{}`, and put it back at the cut-over"
_NO_VERSIONS = "A managed image has no versions: who uses it has whatever has its name."
_MOVE_ASIDE = (
    "Then move the old image into another resource group, and build once more, now under its name, with which its users have "
    "Packer's. Until that build is done there is none of the name: scale sets can add no instances, and what starts from the "
    "image fails. Packer's images by other names can go."
)
_BACK = "The way back, as long as the template is there{}:"
_IMAGES_BACK = (
    ". Packer's managed image makes room for the old one, which has its id again; if the second move is refused, move Packer's "
    "back"
)
_BUILD_AGAIN = "If Image Builder is to build again{}:"
_OVERWRITES = ", which overwrites the image that was put back"
_LET_COUNT = (
    "Then let Packer's newest version count, and look at one user of the image before the others follow; who names a version "
    "must be told the new one:"
)
_COMPARE = "To compare, start a VM of the old and one of the new image:"
_IDENTITY = "Delete an identity, with its role assignments, once no other template and nothing else uses it:"
_SUBNET = "Image Builder needed the subnet without network policies for private links. If nothing else needs that:"


def _switch_off(build: Build, guide: Guide) -> tuple[_Step, ...]:
    """The steps of the cut-over of one template, in short."""
    one = guide.service
    again = " A deployment of it builds at once (autoRun)." if one.auto_run else ""
    stop = "stop: first what deploys the template, then its triggers, then wait for what is under way."
    keep = ("First keep a copy of the template as Azure has it:", cut_over.keep(one, guide.called or "image"))
    steps = (
        (f"When the image is as good as the last one of Image Builder, {stop}{again}", cut_over.stop(one)),
        (_MOVE_ASIDE, cut_over.move_aside(one)),
        (_LET_COUNT, cut_over.let_count(one)),
        (
            _BACK.format(_IMAGES_BACK if one.managed_images else ""),
            (*cut_over.hold_back(one), *cut_over.move_back(one), *cut_over.renew(one)),
        ),
        (_BUILD_AGAIN.format(_OVERWRITES if one.managed_images else ""), cut_over.start_again(one)),
        ("When nobody has missed anything:", (*cut_over.delete(one), *cut_over.delete_aside(one))),
    )
    who = (_WHO, cut_over.find_consumers((), one.late_images))  # the others are in the query for all builds
    first, then = ((keep, who), steps) if guide.in_estate else ((keep,), (*_beside(build, guide), *steps, *_left(one)))
    (words, commands), *others = (*_with_commands(first), *_with_commands(then))
    used = (*commands, *(line for _, lines in others for line in lines))
    return ((words, (*cut_over.needed(cut_over.values((one,)), used), *cut_over.name(one), *commands)), *others)


def _with_commands(steps: Iterable[_Step]) -> Iterator[_Step]:
    """The steps in which there is anything to run."""
    return (step for step in steps if step[1])


def _beside(build: Build, guide: Guide) -> tuple[_Step, ...]:
    """What is done while both build."""
    one, compare = guide.service, cut_over.compare(guide.os_type)
    who = (_WHO, cut_over.find_consumers(one.images, one.late_images))
    if not one.definitions:
        return who, (f"{_SIDE_BY_SIDE} {_COMPARE}", compare)
    if guide.releases and build.validation is not None:
        file = f"{guide.names.validation}/{build_files(guide.names.layout, build.validation.name).build}"
        how = _NOT_RELEASED.format(file)
    elif len(one.definitions) == 1 and not _has_setting(build, EXCLUSION):
        how = _BEFORE_IT_IS_THERE.format(EXCLUSION, guide.names.files.sources)
    else:
        return who, (f"{_SIDE_BY_SIDE} {_HOLD_BACK}, right after each build:", cut_over.hold_back(one)), (_COMPARE, compare)
    return who, (f"{_SIDE_BY_SIDE} {_HOLD_BACK}: {how}. {_COMPARE}", compare)


def _has_setting(build: Build, name: str) -> bool:
    """Whether the source block says something already, which can be said once."""
    return any(isinstance(one, Attribute) and one.name == name for section in build.sections for one in section.body)


def _more_of_cut_over(guide: Guide) -> str:
    """Where to read on; among others, the page itself asks who uses images that variables name."""
    if not guide.in_estate:
        return _IN_DOCS
    return _IN_ESTATE.format("How long" if guide.service.late_images else "Who uses the image, how long")


def _left(service: Service) -> tuple[_Step, ...]:
    """What goes with the last image template."""
    return (
        (_IDENTITY, tuple(line for identity in service.identities for line in cut_over.delete_identity(identity))),
        (_SUBNET, tuple(line for subnet in service.subnets for line in cut_over.restore_subnet(subnet))),
        ("When no image template is left in the subscription, its provider can go too:", cut_over.unregister((service,))),
    )


def _where(guide: Guide) -> str:
    where = f"Run this {', '.join(('in this folder', *guide.places))}."
    if any("..." in line for line in _run(guide)):
        where += " Replace each `...` with a value."
    if guide.in_estate:
        where += f" Values that several builds share are in `{ESTATE_VALUES}` above all builds, if it is there: give it to "
        where += "Packer before all other values, as the page there shows."
    if guide.commands.limit.about:
        where += f" {guide.commands.limit.about}"
    if len(guide.environments) < 2:  # noqa: PLR2004 - there is another
        return where
    first, *others = (f"`{name}`" for name in guide.environments)
    filled = ", and fill in what is open at its end" if any(guide.left_open[1:]) else ""
    return f"{where} For another environment, take {' or '.join(others)} instead of {first}{filled}."


def _starts(guide: Guide) -> str:
    """What there is to say of the pipelines; "" where Image Builder built nothing by itself."""
    if not starts(guide):
        return ""
    begun = f"Image Builder built by itself {' and '.join(starts(guide))}. Packer needs somebody to start it"
    if guide.in_estate:
        alone = f"one in `{SINGLE_PIPELINES}/` there, for this build alone"
        return f"{begun}: the pipelines above all builds, or in their place {alone}."
    noticed = _noticed(guide)
    return f"{begun}. {noticed} Start from these files:" if noticed else f"{begun}; start from these files:"


def _noticed(guide: Guide) -> str:
    """How the pipelines notice a change of the source image, as a further sentence."""
    if not guide.triggers:
        return ""
    if guide.watch.is_fixed:
        return "The source is one version, which never changes, so nothing is scheduled."
    if guide.watch.newest:
        return "The pipelines ask every day, and build where the source image has a version that nothing was built from yet."
    return "The pipelines build every week, whether or not the source image has changed: nothing tells now what to ask."


def starts(guide: Guide) -> tuple[str, ...]:
    """When Image Builder builds by itself."""
    when_submitted = ("when the template was submitted (autoRun)",) if guide.auto_run else ()
    return (*when_submitted, *(f"when the source image changed (the trigger {name})" for name in guide.triggers))


def _had(guide: Guide) -> str:
    if not guide.rights:
        return "Image Builder's own service took care of that."
    if guide.had_identity is None:
        return "Image Builder's own service took care of the first, and was given the others."
    who = f"the identity `{guide.had_identity}`" if guide.had_identity else "the identity of the template"
    return f"Image Builder's own service took care of the first; {who} had the others."


def _group_use(build: Build, names: OutputNames) -> str:
    setting = BUILD_GROUP.name
    if any(variable.name == build.new_names.get(setting, setting) for variable in build.variables):
        each = "" if build.validation is None else "each "
        return build.worded(f"Then give `-var {setting}={BUILD_GROUP_NAME}` to {each}`packer build`.")
    files = [names.files.sources]
    if build.validation is not None:
        files.append(f"{names.validation}/{build_files(names.layout, build.validation.name).sources}")
    use = (
        f'Then write `{setting} = "{BUILD_GROUP_NAME}"` instead of `location` and `temp_resource_group_name` in the '
        f"source block of {' and of '.join(f'`{file}`' for file in files)}: the group has a location of its own."
    )
    settings = (one for section in build.sections for one in section.body if isinstance(one, Attribute))
    if not any(goes_with_build(one.value) for one in settings if one.name == "managed_image_resource_group_name"):
        return use
    temporary = build.new_local_names.get(TEMPORARY_GROUP, TEMPORARY_GROUP)
    return (
        f'{use} Write `"{BUILD_GROUP_NAME}"` for `local.{temporary}` in `managed_image_resource_group_name`, too: the '
        "intermediate managed image lies there then, and stays until the commands below delete it."
    )


def _run(guide: Guide) -> tuple[str, ...]:
    run, then = guide.commands, guide.validation
    prepare = run.prepare or (() if then is None else then.prepare)
    exports = dict.fromkeys((*run.exports, *(() if then is None else then.exports)))
    checks = (run.validate, *(() if then is None else (then.validate,)))
    commands = (run.init, *prepare, *exports, *checks, run.limited_build, *(() if then is None else (then.limited_build,)))
    return (*guide.set_cloud, *commands)


def _powershell(guide: Guide) -> tuple[str, ...]:
    run, then = guide.commands, guide.validation
    prepare = run.prepare or (() if then is None else then.prepare)
    exports = dict.fromkeys((*run.powershell_exports, *(() if then is None else then.powershell_exports)))
    checks = (run.validate, *(() if then is None else (then.validate,)))
    commands = (run.init, *prepare, *exports, *checks, run.build, *(() if then is None else (then.build,)))
    return (*guide.set_cloud, *commands)


def _boots(guide: Guide) -> str:
    if guide.boots is not None:
        return f"This build boots the {guide.boots}, runs the validators there, and makes no image."
    if guide.validation is None:
        return ""
    does = "boots the image that was made and runs the validators there"
    if guide.releases:
        does = f"{does}, then releases what was held back, for which the Azure CLI must be signed in"
    sentences = f"The last command {does}; it makes no image."
    if guide.validation.stand_ins:
        sentences += " The check above uses a made-up image: the build records the real one."
    return sentences


def _naming(guide: Guide) -> str:
    options = "" if guide.boots else cut_over.another_name(guide.service, "-1")
    return f"{_NO_VERSIONS} So until the cut-over build with `{options}`, and with a new name each time." if options else ""


def _counting(guide: Guide) -> tuple[str, ...]:
    if guide.counting is None:
        return ()
    build = guide.commands.limited_build
    words, target = build.removesuffix(f" {guide.commands.target}"), guide.commands.target
    return (*guide.counting_values, f"{words} {guide.counting} {target}")


def _entries(findings: Iterable[Finding]) -> tuple[PageEntry, ...]:
    """The findings of a kind by what is to be done: those of a code together, in the order in which they come first."""
    groups: dict[Code, dict[str, dict[str, list[str]]]] = {}
    for finding in findings:
        messages = groups.setdefault(finding.code, {}).setdefault(finding.help, {})
        messages.setdefault(capitalized(finding.message), []).append(_place(finding))
    return tuple(
        PageEntry(code.id, capitalized(code.title), tuple((what, tuple(places)) for what, places in messages.items()), remedy)
        for code, remedies in groups.items()
        for remedy, messages in remedies.items()
    )


def _place(finding: Finding) -> str:
    return place_in(_base_name(finding.span.source.name), *finding.span.position)


def _base_name(path: str) -> str:
    """The name without its folders, which differ from one machine to the next."""
    return PureWindowsPath(path).name or path


def _described(files: Sequence[str], names: OutputNames) -> list[tuple[str, str]]:
    described: dict[str, str] = {}
    for path in files:
        folder, slash, _ = path.partition("/")
        if path.endswith(BUILD_ENDING) and not slash:
            described[path] = _PARTS.get(path.removeprefix(names.mark), "the build")
        elif path.endswith(ENVIRONMENT_ENDING) and path != names.own(EXAMPLE) and not path.endswith(VALUES_ENDING):
            described[path] = "values of an environment"
        elif path == names.own(EXAMPLE):
            described[path] = "shows which values a build needs"
        elif path.endswith(VALUES_ENDING):
            described[path] = "values that you gave; Packer reads them by itself"
        elif folder == names.validation:
            described[folder + slash] = _FILES[f"{VALIDATION_FOLDER}/"]
        elif not slash and names.mark:
            described[path] = _FILES.get(path.removeprefix(names.mark), "")
        else:
            described[folder + slash] = _FILES.get(folder + slash, "")
    return list(described.items())


def _grants(rights: Sequence[Right]) -> tuple[str, ...]:
    """Commands that give rights, none for those whose scope is not known."""
    scopes = [right.scope for right in rights if right.scope is not None]
    return ("account=...  # user name, application id or object id", *assignments(scopes), *dict.fromkeys(_assigned(rights)))


def _group_grants(guide: Guide) -> tuple[str, ...]:
    """Commands that make a resource group for builds, and give the right to build in it."""
    right, location = guide.group_right, guide.location or Word(("...",))
    whole = guide.subscription_right.scope
    words = (*(() if right.scope is None else (right.scope,)), location)
    subscription = "" if whole is None else f" --subscription {Word(whole.parts[1:])}"  # what stands behind /subscriptions/
    return (
        "account=...  # user name, application id or object id",
        *assignments(words),
        f"az group create{subscription} --name {BUILD_GROUP_NAME} --location {location}",
        *_assigned((right,)),
    )


def _assigned(rights: Iterable[Right]) -> Iterator[str]:
    for right in rights:
        if right.scope is not None:
            yield grant_command(right.role, right.scope)
