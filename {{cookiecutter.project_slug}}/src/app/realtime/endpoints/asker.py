"""Who asks for what needs no connection."""

from dataclasses import dataclass

from app.principal import Principal


@dataclass(frozen=True, slots=True)
class Asker:
    """The caller, and the connection that is not to have a signal back."""

    principal: Principal
    connection_id: str | None
