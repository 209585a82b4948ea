"""Pipelines to begin with, for templates that Image Builder builds by itself: when they are submitted, or by a trigger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aib2packer.guide.migration import starts
from aib2packer.options import Auth
from aib2packer.packer.layout import AZURE_PIPELINES, GITHUB_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aib2packer.guide.instructions import Guide

PACKER = "1.16.0"
"""The Packer that pipelines install: the one that the output is tested with."""

_TO_CLEAN_UP = 30  # minutes that Packer has after the time limit, to delete what it made
_GITHUB_OWN = "GITHUB_"  # no variable or secret of a repository may begin so
_SERVICE_PRINCIPAL = ("ARM_TENANT_ID", "ARM_CLIENT_ID")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a pipeline file shows."""

    name: str
    starts: tuple[str, ...]
    on_push: bool
    on_schedule: bool
    own_runner: bool
    """Whether it needs a machine of the user's: in the network of the build VM, or with a managed identity."""
    job_minutes: int
    packer: str
    environment: Mapping[str, str]
    """What the build step has in its environment: the pipeline's expression for each."""
    azure_cli: bool
    """Whether the Azure CLI is signed in for the build."""
    identity_token: bool
    """Whether the pipeline may ask for a token of its own."""
    service_principal: bool
    init: str
    checks: tuple[str, ...]
    builds: tuple[str, ...]
    counting: tuple[str, ...]
    overwrites: bool


def pipelines(name: str, guide: Guide) -> dict[str, Pipeline]:
    """A pipeline for each system, by the path of its file; none for what is only built on request."""
    if not starts(guide):
        return {}
    files = {GITHUB_ACTIONS: _pipeline(name, guide, _github)}
    if guide.auth is not Auth.OIDC:  # azure-arm asks for tokens as GitHub Actions gives them
        files[AZURE_PIPELINES] = _pipeline(name, guide, _azure)
    return files


def _pipeline(build_name: str, guide: Guide, stored: Callable[[str, bool], str]) -> Pipeline:
    run = guide.commands
    runs = (run,) if guide.validation is None else (run, guide.validation)
    named = {f"PKR_VAR_{name}": stored(name.upper(), False) for one in runs for name in one.required}  # noqa: FBT003 - no secret
    secret = {f"PKR_VAR_{name}": stored(name.upper(), True) for one in runs for name in one.secrets}  # noqa: FBT003 - a secret
    if stored is _github and guide.auth in {Auth.SERVICE_PRINCIPAL, Auth.OIDC}:
        named = {name: stored(name, False) for name in _SERVICE_PRINCIPAL} | named  # noqa: FBT003
    if stored is _github and guide.auth is Auth.SERVICE_PRINCIPAL:
        secret = {"ARM_CLIENT_SECRET": stored("ARM_CLIENT_SECRET", True)} | secret  # noqa: FBT003
    azure_cli = guide.auth is Auth.CLI or guide.private_blobs or guide.copies or guide.releases
    return Pipeline(
        name=build_name,
        starts=starts(guide),
        on_push=guide.auto_run,
        on_schedule=bool(guide.triggers),
        own_runner=guide.private or guide.auth is Auth.MSI,
        job_minutes=sum(one.timeout_minutes for one in runs) + _TO_CLEAN_UP,
        packer=PACKER,
        environment={**named, **secret},
        azure_cli=azure_cli or (stored is _azure and guide.auth is Auth.SERVICE_PRINCIPAL),
        identity_token=azure_cli or guide.auth is Auth.OIDC,
        service_principal=guide.auth is Auth.SERVICE_PRINCIPAL,
        init=run.init,
        checks=tuple(one.in_environment("validate") for one in runs),
        builds=tuple(one.limited(one.in_environment("build")) for one in runs),
        counting=_counting(guide, {*named, *secret}),
        overwrites=guide.overwrites,
    )


def _counting(guide: Guide, environment: Collection[str]) -> tuple[str, ...]:
    """The option that counts versions on, after what it needs in the shell."""
    if guide.counting is None:
        return ()
    names = [line.partition("=")[0] for line in guide.counting_values]
    values = [
        f'{name}="$PKR_VAR_{name}"' if f"PKR_VAR_{name}" in environment else line
        for name, line in zip(names, guide.counting_values, strict=True)
    ]
    return (*((" ".join(values),) if values else ()), guide.counting)


def _github(name: str, secret: bool) -> str:  # noqa: FBT001 - one of a pair of functions
    free = f"PKR_{name}" if name.startswith(_GITHUB_OWN) else name
    return f"${{{{ {'secrets' if secret else 'vars'}.{free} }}}}"


def _azure(name: str, _secret: bool) -> str:  # noqa: FBT001
    return f"$({name})"
