"""Compiles the templates ahead, for the wheel: the start of the program need not do it then."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileTemplates(BuildHookInterface):
    """Lays the compiled templates beside their sources in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile them into a folder of their own, and have the wheel take that in; an editable install has none."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from aib2packer.rendering.compile_ahead import compile_templates
        from aib2packer.rendering.templates import COMPILED

        target = Path(mkdtemp(), COMPILED)
        compile_templates(target)
        build_data["force_include"][str(target)] = f"aib2packer/{COMPILED}"
