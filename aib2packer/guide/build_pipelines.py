"""Pipelines to begin with, for templates that Image Builder builds by itself: when they are submitted, or by a trigger.

In GitHub Actions azure-arm signs in with identity tokens of the job, which it asks for anew whenever it needs one; the scripts
that run the Azure CLI do the same (packer/steps/cli_session.py). In Azure DevOps it signs in by way of the CLI, and the task
that runs the build keeps that alive. So a build may take hours (docs/reference/azure-runtime.md 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.azure.clouds import Cloud
from aib2packer.guide.commands import SUBSCRIPTION_NAME
from aib2packer.guide.migration import starts
from aib2packer.lazy.models import dataclass, replace
from aib2packer.lazy.patterns import pattern
from aib2packer.options import Auth
from aib2packer.packer.layout import AZURE_PIPELINES, GITHUB_ACTIONS, MIGRATION_PAGE
from aib2packer.packer.shell_words import sets_a_field
from aib2packer.packer.variables.ours import SUBSCRIPTION
from aib2packer.packer.warnings import LONGEST_HOSTED_JOB, TO_CLEAN_UP

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from aib2packer.guide.commands import Commands
    from aib2packer.guide.instructions import Guide

PACKER = "1.16.0"
"""The Packer that pipelines install: the one that the output is tested with."""

# As the README of each of them has it: the tag of a major version, which gets corrections.
ACTIONS = {
    "checkout": "actions/checkout@v7",
    "login": "azure/login@v3",
    "packer": "hashicorp/setup-packer@v3",
    "artifact": "actions/upload-artifact@v7",
}

NOT_IN_NAMES = pattern(r"[^A-Za-z0-9]+")
"""What a name in a pipeline cannot have, in a row."""
_GITHUB_OWN = "GITHUB_"  # no variable or secret of a repository may begin so, nor with a digit
_GITHUB_TOKEN = "PACKER_GITHUB_API_TOKEN"  # noqa: S105 - the name of a variable
# What nobody has set stands there as it is written, which GitHub would take for a token that is wrong.
_WITHOUT_TOKEN = f'[ "${{{_GITHUB_TOKEN}#\\$}}" = "${_GITHUB_TOKEN}" ] || unset {_GITHUB_TOKEN}'
# The runs of a pipeline of Azure DevOps, one of them.
_RUNS = (
    "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECTID/_apis/build/builds?definitions=$SYSTEM_DEFINITIONID&\\$top=1&api-version=7.1"
)
_TENANT, _CLIENT, CLIENT_SECRET = "ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET"
_AS_CLIENT = (Auth.CLI, Auth.OIDC)
_CREDENTIALS = (
    f'{{"clientId":"${{{{ env.{_CLIENT} }}}}","clientSecret":"${{{{ env.{CLIENT_SECRET} }}}}",'
    f'"subscriptionId":"${{{{ env.{SUBSCRIPTION_NAME} }}}}","tenantId":"${{{{ env.{_TENANT} }}}}"}}'
)


@dataclass(frozen=True, slots=True)
class PipelineAccess:
    """How what runs in a pipeline gets into Azure, and to the values that the build wants."""

    environment: Mapping[str, str]
    """What the build step has in its environment: the pipeline's expression for each."""
    login: Mapping[str, str]
    """What signs the Azure CLI in: the inputs of the action, or of the task that the build runs in; nothing for neither."""
    before: tuple[str, ...] = ()
    """Lines of a shell before those of Packer."""
    identity_token: bool = False
    """Whether the pipeline may ask for a token of its own."""


@dataclass(frozen=True, slots=True)
class Runner:
    """The machine that runs a job, and how long."""

    own: str
    """What machine of the user's the job needs, as a comment says it; "" where a machine is lent."""
    minutes: int
    too_long: str
    """A comment that the build may take longer than a job on a lent machine may; "" where it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """What a pipeline file shows."""

    name: str
    folder: str
    """Where the build lies in the repository, as somebody is to write it."""
    cloud: str
    starts: tuple[str, ...]
    on_push: bool
    on_schedule: bool
    is_fixed: bool
    """Whether there is no schedule, as the source is one version."""
    newest: str
    """The command that prints the newest version of the source image; "" where nobody can ask, or needs to."""
    to_ask: Mapping[str, str]
    """What signs the Azure CLI in to ask that."""
    mark: str
    """What the mark of a build begins with; the version of the source image that it is built from follows."""
    build_file: str
    runner: Runner
    access: PipelineAccess
    packer: str
    actions: Mapping[str, str]
    init: str
    checks: tuple[str, ...]
    builds: tuple[str, ...]
    counting: tuple[str, ...]
    by_time: bool
    """Whether Image Builder did not count."""
    new_names: str
    """The options that give managed images names of their own; "" where there are none."""

    @property
    def account(self) -> Mapping[str, str]:
        """What the environment says of the account that signs in."""
        return {name: value for name, value in self.access.environment.items() if name.startswith("ARM_")}

    @property
    def commands(self) -> tuple[str, ...]:
        """All that the build step of Azure DevOps runs, which also asks for the newest version of the source image."""
        run = (self.init, *self.checks, *self.builds)
        if not self.newest:
            return (*self.access.before, *run)
        known = f"{_RUNS}&tagFilters={self.mark}-$version"
        return (
            *self.access.before,
            f"version=$({self.newest}) || version=",
            'if [ "$BUILD_REASON" = Schedule ]; then',
            '  [ -n "$version" ] || { echo "The source image has no version." >&2; exit 1; }',
            f'  known=$(curl -fsS -H "Authorization: Bearer $SYSTEM_ACCESSTOKEN" "{known}" | jq .count)',
            '  [ "$known" = 0 ] || { echo "Something was built from version $version already."; exit 0; }',
            "fi",
            *run,
        )


def pipelines(name: str, guide: Guide) -> dict[str, Pipeline]:
    """A pipeline for each system, by the path of its file; none for what is only built on request, or in an estate's own."""
    if guide.in_estate or not starts(guide):
        return {}
    return {GITHUB_ACTIONS: _github(name, guide), AZURE_PIPELINES: _azure(name, guide)}


