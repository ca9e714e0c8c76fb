"""``refresh``: a connection goes on with a new ticket, and what it listens to is judged anew."""

from app.realtime.connections.connection import Connection
from app.realtime.core import Core
from app.realtime.credentials import Credential
from app.realtime.endpoints.greeting import judge
from app.realtime.protocol import frames
from app.realtime.protocol.messages import Refresh
from app.realtime.protocol.messages import Refusal
from app.realtime.subscribing.departing import take_away

NO_TICKET = Refusal("forbidden", "this is no ticket of the same user")


async def refresh(core: Core, connection: Connection, command: Refresh) -> bytes | Refusal:
    """Takes over the session of a ticket; a bad ticket changes nothing.

    Raises:
        Unavailable: what the ticket is worth cannot be told for now; it may have been used up.
    """
    credential = Credential("ticket", command.ticket)
    vouched = await judge(core, credential)
    who = vouched.principal
    if not who.is_signed_in or who.user_id != connection.principal.user_id:
        return NO_TICKET
    connection.vouch(vouched, credential, now=core.clock())
    await _judge_subscriptions(core, connection)
    seconds_left = vouched.seconds_left
    return frames.refreshed(None if seconds_left is None else round(seconds_left * 1000))


async def _judge_subscriptions(core: Core, connection: Connection) -> None:
    """Asks about every topic, whatever is remembered; an outage takes nothing away."""
    for topic in list(connection.subscriptions):
        refusal = await core.access.refuse(connection.principal, topic, "subscribe", anew=True)
        if refusal is not None and not refusal.retry:
            take_away(core, connection, topic, refusal)
