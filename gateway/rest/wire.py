"""How the REST interface writes names, dates, times and money."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel

from storage.days import DayRefused, parse_day


class Wire(BaseModel):
    """A response: filled from rows, and written in the wire's names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True, frozen=True)


class Asked(BaseModel):
    """A request, in the wire's names. Unknown fields are refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True, frozen=True)


class Success(Wire):
    """The request was accepted."""

    success: Literal[True]


def _day(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_day(value)
    except DayRefused as refused:
        raise ValueError(f"{refused}.") from None


Day = Annotated[date, BeforeValidator(_day)]
"""A date in a request, in its one form."""

Moment = Annotated[
    datetime, PlainSerializer(lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}", return_type=str)
]
"""A time in a response: in UTC, to the second."""

Amount = Annotated[Decimal, PlainSerializer(lambda amount: format(amount, "f"), return_type=str)]
"""An amount in a response: a decimal string with the currency's decimals."""
