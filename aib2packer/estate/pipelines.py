"""Pipelines that run the builds of an estate, all in one or each alone: a matrix of GitHub Actions, jobs of Azure DevOps."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.estate.values import commands_of_script
from aib2packer.findings.text import listed, safe
from aib2packer.guide.build_pipelines import ACTIONS, NOT_IN_NAMES, PACKER, azure_access, github_access, own_name, runner
from aib2packer.hcl.names import UniqueNames
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import (
    AZURE_PIPELINES,
    BUILDS,
    ENVIRONMENT_ENDING,
    GITHUB_ACTIONS,
    PICK,
    RUN,
    SINGLE_PIPELINES,
    run_by_pipelines,
)
from aib2packer.rendering.templates import yaml_environment
from aib2packer.system.packed import Packed, PackedText, Picked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.guide.build_pipelines import PipelineAccess, Runner
    from aib2packer.options import Auth
    from aib2packer.packer.facts import SourceWatch

ENVIRONMENT = "image-builds"
"""The environment in which all builds run, until somebody says otherwise."""
DAILY, WEEKLY = "17 3 * * *", "17 3 * * 1"
_MOST = 10
_LONGEST_FILE = 100  # of the 255 characters that the name of a file may have
_JOB = pattern(r"^ *- name: *(\S+)\n *job:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PipelineSecret:
    """A secret of a build: its name in the pipeline, which no other build has, and the variable of Packer that it is for."""

    build: str
    name: str
    variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineBuild:
    """A build as a pipeline runs it."""

    name: str
    """What the pipelines call the build, and no other: letters, digits, and hyphens between them."""
    job: str
    """What the job of the build is called, and no other: letters, digits and underscores."""
    path: str
    """The folder of the build, below that of all."""
    file: str
    """What the file of a pipeline of its own has in its name, and no other."""
    schedule: str
    commands: tuple[str, ...]
    secrets: tuple[PipelineSecret, ...]
    runner: Runner
    """The machine for its job, as Azure DevOps has them; GitHub's may be used as long."""
    newest: str
    """The command that asks for the newest version of its source image, where it is built when that changes."""
    fixed: bool
    """Whether Image Builder has a trigger for it, but its source is one version, which never changes."""
    on_push: bool
    auth: Auth
    cloud: Cloud
    set_cloud: tuple[str, ...]
    in_environment: bool
    runs_az: bool

    @property
    def starts(self) -> bool:
        """Whether Image Builder builds the image by itself."""
        return self.on_push or bool(self.schedule) or self.fixed

    def single(self, path: str) -> str:
        """The path of the pipeline that runs this build alone, for the system of the one for all."""
        system = path.rpartition("/")[2].removesuffix(".yml")
        return f"{SINGLE_PIPELINES}/{system}-{self.file}.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePipeline:
    """What a pipeline file shows."""

    name: str
    cloud: str
    builds: Sequence[PipelineBuild]
    on_push: tuple[str, ...]
    asked: tuple[str, ...]
    """The builds that run when their source image has a newer version."""
    unasked: tuple[str, ...]
    """Builds on a schedule of which nobody can tell."""
    fixed: tuple[str, ...]
    schedules: tuple[str, ...]
    asks: bool
    """Whether the pipeline asks for the newest versions of source images."""
    access: PipelineAccess
    login: Mapping[str, str]
    """What signs the Azure CLI in, where the pipeline asks for the newest versions of source images."""
    secrets: tuple[PipelineSecret, ...]
    only: PipelineBuild | None = None
    """The build, where the pipeline runs one alone."""
    environment: str = ENVIRONMENT
    packer: str = PACKER

    @property
    def actions(self) -> Mapping[str, str]:
        """The actions of GitHub."""
        return ACTIONS


def pipeline_files(estate: Estate) -> dict[str, PackedText]:
    """The pipelines and what they read, by path; nothing where there is no build.

    Builds that sign in in different ways, or to different clouds, go to a pipeline each.
    """
    builds = pipeline_builds(estate)
    if not builds:
        return {}
    texts = {BUILDS: PackedText(_json(builds))}
    for script in (PICK, RUN):
        texts[script] = PackedText(yaml_environment().get_template(f"{script.rpartition('/')[2]}.j2").generate())
    groups: dict[tuple[Auth, Cloud], list[int]] = {}
    for number, one in enumerate(builds):
        groups.setdefault((one.auth, one.cloud), []).append(number)
    for (auth, cloud), numbers in groups.items():
        mark = f"-{auth.value}-{cloud.facts.cli_name.lower()}" if len(groups) > 1 else ""
        members = Picked(builds, numbers)
        for path, pipeline in _pipelines(auth, cloud, members).items():
            texts[f"{path.removesuffix('.yml')}{mark}.yml"] = _rendered(path, pipeline)
        for one in members:
            if one.starts:
                for path, pipeline in _pipelines(auth, cloud, [one]).items():
                    texts[one.single(path)] = _rendered(path, replace(pipeline, name=f"Build {one.name}", only=one))
    return texts


def _rendered(path: str, pipeline: EstatePipeline) -> PackedText:
    template = yaml_environment().get_template(f"estate-{path.rpartition('/')[2]}.j2")
    return PackedText(template.generate(pipeline=pipeline))


