"""The syntax of the output, where no Packer can check it."""

from __future__ import annotations

import re

from aib2packer.findings import codes
from aib2packer.verify.complaints import Complaint


def check(path: str, text: str) -> Complaint | None:
    """What python-hcl2 does not like about a file; None for nothing."""
    import hcl2
    from lark.exceptions import LarkError

    try:
        # python-hcl2 8 cannot read an escaped `$${` right before a reference: what is escaped is but text.
        hcl2.loads(re.sub(r"\$\$\{|%%\{", "__(", text))
    except LarkError as error:
        return Complaint(
            codes.REFUSED_BY_PACKER, "this is not HCL", str(error).partition("\n")[0], path, getattr(error, "line", None)
        )
    return None
