"""Values on the wire that Pydantic would guess at, or take although nothing can keep them."""

from dataclasses import dataclass
from typing import Annotated
from typing import ClassVar

from pydantic import AfterValidator
from pydantic import AwareDatetime
from pydantic import BeforeValidator
from pydantic import GetCoreSchemaHandler
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import chain_schema
from pydantic_core.core_schema import no_info_after_validator_function
from pydantic_core.core_schema import str_schema

from app.identity.users import CONTROLS
from app.identity.users import MARKS

# What Pydantic trims: White_Space of Unicode, which `\s` is not in every dialect of patterns.
_BLANKS = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


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


@dataclass(frozen=True, slots=True)
class Lines:
    """Makes of ``str`` what people write: at most ``most`` characters as sent, trimmed, not empty.

    Descriptions of the interface say so to the character, with a pattern for what is not blank.
    """

    most: int
    pattern: ClassVar[str] = f"[^{_BLANKS}]"

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # What is trimmed counts as well, or descriptions could not tell how long a text may be.
        sent = str_schema(max_length=self.most)
        kept = str_schema(strip_whitespace=True, min_length=1)
        return no_info_after_validator_function(self._check, chain_schema([sent, kept]))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": self.pattern}

    @staticmethod
    def _check(value: str) -> str:
        return _storable(value)


class OneLine(Lines):
    """Makes of ``str`` a name that stands in lists, titles and letters, as those of people.

    It may be in whatever script, with what joins an emoji or parts two letters, and without what
    turns the text beside it around.
    """

    __slots__ = ()

    pattern = f"^[{_BLANKS}]*[^{_BLANKS}{MARKS}]([^{MARKS}]*[^{_BLANKS}{MARKS}])?[{_BLANKS}]*$"

    @staticmethod
    def _check(value: str) -> str:
        if CONTROLS.search(value):
            raise ValueError("write it in one line, without control characters")
        return value
