"""Requests of reporting tools to /bi, /odata and /exports, and what they may become on their way."""

from base64 import b64encode
from collections.abc import Callable
from random import Random
from urllib.parse import quote

from storage.bi.catalogue import Kind, View, catalogue
from tests.support.fuzzing.mutations import ODD_VALUES, in_bytes

VIEWS = list(catalogue(["country", "product"]).values())

KNOWN = [
    "Created", "GBP", "UK", "JE-00000001", "JE-00000001:1", "JR-00000001", "12.50", "-0.01", "7", "true", "false",
    "null", "2024-12-05", "2024-12-05T09:00:00.123456Z", "2024-12-31T23:59:59+00:00", "9999-12-31", "0001-01-01",
]  # fmt: skip
NUMBERS = [
    "0",
    "1",
    "2",
    "999",
    "1000",
    "10000",
    "10001",
    "-1",
    "1e3",
    str(2**31),
    str(2**63 - 1),
    str(2**64),
    "9" * 99,
]
LITERALS = [
    "'Created'", "'it''s'", "''", "'%_\\'", "null", "true", "12.50", "-3", "- 3", "1e5", "-1e-60", "1E999999", "INF",
    "9223372036854775808", "2024-12-31", "2024-02-30", "2024-12-31T23:59:59.1234567Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "12:00:00", "duration'P1D'", "01234567-89ab-cdef-0123-456789abcdef", "('a','b')",
    "\u0661\u0662", "'\U0001f600'", "@p1", "$it", "not", "()", ",", "\0",
]  # fmt: skip
FITTING = {
    Kind.TEXT: ["Created", "UK", "JE-00000001", "GBP", "", "%_\\"],
    Kind.INTEGER: ["0", "7", "-1"],
    Kind.AMOUNT: ["12.50", "-0.01", "0", "9999999999999999.9999"],
    Kind.DATE: ["2024-12-05", "0001-01-01", "9999-12-31"],
    Kind.MOMENT: ["2024-12-05T09:00:00.123456Z", "2024-12-31T23:59:59+01:00", "0001-01-01T00:00:00Z"],
    Kind.BOOLEAN: ["true", "false"],
    Kind.JSON: ["{}"],
}
"""Values that columns of each kind may be compared with."""

COMPARISONS = ["eq", "ne", "gt", "ge", "lt", "le"]
OPERATORS = ["eq", "ne", "gt", "ge", "lt", "le", "in", "has", "add", "mod", "EQ", ""]
SUFFIXES = ["", "not", "from", "to", "after", "before", "contains", "starts_with", "ends_with", "null", "x"]
FUNCTIONS = ["contains", "startswith", "endswith", "length", "geo.distance", "concat", "contains", "not"]
RANGES = [
    "bytes=0-", "bytes=0-9", "bytes=-5", "bytes=5-2", "bytes=0-0,2-2", "bytes=99999999999-", "bytes=", "bytes=-",
    "x=1-2",
    "bytes=" + ",".join(f"{start}-{start}" for start in range(0, 4_000, 2)), "bytes=1-," * 999, f"bytes={'9' * 5_000}-",
    "bytes=\xb2-\xb3", "bytes=0-" + "9" * 30,
]  # fmt: skip
HEADERS = {
    "Range": RANGES,
    "If-Range": ['"x"', "Sun, 06 Nov 1994 08:49:37 GMT", "x" * 99, "\xff"],
    "If-None-Match": ["*", '"x"', 'W/"x-y", "', '"' * 999, "\xff"],
    "Accept": [
        "*/*", "application/json;odata.metadata=full", "application/json;IEEE754Compatible=true;q=0.1", "text/html",
        "application/json;q=nan", "application/json;charset*=utf-8''%ff", '"' * 999, ",;=" * 500, "\xff",
    ],
    "Accept-Encoding": ["gzip", "gzip;q=0", "br, gzip", "*", "\xff"],
    "Prefer": ["odata.maxpagesize=1", "maxpagesize=99999999999", "odata.maxpagesize=0", "maxpagesize=\xb2", "," * 999],
    "OData-MaxVersion": ["4.0", "4.01", "3.0", "9" * 99, "\xb2.0"],
    "Host": ["localhost:1", "[::1]", "[", "a:b:c", "\xff"],
}  # fmt: skip
TOKENS = [
    "1~transactions~000000000000~i1", "~", "~~~~", "9" * 30 + "~journal_entries~x~n", "a" * 5_000,
    "journal_entries~x~m1",
]  # fmt: skip


def report(random: Random) -> tuple[bytes, bytes, bytes]:
    """The method, the address and the headers of a request."""
    view = random.choice(VIEWS)
    path, parameters = random.choice([_bi, _odata, _odata, _exports])(random, view)
    if random.random() < 0.1:
        parameters = [(_odd(random), value) for _, value in parameters] or [(_odd(random), _odd(random))]
    query = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in parameters)
    address = f"{path}?{query}".encode() if query else path.encode()
    if random.random() < 0.1:
        address = quote(in_bytes(random, address), safe="/?&=$%()',~").encode()
    method = random.choice([b"GET"] * 18 + [b"HEAD", b"POST"])
    return method, address, _headers(random)


def _bi(random: Random, view: View) -> tuple[str, list[tuple[str, str]]]:
    name = random.choice([view.name, view.short_name])
    path = f"/bi/{name}{random.choice(['', '', '', '.json', '.ndjson', '.csv', '.ndjson', '.csv', '.xml', '//x'])}"
    given = _filters(random, view)
    if random.random() < 0.05:
        given.append(("cursor", random.choice(TOKENS)))
    if random.random() < 0.5:
        given.append(("limit", random.choice(NUMBERS)))
    return (path if random.random() < 0.95 else "/bi"), given


