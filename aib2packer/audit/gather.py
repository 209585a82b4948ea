"""From the results of looking at templates to what an audit says of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import PurePath
from typing import TYPE_CHECKING

from aib2packer.aib.model import VhdTarget
from aib2packer.app.run import Outcome
from aib2packer.audit.model import ONLY_THE_BUILD_KNOWS, Audit, Cause, Chapter, LostSetting, Need, Row, Said
from aib2packer.findings import codes
from aib2packer.findings.formats import place
from aib2packer.findings.model import Asks, Severity, count_decisions
from aib2packer.findings.text import safe
from aib2packer.guide.build_pipelines import CLIENT_SECRET, is_too_long
from aib2packer.guide.choices import SIGN_IN
from aib2packer.lazy.models import replace
from aib2packer.options import Auth
from aib2packer.packer.access.rights import grant_command
from aib2packer.packer.layout import ESTATE_VALUES, EXAMPLE
from aib2packer.packer.warnings import LONGEST_HOSTED_JOB
from aib2packer.provenance.accounting import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aib2packer.app.run import Result
    from aib2packer.findings.model import Code, Finding
    from aib2packer.packer.facts import Facts, Role, WantedDefinition

_REFUSED = {codes.SERVICE_REFUSES, codes.WRONG_CASE, codes.UNKNOWN_FIELD}  # and what was a part of these


def gather(results: Sequence[Result], *, short_names: bool = True, links: Sequence[str] = ()) -> Audit:
    """What there is to say of the templates, those left out that hold none.

    Args:
        results: What became of the files that were found.
        short_names: Whether the folder that all lie in is left out of their names.
        links: Links that were not followed.

    """
    told = [result for result in results if result.outcome is not Outcome.NO_TEMPLATE]
    told = _with_short_names(told) if short_names else told
    pairs = [(safe(result.name), finding) for result in told for finding in result.findings]
    others = [(name, one) for name, one in pairs if one.severity is not Severity.ERROR and not one.accepted]
    accepted = [(name, one) for name, one in pairs if one.severity is not Severity.ERROR and one.accepted]
    states = Counter(entry.state for result in told for entry in result.settings)
    return Audit(
        rows=tuple(map(_row, told)),
        findings=tuple(pairs),
        passed_over=len(results) - len(told),
        left_out=states[State.LEFT_OUT],
        links=tuple(map(safe, links)),
        settings=(states[State.CONVERTED], states[State.LOST]),
        obstacles=_causes((name, finding) for name, finding in pairs if finding.severity is Severity.ERROR),
        asked={asks: _causes((name, finding) for name, finding in others if finding.asks is asks) for asks in Asks},
        lost=_causes((name, finding) for name, finding in others if finding.severity is Severity.LOSS),
        lost_settings=_lost(told),
        refused=_causes((name, finding) for name, finding in others if {finding.code, finding.code.formerly} & _REFUSED),
        accepted=_causes((name, replace(one, help=one.accepted)) for name, one in accepted),
        by_hand=tuple(chapter for chapter in _by_hand(told) if chapter.needs),
        shared=tuple(chapter for chapter in _shared(told) if chapter.needs),
    )


def _with_short_names(results: Sequence[Result]) -> list[Result]:
    """The results, their names without the folder that all of them lie in."""
    folders = {PurePath(result.name).parent.parts for result in results}
    common = [*takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))]
    return [replace(result, name=str(PurePath(*PurePath(result.name).parts[len(common) :]))) for result in results]


def _row(result: Result) -> Row:
    open_ones = [finding for finding in result.findings if not finding.accepted]
    counts = Counter(finding.asks for finding in open_ones if finding.severity is not Severity.ERROR)
    facts = result.facts
    return Row(
        safe(result.name),
        result.outcome.value,
        result.outcome is Outcome.CONVERTED,
        act=counts[Asks.ACT],
        decide=counts[Asks.DECIDE],
        know=counts[Asks.KNOW],
        values=len({*facts.values, *facts.secrets}) if facts else 0,
        system=facts.system if facts else "",
        source=facts.source if facts else "",
        last_run=facts.last_run if facts else None,
        decisions=count_decisions(open_ones),
        lost=_count_lost(result),
        is_left_out=result.outcome is Outcome.LEFT_OUT,
        why=tuple(dict.fromkeys(one.code.title for one in result.findings if one.severity is Severity.ERROR)),
    )


def _count_lost(result: Result) -> int:
    """The settings that a build does not have; of what is not converted none is counted."""
    is_built = result.outcome is Outcome.CONVERTED
    return sum(entry.state is State.LOST for entry in result.settings) if is_built else 0


def _lost(results: Iterable[Result]) -> tuple[LostSetting, ...]:
    """What is lost, by the name of the setting and the reason, with how many settings it is in the builds."""
    found: dict[tuple[str, Code], list[tuple[str, Finding]]] = defaultdict(list)
    settings: Counter[tuple[str, Code]] = Counter()
    for result in results:
        for finding in result.findings:
            if finding.severity is Severity.LOSS:
                found[_called(finding), finding.code].append((safe(result.name), finding))
        if result.outcome is Outcome.CONVERTED:
            told = (entry.finding for entry in result.settings if entry.state is State.LOST and entry.finding is not None)
            settings.update((_called(finding), finding.code) for finding in told)
    lost = (
        LostSetting(
            name,
            code,
            Said(safe(places[0][1].message), safe(places[0][1].help), tuple(place(one) for _, one in places)),
            tuple(dict.fromkeys(template for template, _ in places)),
            settings[name, code],
        )
        for (name, code), places in found.items()
    )
    return tuple(sorted(lost, key=lambda one: (-one.settings, -len(one.templates), one.name, one.code.id)))


def _called(finding: Finding) -> str:
    """The setting that a finding is about, without the number of a step: `customize[].sourceUri`."""
    parts = (finding.span.pointer or "").removeprefix("/properties").split("/")
    named = "".join("[]" if part.isdecimal() else f".{part}" for part in parts if part)
    return safe(named.removeprefix(".").replace("~1", "/").replace("~0", "~"))


def _causes(pairs: Iterable[tuple[str, Finding]]) -> tuple[Cause, ...]:
    """Findings by code, those of most templates first, and so what they say."""
    templates: dict[Code, dict[str, None]] = defaultdict(dict)
    said: dict[Code, dict[tuple[str, str], list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for name, finding in pairs:
        templates[finding.code][name] = None
        said[finding.code][safe(finding.message), safe(finding.help)].append((name, place(finding)))
    causes = (
        Cause(
            code,
            tuple(
                Said(*words, tuple(where for _, where in places))
                for words, places in sorted(messages.items(), key=lambda one: -len(dict(one[1])))
            ),
            tuple(templates[code]),
        )
        for code, messages in said.items()
    )
    return tuple(sorted(causes, key=lambda cause: (-len(cause.templates), cause.code.id)))


_ACCOUNTS = {
    Auth.CLI: "the account of the Azure CLI",
    Auth.MSI: "the managed identity of the machine that runs Packer",
    Auth.SERVICE_PRINCIPAL: "a service principal",
    Auth.OIDC: "an application with a federated credential for the pipeline",
}


def _account(facts: Facts) -> Iterator[Need]:
    auth = facts.launch.auth
    yield _need(_ACCOUNTS[auth], SIGN_IN[auth].replace("`", ""))
    if facts.launch.runs_az and auth is not Auth.CLI:
        yield _need("the Azure CLI, signed in to the same account", "steps of the build beside azure-arm run az")


def _secrets(facts: Facts) -> Iterator[Need]:
    if facts.launch.auth is Auth.SERVICE_PRINCIPAL:
        yield _need(CLIENT_SECRET, "the secret of the service principal")
    yield from (_need(name, f"PKR_VAR_{name}") for name in facts.secrets)


def _runners(facts: Facts) -> Iterator[Need]:
    if facts.launch.is_private:
        yield _need("in the network of the build VM", "the VM has a private address only")
    if facts.launch.auth is Auth.MSI:
        yield _need("a VM in Azure with the managed identity", "Packer signs in with it")
    if is_too_long(facts.launch.minutes):
        yield _need(f"{facts.minutes} minutes", "the time limit of the build")


def _by_hand(results: Sequence[Result]) -> Iterable[Chapter]:
    yield Chapter(
        "Account",
        "Packer signs in with this account; `--auth` chooses another.",
        _needs(results, _account),
    )
    yield Chapter(
        "Roles",
        "The account that Packer signs in with needs these; in the commands, `$account` is its object id.",
        _covered(_granted_once(_needs(results, lambda facts: map(_of_role, facts.roles)))),
    )
    yield Chapter(
        "Hosts and ports",
        "The machine that runs Packer must reach these over the network. Scripts and updates that run on the build VM reach "
        "theirs from its own network.",
        _hosts(results),
    )
    yield Chapter(
        "Secrets",
        "Move these to the secret store of the pipeline; each build takes them from environment variables.",
        _needs(results, _secrets),
    )
    yield Chapter(
        "Values",
        f"Variables that have no value yet. `{EXAMPLE}` beside each build explains them; those that several builds share get "
        f"theirs from `{ESTATE_VALUES}`.",
        _needs(results, lambda facts: map(_need, facts.values)),
    )
    yield Chapter(
        "Image definitions",
        "They must be there before the first build; the commands check that.",
        _needs(results, lambda facts: map(_of_definition, facts.definitions)),
    )
    yield Chapter(
        "Runners",
        "These builds need a self-hosted runner: those that GitHub and Azure DevOps host reach no private network, have no "
        f"managed identity, and end a job after {LONGEST_HOSTED_JOB} minutes.",
        _needs(results, _runners),
    )


_DECLARED = (
    "`aib2packer convert FOLDER -o DIR` makes each a variable of all builds: one line in "
    f"`DIR/{ESTATE_VALUES}` changes it everywhere."
)
_REPLACED_BY_ACCOUNT = (
    "Image Builder runs several templates under these identities. No build needs them: the account that Packer signs in with "
    "takes their place."
)
_REPLACED = 'To change one in all builds, write `"OLD" = "NEW"` below `[replace]` in `aib2packer.toml` before converting.'

_RENAMED = "`[replace]` in `aib2packer.toml` changes a name or id within them, in all builds at once."


def _shared(results: Sequence[Result]) -> Iterable[Chapter]:
    for title, sentence, of in (
        (
            "Scripts and files",
            f"Several builds fetch these; one copy in a repository would do. {_REPLACED}",
            lambda facts: facts.scripts,
        ),
        ("Identities", _REPLACED_BY_ACCOUNT, lambda facts: facts.identities),
        ("Subnets", f"Several builds run in these. {_DECLARED}", lambda facts: facts.subnets),
        (
            "Galleries",
            f"Several builds publish to these. {_DECLARED}",
            lambda facts: (one.gallery for one in facts.definitions),
        ),
        ("Source images", f"Several builds start from these. {_RENAMED}", lambda facts: (facts.source,)),
        ("Targets", f"Several builds write to these. {_RENAMED}", _named_targets),
    ):
        needs = _needs(results, lambda facts, of=of: map(_need, of(facts)))  # type: ignore[misc]
        yield Chapter(title, sentence, tuple(need for need in needs if len(need.templates) > 1))


def _named_targets(facts: Facts) -> Iterable[str]:
    """The targets that have a name: a VHD has none that two builds could share."""
    return (target for target in facts.targets if target != VhdTarget.kind)


def _needs(results: Iterable[Result], of: Callable[[Facts], Iterable[Need]]) -> tuple[Need, ...]:
    """What the facts of the templates ask for, each once with the templates that do, those of most first."""
    found: dict[Need, dict[str, None]] = defaultdict(dict)
    for result in results:
        if result.facts is not None:
            for one in of(result.facts):
                found[one][safe(result.name)] = None
    needs = (replace(what, templates=tuple(templates)) for what, templates in found.items())
    return tuple(sorted(needs, key=lambda need: (-len(need.templates), need.what, need.about, need.scope)))


def _granted_once(roles: Iterable[Need]) -> list[Need]:
    """The roles, those that one command grants as one, with all that they are for."""
    grants: dict[tuple[str, str], list[Need]] = defaultdict(list)
    for role in roles:
        grants[role.what, role.command or role.about].append(role)
    once = (
        replace(
            same[0],
            about=" and ".join(dict.fromkeys([same[0].about, *(one.about.partition(": ")[2] for one in same[1:])])),
            templates=tuple(dict.fromkeys(name for one in same for name in one.templates)),
        )
        for same in grants.values()
    )
    return sorted(once, key=lambda role: -len(role.templates))


def _covered(roles: Sequence[Need]) -> tuple[Need, ...]:
    """The roles; one that is granted on something wider too says so."""
    return tuple(_told_wider(role, roles) for role in roles)


def _told_wider(role: Need, others: Iterable[Need]) -> Need:
    scope = _path_of(role.scope)
    wider = (one for one in others if one.what == role.what and scope.startswith(f"{_path_of(one.scope)}/"))
    widest = min(wider, key=lambda one: len(one.scope), default=None)
    if widest is None:
        return role
    return replace(role, about=f"{role.about}; not needed where it is granted on {widest.about.partition(': ')[0]}")


def _path_of(scope: str) -> str:
    """The id that a word of a shell stands for, as far as ids compare."""
    return scope.replace('"', "").replace("'", "").casefold()


def _hosts(results: Sequence[Result]) -> tuple[Need, ...]:
    """The hosts and ports, each once, with who reaches it and for what; a host that a list names already is told there."""
    connections = dict.fromkeys(one for result in results if result.facts for one in result.facts.connections)
    lists = [(one, one.target.split(", ")) for one in connections if ", " in one.target]
    told = {
        one: next(
            (other.target for other, hosts in lists if other.port == one.port and _is_among(one.target, hosts)), one.target
        )
        for one in connections
    }
    why: dict[tuple[str, int], dict[str, None]] = defaultdict(dict)
    for one, target in told.items():
        why[target, one.port][f"{one.source}: {one.why}"] = None

    needs = {one: _need(f"{target}, port {one.port}", "; ".join(why[target, one.port])) for one, target in told.items()}
    return _needs(results, lambda facts: map(needs.__getitem__, facts.connections))


def _is_among(host: str, hosts: Sequence[str]) -> bool:
    return any(fnmatchcase(host, pattern) for pattern in hosts)


def _need(what: str, about: str = "", command: str = "", scope: str = "") -> Need:
    """A need of templates that are found later."""
    return Need(what, about, command, scope, ())


def _of_role(one: Role) -> Need:
    grant = "" if one.scope is None else grant_command(one.role, one.scope)
    return _need(one.role, f"{one.thing}: {one.why}", grant, one.scope or ONLY_THE_BUILD_KNOWS)


def _of_definition(one: WantedDefinition) -> Need:
    return _need(one.label, "", f"az sig image-definition show --ids {one.id}", one.id)
