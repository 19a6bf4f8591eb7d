"""Requests that are made to take long: documents, values and bodies, each within a request of its own."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.recording import item

RECORD = """mutation($t: [TransactionInput!]!) { recordTransactions(input: { transactions: $t }) {
  recorded errors { code message field } } }"""
STATUSES = "query($s: [JournalRunStatus!]) { journalRuns(filter: { statuses: $s }) { totalCount } }"
NEW_LINE = "\n"
NESTED = "journalRuns { nodes { journalEntries { nodes { journalRun { number } } } } } "
CREATE = "mutation { createJournalRun(input: { %s }) { errors { code } } }"
NAMED = "query($n: String!) { accountingCode(name: $n) { name } }"


def each(how_many: int, pattern: str, between: str = " ") -> str:
    """The pattern with each number in place of %d, or as it stands."""
    return between.join(pattern.replace("%d", str(number)) for number in range(how_many))


def fragments(how_many: int, spreads: int, of: str = "Query", last: str = "viewer { name }") -> str:
    """Fragments each of which spreads the next one so many times."""
    found = (f"fragment f{n} on {of} {{ {f'...f{n + 1} ' * spreads}}}" for n in range(how_many))
    return f"{' '.join(found)} fragment f{how_many} on {of} {{ {last} }}"


DOCUMENTS: Mapping[str, str] = {
    "doubling fragments": f"{{ ...f0 }} {fragments(25, 2)}",
    "doubling fragments, many": f"{{ ...f0 }} {fragments(90, 2)}",
    "doubling fragments inside objects": "{ journalRuns { nodes { ...f0 } } }"
    + each(40, " fragment f%d on JournalRun { journalEntries { nodes { journalRun { ...f0 } } edges { ...e%d } } }", "")
    + each(40, " fragment e%d on JournalEntryEdge { node { journalRun { ...f1 } } }", ""),
    "tenfold fragments": f"{{ ...f0 }} {fragments(80, 10)}",
    "a chain of fragments": f"{{ ...f0 }} {fragments(600, 1)}",
    "a chain of fragments within the number": f"{{ ...f0 }} {fragments(90, 1)}",
    "a circle of fragments": f"{{ ...f0 }} {each(99, 'fragment f%d on Query { ...f0 }')}",
    "every fragment in every other": "{ ...f0 } " + each(99, "fragment f%d on Query { " + each(20, "...f%d") + " }"),
    "equal fields": f"{{ {'journalRuns { totalCount } ' * 1_200}}}",
    "equal fields with arguments": f"{{ {'journalRuns(first: 3) { totalCount } ' * 500}}}",
    "equal fields within the number": f"{{ {'journalRuns { totalCount } ' * 200}}}",
    "equal nested fields": f"{{ {NESTED * 140}}}",
    "equal leaves": f"{{ journalRuns {{ nodes {{ {'number ' * 4_900}}} }} }}",
    "fragments of one field": f"{{ {each(400, '...f%d')} }} {each(400, 'fragment f%d on Query { viewer { name } }')}",
    "fragments of equal fields": f"{{ {each(90, '...f%d')} }} {each(90, 'fragment f%d on Query { viewer { name } }')}",
    "one fragment spread often": f"{{ {'...f ' * 2_400}}} fragment f on Query {{ viewer {{ name }} }}",
    "aliases": f"{{ {each(1_600, 'a%d: __typename')} }}",
    "conflicting aliases": f"{{ journalRuns {{ nodes {{ {'a: number a: status ' * 800}}} }} }}",
    "conflicting aliases within the number": f"{{ journalRuns {{ nodes {{ {'a: number a: status ' * 50}}} }} }}",
    "unknown fields": f"{{ {'x ' * 4_990}}}",
    "misspelt fields": f"{{ {each(1_900, 'journalRunz%d')} }}",
    "misspelt nested fields": f"{{ {'journalRuns(frist: 1) { nodes { numbr } } ' * 400}}}",
    "misspelt types": each(90, "fragment f%d on JournalRunn%d { number }") + " { __typename }",
    "inline fragments": f'{{ node(id: "JR-1") {{ {"... on JournalRun { number } " * 700}}} }}',
    "inline fragments inside each other": '{ node(id: "JR-1") { ' + "... on JournalRun { " * 190 + "number" + "}" * 192,
    "braces without end": "{a" * 2_400,
    "objects inside each other": f"{{ journalRuns {{ nodes {{ {'journalEntries { nodes { journalRun { ' * 60}number"
    f"{' } } }' * 60} }} }} }}",
    "directives": f"{{ viewer {{ name {'@include(if: true) ' * 800}}} }}",
    "different directives": f"{{ viewer {{ name {each(2_400, '@d%d')} }} }}",
    "wrong names in a literal": CREATE % each(1_600, "q%d: 1"),
    "one name often in a literal": CREATE % ("notes: 1 " * 1_600),
    "wrong values in a literal": f"{{ journalRuns(filter: {{ statuses: [{'PENDINK ' * 4_900}] }}) {{ totalCount }} }}",
    "wrong values in a literal within the number": f"{{ journalRuns(filter: {{ statuses: [{'PENDINK ' * 900}] }})"
    " { totalCount } }",
    "empty objects in a literal": f"mutation {{ recordTransactions(input: {{ transactions: [{'{} ' * 900}] }})"
    " { recorded } }",
    "lists inside each other in a literal": f"{{ journalRuns(filter: {{ statuses: {'[' * 190}{']' * 190} }})"
    " { totalCount } }",
    "unused variables": f"query({each(1_200, '$v%d: Int')}) {{ __typename }}",
    "one variable often": f"query({'$v: Int ' * 1_200}) {{ __typename }}",
    "variables that are not defined": f"{{ journalRuns(filter: {{ statuses: [{each(900, '$v%d')}] }}) {{ id }} }}",
    "operations": each(900, "query q%d { __typename }"),
    "operations of one name": "query q { __typename } " * 90,
    "operations of one large fragment": each(90, "query q%d { ...f }")
    + f" fragment f on Query {{ journalRuns(filter: {{ statuses: [{each(2_000, '$v%d')}] }}) {{ totalCount }} }}",
    "definitions of types": "type X { a: Int } " * 600,
    "the whole schema by many aliases": "{ "
    + each(90, "a%d: __schema { types { name fields { name args { name type { name } } type { name } } } }")
    + " }",
    "the schema of the schema": f"{{ __schema {{ {'types { fields { type { ' * 3}name{' } } }' * 3} }} }}",
    "a comment": f"{{ __typename }} #{'x' * 900_000}",
    "many comments": "{ __typename } " + "#\n" * 45_000,
    "blank lines before many errors": "\n" * 95_000 + f"{{ {each(90, 'a%d: journalRuns(first: -1) { totalCount }')} }}",
    "blank lines in a string": f'{{ journalRun(number: """{NEW_LINE * 95_000}""") {{ number }} }}',
    "blank lines before an error": "\n" * 95_000 + "{ nothing }",
    "a long string": f'{{ journalRun(number: "{"x" * 95_000}") {{ number }} }}',
    "a string of escapes": f'{{ journalRun(number: "{chr(92)}u00e9{(chr(92) + "u00e9") * 15_000}") {{ number }} }}',
    "a string without end": f'{{ journalRun(number: "{"x" * 95_000}',
    "a long name": f"{{ {'x' * 95_000} }}",
    "a long number": f"{{ journalRuns(first: {'9' * 95_000}) {{ totalCount }} }}",
    "nothing that is GraphQL": "?" * 95_000,
}
"""Documents without variables."""


def _item(number: int, **values: Any) -> dict[str, Any]:
    return item(f"attack {number}", **values)


VALUES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "transactions": (RECORD, {"t": [_item(number) for number in range(3_500)]}),
    "wrong transactions": (RECORD, {"t": [_item(n, amount="x", transactionType="INVOICE_ITEN") for n in range(1_000)]}),
    "transactions with violations": (RECORD, {"t": [_item(n, debitAccount=f"Unknown {n}") for n in range(1_000)]}),
    "empty transactions": (RECORD, {"t": [{}] * 50_000}),
    "segments": (RECORD, {"t": [_item(0, segments=[{"name": f"s{n}", "value": "v"} for n in range(20_000)])]}),
    "segments within the number": (
        RECORD,
        {"t": [_item(0, segments=[{"name": f"s{n}", "value": "v"} for n in range(1_000)])]},
    ),
    "wrong names": (RECORD, {"t": [{**_item(0), **{f"q{n}": 1 for n in range(60_000)}}]}),
    "wrong names in each": (RECORD, {"t": [{**_item(n), "organisation": "x"} for n in range(1_000)]}),
    "wrong statuses": (STATUSES, {"s": ["PENDINK"] * 80_000}),
    "different wrong statuses": (STATUSES, {"s": [f"PENDIN{n}" for n in range(60_000)]}),
    "wrong statuses after blank lines": ("\n" * 95_000 + STATUSES, {"s": ["PENDINK"] * 900}),
    "wrong statuses within the number": (STATUSES, {"s": [f"PENDIN{n}" for n in range(1_000)]}),
    "lists of wrong statuses": (
        "query("
        + each(90, "$v%d: [JournalRunStatus!]")
        + ") { "
        + each(90, "a%d: journalRuns(filter: { statuses: $v%d }) { totalCount }")
        + " }",
        {f"v{n}": ["PENDINK"] * 900 for n in range(90)},
    ),
    "types": (
        'mutation($t: [TransactionType!]) { createJournalRun(input: { accountingPeriodName: "Dec 2024",'
        ' journalEntryDate: "2024-12-31", transactionTypes: $t }) { errors { code message } } }',
        {"t": ["INVOICE_ITEM"] * 1_000},
    ),
    "labels": (
        'mutation($l: [String!]) { createJournalRun(input: { accountingPeriodName: "Dec 2024",'
        ' journalEntryDate: "2024-12-31", organizationLabels: $l }) { errors { code message } } }',
        {"l": [f"Label {n}" for n in range(1_000)]},
    ),
    "unknown variables": ("{ __typename }", {f"v{n}": 1 for n in range(60_000)}),
    "a deep list": (STATUSES, {"s": json.loads("[" * 400 + "]" * 400)}),
    "a long name": (NAMED, {"n": "x" * 900_000}),
    "a long name of combining characters": (NAMED, {"n": "A\u0301" * 110_000}),
    "a long account": (RECORD, {"t": [_item(0, debitAccount="A\u0301" * 110_000)]}),
    "a long amount": (RECORD, {"t": [_item(0, amount="9" * 900_000)]}),
    "a long cursor": ("query($c: String!) { journalRuns(after: $c) { totalCount } }", {"c": "x" * 900_000}),
}
"""Documents with the values of their variables."""

_QUERY = b'{"query": "{ __typename }", "variables": {"a": %b}}'

BODIES: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "empty lists": (_QUERY % (b"[" + b"[]," * 340_000 + b"1]"), {}),
    "empty objects": (_QUERY % (b"[" + b"{}," * 340_000 + b"1]"), {}),
    "lists within the number": (_QUERY % (b"[" + b"[1]," * 49_000 + b"1]"), {}),
    "lists inside each other": (_QUERY % (b"[" * 500_000 + b"]" * 500_000), {}),
    "numbers": (_QUERY % (b"[" + b"1.5," * 99_000 + b"1]"), {}),
    "long numbers": (_QUERY % (b"[" + (b"9" * 4_200 + b",") * 240 + b"1]"), {}),
    "a number without end": (_QUERY % (b"9" * 1_000_000), {}),
    "a small number": (_QUERY % (b"1e-" + b"9" * 1_000_000), {}),
    "escapes": (_QUERY % (b'"' + b"\\u00e9" * 170_000 + b'"'), {}),
    "a large body": (b"x" * 30_000_000, {}),
    "a long Accept": (_QUERY % b"1", {"Accept": ", ".join(f"text/x{n}" for n in range(5_000))}),
}
"""Bodies, and headers, whatever they mean."""

REST: Mapping[str, Any] = {
    "labels": {"organizationLabels": [{"organizationName": f"Label {n}"} for n in range(30_000)]},
    "labels within the number": {
        "accountingPeriodName": "Dec 2024",
        "journalEntryDate": "2024-12-31",
        "organizationLabels": [{"organizationName": f"Label {n}"} for n in range(1_000)],
        "transactionTypes": [{"type": "Invoice Item"}] * 1_000,
    },
    "labels that are none": {"organizationLabels": [[]] * 300_000},
    "types": {"transactionTypes": [{"type": "Invoice Itemz"}] * 30_000},
    "wrong names": {f"q{n}": 1 for n in range(60_000)},
    "wrong names within the number": {f"q{n}": 1 for n in range(4_900)},
    "a long name": {"accountingPeriodName": "x" * 1_000_000},
}
"""Bodies of a request for a journal run."""


def _subscribe(query: str, **others: Any) -> str:
    return json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}, **others})


MESSAGES: Mapping[str, str] = {
    "doubling fragments": _subscribe(DOCUMENTS["doubling fragments"]),
    "equal nested fields": _subscribe(DOCUMENTS["equal nested fields"]),
    "equal fields of a subscription": _subscribe(f"subscription {{ {'journalRunUpdates(number: 1) { id } ' * 600}}}"),
    "a long id": _subscribe("{ __typename }", id="x" * 1_000_000),
    "empty lists": _subscribe("{ __typename }", id="1", more=[[]] * 250_000),
    "a long type": json.dumps({"type": "x" * 1_000_000}),
    "a large message": _subscribe("{ __typename }", more="x" * 30_000_000),
    "a large ping": json.dumps({"type": "ping", "payload": {"a": "x" * 1_000_000}}),
}
"""Messages over a WebSocket."""