def _exports(random: Random, view: View) -> tuple[str, list[tuple[str, str]]]:
    ending = random.choice(["csv", "ndjson", "parquet", "arrow"] * 4 + ["xlsx", ""])
    given = _filters(random, view)
    if random.random() < 0.2:
        given.append(("stream", random.choice(["0", "1", "1", "2", ""])))
    return f"/exports/{random.choice([view.name, view.short_name])}.{ending}", given


def _odata(random: Random, view: View) -> tuple[str, list[tuple[str, str]]]:
    key = _escaped(str(random.choice([*KNOWN, *ODD_VALUES]))[:300])
    after = random.choice(
        [""] * 15 + ["/$count", "/$count", f"('{key}')", f"({key})", f"('{key}')/number", "/", "/$ref"]
    )
    path = f"/odata/{view.short_name}{after}"
    if random.random() < 0.05:
        path = random.choice(["/odata", "/odata/", "/odata/$metadata", "/odata/$batch", "/odata/$x", "/odata//"])
    given: list[tuple[str, str]] = []
    names = [random.choice(view.names) for _ in range(random.choice([1, 2, 12]))]
    options: dict[str, Callable[[], str]] = {
        "$filter": lambda: _filter(random, view, random.choice([0, 1, 2, 3, 6])),
        "$orderby": lambda: ",".join(
            f"{name} {random.choice(['', 'asc', 'desc', 'asc', 'desc', 'desc', 'up'])}" for name in names
        ),
        "$select": lambda: ",".join([*names, random.choice(["*", "id", "id", "updated_at", "x"])]),
        "$top": lambda: random.choice(NUMBERS),
        "$skip": lambda: random.choice(NUMBERS),
        "$count": lambda: random.choice(["true", "true", "false", "1"]),
        "$skiptoken": lambda: random.choice(TOKENS),
        "$format": lambda: random.choice(["json", "xml", *HEADERS["Accept"]]),
        "$expand": lambda: "x",
    }
    shares = [0.6, 0.3, 0.2, 0.2, 0.2, 0.3, 0.03, 0.05, 0.01]
    for (name, made), share in zip(options.items(), shares, strict=True):
        if random.random() < share:
            given.append((name, made()))
    return path, given


def _filters(random: Random, view: View) -> list[tuple[str, str]]:
    given = []
    for _ in range(random.choice([0, 1, 1, 2, 5, 120 if random.random() < 0.1 else 3])):
        name = random.choice(view.names)
        suffix = random.choice(
            [
                "",
                "",
                ".not",
                ".from",
                ".to",
                ".after",
                ".before",
                ".contains",
                ".starts_with",
                ".ends_with",
                ".null",
                ".x",
            ]
        )
        given.append((name + suffix, random.choice(KNOWN) if random.random() < 0.7 else _odd(random)))
    if random.random() < 0.3:
        given.append(("updated_since", random.choice([*FITTING[Kind.MOMENT], *FITTING[Kind.DATE], _odd(random)])))
    if random.random() < 0.3:
        names = random.sample(view.names, random.randint(1, len(view.names)))
        given.append(("columns", ",".join(names)))
    return given


def _filter(random: Random, view: View, depth: int) -> str:
    if depth == 0:
        if random.random() < 0.85:
            column = random.choice(view.columns)
            value = random.choice(FITTING[column.kind])
            if column.kind is not Kind.TEXT:
                return f"{column.name} {random.choice(COMPARISONS)} {value}"
            if random.random() < 0.3:
                return f"{random.choice(FUNCTIONS[:3])}({column.name},'{value}')"
            return f"{column.name} {random.choice(COMPARISONS)} '{value}'"
        name, literal = random.choice([*view.names, "nothing", "a/b"]), random.choice(LITERALS)
        if random.random() < 0.2:
            return f"{random.choice(FUNCTIONS)}({name},{literal})"
        return f"{name} {random.choice(OPERATORS)} {literal}"
    inner = _filter(random, view, depth - 1)
    match random.randrange(7):
        case 0:
            times = random.choice([2, 5, 14, 16, 400])
            return "not (" * times + inner + ")" * times
        case 1:
            times = random.choice([2, 14, 16, 3_000])
            return "(" * times + inner + ")" * random.choice([times, times - 1])
        case 2:
            return random.choice([" and ", " or "]).join([inner] * random.choice([2, 30, 300]))[:20_000]
        case 3:
            return f"({inner}) {random.choice(['eq', 'ne', 'gt'])} {random.choice(['true', 'false', f'({inner})'])}"
        case 4:
            return in_bytes(random, inner.encode()).decode(errors="replace")
    return f"({inner}) {random.choice(['and', 'or'])} {_filter(random, view, depth - 1)}"


def _headers(random: Random) -> bytes:
    lines = b""
    for name, values in HEADERS.items():
        if random.random() < (0.3 if name == "Range" else 0.08 if name != "Host" else 0.01):
            lines += f"{name}: {random.choice(values)}\r\n".encode("latin-1")
    if random.random() < 0.1:
        user, password = (str(random.choice([*ODD_VALUES, "jgw_x"]))[:500] for _ in range(2))
        basic = b64encode(f"{user}:{password}".encode(errors="replace")).decode()
        scheme = random.choice(
            [f"Basic {basic}", f"basic {basic[:-1]}", f"Bearer {basic}", "Basic", "Bearer \xff", "x y"]
        )
        lines += f"Authorization: {scheme}\r\n".encode("latin-1")
    return lines


def _odd(random: Random) -> str:
    return str(random.choice(ODD_VALUES))


def _escaped(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="$,'():")
