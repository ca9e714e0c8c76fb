"""What the REST routes take and give."""

from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr

from app.identity import User


class SignIn(BaseModel):
    """The e-mail address and the password of somebody who has signed up."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: SecretStr = Field(max_length=1_024)


class UserShape(BaseModel):
    """A person, to themselves."""

    id: UUID
    email: str
    name: str

    @classmethod
    def of(cls, user: User) -> "UserShape":
        """Returns what a person may see of themselves."""
        return cls(id=user.id, email=user.email, name=user.name)


class SignedIn(BaseModel):
    """The person who is signed in; the session itself is in the cookie."""

    user: UserShape
