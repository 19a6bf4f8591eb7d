"""The query options of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from gateway.odata.errors import Unsupported
from gateway.odata.filters import column, comparable, condition
from resolvers.did_you_mean import DidYouMean
from resolvers.errors import RequestError
from storage.bi.catalogue import Column, View
from storage.bi.questions import And, Compare, Comparison, Condition, Not, Or, Sort

FILTER, ORDER, SELECT, TOP, SKIP, COUNT = "$filter", "$orderby", "$select", "$top", "$skip", "$count"
SKIPTOKEN, FORMAT = "$skiptoken", "$format"

_SUPPORTED = (SELECT, FILTER, ORDER, TOP, SKIP, COUNT, SKIPTOKEN, FORMAT)
_UNSUPPORTED = ("$expand", "$apply", "$compute", "$search", "$deltatoken", "$id", "$index", "$levels", "$schemaversion")

_OPTIONS_MAX = 100
_SORTS_MAX = 10
_DIGITS_MAX = 18
"""The digits of a number of rows: databases count in 64 bits."""

CHANGES = ("deleted", "updated_at")
"""The properties that ask for what has been deleted too, when $filter names one."""

_EXISTING = Compare("deleted", Comparison.EQUAL, False)


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of an entity set."""

    columns: Sequence[Column]
    """Those to answer with."""
    selected: bool
    """Whether the client has chosen them."""
    where: Condition
    order: Sequence[Sort]
    top: int | None
    skip: int
    count: bool
    token: str | None


def read(query: bytes) -> dict[str, str]:
    """The options by name, without those of the client's own, whose names have no `$`.

    Raises RequestError for an unknown or repeated option, and Unsupported.
    """
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_OPTIONS_MAX)
    except UnicodeDecodeError:
        raise RequestError("The query is not UTF-8, encoded with percent signs.") from None
    except ValueError:
        raise RequestError(f"The query has more than {_OPTIONS_MAX} options; send fewer.") from None
    found: dict[str, str] = {}
    for name, text in pairs:
        if name.startswith("@"):
            raise Unsupported(f"{name[:100]}: parameter aliases are not supported; write the value in their place.")
        if not name.startswith("$"):
            continue
        if name in found:
            raise RequestError(f"{name[:100]} is there twice; send it once.")
        if name in _UNSUPPORTED:
            raise Unsupported(f"{name} is not supported; there are {', '.join(_SUPPORTED)}.")
        if name not in _SUPPORTED:
            known = f"; there are {', '.join(_SUPPORTED)}."
            raise RequestError(f"There is no option {name[:100]!r}{DidYouMean(_SUPPORTED)(name) or known}")
        found[name] = text
    return found


def only(options: Mapping[str, str], *allowed: str) -> None:
    """Raises RequestError for an option that has no meaning here."""
    for name in options:
        if name not in allowed:
            raise RequestError(f"{name} has no meaning here; there is {' and '.join(allowed)}.")


def of_rows(options: Mapping[str, str], view: View) -> Options:
    """What the options ask of the view. Raises RequestError and Unsupported."""
    chosen = selected(options, view)
    return Options(
        columns=chosen or view.columns,
        selected=chosen is not None,
        where=where(options, view),
        order=_order(options.get(ORDER), view),
        top=_number(options, TOP),
        skip=_number(options, SKIP) or 0,
        count=_yes(options, COUNT),
        token=options.get(SKIPTOKEN),
    )


def where(options: Mapping[str, str], view: View) -> Condition:
    """The condition of the rows. What has been deleted is left out unless $filter names `deleted` or `updated_at`."""
    if FILTER not in options:
        return _EXISTING
    found = condition(options[FILTER], view)
    return found if _names(found, CHANGES) else And((found, _EXISTING))


def selected(options: Mapping[str, str], view: View) -> Sequence[Column] | None:
    """The columns that $select names; None for all. Raises RequestError."""
    names = [name.strip() for name in options.get(SELECT, "").split(",")]
    if names == [""] or "*" in names:
        return None
    # Once each, in the order of the view, as JSON objects have no order.
    wanted = {column(view, name, SELECT).name for name in names}
    return [each for each in view.columns if each.name in wanted]


def _order(text: str | None, view: View) -> Sequence[Sort]:
    if text is None:
        return ()
    sorts: list[Sort] = []
    for part in text.split(","):
        words = part.split()
        if not words or len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
            raise RequestError(
                f"{ORDER}: {part.strip()[:100]!r} is no property with asc or desc; write such as updated_at desc,id."
            )
        if "(" in words[0] or "/" in words[0]:
            raise Unsupported(f"{ORDER}: {words[0][:100]!r} is an expression, which is not supported; name properties.")
        name = comparable(column(view, words[0], ORDER), ORDER).name
        if any(sort.column == name for sort in sorts):
            raise RequestError(f"{ORDER}: {name} is there twice; name it once.")
        sorts.append(Sort(name, descending=words[-1].lower() == "desc"))
    if len(sorts) > _SORTS_MAX:
        raise RequestError(f"{ORDER} has {len(sorts)} properties; the maximum is {_SORTS_MAX}.")
    return sorts


def _number(options: Mapping[str, str], name: str) -> int | None:
    text = options.get(name)
    if text is None:
        return None
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= _DIGITS_MAX):
        raise RequestError(f"{name}: {text[:100]!r} is no number of rows; send a whole number from 0.")
    return int(plain)


def _yes(options: Mapping[str, str], name: str) -> bool:
    text = options.get(name, "false")
    if text not in ("true", "false"):
        raise RequestError(f"{name}: {text[:100]!r} is neither true nor false.")
    return text == "true"


def _names(found: Condition, names: Sequence[str]) -> bool:
    """Whether the condition asks about one of these columns."""
    match found:
        case Compare(name):
            return name in names
        case Not(inner):
            return _names(inner, names)
        case And(parts) | Or(parts):
            return any(_names(part, names) for part in parts)
