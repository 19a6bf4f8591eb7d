"""Coercing variables by functions made for each type: what graphql-core makes of them, or nothing at all."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    is_input_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    parse,
)
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.coercion import Coercion
from schema.input_limits import LIST_LENGTH_MAX
from schema.schema import SCHEMA

CONTRACT = SCHEMA._schema
INPUTS = sorted(name for name, of in CONTRACT.type_map.items() if is_input_type(of) and not name.startswith("__"))

SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Int": st.integers(-(2**33), 2**33),
    "Boolean": st.booleans(),
    "DateTime": st.sampled_from(["2024-12-31T23:59:59Z", "2024-12-31T23:59:59", "2024-12-31", ""]),
    "Date": st.sampled_from(["2024-12-31", "2024-02-30", "20241231", ""]),
    "Decimal": st.sampled_from(["1.00", "-0.10", "1e5", "1,50", "٣", "9" * 101]) | st.integers(),
}
ODD = st.sampled_from([None, "", "x", 1, 1.5, True, [], [None], {}, {"a": None}, [["x"]]])


def values(of: Any, inside: tuple[Any, ...] = ()) -> st.SearchStrategy[Any]:
    """JSON values of that type, most of them valid, and some that it does not take; none with a type within itself."""
    if is_non_null_type(of):
        value = values(of.of_type, inside)
        return st.one_of(value, value, ODD)
    if is_list_type(of):
        value = values(of.of_type, inside)
        return st.lists(value, max_size=3) | value | ODD
    if isinstance(of, GraphQLInputObjectType):
        if of in inside:
            return ODD
        fields = {name: values(field.type, (*inside, of)) for name, field in of.fields.items()}
        required = {name: fields.pop(name) for name, field in of.fields.items() if is_required_input_field(field)}
        return st.fixed_dictionaries(required, optional={**fields, "noSuchField": ODD}) | ODD
    if isinstance(of, GraphQLEnumType):
        return st.sampled_from([*of.values, "NO_SUCH_WORD", ""]) | ODD
    return SCALARS.get(of.name, st.text(max_size=5)) | ODD


def definitions(declared: str) -> Any:
    """The variables that an operation declares."""
    return parse(f"query({declared}) {{ a }}").definitions[0].variable_definitions  # type: ignore[attr-defined]


def plain(values: VariableValues) -> dict[str, tuple[str, Any]]:
    """The type and the value of each variable as it was sent; types of lists are not comparable."""
    return {name: (str(one.signature.type), one.value) for name, one in values.sources.items()}


@settings(max_examples=150)
@given(st.sampled_from(INPUTS), st.sampled_from(["%s", "%s!", "[%s!]!", "[%s]", "%s = null"]), st.data())
def test_the_values_are_those_of_graphql_core(name: str, wrapped_by: str, data: st.DataObject) -> None:
    declared = wrapped_by % name
    of = definitions(f"$v: {declared}")
    kind: Any = CONTRACT.type_map[name]
    wrapped = st.lists(values(kind), max_size=3) if "[" in declared else values(kind)
    sent = data.draw(st.fixed_dictionaries({}, optional={"v": wrapped}))

    found = Coercion(CONTRACT).values(of, sent)

    expected = get_variable_values(CONTRACT, of, sent)
    if found is not None:
        assert not isinstance(expected, list)
        assert found.coerced == expected.coerced
        assert plain(found) == plain(expected)


def test_valid_values_are_coerced() -> None:
    """Otherwise the test above would say nothing."""
    segment = {"name": "country", "value": "France"}
    one = {
        "transactionId": "1", "transactionType": "INVOICE_ITEM", "transactionDate": "2024-12-31", "amount": "1.00",
        "currency": "GBP", "debitAccount": "a", "creditAccount": "b", "accountNumber": None, "segments": [segment],
    }  # fmt: skip
    of = definitions("$input: RecordTransactionsInput!, $first: Int, $left_out: String")
    sent = {"input": {"transactions": [one] * LIST_LENGTH_MAX}, "first": 5}

    found = Coercion(CONTRACT).values(of, sent)

    assert found is not None
    expected = get_variable_values(CONTRACT, of, sent)
    assert not isinstance(expected, list)
    assert found.coerced == expected.coerced
    assert len(found.coerced["input"]["transactions"]) == LIST_LENGTH_MAX
    assert get_named_type(found.sources["input"].signature.type) is CONTRACT.type_map["RecordTransactionsInput"]


def test_lists_that_are_too_long_and_unknown_names_are_left_to_those_who_word_them() -> None:
    of = definitions("$statuses: [JournalRunStatus!], $by: JournalRunOrder")
    assert Coercion(CONTRACT).values(of, {"statuses": ["PENDING"] * LIST_LENGTH_MAX}) is not None
    assert Coercion(CONTRACT).values(of, {"statuses": ["PENDING"] * (LIST_LENGTH_MAX + 1)}) is None
    assert Coercion(CONTRACT).values(of, {"by": {"field": "NUMBER", "direction": "ASC", "x": 1}}) is None
