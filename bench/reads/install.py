"""What the competitors need, installed beside the product, which does not need it."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from bench.installed import ROOT, pip_install

LIBRARIES = ROOT / ".venv" / ".bench"
NPM = Path(__file__).parent / "servers" / "npm"
NODE = NPM / "node_modules" / "node" / "bin" / "node"
"""PostGraphile needs Node 22, which its npm package brings."""

PYTHON_PACKAGES = ["ariadne==1.1.1", "aiodataloader==0.4.3"]


def install_python() -> None:
    """Libraries in a folder that only the competitors' processes see; everything else is the gateway's own."""
    done = LIBRARIES / ".installed"
    wanted = "\n".join(PYTHON_PACKAGES)
    if done.exists() and done.read_text() == wanted:
        return
    shutil.rmtree(LIBRARIES, ignore_errors=True)
    pip_install(sys.executable, "--target", str(LIBRARIES), *PYTHON_PACKAGES)
    done.write_text(wanted)


def install_node() -> str | None:
    """Node and the packages of the competitors that run on it. If npm is missing, what is left out."""
    if shutil.which("npm") is None:
        return None if NODE.exists() else "npm is not installed: graphql-js and PostGraphile were left out."
    done = NPM / "node_modules" / ".installed"
    wanted = (NPM / "package-lock.json").read_text()
    if not done.exists() or done.read_text() != wanted:
        options = ["--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "ci", *options], cwd=NPM, check=True)  # noqa: S607 (the npm of the user's PATH)
        done.write_text(wanted)
    return None


def python_packages() -> list[str]:
    """The names and versions of the packages that are asked for."""
    wanted = {package.partition("==")[0] for package in PYTHON_PACKAGES}
    return sorted(f"{one.name} {one.version}" for one in distributions(path=[str(LIBRARIES)]) if one.name in wanted)


def node_packages() -> list[str]:
    """The names and versions of the packages that are asked for, with Node itself; none if npm is missing."""
    if not NODE.exists():
        return []
    wanted: dict[str, str] = json.loads((NPM / "package.json").read_text())["dependencies"]
    return [f"{name} {number}" for name, number in wanted.items()]
