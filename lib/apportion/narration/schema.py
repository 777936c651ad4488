"""What Claude fills in: frames and facts, and which metric and direction it takes each to be."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from apportion.results.insights import Direction

FrameName = Literal["plain", "also", "contrast", "explained", "first_action", "two_actions"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Citation(_Strict):
    """A fact, and what Claude takes it to say: a swapped id is found by that."""

    fact: Annotated[str, Field(pattern=r"^F\d{1,3}$", description="The id of a fact.")]
    metric: Annotated[str, Field(max_length=40, description="The metric of that fact, copied.")]
    direction: Annotated[Direction, Field(description="The direction of that fact, copied.")]


class Sentence(_Strict):
    """A frame and its facts."""

    frame: Annotated[FrameName, Field(description="The form of the sentence.")]
    facts: Annotated[list[Citation], Field(min_length=1, max_length=2)]


class Narrative(_Strict):
    """Two or three sentences, and what to add in words without figures."""

    sentences: Annotated[list[Sentence], Field(min_length=2, max_length=3)]
    remark: Annotated[
        str,
        Field(
            max_length=240,
            description="At most one short sentence of advice in plain words, or empty. No number, "
            "name, date, direction or cause.",
        ),
    ] = ""
