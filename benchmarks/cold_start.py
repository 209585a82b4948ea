"""How long `aib2packer convert` takes from a cold start, beside its imports alone and `packer hcl2_upgrade` on the same build.

Usage: python benchmarks/cold_start.py [RUNS]. Prints medians in milliseconds. Packer is the one of tests/lab/install-packer.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_EXAMPLE = _ROOT / "examples" / "web-server.json"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aib2packer"


def _legacy_build(folder: Path) -> Path:
    """The example's build in Packer's old JSON, as far as `hcl2_upgrade` takes it."""
    template = json.loads(_EXAMPLE.read_text(encoding="utf-8"))
    source, vm = template["properties"]["source"], template["properties"]["vmProfile"]
    build = {
        "builders": [
            {
                "type": "azure-arm",
                "use_azure_cli_auth": True,
                "os_type": "Linux",
                "image_publisher": source["publisher"],
                "image_offer": source["offer"],
                "image_sku": source["sku"],
                "location": template["location"],
                "vm_size": vm["vmSize"],
                "managed_image_name": template["name"],
                "managed_image_resource_group_name": "images",
            }
        ],
        "provisioners": [
            {"type": "shell", "inline": step["inline"]}
            if "inline" in step
            else {"type": "file", "source": "a", "destination": "b"}
            for step in template["properties"]["customize"]
        ],
    }
    path = folder / "build.json"
    path.write_text(json.dumps(build), encoding="utf-8")
    return path


def _median(command: list[str], runs: int) -> float:
    # Byte code is what an installed tool starts from.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"CHECKPOINT_DISABLE": "1", "PACKER_PLUGIN_PATH": str(_CACHE / "plugins-stand-in")}
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:]) * 1000  # the first run fills the caches


def main() -> None:
    """Measure, and print a line each."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        legacy = _legacy_build(Path(folder))
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import click, jinja2": [sys.executable, "-c", "import click, jinja2"],
            "aib2packer convert": [sys.executable, "-m", "aib2packer", "convert", str(_EXAMPLE)],
        }
        packer = _CACHE / "bin" / "packer"
        if packer.exists():
            upgrade = [str(packer), "hcl2_upgrade", f"-output-file={folder}/build.pkr.hcl", str(legacy)]
            commands["packer hcl2_upgrade"] = upgrade
        else:
            print(f"packer hcl2_upgrade: skipped, there is no {packer}")
        for name, command in commands.items():
            print(f"{name:24} {_median(command, runs):7.1f} ms")


if __name__ == "__main__":
    main()
