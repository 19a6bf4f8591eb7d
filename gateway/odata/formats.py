"""How a client wants its answer: by $format or Accept, with which metadata and numbers; and by which OData."""

import re
from dataclasses import dataclass
from email.message import Message
from urllib.request import parse_http_list

from gateway.odata.errors import JSON, NotAcceptable
from resolvers.errors import RequestError

LONGEST_ACCEPT = 2_000

_LEVELS = ("minimal", "none", "full")


@dataclass(frozen=True, slots=True)
class Format:
    """JSON, with so much metadata. With `texts`, int64 and decimal numbers are texts (IEEE754Compatible)."""

    metadata: str = "minimal"
    texts: bool = False

    @property
    def media_type(self) -> str:
        """The Content-Type of the answer."""
        return f"{JSON};odata.metadata={self.metadata}{';IEEE754Compatible=true' if self.texts else ''}"


def json_format(format_option: str | None, accept: str | None) -> Format:
    """The format of rows. $format has precedence over Accept. Raises NotAcceptable if neither allows JSON."""
    if format_option is not None:
        if format_option.strip().lower() == "json":
            return Format()
        found = _json_in(format_option)
        if found is None:
            raise NotAcceptable(f"$format: {format_option[:100]!r} is not supported; use json or {JSON}.")
        return found
    if accept is None:
        return Format()
    if len(accept) > LONGEST_ACCEPT:
        raise RequestError(f"Accept has {len(accept):,} characters; the maximum is {LONGEST_ACCEPT:,}.")
    found = _json_in(accept)
    if found is None:
        raise NotAcceptable(f"Accept: {accept[:100]!r} does not allow JSON; send {JSON}.")
    return found


def require_xml(format_option: str | None) -> None:
    """Raises NotAcceptable for a $format of $metadata that is not XML. Accept is not asked: many send one for all."""
    if format_option is not None and format_option.strip().lower() not in ("xml", "application/xml"):
        raise NotAcceptable(f"$format: {format_option[:100]!r} is not supported for $metadata; use xml.")


def require_version(maximum: str | None) -> None:
    """Raises RequestError for a client that cannot read OData 4.0, by its OData-MaxVersion."""
    if maximum is None:
        return
    # Some add a comment: 4.0;NetFx.
    found = re.match(r"\s*(\d{1,4})\.\d{1,4}\s*(;|$)", maximum)
    if found is None:
        raise RequestError(f"OData-MaxVersion: {maximum[:100]!r} is not a version; send 4.0.")
    if int(found.group(1)) < 4:
        raise RequestError(f"OData-MaxVersion: {maximum[:100]} is not supported; this service speaks 4.0.")


def _json_in(accept: str) -> Format | None:
    """The format by the media range that fits JSON best; None if none does."""
    best: tuple[float, Format] | None = None
    for part in parse_http_list(accept):
        header = Message()
        header["content-type"] = part
        (name, _), *parameters = header.get_params(failobj=[("", "")])
        if name.strip().lower() not in (JSON, "application/*", "*/*"):
            continue
        values = {key.lower(): str(value).lower() for key, value in parameters}
        weight = _weight(values.get("q", "1"))
        if weight > 0 and (best is None or weight > best[0]):
            best = weight, _format(values)
    return None if best is None else best[1]


def _format(parameters: dict[str, str]) -> Format:
    level = parameters.get("odata.metadata", parameters.get("metadata", "minimal"))
    return Format(level if level in _LEVELS else "minimal", parameters.get("ieee754compatible") == "true")


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0
