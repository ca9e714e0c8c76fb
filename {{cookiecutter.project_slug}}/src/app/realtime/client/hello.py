"""The first word of a connection: who we are, and all topics at once."""

from collections.abc import Callable

from app.realtime.client.frames import Frame
from app.realtime.client.frames import Greeting
from app.realtime.client.frames import read_greeting
from app.realtime.client.link import Link
from app.realtime.client.subscriptions import Subscriptions


def say_hello(
    link: Link,
    subscriptions: Subscriptions,
    proof: dict[str, str],
    *,
    name: str,
    on_greeting: Callable[[Greeting], None],
    on_refused: Callable[[str], None],
) -> None:
    """Says hello; the topics get their answers after ``on_greeting``."""
    asked = subscriptions.asked()

    def take_reply(reply: Frame | None) -> None:
        if reply is None:
            return
        if reply.error is not None:
            on_refused(reply.error.message)
            return
        greeting = read_greeting(reply.result)
        link.watch((greeting.ping_ms + greeting.pong_ms) / 1000)
        on_greeting(greeting)
        subscriptions.begin(link, asked, greeting.subscriptions)

    wishes = [topic.wish() for topic in asked]
    link.command({"type": "hello", "client": name, "subscriptions": wishes, **proof}, take_reply)
