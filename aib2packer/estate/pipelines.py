"""Pipelines that run the builds of an estate, all in one or each alone: a matrix of GitHub Actions, jobs of Azure DevOps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.estate.values import commands
from aib2packer.findings.text import listed, safe
from aib2packer.guide.build_pipelines import ACTIONS, ARTIFACT, PACKER, azure_access, github_access, github_name, runner
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.packer.layout import AZURE_PIPELINES, BUILDS, ENVIRONMENT_ENDING, GITHUB_ACTIONS, PICK, RUN, SINGLE_PIPELINES
from aib2packer.rendering.templates import yaml_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aib2packer.estate.model import Estate, EstateBuild
    from aib2packer.guide.build_pipelines import PipelineAccess, Runner
    from aib2packer.options import Auth

ENVIRONMENT = "image-builds"
"""The environment in which all builds run, until somebody says otherwise."""
DAILY, WEEKLY = "17 3 * * *", "17 3 * * 1"
_MOST = 10
_LONGEST_FILE = 100  # of the 255 characters that the name of a file may have
_JOB = pattern(r"^ *- name: *(\S+)\n *job:", re.MULTILINE)
_NOT_IN_NAMES = pattern(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class PipelineSecret:
    """A secret of a build: its name in the pipeline, which no other build has, and the variable of Packer that it is for."""

    build: str
    name: str
    variable: str


@dataclass(frozen=True, slots=True)
class PipelineBuild:
    """A build as a pipeline runs it."""

    name: str
    """What the pipelines call the build, and no other: letters, digits, and hyphens between them."""
    job: str
    """What the job of the build is called, and no other: letters, digits and underscores."""
    build: EstateBuild
    file: str
    """What the file of a pipeline of its own has in its name, and no other."""
    schedule: str
    commands: tuple[str, ...]
    secrets: tuple[PipelineSecret, ...]

    @property
    def runner(self) -> Runner:
        """The machine for its job, as Azure DevOps has them; GitHub's may be used as long."""
        launch = self.build.facts.launch
        return runner(launch.minutes, "Azure DevOps", private=launch.is_private, auth=launch.auth)

    @property
    def newest(self) -> str:
        """The command that asks for the newest version of its source image, where it is built when that changes."""
        return self.build.facts.launch.newest if self.schedule else ""

    @property
    def starts(self) -> bool:
        """Whether Image Builder builds the image by itself."""
        return self.build.facts.service.auto_run or bool(self.schedule)

    def single(self, path: str) -> str:
        """The path of the pipeline that runs this build alone, for the system of the one for all."""
        system = path.rpartition("/")[2].removesuffix(".yml")
        return f"{SINGLE_PIPELINES}/{system}-{self.file}.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePipeline:
    """What a pipeline file shows."""

    name: str
    cloud: str
    builds: tuple[PipelineBuild, ...]
    on_push: tuple[str, ...]
    on_schedule: tuple[str, ...]
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
        return {**ACTIONS, "artifact": ARTIFACT}


def pipeline_files(estate: Estate) -> dict[str, str]:
    """The pipelines and what they read, by path; nothing where there is no build.

    Builds that sign in in different ways, or to different clouds, go to a pipeline each.
    """
    builds = pipeline_builds(estate)
    if not builds:
        return {}
    texts = {BUILDS: _json(builds)}
    for script in (PICK, RUN):
        texts[script] = yaml_environment().get_template(f"{script.rpartition('/')[2]}.j2").render()
    groups: dict[tuple[Auth, Cloud], list[PipelineBuild]] = {}
    for one in builds:
        groups.setdefault((one.build.facts.launch.auth, one.build.facts.launch.cloud), []).append(one)
    for (auth, cloud), members in groups.items():
        mark = f"-{auth.value}-{cloud.facts.cli_name.lower()}" if len(groups) > 1 else ""
        for path, pipeline in _pipelines(auth, cloud, members).items():
            template = yaml_environment().get_template(f"estate-{path.rpartition('/')[2]}.j2")
            texts[f"{path.removesuffix('.yml')}{mark}.yml"] = template.render(pipeline=pipeline)
        for one in (member for member in members if member.starts):
            for path, pipeline in _pipelines(auth, cloud, [one]).items():
                template = yaml_environment().get_template(f"estate-{path.rpartition('/')[2]}.j2")
                alone = replace(pipeline, name=f"Build {one.name}", only=one)
                texts[one.single(path)] = template.render(pipeline=alone)
    return texts


