"""Programs compiled by npm packages, in a separate folder."""

import shutil
import subprocess
from pathlib import Path

from tests.clients.programs import NPM, PATIENCE_SECONDS, node

SCHEMA = Path(__file__).parents[2] / "schema" / "schema.graphql"


def workshop(folder: Path) -> Path:
    """A copy of the npm programs in this folder, which compilers may write to."""
    node()
    copy = folder / "npm"
    shutil.copytree(NPM, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(NPM / "node_modules")
    return copy


def tool(folder: Path, script: str, *arguments: str) -> None:
    """Run a command-line tool of an npm package."""
    done = subprocess.run(
        [node(), f"{NPM}/node_modules/{script}", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def bundled(program: Path, *options: str) -> Path:
    """The program bundled into one file with its packages, except external ones."""
    out = program.with_suffix(".bundle.mjs")
    tool(program.parent, "esbuild/bin/esbuild", program.name, "--bundle", "--format=esm", f"--outfile={out}", *options)
    return out


def relay_program(folder: Path, *, persisted: bool) -> Path:
    """Relay's program, compiled for the committed schema; persisted documents are written to persisted.json."""
    relay = workshop(folder) / "relay"
    shutil.copy(SCHEMA, relay / "schema.graphql")
    config = "relay.persisted.config.json" if persisted else "relay.config.json"
    tool(relay, "relay-compiler/cli.js", "--noWatchman", config)
    return bundled(relay / "relay.mjs", "--platform=node", "--packages=external")
