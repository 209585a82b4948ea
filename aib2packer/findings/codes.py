"""The registry of codes: every kind of finding there is.

0xx files: reading the input, writing the output; 1xx rules of the template (errors); 2xx losses; 3xx changes; 4xx notes. A code
never changes its meaning. What it asks of people stands beside it where its severity does not tell, as a question where they
are to decide something. Each has a page in `pages/`, which `aib2packer explain` prints.
"""

from __future__ import annotations

from aib2packer.findings.model import Asks, Code, Severity

# Reading
JSON_SYNTAX = Code("AIB2P001", Severity.ERROR, "not JSON")
JSON_TOO_DEEP = Code("AIB2P002", Severity.ERROR, "nested too deeply")
JSON_TRAILING_COMMA = Code("AIB2P003", Severity.NOTE, "trailing comma")
JSON_DUPLICATE_KEY = Code("AIB2P004", Severity.NOTE, "duplicate key")
NOT_TERRAFORM = Code("AIB2P005", Severity.ERROR, "not HCL")
SCRIPT = Code("AIB2P006", Severity.ERROR, "script that makes a template")
NO_IMAGE_TEMPLATE = Code("AIB2P010", Severity.ERROR, "no image template")
SEVERAL_IMAGE_TEMPLATES = Code("AIB2P011", Severity.ERROR, "several image templates")
UNREADABLE = Code("AIB2P020", Severity.ERROR, "file that cannot be read")
NOT_WRITTEN = Code("AIB2P021", Severity.ERROR, "file that cannot be written")
OUT_OF_DATE = Code("AIB2P022", Severity.ERROR, "output out of date")
CLASH = Code("AIB2P023", Severity.ERROR, "clash with a build of the folder")
NOT_BUILT = Code("AIB2P024", Severity.ERROR, "Bicep file that is not built", formerly=UNREADABLE)

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
OS_UNKNOWN = Code("AIB2P109", Severity.ERROR, "unknown operating system")
OS_MISMATCH = Code("AIB2P110", Severity.ERROR, "wrong operating system")
SUBSCRIPTIONS_DIFFER = Code("AIB2P111", Severity.ERROR, "subscriptions differ")
NOT_EXACT = Code("AIB2P112", Severity.ERROR, "text that cannot arrive exactly")
SHAPE = Code("AIB2P113", Severity.ERROR, "unknown value that decides the shape")
PARAMETER = Code("AIB2P114", Severity.ERROR, "bad parameter")
NO_HCL = Code("AIB2P115", Severity.ERROR, "expression without an equivalent")
NOT_FETCHED = Code("AIB2P116", Severity.ERROR, "file that cannot be fetched")
CHECKSUM = Code("AIB2P117", Severity.ERROR, "wrong checksum")
REFUSED_BY_PACKER = Code("AIB2P118", Severity.ERROR, "refused by Packer")
NOTHING_TO_VALIDATE = Code("AIB2P119", Severity.ERROR, "nothing to validate")
SECURITY_TYPE = Code("AIB2P120", Severity.ERROR, "security type of the image definition")
TERRAFORM = Code("AIB2P130", Severity.ERROR, "Terraform that cannot be read")

# Losses
UNKNOWN_FIELD = Code("AIB2P201", Severity.LOSS, "unknown setting")
VALIDATION = Code("AIB2P202", Severity.LOSS, "validation")
VM_BOOT = Code("AIB2P203", Severity.LOSS, "optimize.vmBoot")
PROXY_VM = Code("AIB2P204", Severity.LOSS, "vnetConfig.proxyVmSize")
WORKLOAD = Code("AIB2P205", Severity.LOSS, "optimize.workload")
CONTAINER_SUBNET = Code("AIB2P206", Severity.LOSS, "vnetConfig.containerInstanceSubnetId")
VERSION_SOURCE = Code("AIB2P211", Severity.LOSS, "version scheme Source")
NOT_SHALLOW = Code("AIB2P212", Severity.LOSS, "shallow replication")
TRIGGER = Code("AIB2P213", Severity.LOSS, "trigger")
MISPLACED = Code("AIB2P214", Severity.LOSS, "setting in the wrong place")
VHD_TAGS = Code("AIB2P215", Severity.LOSS, "tags of a VHD")
UNFILLED = Code("AIB2P217", Severity.LOSS, "placeholder read as unset")
COPY_WITHOUT_DISKS = Code("AIB2P216", Severity.LOSS, "copy without data disks")
TERRAFORM_RULE = Code("AIB2P220", Severity.LOSS, "rule of a variable")
NO_FILE_FITS = Code("AIB2P221", Severity.LOSS, "no matching file")
UNACCOUNTED = Code("AIB2P299", Severity.LOSS, "unaccounted setting", Asks.ACT)

