"""Blobs, as far as copying them goes.

learn.microsoft.com/rest/api/storageservices: Copy Blob, Get Blob Properties, Get Blob, Delete Blob, Put Blob, Get User
Delegation Key, List Blobs, Create Container, Get Container Properties; status and error codes as they stand there.
"""

import base64
import re
import urllib.parse
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.lab.azure.answer import Answer, Question
from tests.lab.azure.arm.kinds import Arm, CopyEnd
from tests.lab.azure.entra import OBJECT, TENANT, Entra
from tests.lab.azure.refusal import GapError

ENDPOINT = re.compile(r"(?P<account>[^.]+)\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)")
SIZE = 1 << 20
PUBLIC = "public"


@dataclass(slots=True)
class StoredBlob:
    """A blob. Of a copied one, when the copy was started and from where; `data` only where somebody reads it."""

    data: bytes | None = None
    copied_from: str = ""
    copy_started: float = 0
    aborted: bool = False
    copy_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def size(self) -> int:
        """Its length."""
        return SIZE if self.data is None else len(self.data)


@dataclass(slots=True)
class BlobService:
    """Containers, as `account/container`, and blobs, as `account/container/name`."""

    arm: Arm
    entra: Entra
    containers: set[str] = field(default_factory=set)
    blobs: dict[str, StoredBlob] = field(default_factory=dict)

    def answer(self, question: Question) -> Answer:
        """Answer at the host of an account."""
        account = question.host.split(".")[0]
        if trouble := self._sign_in_trouble(question):
            return trouble
        if question.query.get("comp") == "userdelegationkey":
            return self._delegation_key()
        container, _, name = question.path.lstrip("/").partition("/")
        at = f"{account}/{container}"
        if name:
            return self._blob(question, at, f"{at}/{name}")
        if question.query.get("restype") == "container" and question.method in ("GET", "HEAD", "PUT"):
            if question.method == "PUT":
                known = at in self.containers
                self.containers.add(at)
                return _error(409, "ContainerAlreadyExists") if known else Answer(201, headers=self._headers())
            if question.query.get("comp") == "list" and at in self.containers:
                return self._list(at, question.query.get("prefix", ""))
            return Answer(200, headers=self._headers()) if at in self.containers else _error(404, "ContainerNotFound")
        message = f"{question.method} {question.path} of an account"
        raise GapError(message)

    def settle(self) -> None:
        """Let copies that have ended well be blobs as any: what becomes of later ones does not change them."""
        for blob in self.blobs.values():
            if blob.copied_from and self.copy_status(blob) == "success":
                blob.copied_from = ""

    def copy_status(self, blob: StoredBlob) -> str:
        """Say how the copy of a blob stands: pending, success, failed or aborted."""
        if blob.aborted:
            return "aborted"
        if self.arm.copies is CopyEnd.NEVER or self.arm.clock.now() < blob.copy_started + self.arm.copy_seconds:
            return "pending"
        return "failed" if self.arm.copies is CopyEnd.FAILED else "success"

    def _sign_in_trouble(self, question: Question) -> Answer | None:
        if "sig" in question.query or question.headers.get("authorization", "").startswith("SharedKey "):
            return None
        if "authorization" not in question.headers:
            return _error(401, "NoAuthenticationInformation")
        return _error(401, "InvalidAuthenticationInfo") if self.entra.trouble(question) else None

    def _blob(self, question: Question, container: str, at: str) -> Answer:
        if container not in self.containers and not at.startswith("md-lab/"):
            return _error(404, "ContainerNotFound")
        if question.method == "PUT" and "x-ms-copy-source" in question.headers:
            return self._copy(question, at)
        found = self.blobs.get(at)
        if found is not None and question.query.get("comp") == "copy":  # Abort Copy Blob
            if not found.copied_from or self.copy_status(found) != "pending":
                return _error(409, "NoPendingCopyOperation")
            found.aborted = True
            return Answer(204, headers=self._headers())
        if found is None and not (question.method == "PUT" and "comp" not in question.query):
            return _error(404, "BlobNotFound")
        if question.method == "DELETE":
            del self.blobs[at]
            return Answer(202, headers=self._headers())
        if question.method in ("HEAD", "GET") and found is not None and "comp" not in question.query:
            return self._read(question, found)
        if question.method == "GET" and found is not None and question.query.get("comp") == "pagelist":  # Get Page Ranges
            text = '<?xml version="1.0" encoding="utf-8"?><PageList><PageRange><Start>0</Start>'
            text += f"<End>{found.size - 1}</End></PageRange>"
            headers = {"Content-Type": "application/xml", "x-ms-blob-content-length": str(found.size)}
            return Answer(200, f"{text}</PageList>", {**self._headers(), **headers})
        message = f"{question.method} of a blob"
        raise GapError(message)

    def _copy(self, question: Question, at: str) -> Answer:
        source = urllib.parse.urlsplit(question.headers["x-ms-copy-source"])
        account = source.netloc.split(".")[0]
        blob = f"{account}/{urllib.parse.unquote(source.path).lstrip('/')}"
        if blob not in self.blobs and blob not in self.arm.access.values():
            return _error(404, "CannotVerifyCopySource")
        if "sig=" not in source.query and account != at.split("/", maxsplit=1)[0]:
            return _error(
                401, "CannotVerifyCopySource"
            )  # Copy Blob: of another account only what a SAS shows, or what is public
        data = self.blobs[blob].data if blob in self.blobs else None
        made = self.blobs[at] = StoredBlob(data, source._replace(query="").geturl(), self.arm.clock.now())
        return Answer(202, headers={**self._headers(), "x-ms-copy-id": made.copy_id, "x-ms-copy-status": "pending"})

    def _read(self, question: Question, blob: StoredBlob) -> Answer:
        headers = {**self._headers(), "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        headers |= {"x-ms-blob-type": "PageBlob", "x-ms-blob-sequence-number": "0", "x-ms-creation-time": headers["Date"]}
        headers |= {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available", "x-ms-server-encrypted": "true"}
        if blob.copied_from:
            status = self.copy_status(blob)
            done = blob.size if status == "success" else 0
            headers |= {"x-ms-copy-id": blob.copy_id, "x-ms-copy-source": blob.copied_from, "x-ms-copy-status": status}
            headers |= {"x-ms-copy-progress": f"{done}/{blob.size}"}
            if status != "pending":
                headers |= {"x-ms-copy-completion-time": headers["Date"]}
            if status == "failed":
                headers |= {"x-ms-copy-status-description": '500 InternalServerError "Copy failed."'}
        if question.method == "HEAD":
            return Answer(200, headers={**headers, "Content-Length": str(blob.size)})
        data = bytes(blob.size) if blob.data is None else blob.data
        if wanted := re.match(r"bytes=(\d+)-(\d*)", question.headers.get("x-ms-range") or question.headers.get("range", "")):
            first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
            return Answer(206, data[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"})
        return Answer(200, data, headers)

    def _list(self, container: str, prefix: str) -> Answer:
        """List Blobs: names and what every blob has."""
        names = (name for blob in sorted(self.blobs) if (name := blob.removeprefix(f"{container}/")) != blob)
        kinds = "<BlobType>PageBlob</BlobType><Content-Length>1048576</Content-Length><Etag>0x8D</Etag>"
        found = "".join(
            f"<Blob><Name>{name}</Name><Properties>{kinds}</Properties></Blob>" for name in names if name.startswith(prefix)
        )
        text = f"<EnumerationResults><Blobs>{found}</Blobs><NextMarker/></EnumerationResults>"
        return Answer(
            200, f'<?xml version="1.0" encoding="utf-8"?>{text}', {**self._headers(), "Content-Type": "application/xml"}
        )

    def _delegation_key(self) -> Answer:
        now = datetime.fromtimestamp(self.arm.clock.now(), UTC)
        start, end = (when.strftime("%Y-%m-%dT%H:%M:%SZ") for when in (now, now + timedelta(days=1)))
        key = base64.b64encode(b"k" * 32).decode()
        parts = {"SignedOid": OBJECT, "SignedTid": TENANT, "SignedStart": start, "SignedExpiry": end, "SignedService": "b"}
        parts |= {"SignedVersion": "2021-12-02", "Value": key}
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items())
        text = f'<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>{inner}</UserDelegationKey>'
        return Answer(200, text, {**self._headers(), "Content-Type": "application/xml"})

    def _headers(self) -> dict[str, str]:
        date = format_datetime(datetime.fromtimestamp(self.arm.clock.now(), UTC), usegmt=True)
        return {"x-ms-version": "2021-12-02", "Date": date, "Last-Modified": date, "ETag": '"0x8D"'}


def _error(status: int, code: str) -> Answer:
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    return Answer(status, text, {"Content-Type": "application/xml", "x-ms-error-code": code})
