"""Takes the place of a script of shell-local: writes down the script and its environment, and does nothing.

FOLDER CHAIN SCRIPT.
"""

import json
import os
import sys
from pathlib import Path

folder, chain, script = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
ours = ("CHECKPOINT", "HOME", "LANG", "LC_", "OLDPWD", "PACKER", "PATH", "PWD", "SHLVL", "TMPDIR", "STAND_IN", "_")
environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
number = len(list(folder.glob("*.json")))
step = {"chain": chain, "script": script.read_text(), "environment": environment}
(folder / f"{number:03}.json").write_text(json.dumps(step))
