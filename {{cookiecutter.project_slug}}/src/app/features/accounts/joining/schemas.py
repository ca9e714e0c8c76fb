"""What the REST routes of joining take and give."""

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr

from app.features.accounts.schemas import SignIn


class SignUp(SignIn):
    """What it takes to join."""

    name: str = Field(max_length=200)


class AddressGiven(BaseModel):
    """An e-mail address."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)


class Confirmation(BaseModel):
    """The token in the link of the letter, and the password that was chosen."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=100)
    password: SecretStr = Field(max_length=1_024)


class LetterOnItsWay(BaseModel):
    """The answer of everything that sends a letter: it says nothing of who has an account."""

    next_step: str = "open the link in the letter"
