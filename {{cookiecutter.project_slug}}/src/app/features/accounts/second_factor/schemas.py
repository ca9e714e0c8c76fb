"""What the REST routes of the second factor take and give."""

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr


class SecondStep(BaseModel):
    """What the first step answered, and a code of the app or a recovery code."""

    model_config = ConfigDict(extra="forbid")

    half_sign_in: SecretStr = Field(max_length=100)
    code: SecretStr = Field(max_length=100)


class Code(BaseModel):
    """A code of the app that has just taken the secret."""

    model_config = ConfigDict(extra="forbid")

    code: SecretStr = Field(max_length=100)


class FactorShape(BaseModel):
    """Whether there is a second factor, how many recovery codes are left, and whether it is due."""

    is_on: bool
    codes_left: int
    is_required: bool


class Enrolment(BaseModel):
    """A secret for an authenticator app; ``uri`` is what its camera reads (``otpauth:``)."""

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """Codes that each replace the app once; they are shown this once."""

    recovery_codes: list[str]
