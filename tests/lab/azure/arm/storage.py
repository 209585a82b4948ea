"""Storage accounts; what is in them is blobs.py's."""

import base64
from typing import Any

from tests.lab.azure.answer import Answer
from tests.lab.azure.arm.kinds import Arm, Kind
from tests.lab.azure.arm.store import Stored

Json = Any


def list_keys(_arm: Arm, _account: Stored, _body: Json) -> Answer:
    """POST listKeys (recording: test_create_storage_account)."""
    key = base64.b64encode(b"k" * 64).decode()
    return Answer(200, {"keys": [{"keyName": "key1", "value": key, "permissions": "FULL"}]})


# recording: test_create_storage_account: PUT 202 and Location, then 200; DELETE 200 at once.
ACCOUNTS = Kind(202, 200, 200, "asyncoperations", actions={"listkeys": list_keys})
