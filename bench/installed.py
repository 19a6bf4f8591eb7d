"""The gateway in an environment of its own, as users install it.

What the tests need is not in it. If pandas can be imported, PyArrow imports it: half a second and 45 MB.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(folder: Path) -> Path:
    """Install the gateway into the folder. Returns its command."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    options = ["--quiet", "--disable-pip-version-check", "--constraint", "constraints.txt"]
    subprocess.run([folder / "bin" / "pip", "install", *options, "."], cwd=ROOT, check=True)
    return folder / "bin" / "journal-gateway"