def _github(name: str, guide: Guide) -> Pipeline:
    in_environment = _asks_for_subscription(guide)
    access = github_access(guide.auth, guide.cloud, guide.set_cloud, in_environment=in_environment, runs_az=guide.runs_az)
    asks = github_access(guide.auth, guide.cloud, guide.set_cloud, in_environment=in_environment, runs_az=True)
    values: dict[str, str] = {}
    for one in _runs(guide):
        values |= {f"PKR_VAR_{variable}": _variable(own_name(name, variable)) for variable in one.required}
        values |= {f"PKR_VAR_{variable}": f"${{{{ secrets.{own_name(name, variable)} }}}}" for variable in one.secrets}
    values |= _security_type(guide)
    return _pipeline(name, guide, "GitHub", replace(access, environment={**access.environment, **values}), asks.login)


def own_name(name: str, variable: str) -> str:
    """What a repository calls a variable or secret of a build: other builds of it may have one of that name."""
    return github_name(NOT_IN_NAMES.sub("_", f"{name}_{variable}").upper())


def _security_type(guide: Guide) -> dict[str, str]:
    """What both builds are told of the image definition, where the template does not say it."""
    if not guide.type_variable:
        return {}
    return {f"PKR_VAR_{guide.type_variable}": f'"" # TrustedLaunch where the image definition has that type: {MIGRATION_PAGE}'}


def github_access(
    auth: Auth, cloud: Cloud, set_cloud: tuple[str, ...], *, in_environment: bool, runs_az: bool
) -> PipelineAccess:
    """How GitHub Actions gets into Azure.

    Args:
        auth: How Packer signs in.
        cloud: The cloud of Azure.
        set_cloud: What leads the Azure CLI there.
        in_environment: Whether a build takes the subscription from the environment.
        runs_az: Whether something runs the Azure CLI, beside Packer.

    """
    environment = {}
    if auth in {*_AS_CLIENT, Auth.SERVICE_PRINCIPAL}:
        environment = {variable: _variable(variable.replace("ARM_", "AZURE_")) for variable in (_TENANT, _CLIENT)}
    if environment or in_environment:
        environment[SUBSCRIPTION_NAME] = _variable("AZURE_SUBSCRIPTION_ID")
    if auth is Auth.SERVICE_PRINCIPAL:
        environment[CLIENT_SECRET] = "${{ secrets.AZURE_CLIENT_SECRET }}"
    login = {}
    if runs_az and auth in _AS_CLIENT:
        inputs = {"client-id": _CLIENT, "tenant-id": _TENANT, "subscription-id": SUBSCRIPTION_NAME}
        login = {name: f"${{{{ env.{variable} }}}}" for name, variable in inputs.items()}
    elif runs_az:
        as_machine = {"auth-type": "IDENTITY", "allow-no-subscriptions": "true"}
        login = as_machine if auth is Auth.MSI else {"creds": f"'{_CREDENTIALS}'"}
    if login and cloud is not Cloud.PUBLIC:
        login["environment"] = cloud.facts.cli_name
    return PipelineAccess(environment, login, set_cloud, identity_token=auth in _AS_CLIENT)


def _azure(name: str, guide: Guide) -> Pipeline:
    in_environment = _asks_for_subscription(guide)
    runs_az = guide.runs_az or bool(guide.followed)
    access = azure_access(guide.auth, guide.set_cloud, in_environment=in_environment, runs_az=runs_az)
    values = {
        f"PKR_VAR_{variable}": f"$({variable.upper()})" for one in _runs(guide) for variable in (*one.required, *one.secrets)
    }
    values |= _security_type(guide)
    return _pipeline(name, guide, "Azure DevOps", replace(access, environment={**values, **access.environment}))


