"""Long operations: what ARM answers while something is being done, and how it is asked whether that is over."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.lab.azure.answer import Answer
from tests.lab.azure.clock import LabClock
from tests.lab.azure.refusal import RefusedError

Json = Any


@dataclass(frozen=True, slots=True)
class LongOperation:
    """Something that takes its time."""

    name: str
    started: float
    ends: float
    output: dict[str, Json] | None


@dataclass(slots=True)
class Operations:
    """All that has been started. Each takes `seconds` of the lab's time, and asks to be polled after `pause` of them."""

    clock: LabClock
    seconds: float = 20
    pause: int | None = None
    host: str = "management.azure.com"  # that of the request
    started: dict[str, LongOperation] = field(default_factory=dict)

    def ends(self) -> float:
        """Say when what starts now is over."""
        return self.clock.now() + self.seconds

    def start(self, base: str, output: dict[str, Json] | None = None) -> dict[str, str]:
        """Begin one; give the headers that tell where it is asked about.

        recording: test_completion_percent (DiskOperations), test_image_version_end_of_life_date (capsOperations): both headers,
        `Location` with `monitor=true`.
        """
        name = str(uuid.uuid4())
        self.started[name] = LongOperation(name, self.clock.now(), self.ends(), output)
        url = f"https://{self.host}{base}/{name}?p={uuid.uuid4()}"
        return {
            "Azure-AsyncOperation": f"{url}&api-version=2024-03-02",
            "Location": f"{url}&monitor=true&api-version=2024-03-02",
            **self._pause(),
        }

    def poll(self, name: str, url: str, *, monitor: bool) -> Answer:
        """Answer for one: its state (recordings as above), or, at `Location`, what it made (spec: common-types v5)."""
        operation = self.started.get(name)
        if operation is None:
            message = f"The operation {name} was not found."
            raise RefusedError(404, "NotFound", message)
        done = self.clock.now() >= operation.ends
        if monitor:
            if not done:
                return Answer(202, headers={"Location": url, **self._pause()})
            return Answer(200, operation.output) if operation.output is not None else Answer(204)
        body: dict[str, Json] = {"startTime": _stamp(operation.started)}
        body |= {"endTime": _stamp(operation.ends), "status": "Succeeded"} if done else {"status": "InProgress"}
        if done and operation.output is not None:
            body["properties"] = {"output": operation.output}
        return Answer(200, {**body, "name": name}, {} if done else self._pause())

    def _pause(self) -> dict[str, str]:
        return {} if self.pause is None else {"Retry-After": str(self.pause)}


def _stamp(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat()
