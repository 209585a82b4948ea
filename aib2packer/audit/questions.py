"""What there is to decide, as questions: a title states a fact, and people want to know what they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aib2packer.findings import codes

if TYPE_CHECKING:
    from aib2packer.findings.model import Code

QUESTIONS: dict[Code, str] = {
    codes.ISO_REPLACED: "Does this marketplace image do what the ISO did?",
    codes.STAGING_GROUP: "May Packer make a resource group for each build, or must it use one that exists?",
    codes.IMAGE_EXISTS: "Should each build make an image of a new name, or delete the old image first?",
    codes.SCRIPT_AFTER_RESTART: "Does a step change the deprovisioning script in /tmp?",
    codes.POWERSHELL_INLINE: "Must commands go on after one of them has failed?",
    codes.VALIDATED_AFTER: "Will something run the validation build after each build?",
    codes.SOURCE_ONLY: "Is validating the source image all that is wanted, or should an image be built too?",
    codes.EXACT_VERSION: "Should each build start from the newest source image, or always from the same one?",
    codes.OS_GUESSED: "Is the operating system guessed right?",
    codes.VERSION_BY_TIME: "Is a version made from the time good enough, or must versions count up by one?",
    codes.RESTART_UNSEEN: "Does the script restart the VM?",
    codes.UNKNOWN_PARAMETER: "Is the name of this parameter misspelt?",
    codes.LINKED_TEMPLATE: "Is there an image template in what is linked?",
    codes.CONDITION: "Is this image template deployed?",
    codes.OWN_SOURCE: "Should the next build start from a fresh image instead?",
    codes.FETCHED_LATER: "May the build fetch this when it runs, or should its address be given now?",
    codes.NOT_VERIFIED: "Should this be verified where it can be?",
    codes.LEFT_OVER: "Is this file still needed?",
    codes.SECURITY_TYPE_UNKNOWN: "Which security type does the image definition have?",
    codes.FIXED_VERSION: "Where does each build take its number from?",
    codes.LONG_JOB: "Is there a machine of your own for the pipeline, or can the build be shorter?",
    codes.LEFT_OUT: "Is this image wanted?",
    codes.PARAMETERS_BESIDE: "Should the build take its values from this file?",
    codes.SHARED: "Is what the folder declares meant for this build too?",
    codes.OWN_IMAGE: "Does the source image have data disks, or a purchase plan?",
    codes.SHOWN_IN_PART: "Does the template have settings that this listing leaves out?",
    codes.RUN_BY_TERRAFORM: "What shall start the build, in place of Terraform?",
    codes.NOT_READ: "Is what could not be read from Azure needed?",
}
"""By the code of the finding. What the answer leads to, its help says."""
