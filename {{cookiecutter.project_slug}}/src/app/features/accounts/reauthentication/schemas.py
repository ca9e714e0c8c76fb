"""What the REST route of a proof takes."""

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr


class Proof(BaseModel):
    """What shows that the caller is who the session says."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr = Field(default=SecretStr(""), max_length=1_024)
    code: SecretStr = Field(default=SecretStr(""), max_length=100)
