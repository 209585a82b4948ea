"""The registry of codes: every kind of finding there is.

0xx files: reading the input, writing the output; 1xx rules of the template (errors); 2xx losses; 3xx changes; 4xx notes. A code
never changes its meaning. Each has a page in `pages/`, which `aib2packer explain` prints.
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
UNREADABLE = Code("AIB2P020", Severity.ERROR, "file that cannot be read")
NOT_WRITTEN = Code("AIB2P021", Severity.ERROR, "file that cannot be written")
OUT_OF_DATE = Code("AIB2P022", Severity.ERROR, "output out of date")

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
SHAPE = Code("AIB2P113", Severity.ERROR, "value not known that decides the shape")
PARAMETER = Code("AIB2P114", Severity.ERROR, "bad parameter")
NO_HCL = Code("AIB2P115", Severity.ERROR, "expression without an equivalent")

# Losses
UNKNOWN_FIELD = Code("AIB2P201", Severity.LOSS, "unknown setting")
VALIDATION = Code("AIB2P202", Severity.LOSS, "validation")
VM_BOOT = Code("AIB2P203", Severity.LOSS, "optimize.vmBoot")
PROXY_VM = Code("AIB2P204", Severity.LOSS, "vnetConfig.proxyVmSize")
WORKLOAD = Code("AIB2P205", Severity.LOSS, "optimize.workload")
CONTAINER_SUBNET = Code("AIB2P206", Severity.LOSS, "vnetConfig.containerInstanceSubnetId")
FURTHER_TARGET = Code("AIB2P207", Severity.LOSS, "further distribution targets")
OTHER_REGION = Code("AIB2P208", Severity.LOSS, "the managed image's region")
REGION_STORAGE = Code("AIB2P209", Severity.LOSS, "storage type of each region")
VHD_NAME = Code("AIB2P210", Severity.LOSS, "name of the VHD")
VERSION_SOURCE = Code("AIB2P211", Severity.LOSS, "version scheme Source")
NOT_SHALLOW = Code("AIB2P212", Severity.LOSS, "shallow replication")
TRIGGER = Code("AIB2P213", Severity.LOSS, "trigger")
MISPLACED = Code("AIB2P214", Severity.LOSS, "setting in the wrong place")
UNACCOUNTED = Code("AIB2P299", Severity.LOSS, "setting that nothing accounts for")

# Changes
ISO_REPLACED = Code("AIB2P301", Severity.CHANGE, "ISO source replaced")
STAGING_GROUP = Code("AIB2P302", Severity.CHANGE, "build resource group of Packer's own")
EXTRA_MANAGED_IMAGE = Code("AIB2P303", Severity.CHANGE, "additional managed image")
IMAGE_EXISTS = Code("AIB2P304", Severity.CHANGE, "an existing managed image is not overwritten")
REGION_ADDED = Code("AIB2P305", Severity.CHANGE, "build region added to the regions")
TAGS_CLASH = Code("AIB2P306", Severity.CHANGE, "tags with several values")
NORMALIZED = Code("AIB2P307", Severity.CHANGE, "text brought to Unicode's form C")
FOLDED = Code("AIB2P308", Severity.CHANGE, "expression folded into its value")
SCRIPT_AFTER_RESTART = Code("AIB2P309", Severity.CHANGE, "deprovisioning script after a restart")
POWERSHELL_INLINE = Code("AIB2P310", Severity.CHANGE, "inline PowerShell stops at its first terminating error")

# Notes
IGNORED_FIELD = Code("AIB2P401", Severity.NOTE, "setting that the service ignored")
OLD_SPELLING = Code("AIB2P402", Severity.NOTE, "old spelling")
WRONG_CASE = Code("AIB2P403", Severity.NOTE, "wrong case")
COERCED = Code("AIB2P404", Severity.NOTE, "value of another type")
UNKNOWN_API_VERSION = Code("AIB2P405", Severity.NOTE, "unknown API version")
SERVICE_REFUSES = Code("AIB2P406", Severity.NOTE, "refused by the service")
REPEATED_NAME = Code("AIB2P407", Severity.NOTE, "customizer name written twice")
SYSTEM_NOT_ELEVATED = Code("AIB2P408", Severity.NOTE, "runAsSystem without runElevated")
SHORT_TIMEOUT = Code("AIB2P409", Severity.NOTE, "timeout too short")
EXACT_VERSION = Code("AIB2P410", Severity.NOTE, "latest is resolved again")
OS_GUESSED = Code("AIB2P411", Severity.NOTE, "operating system guessed")
PUBLIC_ADDRESS = Code("AIB2P412", Severity.NOTE, "public address")
VERSION_BY_TIME = Code("AIB2P413", Severity.NOTE, "version made from the time")
VERSION_TWICE = Code("AIB2P414", Severity.NOTE, "explicit version beside versioning")
TAGS_MERGED = Code("AIB2P415", Severity.NOTE, "tags merged")
RESTART_UNSEEN = Code("AIB2P416", Severity.NOTE, "restart that cannot be seen")
FILE_DESTINATION = Code("AIB2P417", Severity.NOTE, "file destination")
FAILS_WHEN_RUN = Code("AIB2P418", Severity.NOTE, "passes validate, fails when it runs")
PLAN_TERMS = Code("AIB2P419", Severity.NOTE, "purchase plan")
SECRET = Code("AIB2P420", Severity.NOTE, "secret in the template")
UNKNOWN_PARAMETER = Code("AIB2P421", Severity.NOTE, "unknown parameter")
LINKED_TEMPLATE = Code("AIB2P422", Severity.NOTE, "linked template")
DEPLOYED_BESIDE = Code("AIB2P423", Severity.NOTE, "resources beside the image template")
CONDITION = Code("AIB2P424", Severity.NOTE, "condition that is not known")
URI = Code("AIB2P425", Severity.NOTE, "uri() of a base that is not known")
TRUSTED_LAUNCH = Code("AIB2P426", Severity.NOTE, "Trusted Launch")
DEPENDS_ON = Code("AIB2P427", Severity.NOTE, "dependsOn")
NO_WINRM = Code("AIB2P428", Severity.NOTE, "option without effect")
