"""The validation rules of the GraphQL specification, bounded in time and in the number of errors."""

from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationContext,
    specified_rules,
    validate,
)
from graphql.validation import ValuesOfCorrectTypeRule
from graphql.validation.validate import ValidationAbortedError

from schema.input_errors import LONGEST_MESSAGE, InputLiterals, shortened

MAX_ERRORS = 20
"""The errors of one document that are told; with each comes a search for similar names."""

MAX_COMPARISONS = 50_000
"""The pairs of fields and of fragments that are compared, to know whether equal ones can be merged."""


class OverlappingFields(OverlappingFieldsCanBeMergedRule):
    """The specification's "Field Selection Merging", whose time is quadratic in the fields of one name."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MAX_COMPARISONS

    def enter_selection_set(self, selection_set: SelectionSetNode, *others: Any) -> None:
        """Compare the fields of the selection. Ends the validation where there is too much to compare."""
        try:
            super().enter_selection_set(selection_set, *others)
        except ValidationAbortedError as aborted:
            if self.rule_context.remaining_complexity_budget >= 0:
                raise
            told = (
                "This selection has too many fields of one name, with those of its fragments: they take more than"
                f" {MAX_COMPARISONS:,} comparisons, which is the maximum. Ask for each field once, and spread each"
                " fragment once."
            )
            raise ValidationAbortedError(told, selection_set) from aborted


_OURS: dict[type, Any] = {
    ValuesOfCorrectTypeRule: InputLiterals,
    OverlappingFieldsCanBeMergedRule: OverlappingFields,
}
_RULES = [_OURS.get(rule, rule) for rule in specified_rules]


def validation_errors(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """The errors of the document, MAX_ERRORS at most and then one that says so; none if it is valid."""
    errors = validate(schema, document, _RULES, max_errors=MAX_ERRORS)
    for error in errors:
        error.message = shortened(error.message, LONGEST_MESSAGE)
    if len(errors) > MAX_ERRORS and not errors[-1].nodes:
        told = f"There are more than {MAX_ERRORS} errors; these are the first. Correct them to see the others."
        errors[-1] = GraphQLError(told, errors[-2].nodes)
    return errors