def azure_access(auth: Auth, set_cloud: tuple[str, ...], *, in_environment: bool, runs_az: bool) -> PipelineAccess:
    """How Azure Pipelines get into Azure; the arguments are those of `github_access`."""
    environment = {_GITHUB_TOKEN: f"$({_GITHUB_TOKEN})"}
    login, before = {"visibleAzLogin": "false"}, [_WITHOUT_TOKEN, *set_cloud]
    if auth is Auth.SERVICE_PRINCIPAL:
        login["addSpnToEnvironment"] = "true"
        before.append(f'export {_TENANT}="$tenantId" {_CLIENT}="$servicePrincipalId" {CLIENT_SECRET}="$servicePrincipalKey"')
    elif auth is Auth.MSI:
        login = {}
        before += ["az login --identity --output none"] if runs_az else []
    else:
        login["keepAzSessionActive"] = "true"
    if auth is Auth.OIDC:  # azure-arm's own way asks as GitHub Actions answers
        environment["PKR_VAR_use_azure_cli_auth"] = '"true"'
    if login and in_environment:
        before += [f"{SUBSCRIPTION_NAME}=$(az account show --query id --output tsv)", f"export {SUBSCRIPTION_NAME}"]
    elif in_environment:
        environment[SUBSCRIPTION_NAME] = f"$({SUBSCRIPTION_NAME})"
    return PipelineAccess(environment, login, tuple(before))


def _pipeline(
    name: str, guide: Guide, system: str, access: PipelineAccess, to_ask: Mapping[str, str] | None = None
) -> Pipeline:
    runs = _runs(guide)
    return Pipeline(
        name=name,
        folder=f"path/to/{'builds' if guide.names.mark else name}",
        cloud="Azure" if guide.cloud is Cloud.PUBLIC else guide.cloud.facts.title,
        starts=starts(guide),
        on_push=guide.auto_run,
        on_schedule=bool(guide.triggers) and not guide.watch.is_fixed,
        is_fixed=bool(guide.triggers) and guide.watch.is_fixed,
        newest=guide.followed,
        to_ask=to_ask or {},
        mark=f"source-{NOT_IN_NAMES.sub('-', name)}",
        build_file=guide.names.files.build,
        runner=runner([one.limit.most for one in runs], system, private=guide.private, auth=guide.auth),
        access=access,
        packer=PACKER,
        actions=ACTIONS,
        init=runs[0].init,
        checks=tuple(one.in_environment("validate") for one in runs),
        builds=tuple(one.build_in_environment for one in runs),
        counting=_counting(guide, access.environment),
        by_time=guide.by_time,
        new_names=guide.new_names,
    )


def is_too_long(each: Sequence[int]) -> bool:
    """Whether a build, or the one that validates its image, may take more minutes than a job on a machine that is lent."""
    return max(each) + TO_CLEAN_UP > LONGEST_HOSTED_JOB


def runner(each: Sequence[int], system: str, *, private: bool, auth: Auth) -> Runner:
    """The machine for a job.

    Args:
        each: The time limit of each build, in minutes.
        system: Whose machines are lent.
        private: Whether the build VM has a private address only.
        auth: How Packer signs in: a managed identity belongs to a VM of the user's own, however long a build takes.

    """
    minutes = sum(each) + TO_CLEAN_UP
    if private or auth is Auth.MSI:
        return Runner(f"that reaches the build VM, as {MIGRATION_PAGE} says", minutes, "")
    limit = f"hosted runners of {system} end a job after {LONGEST_HOSTED_JOB}"
    if is_too_long(each):
        return Runner(f"of your own: {limit} minutes", minutes, "")
    too_long = f"The builds may take {minutes} minutes, and {limit}: if they do, take one of your own."
    return Runner("", min(minutes, LONGEST_HOSTED_JOB), too_long if minutes > LONGEST_HOSTED_JOB else "")


def _runs(guide: Guide) -> tuple[Commands, ...]:
    return (guide.commands,) if guide.validation is None else (guide.commands, guide.validation)


def _asks_for_subscription(guide: Guide) -> bool:
    """Whether a build, or the command that counts versions on, takes the subscription from the environment."""
    return any(one.environment for one in _runs(guide)) or f"{SUBSCRIPTION.name}=..." in guide.counting_values


def _counting(guide: Guide, environment: Collection[str]) -> tuple[str, ...]:
    """The option that counts versions on, after what it needs in the shell."""
    if guide.counting is None:
        return ()
    lines = [line for line in guide.counting_values if not sets_a_field(line)]
    fields = [line for line in guide.counting_values if sets_a_field(line)]
    names = [line.partition("=")[0] for line in lines]
    told = _asks_for_subscription(guide) or SUBSCRIPTION_NAME in environment
    taken = {SUBSCRIPTION.name: SUBSCRIPTION_NAME} if told else {}
    taken |= {name: f"PKR_VAR_{name}" for name in names if f"PKR_VAR_{name}" in environment}
    values = [f'{name}="${taken[name]}"' if name in taken else line for name, line in zip(names, lines, strict=True)]
    return (*((" ".join(values),) if values else ()), *fields, guide.counting)


def _variable(name: str) -> str:
    return f"${{{{ vars.{github_name(name)} }}}}"


def github_name(name: str) -> str:
    """A name for a variable or secret of a repository of GitHub."""
    if name[0].isdigit():
        return f"IMAGE_{name}"
    return f"PKR_{name}" if name.startswith(_GITHUB_OWN) else name
