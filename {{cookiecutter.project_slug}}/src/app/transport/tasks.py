"""Two tasks serve one connection: the application, and the pump that feeds it."""

import asyncio

from app.transport.versions import is_disconnect

Task = asyncio.Task[None]


async def run_until_one_ends(application: Task, pump: Task) -> None:
    """Waits for the end of either, ends the other, and passes on what is worth knowing.

    The pump ends when the client leaves: the application is cancelled then. The application ends
    with an answer, an error or a time-out: the server then ends what is unfinished.
    """
    both = {application, pump}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        await asyncio.wait(both)
    for task in both:
        error = None if task.cancelled() else task.exception()
        if error is not None and not is_disconnect(error):
            raise error
