"""The hosts that a request may name: the loopback ones by default, for every interface, before anything else."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from gateway.hosts import HostError, Hosts
from gateway.serving import allowed_hosts
from tests.support.client import Client
from tests.support.command import run_here
from tests.support.ledger import fill, line, post
from tests.support.rest import Rest
from tests.support.served import served_anew

PATHS = [
    ("GET", "/graphql"),
    ("GET", "/graphiql/page.css"),
    ("POST", "/graphql"),
    ("OPTIONS", "/graphql"),
    ("GET", "/v1/journal-runs/JR-00000001"),
    ("POST", "/v1/journal-runs"),
    ("POST", "/oauth/token"),
    ("GET", "/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/nowhere"),
]


@contextmanager
def serving(folder: Path, *allowed: str) -> Iterator[Client]:
    """A client of a gateway that allows these hosts."""
    with served_anew(folder, hosts=Hosts(allowed)) as connected:
        fill(connected.database)
        yield connected


def handshake(url: str, host: str) -> None:
    """Open a WebSocket to that host, as a page of its own does."""

    async def go() -> None:
        address = url.replace("http", "ws", 1)
        port = int(address.rpartition(":")[2])
        target = f"ws://{host}:{port}/graphql"
        protocol = [Subprotocol("graphql-transport-ws")]
        async with connect(target, host="127.0.0.1", origin=Origin(f"http://{host}:{port}"), subprotocols=protocol):
            pass

    asyncio.run(go())


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_a_request_that_names_another_host_is_refused_with_the_option_that_allows_it(tmp_path: Path, host: str) -> None:
    name = host.partition(":")[0]
    with serving(tmp_path) as gateway:
        for method, path in PATHS:
            refused = httpx.request(method, gateway.url + path, headers={"Host": host, "Origin": f"http://{host}"})
            assert refused.status_code == 421, path
            assert refused.text == (
                f"The host {name} is not allowed; to allow it, start with --allow-host {name}, or set"
                " JOURNAL_GATEWAY_ALLOWED_HOSTS."
            )
        with pytest.raises(InvalidStatus) as handshaken:
            handshake(gateway.url, name)
        assert handshaken.value.response.status_code == 421
        assert f"--allow-host {name}".encode() in (handshaken.value.response.body or b"")


def test_health_checks_answer_whatever_the_host(tmp_path: Path) -> None:
    with serving(tmp_path) as gateway:
        for path in ("/healthz", "/readyz"):
            assert httpx.get(gateway.url + path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_named_hosts_are_allowed_beside_the_loopback_ones(tmp_path: Path) -> None:
    with serving(tmp_path, "Ledger.Example.com") as gateway:
        for host in ("ledger.example.com", "LEDGER.example.com:443", "localhost:1", "127.0.0.1", "[::1]:8000"):
            answered = httpx.get(f"{gateway.url}/openapi.json", headers={"Host": host})
            assert answered.status_code == 200, host
        handshake(gateway.url, "ledger.example.com")


def test_the_next_page_is_on_the_host_that_was_asked_and_no_other(tmp_path: Path) -> None:
    with serving(tmp_path, "ledger.example.com") as gateway, Rest(gateway.url) as rest:
        post(gateway.database, [line(str(n), segment_country=str(n)) for n in range(3)])
        path = f"/v1/journal-entries/journal-runs/{gateway.completed()['number']}?pageSize=1"
        asked = rest.send("GET", path, Host="ledger.example.com")
        assert asked["nextPage"].startswith("http://ledger.example.com/v1/journal-entries/")
        assert rest.http.get(path, headers={"Host": "evil.example"}).status_code == 421
        forwarded = rest.send("GET", path, X_Forwarded_Proto="https", X_Forwarded_Host="evil.example", Host="localhost")
        assert forwarded["nextPage"].startswith("https://localhost/")


@pytest.mark.parametrize(
    ("allowed", "host", "allows"),
    [
        ([], "localhost", True),
        ([], "LOCALHOST:8000", True),
        ([], "[::1]", True),
        ([], "::1", False),
        ([], "[::1]:8000:1", False),
        ([], "", False),
        ([], "localhost:port", False),
        ([], "localhost@evil.example", False),
        ([], "localhost/", False),
        ([], "127.0.0.2", False),
        (["2001:db8::1"], "[2001:DB8::1]:443", True),
        (["a.example, b.example", "c.example"], "b.example:1", True),
        (["a.example"], "sub.a.example", False),
        (["*"], "anything at all", True),
    ],
)
def test_which_hosts_are_allowed(allowed: list[str], host: str, allows: bool) -> None:
    assert Hosts(allowed).allows(host) is allows


def test_a_header_that_is_no_host_is_shown_escaped_and_short() -> None:
    told = Hosts().refusal("<b>\x1b" + "a" * 10_000)
    assert told.startswith("The Host header '<b>\\x1baaa")
    assert len(told) < 250


@pytest.mark.parametrize(
    ("listening", "allowed"),
    [("192.0.2.1", True), ("ledger.internal", True), ("0.0.0.0", False), ("::", False)],  # noqa: S104
)
def test_the_host_that_the_gateway_listens_on_is_allowed_unless_it_is_every_address(
    listening: str, allowed: bool
) -> None:
    named = f"[{listening}]" if ":" in listening else listening
    assert allowed_hosts(listening, []).allows(f"{named}:8000") is allowed
    assert allowed_hosts(listening, ["x.example"]).allows("x.example")


@pytest.mark.parametrize("wrong", ["http://a.example", "a.example:8000", "a.example/", "*.example", "a b;c", "[::1"])
def test_an_invalid_host_is_refused_at_the_start(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(HostError, match="is not a host"):
        Hosts([wrong])
    refused = run_here(tmp_path, "serve", "--port", "0", "--allow-host", wrong)
    assert refused.returncode == 1
    assert "is not a host; give a name or an address without scheme and port" in refused.stderr
    assert not list(tmp_path.iterdir())
