"""The jobs of generated pipelines, as commands for a world: what hosted machines and their tasks do around our commands.

A task or an action that is not ours is imitated, from its source: what it asks for, and when.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab.azure.entra import CLIENT, DEVOPS_HOST, GITHUB_HOST, REQUEST_TOKEN, TENANT
from tests.lab.azure.fixtures import SUBSCRIPTIONS

Json = Any

VARIABLES = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_SUBSCRIPTION_ID": SUBSCRIPTIONS[0]}
_EXPRESSION = re.compile(r"\$\{\{ (?:vars\.(\w+)|github\.token) \}\}")
_LOGIN = f"az login --service-principal -u {CLIENT} --tenant {TENANT} --allow-no-subscriptions --output none"
_GITHUB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://{GITHUB_HOST}/idtoken?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
}
# Azure/login v3, src: one assertion, one `az login`.
_AZURE_LOGIN = f"""\
assertion=$(curl -fsS -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\
  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" | sed 's/.*"value": *"\\([^"]*\\)".*/\\1/')
{_LOGIN} --federated-token "$assertion"
az account set --subscription {SUBSCRIPTIONS[0]}
"""
# microsoft/azure-pipelines-tasks 299572e25b, Tasks/AzureCLIV2/azureclitask.ts (AzureCLI@2.279.0): createOidcToken, `az login`,
# `az account set`; all of it again while the script runs, each 480 seconds of the 600 that an assertion lives
# (keepAzSessionActive, which the task takes for federated connections alone). These pass fast here.
_AZURE_CLI_TASK = f"""\
log_in() {{
  assertion=$(curl -fsS -X POST -H 'Authorization: Bearer {REQUEST_TOKEN}' \\
    'https://{DEVOPS_HOST}/contoso/images/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken' |
    sed 's/.*"oidcToken": *"\\([^"]*\\)".*/\\1/')
  {_LOGIN} --federated-token "$assertion"
  az account set --subscription {SUBSCRIPTIONS[0]}
}}
log_in
while /bin/sleep 1; do
  head -c 480 /dev/zero >> "$LAB_CLOCK" # eight minutes of the lab's time
  if [ -n "$KEEP_ACTIVE" ]; then log_in || echo 'not renewed: at the next turn again'; fi
done &
trap 'kill $! || :' EXIT
bash inline.sh
"""


def on_github(workflow: bytes, folder: Path) -> list[list[str]]:
    """Give the commands of the one job of a workflow, whose repository is `folder`."""
    job = yaml.safe_load(workflow)["jobs"]["build"]
    around = {**_GITHUB, **_filled(job["env"])}
    return [
        _command(folder, step.get("run") or _AZURE_LOGIN, {**around, **_filled(step.get("env", {}))})
        for step in job["steps"]
        if "run" in step or step["uses"].startswith("azure/login@")
    ]


def on_azure_devops(pipeline: bytes, folder: Path, *, heeds: bool) -> list[list[str]]:
    """Give the command of the task of the one job; it keeps its session active if the pipeline says so, and it `heeds` that."""
    (job,) = yaml.safe_load(pipeline)["jobs"]
    (task,) = [step for step in job["steps"] if step.get("task") == "AzureCLI@2"]
    inputs = task["inputs"]
    (folder / "inline.sh").write_text(inputs["inlineScript"])
    kept = "yes" if heeds and inputs.get("keepAzSessionActive") else ""
    # A macro that nobody has set stands there as it is written.
    return [_command(folder, _AZURE_CLI_TASK, {**task.get("env", {}), "KEEP_ACTIVE": kept})]


def _command(folder: Path, script: str, environment: Mapping[str, str]) -> list[str]:
    words = [f"{name}={value}" for name, value in environment.items()]
    return ["env", "-C", str(folder), *words, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]


def _filled(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _EXPRESSION.sub(lambda found: VARIABLES.get(found[1] or "", ""), value) for name, value in environment.items()
    }