def lacks(builds: Sequence[PipelineBuild], path: str, text: str) -> str:
    """What a file of pipelines that somebody has changed lacks, or has too much, as an end of a sentence; "" for nothing."""
    builds = [one for one in builds if path in {one.single(AZURE_PIPELINES), one.single(GITHUB_ACTIONS)}] or builds
    names, secrets = set[str](), set[str]()
    for one in builds:
        names.add(one.name)
        secrets.update(secret.name for secret in one.secrets)
    there = names
    if path == BUILDS:
        there = _names_in(text)
    elif path.startswith((AZURE_PIPELINES.removesuffix(".yml"), f"{SINGLE_PIPELINES}/azure")):
        there = set(_JOB.findall(text))
    said = (
        ("lacks", names - there),
        ("gives no secret", {one for one in secrets if one not in text} if path.endswith(".yml") else set()),
        ("names builds that no template becomes:", there - names),
    )
    return " and ".join(f"{what} {listed(sorted(which)[:_MOST], len(which))}" for what, which in said if which)


def _names_in(text: str) -> set[str]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return set()
    return {safe(str(one.get("name"))) for one in entries if isinstance(one, dict)} if isinstance(entries, list) else set()


def _pipelines(auth: Auth, cloud: Cloud, builds: Sequence[PipelineBuild]) -> dict[str, EstatePipeline]:
    subscription = runs_az = asks = False
    set_cloud: tuple[str, ...] = ()
    on_push, asked, unasked, fixed = list[str](), list[str](), list[str](), list[str]()
    secrets: list[PipelineSecret] = []
    schedules: dict[str, None] = {}
    for one in builds:
        subscription, runs_az, asks = subscription or one.in_environment, runs_az or one.runs_az, asks or one.newest != ""
        set_cloud = set_cloud or one.set_cloud
        secrets += one.secrets
        on_push += [one.name] if one.on_push else []
        fixed += [one.name] if one.fixed else []
        if one.schedule:
            (asked if one.newest else unasked).append(one.name)
            schedules[one.schedule] = None
    github = github_access(auth, cloud, set_cloud, in_environment=subscription, runs_az=runs_az)
    to_ask = github_access(auth, cloud, set_cloud, in_environment=subscription, runs_az=True)
    azure = azure_access(auth, set_cloud, in_environment=subscription, runs_az=runs_az or asks)
    common = EstatePipeline(
        name="Build images",
        cloud="Azure" if cloud is Cloud.PUBLIC else cloud.facts.title,
        builds=builds,
        on_push=tuple(on_push),
        asked=tuple(asked),
        unasked=tuple(unasked),
        fixed=tuple(fixed),
        schedules=tuple(schedules),
        asks=asks,
        access=github,
        login=to_ask.login,
        secrets=tuple(secrets),
    )
    return {GITHUB_ACTIONS: common, AZURE_PIPELINES: replace(common, access=azure, login=azure.login if asks else {})}


def pipeline_builds(estate: Estate) -> Packed[PipelineBuild]:
    """The builds, each environment of one apart, with names that a pipeline may have, each once."""
    names, jobs, files, secrets = UniqueNames("-"), UniqueNames("_"), UniqueNames("-"), UniqueNames("_")
    found: Packed[PipelineBuild] = Packed()
    for build in estate.builds:
        launch = build.facts.launch
        for environment, watch in watched(build):
            schedule = schedule_of(watch) if build.facts.service.triggers else ""
            wanted = f"{build.path}-{environment.removesuffix(ENVIRONMENT_ENDING)}"
            name = names.claim(NOT_IN_NAMES.sub("-", wanted).strip("-") or "image")
            found.append(
                PipelineBuild(
                    name=name,
                    job=jobs.claim(f"build_{name.replace('-', '_')}"),
                    path=build.path,
                    file=files.claim(name[:_LONGEST_FILE]),
                    schedule=schedule,
                    commands=commands_of_script(estate, build, environment),
                    secrets=_secrets(name, build, secrets),
                    runner=runner(launch.minutes, "Azure DevOps", private=launch.is_private, auth=launch.auth),
                    newest=watch.newest if schedule else "",
                    fixed=build.facts.service.triggers != () and watch.is_fixed,
                    on_push=build.facts.service.auto_run,
                    auth=launch.auth,
                    cloud=launch.cloud,
                    set_cloud=launch.set_cloud,
                    in_environment=launch.in_environment,
                    runs_az=launch.runs_az,
                )
            )
    return found


def watched(build: EstateBuild) -> Iterator[tuple[str, SourceWatch]]:
    """The environments in which pipelines run a build, "" for none, each with how a change of the source is noticed."""
    launch = build.facts.launch
    for environment in () if launch.by_hand else run_by_pipelines(launch.environments) or ("",):
        yield environment, launch.watches.get(environment, launch.watch)


def schedule_of(watch: SourceWatch) -> str:
    """When a pipeline builds an image again: daily, if asking says so where that costs nothing; else weekly, or never."""
    if watch.is_fixed:
        return ""
    return DAILY if watch.newest else WEEKLY


def _secrets(name: str, build: EstateBuild, names: UniqueNames) -> tuple[PipelineSecret, ...]:
    """The secrets of a build, with names that begin with that of the build: a letter, as GitHub wants it."""
    return tuple(
        PipelineSecret(name, names.claim(own_name(name, variable)), f"PKR_VAR_{variable}") for variable in build.facts.secrets
    )


def _json(builds: Iterable[PipelineBuild]) -> Iterator[str]:
    """What the scripts, and whoever changes something, read: a build an entry."""
    sign = "[\n"
    for one in builds:
        entry = {
            "name": one.name,
            "path": one.path,
            "environment": ENVIRONMENT,
            "runner": ["self-hosted", "linux"] if one.runner.own else ["ubuntu-latest"],
            "minutes": one.runner.minutes,
            "push": one.on_push,
            "schedule": one.schedule,
            "newest": one.newest,
            "azure_cli": one.runs_az,
            "secrets": {secret.variable: secret.name for secret in one.secrets},
            "commands": list(one.commands),
        }
        yield sign + indent(json.dumps(entry, indent=2, ensure_ascii=False), "  ")
        sign = ",\n"
    yield "\n]\n"
