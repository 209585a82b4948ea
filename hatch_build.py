"""Compiles ahead, for the wheel, what else every start would compile: the templates, and the byte code of the package."""

from __future__ import annotations

import py_compile
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileAhead(BuildHookInterface):
    """Adds to the wheel what is compiled, byte code for the Python that builds it. Others leave it aside; pip makes its own."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Lay it into a folder as it is to lie in the wheel; an editable install has none."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from aib2packer.rendering.compile_ahead import compile_templates
        from aib2packer.rendering.templates import COMPILED

        self._made = TemporaryDirectory()  # till the wheel is written, and this hook gone
        made = Path(self._made.name)
        compile_templates(made / "aib2packer" / COMPILED)
        for top in (Path(self.root), made):
            for source in sorted((top / "aib2packer").rglob("*.py")):
                name = source.relative_to(top)
                kept = made / name.parent / "__pycache__" / f"{name.stem}.{sys.implementation.cache_tag}.pyc"
                # No installer keeps the dates of files, so Python is to compare the hash of the source.
                mode = py_compile.PycInvalidationMode.CHECKED_HASH
                py_compile.compile(str(source), str(kept), str(name), doraise=True, optimize=0, invalidation_mode=mode)
        files = {str(file): file.relative_to(made).as_posix() for file in made.rglob("*") if file.is_file()}
        build_data["force_include"].update(files)