# Changes
ISO_REPLACED = Code(
    "AIB2P301", Severity.CHANGE, "ISO source replaced", question="Does this marketplace image do what the ISO did?"
)
STAGING_GROUP = Code(
    "AIB2P302",
    Severity.CHANGE,
    "build resource group made by Packer",
    question="May Packer make a resource group for each build, or must it use one that exists?",
)
EXTRA_MANAGED_IMAGE = Code("AIB2P303", Severity.CHANGE, "additional managed image")
IMAGE_EXISTS = Code(
    "AIB2P304",
    Severity.CHANGE,
    "existing managed image not overwritten",
    question="Should each build make an image of a new name, or delete the old image first?",
)
REGION_ADDED = Code("AIB2P305", Severity.CHANGE, "build region added to the regions")
TAGS_CLASH = Code("AIB2P306", Severity.CHANGE, "tags with several values")
NORMALIZED = Code("AIB2P307", Severity.CHANGE, "text brought to Unicode's form C")
FOLDED = Code("AIB2P308", Severity.CHANGE, "expression with a fixed value")
SCRIPT_AFTER_RESTART = Code(
    "AIB2P309",
    Severity.CHANGE,
    "deprovisioning script after a restart",
    question="Does a step change the deprovisioning script in /tmp?",
)
POWERSHELL_INLINE = Code(
    "AIB2P310",
    Severity.CHANGE,
    "inline PowerShell stops at its first terminating error",
    question="Must commands go on after one of them has failed?",
)
BUILD_REGION = Code("AIB2P311", Severity.CHANGE, "region of the build")
VALIDATED_AFTER = Code(
    "AIB2P315",
    Severity.CHANGE,
    "validated after the image is made",
    question="Will something run the validation build after each build?",
)
VALIDATED_INLINE = Code("AIB2P316", Severity.CHANGE, "validated before the image is generalized")
SOURCE_ONLY = Code(
    "AIB2P317",
    Severity.CHANGE,
    "only the source image is validated",
    question="Is validating the source image all that is wanted, or should an image be built too?",
)

