"""What compilers from npm make of the programs, in a folder of its own."""

import shutil
import subprocess
from pathlib import Path

from tests.clients.programs import NPM, PATIENCE_SECONDS, node

SCHEMA = Path(__file__).parents[2] / "schema" / "schema.graphql"


def workshop(folder: Path) -> Path:
    """A copy of the programs from npm in this folder, that compilers may write to."""
    node()
    copy = folder / "npm"
    shutil.copytree(NPM, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(NPM / "node_modules")
    return copy


def tool(folder: Path, script: str, *arguments: str) -> None:
    """Run a command-line tool that a package of npm brings."""
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
    """The program in one file, its packages included unless they are external."""
    out = program.with_suffix(".bundle.mjs")
    tool(program.parent, "esbuild/bin/esbuild", program.name, "--bundle", "--format=esm", f"--outfile={out}", *options)
    return out


def relay_program(folder: Path, *, persisted: bool) -> Path:
    """Relay's program, compiled for the committed schema; with persisted documents, those stand in persisted.json."""
    relay = workshop(folder) / "relay"
    shutil.copy(SCHEMA, relay / "schema.graphql")
    config = "relay.persisted.config.json" if persisted else "relay.config.json"
    tool(relay, "relay-compiler/cli.js", "--noWatchman", config)
    return bundled(relay / "relay.mjs", "--platform=node", "--packages=external")
