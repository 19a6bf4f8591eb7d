"""gql over HTTP, with the given library: HTTP transports have no subscriptions, so it polls."""

import asyncio
from typing import Any

# docs: gql over HTTP, the client
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed

# docs: end
from tests.clients.pypi.harness import Answer, Show, given, play, token, url

THROUGH = given["through"]
if THROUGH == "aiohttp":
    # docs: gql over HTTP, the client
    from gql.transport.aiohttp import AIOHTTPTransport

    client = Client(transport=AIOHTTPTransport(f"{url}/graphql", headers={"Authorization": f"Bearer {token}"}))
    # docs: end
elif THROUGH == "httpx, asynchronous":
    from gql.transport.httpx import HTTPXAsyncTransport

    client = Client(transport=HTTPXAsyncTransport(f"{url}/graphql", headers={"Authorization": f"Bearer {token}"}))
elif THROUGH == "httpx":
    from gql.transport.httpx import HTTPXTransport

    client = Client(transport=HTTPXTransport(f"{url}/graphql", headers={"Authorization": f"Bearer {token}"}))
elif THROUGH == "requests":
    from gql.transport.requests import RequestsHTTPTransport

    client = Client(transport=RequestsHTTPTransport(f"{url}/graphql", headers={"Authorization": f"Bearer {token}"}))

# docs: gql over HTTP
OUTCOMES = """query Outcomes($run: String!, $after: String) {
  journalRun(number: $run) {
    cancellation {
      finishedAt
      outcomes(after: $after) {
        nodes { sequence outcome code message remainingCount cursor journalEntry { number } }
      }
    }
  }
}"""


async def follow(ask: Any, run: str, show: Show, after: str | None = None) -> None:
    while True:
        try:
            answer = await ask(GraphQLRequest(OUTCOMES, variable_values={"run": run, "after": after}))
        except (TransportConnectionFailed, OSError):
            answer = {"journalRun": {"cancellation": None}}  # the next look goes on after the last cursor
        if cancellation := answer["journalRun"]["cancellation"]:
            for outcome in cancellation["outcomes"]["nodes"]:
                show(outcome)
                after = outcome["cursor"]
            if cancellation["finishedAt"] and not cancellation["outcomes"]["nodes"]:
                return
        await asyncio.sleep(0.5)


# docs: end


async def main() -> None:
    """The whole scene on one connection, while it lasts."""
    if THROUGH in ("aiohttp", "httpx, asynchronous"):
        execute: Any = (await client.connect_async()).execute
    else:
        session = client.connect_sync()

        async def execute(request: GraphQLRequest) -> Any:
            return await asyncio.to_thread(session.execute, request)

    async def ask(document: str, variables: dict[str, Any]) -> Answer:
        answer: Answer = await execute(GraphQLRequest(document, variable_values=variables))
        return answer

    async def follow_on(run: str, show: Show, after: str | None = None) -> None:
        await follow(execute, run, show, after)

    await play(ask, follow_on)
    if THROUGH in ("aiohttp", "httpx, asynchronous"):
        await client.close_async()
    else:
        client.close_sync()


asyncio.run(main())
