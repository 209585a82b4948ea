"""The registry of codes: every kind of finding there is.

0xx reading the input, 1xx rules of the template (errors), 2xx losses, 3xx changes, 4xx notes. A code never changes its meaning.
"""

from __future__ import annotations

from aib2packer.findings.model import Code, Severity

# Reading
JSON_SYNTAX = Code("AIB2P001", Severity.ERROR, "not JSON")
JSON_TOO_DEEP = Code("AIB2P002", Severity.ERROR, "nested too deeply")
JSON_TRAILING_COMMA = Code("AIB2P003", Severity.NOTE, "trailing comma")
JSON_DUPLICATE_KEY = Code("AIB2P004", Severity.NOTE, "key written twice")
NO_IMAGE_TEMPLATE = Code("AIB2P010", Severity.ERROR, "no image template")
SEVERAL_IMAGE_TEMPLATES = Code("AIB2P011", Severity.ERROR, "several image templates")
NOT_REACHED = Code("AIB2P012", Severity.ERROR, "an image template that is not reached")

# Rules of the template
EXPRESSION = Code("AIB2P100", Severity.ERROR, "ARM expression")
PLACEHOLDER = Code("AIB2P101", Severity.ERROR, "placeholder not filled in")
MISSING_FIELD = Code("AIB2P102", Severity.ERROR, "missing setting")
WRONG_TYPE = Code("AIB2P103", Severity.ERROR, "wrong type")
UNKNOWN_KIND = Code("AIB2P104", Severity.ERROR, "unknown kind")
BAD_ID = Code("AIB2P105", Severity.ERROR, "bad resource id")
BAD_VALUE = Code("AIB2P106", Severity.ERROR, "bad value")
CONFLICT = Code("AIB2P107", Severity.ERROR, "settings that exclude each other")
ISO_SOURCE = Code("AIB2P108", Severity.ERROR, "ISO source")
OS_UNKNOWN = Code("AIB2P109", Severity.ERROR, "operating system unknown")
OS_MISMATCH = Code("AIB2P110", Severity.ERROR, "wrong operating system")
SUBSCRIPTIONS_DIFFER = Code("AIB2P111", Severity.ERROR, "subscriptions differ")
NOT_EXACT = Code("AIB2P112", Severity.ERROR, "text that cannot arrive exactly")

# Losses
UNKNOWN_FIELD = Code("AIB2P201", Severity.LOSS, "unknown setting")
VALIDATION = Code("AIB2P202", Severity.LOSS, "validation not converted")
VM_BOOT = Code("AIB2P203", Severity.LOSS, "optimize.vmBoot")
PROXY_VM = Code("AIB2P204", Severity.LOSS, "proxy VM")
WORKLOAD = Code("AIB2P205", Severity.LOSS, "optimize.workload")
CONTAINER_SUBNET = Code("AIB2P206", Severity.LOSS, "container subnet")
FURTHER_TARGET = Code("AIB2P207", Severity.LOSS, "further distribution target")
OTHER_REGION = Code("AIB2P208", Severity.LOSS, "managed image in another region")
REGION_STORAGE = Code("AIB2P209", Severity.LOSS, "storage type of a region")
VHD_NAME = Code("AIB2P210", Severity.LOSS, "name of the VHD")
VERSION_SOURCE = Code("AIB2P211", Severity.LOSS, "version scheme Source")

# Changes
PUBLIC_ADDRESS = Code("AIB2P301", Severity.NOTE, "public address")
ISO_REPLACED = Code("AIB2P302", Severity.CHANGE, "ISO source replaced")
STAGING_GROUP = Code("AIB2P303", Severity.CHANGE, "staging resource group")
EXTRA_MANAGED_IMAGE = Code("AIB2P304", Severity.CHANGE, "additional managed image")
IMAGE_EXISTS = Code("AIB2P305", Severity.CHANGE, "existing managed image")
POWERSHELL_INLINE = Code("AIB2P310", Severity.CHANGE, "inline PowerShell stops at its first terminating error")
