"""Takes the place of a script of shell-local: writes down what would have been executed, and executes nothing.

FOLDER CHAIN SCRIPT COMMAND...: a script that Packer has made of inline text is kept in FOLDER, for Packer deletes it.
"""

import json
import shutil
import sys
from pathlib import Path

folder, chain, script, command = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]
number = f"{len(list(folder.glob('*.json'))):03}"
kept = script
if folder.parent not in script.resolve().parents:
    kept = folder / f"{number}.sh"
    shutil.copy(script, kept)
    kept.chmod(0o755)
step = {"chain": chain, "command": [word.replace(str(script), str(kept)) for word in command], "file": str(kept)}
(folder / f"{number}.json").write_text(json.dumps(step))