def lacks(builds: Sequence[PipelineBuild], path: str, text: str) -> str:
    """What a file of pipelines that somebody has changed lacks, or has too much, as an end of a sentence; "" for nothing."""
    builds = [one for one in builds if path in {one.single(AZURE_PIPELINES), one.single(GITHUB_ACTIONS)}] or builds
    names, secrets = {one.name for one in builds}, {secret.name for one in builds for secret in one.secrets}
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
    launches = [one.build.facts.launch for one in builds]
    subscription, runs_az = any(one.in_environment for one in launches), any(one.runs_az for one in launches)
    set_cloud = next((one.set_cloud for one in launches if one.set_cloud), ())
    asks = any(one.newest for one in builds)
    secrets = tuple(secret for one in builds for secret in one.secrets)
    github = github_access(auth, cloud, set_cloud, in_environment=subscription, runs_az=runs_az)
    to_ask = github_access(auth, cloud, set_cloud, in_environment=subscription, runs_az=True)
    azure = azure_access(auth, set_cloud, in_environment=subscription, runs_az=runs_az or asks)
    common = EstatePipeline(
        name="Build images",
        cloud="Azure" if cloud is Cloud.PUBLIC else cloud.facts.title,
        builds=tuple(builds),
        on_push=tuple(one.name for one in builds if one.build.facts.service.auto_run),
        on_schedule=tuple(one.name for one in builds if one.schedule),
        schedules=tuple(dict.fromkeys(one.schedule for one in builds if one.schedule)),
        asks=asks,
        access=github,
        login=to_ask.login,
        secrets=secrets,
    )
    return {GITHUB_ACTIONS: common, AZURE_PIPELINES: replace(common, access=azure, login=azure.login if asks else {})}


def pipeline_builds(estate: Estate) -> tuple[PipelineBuild, ...]:
    """The builds, each environment of one apart, with names that a pipeline may have, each once."""
    names: set[str] = set()
    jobs: set[str] = set()
    files: set[str] = set()
    secrets: set[str] = set()
    found = []
    for build in estate.builds:
        for environment in build.facts.launch.environments or ("",):
            wanted = f"{build.path}-{environment.removesuffix(ENVIRONMENT_ENDING)}"
            name = _claim(_NOT_IN_NAMES.sub("-", wanted).strip("-") or "image", "-", names)
            job = _claim(f"build_{name.replace('-', '_')}", "_", jobs)
            file = _claim(name[:_LONGEST_FILE], "-", files)
            run = commands(estate, build, environment)
            found.append(PipelineBuild(name, job, build, file, _schedule(build), run, _secrets(name, build, secrets)))
    return tuple(found)


def _claim(name: str, sign: str, taken: set[str]) -> str:
    """The name, or the first with a number that is free, whatever its case."""
    claimed, number = name, 1
    while claimed.casefold() in taken:
        number += 1
        claimed = f"{name}{sign}{number}"
    taken.add(claimed.casefold())
    return claimed


def _schedule(build: EstateBuild) -> str:
    """When a pipeline builds an image again: daily, if asking says so where that costs nothing; else once a week."""
    if not build.facts.service.triggers:
        return ""
    return DAILY if build.facts.launch.newest else WEEKLY


def _secrets(name: str, build: EstateBuild, taken: set[str]) -> tuple[PipelineSecret, ...]:
    """The secrets of a build, with names that begin with that of the build: a letter, as GitHub wants it."""
    found = []
    for variable in build.facts.secrets:
        wanted = _NOT_IN_NAMES.sub("_", f"{name}_{variable}").upper()
        wanted = f"IMAGE_{wanted}" if wanted[0].isdigit() else github_name(wanted)
        found.append(PipelineSecret(name, _claim(wanted, "_", taken), f"PKR_VAR_{variable}"))
    return tuple(found)


def _json(builds: Iterable[PipelineBuild]) -> str:
    """What the scripts, and whoever changes something, read: a build an entry."""
    entries = [
        {
            "name": one.name,
            "path": one.build.path,
            "environment": ENVIRONMENT,
            "runner": ["self-hosted", "linux"] if one.runner.own else ["ubuntu-latest"],
            "minutes": one.runner.minutes,
            "push": one.build.facts.service.auto_run,
            "schedule": one.schedule,
            "newest": one.newest,
            "azure_cli": one.build.facts.launch.runs_az,
            "secrets": {secret.variable: secret.name for secret in one.secrets},
            "commands": list(one.commands),
        }
        for one in builds
    ]
    return json.dumps(entries, indent=2, ensure_ascii=False) + "\n"
