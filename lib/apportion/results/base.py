"""What every result has in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

LEVEL = 0.9
"""Probability that every interval of the product holds."""


class Result(BaseModel):
    """An immutable value, snake_case in Python and camelCase in JSON.

    NaN and infinity are refused: pydantic would write them as ``null`` and could not read its own
    output back, so they are caught where they are born.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        protected_namespaces=(),
        # The JSON schema says what a reader may rely on: every field is there, and what it means.
        json_schema_serialization_defaults_required=True,
        use_attribute_docstrings=True,
    )


class Interval(Result):
    """A central interval that holds the estimate with probability `level`."""

    lower: float
    upper: float
    level: float = LEVEL
