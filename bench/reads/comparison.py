"""Whether the servers answer the same, before anything is timed."""

from collections.abc import Sequence

from bench.reads.answers import AnswersDiffer, data_of, difference, rows_in, values_in
from bench.reads.client import ask
from bench.reads.competitors import GATEWAY, Competitor
from bench.reads.documents import Document
from bench.reads.process import Running


def compare(servers: Sequence[tuple[Competitor, Running]], documents: Sequence[Document]) -> list[str]:
    """Raises AnswersDiffer unless every server answers every document as the gateway does.

    A server with names of its own is compared by numbers: a table of them, if there is such a server.
    """
    gateway, port = next((one, running.port) for one, running in servers if one.name == GATEWAY)
    lines = []
    for document in documents:
        expected = data_of(*ask(port, gateway.request(document)))
        for competitor, running in servers:
            found = data_of(*ask(running.port, competitor.request(document)))
            if not competitor.same_data:
                numbers = f"{rows_in(found):,} | {values_in(found):,} | {rows_in(expected):,} | {values_in(expected):,}"
                lines.append(f"| {competitor.name} | {document.name} | {numbers} |")
            elif told := difference(expected, found):
                raise AnswersDiffer(f"{competitor.name}, {document.name}: {told}")
    head = ["| server | document | rows | values | the gateway's rows | values |", "|---|---|---|---|---|---|"]
    return [*head, *lines, ""] if lines else []
