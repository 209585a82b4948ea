"""What builds need that no file can give them, and what several of them share: each once, with the templates."""

from __future__ import annotations

from array import array
from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aib2packer.aib.model import VhdTarget
from aib2packer.audit.causes import named
from aib2packer.audit.model import ONLY_THE_BUILD_KNOWS, Chapter, Need
from aib2packer.guide.build_pipelines import CLIENT_SECRET, is_too_long
from aib2packer.guide.choices import SIGN_IN
from aib2packer.lazy.models import dataclass, replace
from aib2packer.options import Auth
from aib2packer.packer.access.rights import grant_command
from aib2packer.packer.layout import ESTATE_VALUES, EXAMPLE
from aib2packer.packer.warnings import LONGEST_HOSTED_JOB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aib2packer.packer.facts import Connection, Facts, Role, WantedDefinition

T = TypeVar("T")

_ACCOUNTS = {
    Auth.CLI: "the account of the Azure CLI",
    Auth.MSI: "the managed identity of the machine that runs Packer",
    Auth.SERVICE_PRINCIPAL: "a service principal",
    Auth.OIDC: "an application with a federated credential for the pipeline",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """What a chapter is about: its title, a sentence, what of a build belongs there, and what is told of all such things."""

    title: str
    sentence: str
    of: Callable[[Facts], Iterable[Any]]
    told_as: Callable[[Sequence[Any]], Iterable[Need]] = list
    """The need that each thing is, in their order; several things may be one need."""
    arranged: Callable[[Sequence[Need]], Iterable[Need]] = tuple


class Users(Generic[T]):
    """Things, each with the numbers of the templates that have it, in the order in which they came."""

    def __init__(self) -> None:
        self._found: dict[T, int | array[int]] = {}  # most things have one template, for which a list would be much

    def add(self, thing: T, number: int) -> None:
        """Take it that a template has a thing; what it has more than once counts once."""
        known = self._found.setdefault(thing, number)
        if isinstance(known, int):
            if known != number:
                self._found[thing] = array("I", (known, number))
        elif known[-1] != number:
            known.append(number)

    def items(self) -> Iterator[tuple[T, Sequence[int]]]:
        """Each thing with the numbers."""
        return ((thing, (known,) if isinstance(known, int) else known) for thing, known in self._found.items())


class Gathered:
    """The needs of a chapter, from one build after another."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._things: Users[Any] = Users()

    def add(self, number: int, facts: Facts) -> None:
        """Take in what a build, the template of which has a number, needs."""
        for thing in self._topic.of(facts):
            self._things.add(thing, number)

    def chapter(self, names: Sequence[str]) -> Chapter:
        """The chapter, with the names of the templates by their numbers; what most of them need comes first."""
        topic, users = self._topic, dict(self._things.items())
        found: dict[Need, set[int]] = defaultdict(set)
        for need, thing in zip(topic.told_as([*users]), users, strict=True):
            found[need].update(users[thing])
        needs = (replace(need, templates=named(numbers, names)) for need, numbers in found.items())
        by_most = sorted(needs, key=lambda need: (-len(need.templates), need.what, need.about, need.scope))
        return Chapter(topic.title, topic.sentence, tuple(topic.arranged(by_most)))


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


_DECLARED = (
    "`aib2packer convert FOLDER -o DIR` makes each id that templates spell out in full a variable of all builds: one line in "
    f"`DIR/{ESTATE_VALUES}` changes it everywhere. Those that templates put together from parts are changed by `[replace]` in "
    "`aib2packer.toml`."
)
_REPLACED_BY_ACCOUNT = (
    "Image Builder runs several templates under these identities. No build needs them: the account that Packer signs in with "
    "takes their place."
)
_REPLACED = 'To change one in all builds, write `"OLD" = "NEW"` below `[replace]` in `aib2packer.toml` before converting.'

_RENAMED = "`[replace]` in `aib2packer.toml` changes a name or id within them, in all builds at once."


def _named_targets(facts: Facts) -> Iterable[str]:
    """The targets that have a name: a VHD has none that two builds could share."""
    return (target for target in facts.targets if target != VhdTarget.kind)


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
    granted: dict[tuple[str, str], Need] = {}
    for role in roles:
        granted.setdefault((role.what, _path_of(role.scope)), role)
    return tuple(_told_wider(role, granted) for role in roles)


def _told_wider(role: Need, granted: Mapping[tuple[str, str], Need]) -> Need:
    parts = _path_of(role.scope).split("/")
    above = ("/".join(parts[:end]) for end in range(1, len(parts)))
    widest = next((granted[role.what, scope] for scope in above if (role.what, scope) in granted), None)
    if widest is None:
        return role
    about = f"{role.about}; not needed where it is granted on {widest.about.partition(': ')[0]}"
    return replace(role, about=about, is_covered=True)


def _path_of(scope: str) -> str:
    """The id that a word of a shell stands for, as far as ids compare."""
    return scope.replace('"', "").replace("'", "").casefold()


def _hosts(connections: Sequence[Connection]) -> list[Need]:
    """What each connection is told as: its host and port, who reaches it and for what; a host that a list names there."""
    lists = [(one, one.target.split(", ")) for one in connections if ", " in one.target]
    told = [
        next((other.target for other, hosts in lists if other.port == one.port and _is_among(one.target, hosts)), one.target)
        for one in connections
    ]
    why: dict[tuple[str, int], dict[str, None]] = defaultdict(dict)
    for one, target in zip(connections, told, strict=True):
        why[target, one.port][f"{one.source}: {one.why}"] = None
    return [
        _need(f"{target}, port {one.port}", "; ".join(why[target, one.port]))
        for one, target in zip(connections, told, strict=True)
    ]


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


def _each(need: Callable[..., Need]) -> Callable[[Sequence[Any]], Iterable[Need]]:
    return lambda things: map(need, things)


def _of_several(needs: Iterable[Need]) -> Iterable[Need]:
    return (need for need in needs if len(need.templates) > 1)


BY_HAND = (
    Topic("Account", "Packer signs in with this account; `--auth` chooses another.", _account),
    Topic(
        "Roles",
        "The account that Packer signs in with needs these; in the commands, `$account` is its object id.",
        lambda facts: facts.roles,
        _each(_of_role),
        lambda roles: _covered(_granted_once(roles)),
    ),
    Topic(
        "Hosts and ports",
        "The machine that runs Packer must reach these over the network. Scripts and updates that run on the build VM reach "
        "theirs from its own network.",
        lambda facts: facts.connections,
        _hosts,
    ),
    Topic(
        "Secrets",
        "Move these to the secret store of the pipeline; each build takes them from environment variables. One of them may "
        "stand for a secret that templates hold in several places.",
        _secrets,
    ),
    Topic(
        "Values",
        f"Variables that have no value yet. `{EXAMPLE}` beside each build explains them; those that several builds share get "
        f"theirs from `{ESTATE_VALUES}`.",
        lambda facts: facts.values,
        _each(_need),
    ),
    Topic(
        "Image definitions",
        "They must be there before the first build; the commands check that.",
        lambda facts: facts.definitions,
        _each(_of_definition),
    ),
    Topic(
        "Runners",
        "These builds need a self-hosted runner: those that GitHub and Azure DevOps host reach no private network, have no "
        f"managed identity, and end a job after {LONGEST_HOSTED_JOB} minutes.",
        _runners,
    ),
)
"""What people must see to."""

SHARED = tuple(
    Topic(title, sentence, of, _each(_need), _of_several)
    for title, sentence, of in (
        (
            "Scripts and files",
            f"Several builds fetch these; one copy in a repository would do. {_REPLACED}",
            lambda facts: facts.scripts,
        ),
        ("Identities", _REPLACED_BY_ACCOUNT, lambda facts: facts.identities),
        ("Identities of build VMs", f"Several build VMs have these. {_DECLARED}", lambda facts: facts.vm_identities),
        ("Subnets", f"Several builds run in these. {_DECLARED}", lambda facts: facts.subnets),
        (
            "Galleries",
            f"Several builds publish to these. {_DECLARED}",
            lambda facts: (one.gallery for one in facts.definitions),
        ),
        ("Source images", f"Several builds start from these. {_RENAMED}", lambda facts: (facts.source,)),
        ("Targets", f"Several builds write to these. {_RENAMED}", _named_targets),
    )
)
"""What could be declared once."""
