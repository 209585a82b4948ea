"""What there is in Azure."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.lab.azure.arm.ids import GROUP, group_of, name_of, type_of
from tests.lab.azure.clock import LabClock
from tests.lab.azure.refusal import RefusedError

Json = Any


@dataclass(slots=True)
class Stored:
    """A resource: what ARM shows of it, and what Azure knows besides."""

    body: dict[str, Json]
    hidden: dict[str, Json] = field(default_factory=dict)
    state: str = "Succeeded"
    settles: float = 0

    @property
    def id(self) -> str:
        """Its path."""
        text: str = self.body["id"]
        return text

    @property
    def type(self) -> str:
        """Its type, in lower case."""
        return type_of(self.id)

    @property
    def properties(self) -> dict[str, Json]:
        """Its own properties."""
        found: dict[str, Json] = self.body.setdefault("properties", {})
        return found


@dataclass(slots=True)
class Store:
    """Resources by their path, whatever its case."""

    clock: LabClock
    resources: dict[str, Stored] = field(default_factory=dict)

    def find(self, path: str) -> Stored | None:
        """Give a resource as it is now, or nothing."""
        found = self.resources.get(path.lower())
        if found is None:
            return None
        if self.clock.now() >= found.settles:
            if found.state == "Deleting":
                self._remove(path)
                return None
            found.state = "Succeeded"
        if found.type != "microsoft.resources/tags":
            found.properties["provisioningState"] = found.state
        return found

    def get(self, path: str) -> Stored:
        """Give a resource.

        Raises:
            RefusedError: 404, in the words of ARM (recording: test_global_ids, test_resource_group).

        """
        found = self.find(path)
        if found is not None:
            return found
        group = group_of(path)
        if self.find(group) is None:
            message = f"Resource group '{name_of(group)}' could not be found."
            raise RefusedError(404, "ResourceGroupNotFound", message)
        what = f"{path.split('/providers/', 1)[-1]}' under resource group '{name_of(group)}"
        raise RefusedError(404, "ResourceNotFound", f"The Resource '{what}' was not found.")

    def put(self, path: str, body: dict[str, Json], *, settles: float = 0, hidden: dict[str, Json] | None = None) -> Stored:
        """Make a resource, or replace what it shows."""
        before = self.find(path)
        # Not what a client may have sent of these.
        shown = {"id": before.id if before else path, "name": name_of(path), "type": _shown_type(path)}
        made = Stored({**deepcopy(body), **shown}, {**(before.hidden if before else {}), **(hidden or {})})
        made.state, made.settles = "Updating" if before else "Creating", settles
        self.resources[path.lower()] = made
        return self.get(path)

    def delete(self, path: str, *, settles: float = 0) -> None:
        """Let a resource go, and all below it, when its time has come."""
        for other in [path.lower(), *self._below(path)]:
            found = self.resources[other]
            found.state, found.settles = "Deleting", settles
        self.find(path)

    def children(self, path: str) -> list[Stored]:
        """Give what lies directly in `path`, which ends in a type."""
        prefix = path.lower().rstrip("/") + "/"
        names = [key for key in list(self.resources) if key.startswith(prefix) and "/" not in key[len(prefix) :]]
        return [found for name in names if (found := self.find(name))]

    def all(self) -> Iterator[Stored]:
        """Give everything that there is now."""
        for key in list(self.resources):
            if found := self.find(key):
                yield found

    def _below(self, path: str) -> list[str]:
        return [key for key in self.resources if key.startswith(path.lower() + "/")]

    def _remove(self, path: str) -> None:
        for key in [path.lower(), *self._below(path)]:
            self.resources.pop(key, None)


def _shown_type(path: str) -> str:
    if type_of(path) == GROUP:
        return "Microsoft.Resources/resourceGroups"
    parts = path.strip("/").split("/")
    at = len(parts) - 1 - [part.lower() for part in parts][::-1].index("providers")
    return "/".join([parts[at + 1], *parts[at + 2 :: 2]])
