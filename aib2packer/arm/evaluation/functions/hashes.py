"""`guid` and `uniqueString`, digit for digit (docs/reference/arm-expressions.md 2.8)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from aib2packer.arm.evaluation.functions.base import Pure
from aib2packer.arm.evaluation.functions.text import to_text, utf8

if TYPE_CHECKING:
    from aib2packer.arm.evaluation.functions.base import Arguments
    from aib2packer.arm.language.symbolic import ArmValue

GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")

_HASHED = 3  # of work a byte
_MASK = 0xFFFFFFFF
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def _guid(arguments: Arguments) -> ArmValue:
    return str(uuid.uuid5(GUID_NAMESPACE, utf8(_joined(arguments)).decode()))


def _unique_string(arguments: Arguments) -> ArmValue:
    data = utf8(_joined(arguments))
    arguments.budget.pay(_HASHED * len(data))
    digest = _murmur(data)
    return "".join(_BASE32[digest << 5 * number >> 59 & 31] for number in range(13))


def _joined(arguments: Arguments) -> str:
    for index, value in enumerate(arguments.values):
        if not isinstance(value, str | int):
            arguments.wrong(index, "a string")
    return "-".join(map(to_text, arguments.values))


def _murmur(data: bytes) -> int:
    """A 64-bit hash of two lanes, after MurmurHash3; the seed is 0."""
    one = two = 0
    whole = len(data) - len(data) % 8
    for at in range(0, whole, 8):
        one ^= _mixed_one(int.from_bytes(data[at : at + 4], "little"))
        one = ((_rotate(one, 19) + two) * 5 + 1444728091) & _MASK
        two ^= _mixed_two(int.from_bytes(data[at + 4 : at + 8], "little"))
        two = ((_rotate(two, 13) + one) * 5 + 197830471) & _MASK
    tail = data[whole:]
    two ^= _mixed_two(int.from_bytes(tail[4:], "little"))
    one ^= _mixed_one(int.from_bytes(tail[:4], "little"))
    one ^= len(data)
    two ^= len(data)
    one = (one + two) & _MASK
    two = (two + one) & _MASK
    one, two = _finished(one), _finished(two)
    one = (one + two) & _MASK
    two = (two + one) & _MASK
    return two << 32 | one


def _mixed_one(word: int) -> int:
    return _rotate(word * 597399067 & _MASK, 15) * 2869860233 & _MASK


def _mixed_two(word: int) -> int:
    return _rotate(word * 2869860233 & _MASK, 17) * 597399067 & _MASK


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _MASK


def _finished(word: int) -> int:
    word = (word ^ word >> 16) * 0x85EBCA6B & _MASK
    word = (word ^ word >> 13) * 0xC2B2AE35 & _MASK
    return word ^ word >> 16


FUNCTIONS = (
    Pure("guid", 1, None, _guid),
    Pure("uniqueString", 1, None, _unique_string),
)
