"""The tables of the reads."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from bench.reads.competitors import REFERENCE
from bench.reads.documents import Document
from bench.reads.measure import Measured, Plan, Results


def tables(database: str, results: Results, documents: Sequence[Document], plan: Plan) -> list[str]:
    """The tables of one database."""
    lines: list[str] = []
    for clients in plan.clients:
        lines += [
            f"### {database}, {clients} {'client' if clients == 1 else 'clients'}",
            "",
            "Time, as a ratio to the hand-written endpoint:",
            "",
            *_ratios(results, documents, clients, _times),
            "",
            "Processor time of server and database, as a ratio to the hand-written endpoint:",
            "",
            *_ratios(results, documents, clients, _processor_time),
            "",
            *_details(results, documents, clients),
            "",
        ]
    return lines


def _ratios(
    results: Results, documents: Sequence[Document], clients: int, compared: Callable[[Measured, Measured], str]
) -> Iterator[str]:
    names = [name for name in _servers(results) if name != REFERENCE]
    yield "| document | " + " | ".join(names) + " |"
    yield "|---|" + "---|" * len(names)
    for document in documents:
        reference = results[document.name, clients, REFERENCE]
        cells = [compared(reference, results[document.name, clients, name]) for name in names]
        yield f"| {document.name} | " + " | ".join(cells) + " |"


def _times(reference: Measured, found: Measured) -> str:
    # A slow server has fewer rounds: they are compared with the same rounds of the reference.
    ratios = [ours / theirs for ours, theirs in zip(reference.rates, found.rates, strict=False)]
    return f"{_short(median(ratios))} ({_short(min(ratios))} to {_short(max(ratios))})"


def _processor_time(reference: Measured, found: Measured) -> str:
    return _short(_seconds_per_request(found) / _seconds_per_request(reference))


def _seconds_per_request(found: Measured) -> float:
    return (found.server_seconds + found.database_seconds) / len(found.delays)


def _details(results: Results, documents: Sequence[Document], clients: int) -> Iterator[str]:
    health = clients > 1
    yield (
        "| document | server | ratio of best | requests/s | p50 ms | p99 ms | CPU ms, server | CPU ms, database |"
        + (" /healthz p50 ms | /healthz p99 ms |" if health else "")
    )
    yield "|---|---|---|---|---|---|---|---|" + ("---|---|" if health else "")
    for document in documents:
        reference = results[document.name, clients, REFERENCE]
        for name in _servers(results):
            found = results[document.name, clients, name]
            requests = len(found.delays)
            cells = [
                document.name,
                name,
                _short(_best(reference, found, clients)),
                f"{median(found.rates):,.{0 if median(found.rates) > 10 else 1}f}",
                _milliseconds(found.delays, 0.5),
                _milliseconds(found.delays, 0.99),
                f"{1000 * found.server_seconds / requests:.2f}",
                f"{1000 * found.database_seconds / requests:.2f}",
            ]
            if health:
                cells += [_milliseconds(found.health, 0.5), _milliseconds(found.health, 0.99)]
            yield "| " + " | ".join(cells) + " |"


def _best(reference: Measured, found: Measured, clients: int) -> float:
    """The ratio of what noise has spoilt least: the fastest request of one client, or the best round of many."""
    if clients == 1:
        return min(found.delays) / min(reference.delays)
    return max(reference.rates) / max(found.rates)


def _servers(results: Results) -> list[str]:
    return list(dict.fromkeys(name for _, _, name in results))


def _short(ratio: float) -> str:
    return f"{ratio:.{2 if ratio < 10 else 0}f}"


def _milliseconds(delays: Sequence[float], part: float) -> str:
    if not delays:
        return ""
    return f"{1000 * sorted(delays)[min(len(delays) - 1, int(part * len(delays)))]:.2f}"
