"""Requests that may be sent again: draft-ietf-httpapi-idempotency-key-header.

    @blueprint.post("/rooms")
    @guard(signed_in)
    @limit("60/minute")
    @idempotent
    @validate_request(NewRoom)
    @validate_response(Room, 201)
    async def create_room(data: NewRoom) -> tuple[Room, int]: ...

With the header ``Idempotency-Key`` everything that the view does in the database, and the answer,
are one transaction: both are there or neither. Whoever asks again gets the stored answer, whoever
asks meanwhile gets 409, and another request under the same key 422. A request that failed has left
nothing behind and may be sent again under its key.
"""

from app.web.idempotency.keys import delete_old_keys
from app.web.idempotency.routes import idempotency_key
from app.web.idempotency.routes import idempotent
from app.web.idempotency.routes import install_idempotency
from app.web.idempotency.routes import takes_key

__all__ = [
    "delete_old_keys",
    "idempotency_key",
    "idempotent",
    "install_idempotency",
    "takes_key",
]
