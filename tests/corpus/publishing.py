"""The ways in which builds of the corpus publish what they make."""

import re

_MADE_OF = (
    (r"\bsecurity_type += local\.trusted_launch ", "of a Trusted Launch VM or of a managed image, as a variable says"),
    (r'\bsecurity_type += "TrustedLaunch"', "of a Trusted Launch VM"),
    (r"\bmanaged_image_name += local\.temporary_image_name", "of a managed image, which is deleted again"),
    (r"\bmanaged_image_name +=", "of the managed image that the build makes too"),
    (r"", "of the VM"),
)


def way_of_publishing(hcl: str) -> str:
    """Say what a build publishes, and of what its gallery version is made."""
    if "shared_image_gallery_destination {" in hcl:
        return f"a gallery version, {next(way for pattern, way in _MADE_OF if re.search(pattern, hcl))}"
    made = {"a managed image": "managed_image_name", "a VHD": "capture_container_name"}
    return " and ".join(what for what, setting in made.items() if re.search(rf"\b{setting} +=", hcl)) or "nothing: it validates"
