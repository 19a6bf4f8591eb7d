"""gql over WebSocket, with the given library."""

import asyncio
from typing import Any

# docs: gql, the client
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport

# docs: end
from tests.clients.pypi.harness import OUTCOMES, Answer, Show, given, play, token, url

# docs: gql, the client


def connected() -> Client:
    headers = {"Authorization": f"Bearer {token}"}
    return Client(transport=WebsocketsTransport(f"{url.replace('http', 'ws', 1)}/graphql", headers=headers))


# docs: end

if given["through"] == "aiohttp, WebSocket":
    from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport

    def connected() -> Client:
        """A client with its own connection, and the token in its first message, as a browser sends it."""
        payload = {"authorization": f"Bearer {token}"}
        return Client(transport=AIOHTTPWebsocketsTransport(f"{url}/graphql", init_payload=payload))


# docs: gql
async def follow(run: str, show: Show, after: str | None = None) -> None:
    while True:
        try:
            async with connected() as session:
                request = GraphQLRequest(OUTCOMES, variable_values={"run": run, "after": after})
                async for data in session.subscribe(request):
                    show(data["entryCancelOutcomes"])
                    after = data["entryCancelOutcomes"]["cursor"]
                return
        except (TransportConnectionFailed, OSError):
            await asyncio.sleep(1)


# docs: end


async def ask(document: str, variables: dict[str, Any]) -> Answer:
    """The document's data."""
    async with connected() as session:
        answer: Answer = await session.execute(GraphQLRequest(document, variable_values=variables))
        return answer


asyncio.run(play(ask, follow))
