"""The servers that are measured: how each is started, and how it is asked for a document."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.installed import ROOT
from bench.reads.client import get_request, post_request
from bench.reads.documents import Document
from bench.reads.install import LIBRARIES, NODE, NPM
from bench.reads.servers.values import WORDS
from schema.schema import SDL_PATH

REFERENCE = "hand-written"
"""Every ratio is to this server."""

GATEWAY = "gateway"
"""Every answer is compared with this server's."""


@dataclass(frozen=True, slots=True)
class Competitor:
    """A server: its command takes the database's URL and a port. `same_data` if its answers equal the gateway's."""

    name: str
    command: Sequence[str]
    request: Callable[[Document], bytes]
    more: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    postgresql_only: bool = False
    same_data: bool = True


def competitors() -> list[Competitor]:
    """The servers that can run on this machine, once `install` has run."""
    libraries = {"PYTHONPATH": f"{LIBRARIES}{os.pathsep}{ROOT}"}
    product = {"PYTHONPATH": str(ROOT)}
    found = [
        Competitor(REFERENCE, _python("handwritten"), lambda one: get_request(one.path), environment=libraries),
        Competitor(GATEWAY, _python("gateway_itself"), _graphql, more=["on"], environment=product),
        Competitor("gateway, plans off", _python("gateway_itself"), _graphql, more=["off"], environment=product),
        Competitor("Ariadne", _python("ariadne_server"), _graphql, environment=libraries),
    ]
    if NODE.exists():
        words = {one.__name__: {word.name: word.value for word in one} for one in WORDS}
        production = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
        found += [
            Competitor(
                "graphql-js",
                _node("graphql-js"),
                _graphql,
                more=[str(SDL_PATH), json.dumps(words)],
                environment=production,
            ),
            Competitor(
                "PostGraphile",
                _node("postgraphile"),
                _postgraphile,
                environment=production,
                postgresql_only=True,
                same_data=False,
            ),
        ]
    return found


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", f"bench.reads.servers.{module}"]


def _graphql(document: Document) -> bytes:
    return post_request("/graphql", json.dumps({"query": document.text}).encode())


def _node(script: str) -> list[str]:
    return [str(NODE), "--no-warnings", str(NPM / f"{script}.mjs")]


def _postgraphile(document: Document) -> bytes:
    return post_request("/graphql", json.dumps({"query": document.postgraphile}).encode())
