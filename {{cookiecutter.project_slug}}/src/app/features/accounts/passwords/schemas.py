"""What the REST routes of passwords take."""

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr


class Reset(BaseModel):
    """The token in the link of the letter, and the new password."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=100)
    password: SecretStr = Field(max_length=1_024)


class Change(BaseModel):
    """The present password and the new one."""

    model_config = ConfigDict(extra="forbid")

    present_password: SecretStr = Field(max_length=1_024)
    password: SecretStr = Field(max_length=1_024)
