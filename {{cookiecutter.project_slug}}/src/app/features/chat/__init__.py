"""Chat: rooms, the people in them, messages, and what is unread."""

from quart import Quart

from app.resources import Resources

from . import demo
from . import message_routes
from . import pages
from . import personal_data
from . import routes
from .settings import ChatSettings
from .topics import inbox_namespace
from .topics import rooms_namespace


def register(app: Quart, resources: Resources) -> None:
    """Attaches the REST routes, the pages and the topics."""
    settings = ChatSettings()
    resources.identity.scopes.add("chat:read", "Read your rooms and what is said in them")
    resources.identity.scopes.add("chat:write", "Write, and change rooms and their members")
    resources.identity.personal_data.hold(
        "chat", export=personal_data.exported, erase=personal_data.erase
    )
    resources.realtime.declare(rooms_namespace(resources.database, settings))
    resources.realtime.declare(inbox_namespace(settings))
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(message_routes.blueprint)
    app.register_blueprint(pages.blueprint)
    resources.navigation.add(
        "Chat",
        "/chat",
        order=10,
        description="Rooms where messages, typing and who is here arrive as they happen.",
    )


async def add_demo(resources: Resources) -> None:
    """Stores two rooms with a conversation of the demo people, unless there are rooms already."""
    await demo.add_rooms(resources.database)
