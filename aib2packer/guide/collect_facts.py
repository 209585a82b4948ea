"""The facts of a build, gathered from the template, the decisions and the guide."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from aib2packer.aib.model import definition_label
from aib2packer.findings.text import safe
from aib2packer.guide.launch import entries, launch
from aib2packer.guide.service import name_of
from aib2packer.jsonc.tree import JsonObject, string_of
from aib2packer.packer.facts import Connection, Facts, LastRun, Role, WantedDefinition
from aib2packer.packer.variables.shown import definition_id, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aib2packer.aib.model import ImageTemplate
    from aib2packer.arm.language.text import TemplateText
    from aib2packer.guide.instructions import Guides
    from aib2packer.packer.access.rights import Right
    from aib2packer.packer.decisions import Decisions
    from aib2packer.packer.model import Build
    from aib2packer.packer.variables.symbols import Symbols


def facts(template: ImageTemplate, decisions: Decisions, symbols: Symbols, build: Build, guides: Guides) -> Facts:
    """What there is to know of a build; nothing in it is a secret."""
    about = guides.build
    runs = (about.commands, *(() if about.validation is None else (about.validation,)))
    builds = (build, *(() if build.validation is None else (build.validation,)))
    show = partial(shown, symbols=symbols)
    fetched = (show(download.fetched.uri) for one in builds for download in one.downloads)
    roles = (about.subscription_right, *about.rights)
    return Facts(
        name=name_of(template, symbols),
        system=decisions.os_type.value,
        source=safe(template.source.label(show)),
        targets=_distinct(target.label(show) for target in template.targets),
        definitions=tuple(dict.fromkeys(_definitions(template, symbols))),
        scripts=_distinct(fetched),
        identities=_distinct(map(show, template.identities)),
        vm_identities=_distinct(_vm_identities(template, show)),
        subnets=_distinct(_subnets(template, show)),
        roles=tuple(dict.fromkeys(map(_role, roles))),
        connections=tuple(Connection(one.source, safe(one.target), one.port, one.why) for one in about.reach),
        secrets=_distinct(name for run in runs for name in run.secrets),
        values=_distinct(name for run in runs for name in run.required),
        minutes=sum(run.limit.most for run in runs),
        last_run=_last_run(template.body),
        service=about.service,
        launch=launch(about),
        entries=entries(build, about),
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(safe(text) for text in texts if text))


def _definitions(template: ImageTemplate, symbols: Symbols) -> Iterator[WantedDefinition]:
    for target in template.targets:
        image = target.definition
        if image is not None and "..." not in (scope := str(definition_id(image, symbols))):
            label = definition_label(*(shown(image[part], symbols) for part in ("galleries", "images")))
            yield WantedDefinition(safe(scope), safe(_gallery(shown(image.text, symbols))), safe(label))


def _gallery(definition: str) -> str:
    """The id of the gallery that a definition is in; all of the id where it does not tell."""
    end = definition.lower().rfind("/images/")
    return definition if end == -1 else definition[:end]


def _vm_identities(template: ImageTemplate, show: Callable[[TemplateText], str]) -> Iterator[str]:
    given = template.vm.identities
    return map(show, given if isinstance(given, tuple) else (given,))  # a parameter may hold all of them


def _subnets(template: ImageTemplate, show: Callable[[TemplateText], str]) -> Iterator[str]:
    if (subnet := template.vm.subnet) is not None:
        yield "/".join(dict.fromkeys(map(show, (subnet.resource_group, subnet.virtual_network, subnet.name))))


def _role(right: Right) -> Role:
    scope = None if right.scope is None else safe(str(right.scope))
    return Role(right.role, safe(f"{right.thing} {right.name}" if right.name else right.thing), scope, right.why)


def _last_run(body: JsonObject) -> LastRun | None:
    """The last run, as `az image builder show` and `list` print it, with properties beside the name or apart."""
    properties = body.get("properties")
    status = (properties if isinstance(properties, JsonObject) else body).get("lastRunStatus")
    state = string_of(status.get("runState")) if isinstance(status, JsonObject) else None
    if not isinstance(status, JsonObject) or state is None:
        return None
    begun, ended = (_time(string_of(status.get(name))) for name in ("startTime", "endTime"))
    minutes = None if begun is None or ended is None else (ended - begun).total_seconds() / 60
    return LastRun(safe(state), minutes if minutes is not None and minutes >= 0 else None)


def _time(text: str | None) -> datetime | None:
    """A time as Azure writes it: up to seven digits of a second."""
    try:
        return None if text is None else datetime.fromisoformat(text[:19] + "+00:00")
    except ValueError:
        return None
