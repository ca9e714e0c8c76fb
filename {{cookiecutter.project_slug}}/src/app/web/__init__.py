"""The HTTP edge that every feature shares.

    @blueprint.post("/rooms")
    @guard(signed_in)
    @limit("60/minute")
    @validate_request(NewRoom)
    @validate_response(Room, 201)
    async def create_room(data: NewRoom) -> tuple[Room, int]: ...

A page declares ``@html`` in place of the two shapes.
"""

from app.web.bearer import scope
from app.web.form_versions import version_in
from app.web.guards import admin_only
from app.web.guards import also_enrolling
from app.web.guards import auditors
from app.web.guards import current_principal
from app.web.guards import go_on_as
from app.web.guards import guard
from app.web.guards import public
from app.web.guards import recently_signed_in
from app.web.guards import signed_in
from app.web.guards import unidentified
from app.web.install import install
from app.web.limits import limit
from app.web.limits import spend
from app.web.shapes import fails_with
from app.web.shapes import html

__all__ = [
    "admin_only",
    "also_enrolling",
    "auditors",
    "current_principal",
    "fails_with",
    "go_on_as",
    "guard",
    "html",
    "install",
    "limit",
    "public",
    "recently_signed_in",
    "scope",
    "signed_in",
    "spend",
    "unidentified",
    "version_in",
]