# Notes
IGNORED_FIELD = Code("AIB2P401", Severity.NOTE, "setting that the service ignored")
OLD_SPELLING = Code("AIB2P402", Severity.NOTE, "old spelling")
WRONG_CASE = Code("AIB2P403", Severity.NOTE, "wrong case")
COERCED = Code("AIB2P404", Severity.NOTE, "value of another type")
UNKNOWN_API_VERSION = Code("AIB2P405", Severity.NOTE, "unknown API version")
SERVICE_REFUSES = Code("AIB2P406", Severity.NOTE, "refused by the service")
REPEATED_NAME = Code("AIB2P407", Severity.NOTE, "duplicate name")
SYSTEM_NOT_ELEVATED = Code("AIB2P408", Severity.NOTE, "runAsSystem without runElevated")
SHORT_TIMEOUT = Code("AIB2P409", Severity.NOTE, "timeout too short", Asks.ACT)
EXACT_VERSION = Code(
    "AIB2P410",
    Severity.NOTE,
    "latest resolved at each build",
    question="Should each build start from the newest source image, or always from the same one?",
)
OS_GUESSED = Code("AIB2P411", Severity.NOTE, "guessed operating system", question="Is the operating system guessed right?")
PUBLIC_ADDRESS = Code("AIB2P412", Severity.NOTE, "build VM with a public IP address")
VERSION_BY_TIME = Code(
    "AIB2P413",
    Severity.NOTE,
    "version made from the time",
    question="Is a version made from the time good enough, or must versions count up by one?",
)
VERSION_TWICE = Code("AIB2P414", Severity.NOTE, "explicit version beside versioning")
TAGS_MERGED = Code("AIB2P415", Severity.NOTE, "tags merged")
RESTART_UNSEEN = Code("AIB2P416", Severity.NOTE, "script that may restart the VM", question="Does the script restart the VM?")
FILE_DESTINATION = Code("AIB2P417", Severity.NOTE, "file destination", Asks.ACT)
OTHER_DEFINITION = Code("AIB2P418", Severity.NOTE, "image definition that does not match", Asks.ACT)
PLAN_TERMS = Code("AIB2P419", Severity.NOTE, "purchase plan", Asks.ACT)
SECRET = Code("AIB2P420", Severity.NOTE, "secret in the template", Asks.ACT)
UNKNOWN_PARAMETER = Code("AIB2P421", Severity.NOTE, "unknown parameter", question="Is the name of this parameter misspelt?")
LINKED_TEMPLATE = Code("AIB2P422", Severity.NOTE, "linked template", question="Is there an image template in what is linked?")
DEPLOYED_BESIDE = Code("AIB2P423", Severity.NOTE, "resources beside the image template", Asks.ACT)
CONDITION = Code("AIB2P424", Severity.NOTE, "unknown condition", question="Is this image template deployed?")
URI = Code("AIB2P425", Severity.NOTE, "uri() of an unknown path")
TRUSTED_LAUNCH = Code("AIB2P426", Severity.NOTE, "Trusted Launch")
DEPENDS_ON = Code("AIB2P427", Severity.NOTE, "dependsOn")
NO_EFFECT = Code("AIB2P428", Severity.NOTE, "option without effect")
NOT_GENERALIZED = Code("AIB2P429", Severity.NOTE, "generalization prevented", Asks.ACT)
RESTART_PENDING = Code("AIB2P430", Severity.NOTE, "pending restart", Asks.ACT)
OWN_SOURCE = Code(
    "AIB2P431", Severity.NOTE, "image built from itself", question="Should the next build start from a fresh image instead?"
)
FETCHED_LATER = Code(
    "AIB2P432",
    Severity.NOTE,
    "fetched by the build",
    question="May the build fetch this when it runs, or should its address be given now?",
)
WEB_PAGE = Code("AIB2P433", Severity.NOTE, "web page instead of a script", Asks.ACT)
NOT_VERIFIED = Code("AIB2P434", Severity.NOTE, "not verified", question="Should this be verified where it can be?")
NOTED_BY_PACKER = Code("AIB2P435", Severity.NOTE, "warning of Packer")
NOT_FORMATTED = Code("AIB2P436", Severity.NOTE, "not as packer fmt writes it")
COPIED = Code("AIB2P437", Severity.NOTE, "target made by the Azure CLI")
LEFT_OVER = Code("AIB2P438", Severity.NOTE, "leftover file", question="Is this file still needed?")
SECURITY_TYPE_UNKNOWN = Code(
    "AIB2P439", Severity.NOTE, "unknown security type", question="Which security type does the image definition have?"
)
FIXED_VERSION = Code(
    "AIB2P440", Severity.NOTE, "version that can be made once", question="Where does each build take its number from?"
)
LONG_JOB = Code(
    "AIB2P450",
    Severity.NOTE,
    "build longer than a hosted job",
    question="Is there a machine of your own for the pipeline, or can the build be shorter?",
)
OTHER_SYSTEM = Code("AIB2P451", Severity.NOTE, "name of another operating system", Asks.ACT)
LEFT_OUT = Code("AIB2P460", Severity.NOTE, "skipped image template", question="Is this image wanted?")
PARAMETERS_BESIDE = Code(
    "AIB2P461", Severity.NOTE, "unused parameters file", question="Should the build take its values from this file?"
)
SHARED = Code(
    "AIB2P462",
    Severity.NOTE,
    "used as the folder declares it",
    question="Is what the folder declares meant for this build too?",
)
PLUGIN_ADDED = Code("AIB2P463", Severity.NOTE, "plugin that the folder did not require", Asks.ACT)
NEEDS_VALUES = Code("AIB2P464", Severity.NOTE, "values that all builds of the folder need", Asks.ACT)
NOT_OF_ALL = Code("AIB2P466", Severity.NOTE, "not about all builds", Asks.ACT)
PLUGIN_OPEN = Code("AIB2P465", Severity.NOTE, "plugin of the folder in a release that fails", Asks.ACT)
OWN_IMAGE = Code(
    "AIB2P470", Severity.NOTE, "custom source image", question="Does the source image have data disks, or a purchase plan?"
)
SHOWN_IN_PART = Code(
    "AIB2P471",
    Severity.NOTE,
    "settings that the Azure CLI leaves out",
    question="Does the template have settings that this listing leaves out?",
)
NAME_NOT_KNOWN = Code("AIB2P472", Severity.NOTE, "unknown name")
UNPROTECTED = Code("AIB2P480", Severity.NOTE, "unprotected download", Asks.ACT)
RUN_BY_TERRAFORM = Code(
    "AIB2P485", Severity.NOTE, "build started by Terraform", question="What shall start the build, in place of Terraform?"
)
LAST_RUN = Code("AIB2P486", Severity.NOTE, "failed build in Azure", Asks.ACT)
NOT_READ = Code("AIB2P487", Severity.NOTE, "not read from Azure", question="Is what could not be read from Azure needed?")
KEPT = Code("AIB2P488", Severity.NOTE, "earlier answer from Azure")
MAY_DIFFER = Code("AIB2P499", Severity.NOTE, "subscriptions that may differ")
BAD_SUBSCRIPTION = Code("AIB2P448", Severity.NOTE, "bad subscription id", Asks.ACT)
OTHER_CLOUD = Code("AIB2P449", Severity.NOTE, "region of another cloud", Asks.ACT)
NO_PLAN = Code("AIB2P490", Severity.NOTE, "missing purchase plan", Asks.ACT)
VM_DOES_NOT_FIT = Code("AIB2P492", Severity.NOTE, "build VM that does not fit", Asks.ACT)
VHD_PLACE = Code("AIB2P493", Severity.NOTE, "place of a VHD", Asks.ACT)
RESTARTS_WITHIN = Code("AIB2P494", Severity.NOTE, "restart within a step", Asks.ACT)
OTHER_BUILDS = Code("AIB2P498", Severity.NOTE, "pipelines for other builds", Asks.ACT)
UNFILLED_COMMAND = Code("AIB2P476", Severity.NOTE, "placeholder in commands", Asks.ACT)
REFUSED_BY_AZURE = Code("AIB2P495", Severity.NOTE, "name that Azure refuses", Asks.ACT)

