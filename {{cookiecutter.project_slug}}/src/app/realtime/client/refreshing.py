"""New credentials for a connection that lives longer than they do."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable

from app.realtime.client.backoff import Backoff
from app.realtime.client.failures import Disconnected
from app.realtime.client.failures import Refused
from app.realtime.client.failures import SignedOut
from app.realtime.client.link import Link

Ticket = Callable[[], Awaitable[str]]


async def refresh(link: Link, ticket: Ticket, *, within_seconds: float, backoff: Backoff) -> bool:
    """Fetches a ticket and hands it in, again and again until it works; false when it did not.

    The server then ends the connection and says why.
    """
    try:
        async with asyncio.timeout(within_seconds):
            while True:
                try:
                    await link.ask({"type": "refresh", "ticket": await ticket()})
                    return True
                except (SignedOut, Disconnected):
                    return False
                except Refused as refusal:
                    if not refusal.retry:
                        return False
                except Exception as failure:  # the app's own: its server may be away
                    _report(failure)
                await asyncio.sleep(backoff.pause_seconds(0))
    except TimeoutError:
        return False


def _report(failure: Exception) -> None:
    context = {"message": "no ticket for a refresh", "exception": failure}
    asyncio.get_running_loop().call_exception_handler(context)
