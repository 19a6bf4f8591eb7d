"""What benchmarks install: the gateway as users have it, and packages beside it.

What the tests need is not in the gateway's environment. If pandas can be imported, PyArrow imports it: half a second
and 45 MB.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(folder: Path) -> Path:
    """Install the gateway into the folder. Returns its command."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip_install(folder / "bin" / "python", ".")
    return folder / "bin" / "journal-gateway"


def pip_install(python: str | Path, *arguments: str) -> None:
    """Install packages by that Python, in the versions that the gateway is tested with."""
    options = ["--quiet", "--disable-pip-version-check", "--constraint", "constraints.txt"]
    subprocess.run([python, "-m", "pip", "install", *options, *arguments], cwd=ROOT, check=True)
