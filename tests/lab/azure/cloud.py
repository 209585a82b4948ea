"""The simulated Azure as a whole: one of these is all that there is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.kinds import Arm
from tests.lab.azure.arm.operations import Operations
from tests.lab.azure.arm.router import answer_arm
from tests.lab.azure.arm.store import Store
from tests.lab.azure.blobs import ENDPOINT, BlobService, StoredBlob
from tests.lab.azure.clock import LabClock
from tests.lab.azure.entra import DEVOPS_HOST, GITHUB_HOST, LOGIN_HOSTS, TENANT, Entra
from tests.lab.azure.faults import Fault, Faults, Harm
from tests.lab.azure.metadata import endpoints
from tests.lab.azure.refusal import GapError, RefusedError

Json = Any

MANAGEMENT_HOSTS = ("management.azure.com", "management.usgovcloudapi.net", "management.chinacloudapi.cn")


@dataclass(slots=True)
class SimulatedAzure:
    """Answers requests; keeps what was asked, and what it could not answer."""

    clock: LabClock
    subscriptions: tuple[str, ...]
    arm: Arm
    entra: Entra
    blobs: BlobService
    faults: Faults = field(default_factory=Faults)
    log: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    # When whoever runs now has slept for too long, and what ends it then.
    out_of_patience: tuple[float, Callable[[], None]] = (float("inf"), lambda: None)

    @classmethod
    def make(cls, clock: Path, subscriptions: tuple[str, ...]) -> "SimulatedAzure":
        """Make one with nothing in it, whose time is kept in the file."""
        ticking = LabClock(clock)
        arm, entra = Arm(ticking, Store(ticking), Operations(ticking)), Entra(ticking)
        return cls(ticking, subscriptions, arm, entra, BlobService(arm, entra))

    def answer(self, question: Question) -> Answer:
        """Answer a request; what is not simulated is a gap."""
        if self.clock.slept() > self.out_of_patience[0]:
            self.out_of_patience[1]()
        try:
            fault = self.faults.due(question)
            answer = self._fail(question, fault) if fault else self._dispatch(question)
        except RefusedError as refused:
            answer = Answer(refused.status, {"error": {"code": refused.code, "message": refused.message}})
        except GapError as gap:
            answer = self._gap(question, str(gap))
        except Exception as error:  # noqa: BLE001 (a fault of the lab, told as one)
            answer = self._gap(question, repr(error))
        why = f" {answer.body}"[:300] if answer.status >= 400 else ""
        self.log.append(f"{question.method} {question.host}{question.path} {answer.status}{why}")
        return answer

    def _dispatch(self, question: Question) -> Answer:
        if question.host in LOGIN_HOSTS:
            return self.entra.answer(question)
        if question.host in (GITHUB_HOST, DEVOPS_HOST):
            return self.entra.answer_pipeline(question)
        if ENDPOINT.fullmatch(question.host):
            return self.blobs.answer(question)
        if question.path == "/metadata/endpoints" and question.host in MANAGEMENT_HOSTS:
            return Answer(200, endpoints(question.host))
        if question.host in MANAGEMENT_HOSTS:
            return self.entra.trouble(question) or answer_arm(self.arm, question, self.subscriptions, TENANT)
        message = f"the host {question.host}"
        raise GapError(message)

    def _fail(self, question: Question, fault: Fault) -> Answer:
        refusal = self._refuse(question, fault.status)
        if fault.harm is Harm.REFUSED:
            return refusal
        answer = self._dispatch(question)
        if fault.harm is Harm.DONE:
            return refusal
        self.faults.kill()
        return answer

    def _refuse(self, question: Question, status: int) -> Answer:
        """Refuse as Azure does what it has nothing against (spec: common-types ErrorResponse)."""
        message = "The lab refuses this request."
        if ENDPOINT.fullmatch(question.host):
            text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>Refused</Code><Message>{message}</Message></Error>'
            return Answer(status, text, {"Content-Type": "application/xml", "x-ms-error-code": "Refused"})
        return Answer(status, {"error": {"code": "OperationNotAllowed", "message": message}})

    def _gap(self, question: Question, what: str) -> Answer:
        self.gaps.append(f"{question.method} {question.host}{question.path}: {what}"[:500])
        return Answer(501, {"error": {"code": "NotSimulated", "message": what}})

    def put(self, path: str, **body: Json) -> None:
        """Let a resource be there, as if it had been made long ago."""
        hidden = body.pop("hidden", None)
        self.arm.store.put(path, body, hidden=hidden)

    def put_blob(self, at: str, data: bytes | None = None) -> None:
        """Let a blob be there: `account/container/name`."""
        self.blobs.containers.add(at.rsplit("/", at.count("/") - 1)[0])
        self.blobs.blobs[at] = StoredBlob(data)