# Parts of codes that were about too much; whoever accepts what they were a part of accepts them
OPEN_TO_THE_INTERNET = Code("AIB2P318", Severity.CHANGE, "build VM open to the internet", Asks.ACT, formerly=PUBLIC_ADDRESS)
OUT_OF_RANGE = Code("AIB2P140", Severity.ERROR, "number out of range", formerly=BAD_VALUE)
NOT_ONE_OF = Code("AIB2P141", Severity.ERROR, "value not allowed", formerly=BAD_VALUE)
BAD_NAME = Code("AIB2P142", Severity.ERROR, "bad name", formerly=BAD_VALUE)
BAD_ADDRESS = Code("AIB2P143", Severity.ERROR, "bad address", formerly=BAD_VALUE)
BAD_DURATION = Code("AIB2P144", Severity.ERROR, "bad duration", formerly=BAD_VALUE)
BAD_CHECKSUM = Code("AIB2P145", Severity.ERROR, "bad checksum", formerly=BAD_VALUE)
BAD_VERSION = Code("AIB2P146", Severity.ERROR, "bad version of a gallery image", formerly=BAD_VALUE)
TAGS_LIMIT = Code("AIB2P147", Severity.ERROR, "tags over a limit", formerly=BAD_VALUE)
TOO_MANY_SETTINGS = Code("AIB2P148", Severity.ERROR, "too many settings", formerly=BAD_VALUE)
REFUSED_IDENTITY = Code("AIB2P441", Severity.NOTE, "identity that the service refuses", formerly=SERVICE_REFUSES)
REFUSED_SUBNET = Code("AIB2P442", Severity.NOTE, "subnet that the service refuses", formerly=SERVICE_REFUSES)
REFUSED_DISK = Code("AIB2P443", Severity.NOTE, "disk too large for vmBoot", formerly=SERVICE_REFUSES)
WANTED = Code("AIB2P444", Severity.NOTE, "setting that only the service needs", formerly=SERVICE_REFUSES)
STORAGE_TYPE = Code("AIB2P445", Severity.NOTE, "storageAccountType without replicationRegions", formerly=SERVICE_REFUSES)
ZERO = Code("AIB2P446", Severity.NOTE, "zero read as unset", formerly=SERVICE_REFUSES)
WRONG_RESOURCE = Code("AIB2P447", Severity.NOTE, "wrong resource type", formerly=SERVICE_REFUSES)
NEWER_API = Code("AIB2P496", Severity.NOTE, "setting newer than the API version", formerly=SERVICE_REFUSES)
REFUSED_NAME = Code("AIB2P497", Severity.NOTE, "name that the service refuses", formerly=SERVICE_REFUSES)
REFUSED_GROUP = Code("AIB2P473", Severity.NOTE, "staging resource group that the service refuses", formerly=SERVICE_REFUSES)
REFUSED_TRIGGER = Code("AIB2P474", Severity.NOTE, "trigger that the service refuses", formerly=SERVICE_REFUSES)
NEVER_BUILT = Code("AIB2P489", Severity.NOTE, "no finished build in Azure", formerly=LAST_RUN)
LARGE_FILE = Code("AIB2P475", Severity.NOTE, "large file", formerly=SERVICE_REFUSES)

SPLIT = (BAD_VALUE, SERVICE_REFUSES, PUBLIC_ADDRESS)
"""Codes that nothing is reported under any more: each is split into, or has become, what was `formerly` it."""

ABOUT_TEMPLATE = frozenset({JSON_TRAILING_COMMA, JSON_DUPLICATE_KEY, WRONG_CASE, COERCED, WRONG_RESOURCE, NEWER_API})
"""Notes on how a template is written: of interest for as long as it is deployed, and to nobody who has the build."""
