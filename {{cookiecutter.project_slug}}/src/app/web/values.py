"""Values on the wire that Pydantic would guess at, or take although nothing can keep them."""

from typing import Annotated

from pydantic import AfterValidator
from pydantic import AwareDatetime
from pydantic import BeforeValidator
from pydantic import GetCoreSchemaHandler
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from app.identity.users import CONTROLS
from app.identity.users import ONE_LINE


def _text_of_a_moment(value: object) -> object:
    # Pydantic takes 0.5 for half a second past 1970, in text too, which OpenAPI knows nothing of.
    text = str(value)
    if "T" not in text.upper() and "-" not in text.lstrip("-"):
        raise ValueError("write it as 2030-01-31T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_text_of_a_moment)]


def _number_itself(told: str) -> BeforeValidator:
    def check(value: object) -> object:
        if isinstance(value, bool | str):
            raise ValueError(told)
        return value

    return BeforeValidator(check)


# In JSON 3.0 is a whole number, but true and "3" are none.
WholeNumber = Annotated[int, _number_itself("write a whole number")]
Number = Annotated[float, _number_itself("write a number")]


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not hold the character NUL, which PostgreSQL cannot keep")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be whole characters, not halves of surrogate pairs") from None
    return value


# For texts that may come by a socket too: bodies and forms hold neither in the first place.
Storable = AfterValidator(_storable)


class _OneLine:
    """Refuses what `CONTROLS` finds, and has descriptions of the interface say so."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": ONE_LINE}

    @staticmethod
    def _check(value: str) -> str:
        if CONTROLS.search(value):
            raise ValueError("write it in one line, without control characters")
        return value


# For names that stand in lists, titles and letters: as those of people, in whatever script, with
# what joins an emoji or parts two letters, and without what turns the text beside them around.
OneLine = _OneLine()
