"""What the REST routes of the address take."""

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr


class NewAddress(BaseModel):
    """The new address, and what the owner signs in with as a proof."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: SecretStr = Field(default=SecretStr(""), max_length=1_024)
    code: SecretStr = Field(default=SecretStr(""), max_length=100)


class LinkToken(BaseModel):
    """The token in the link of the letter."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=100)
