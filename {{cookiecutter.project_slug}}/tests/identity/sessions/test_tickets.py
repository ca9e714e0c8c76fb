"""Tickets: one connection each, and never longer than their session."""

import asyncio

import pytest
from sqlalchemy import func
from sqlalchemy import select

from app.errors import Unauthenticated
from app.errors import Unavailable
from app.identity import User
from app.identity.sessions.record import new_token
from app.identity.sessions.service import Sessions
from app.identity.sessions.store import remove
from app.identity.sessions.tickets import Tickets
from app.identity.tables import TicketRow
from app.principal import ANONYMOUS
from app.principal import Principal
from tests.identity.conftest import Clock
from tests.identity.conftest import FragileDatabase
from tests.identity.conftest import in_another_process


@pytest.fixture
def tickets(fragile: FragileDatabase, sessions: Sessions, clock: Clock) -> Tickets:
    return Tickets(fragile, sessions, seconds=30.0, now=clock.now)


@pytest.fixture
async def ada(sessions: Sessions, person: User) -> Principal:
    """Returns Ada, signed in."""
    record = await sessions.find(await sessions.begin(person, "Firefox on Linux"))
    assert record is not None
    return record.principal


async def rows(fragile: FragileDatabase) -> int:
    async with fragile.reading() as session:
        return (await session.scalars(select(func.count()).select_from(TicketRow))).one()


async def test_a_ticket_stands_for_its_session_once(tickets: Tickets, ada: Principal) -> None:
    ticket = await tickets.issue(ada)

    first = await tickets.redeem(ticket.token)
    second = await tickets.redeem(ticket.token)

    assert first is not None
    assert (first.principal, first.id) == (ada, ada.session_id)
    assert second is None


async def test_a_session_that_has_ended_gets_none_though_it_is_still_remembered(
    tickets: Tickets, ada: Principal, fragile: FragileDatabase
) -> None:
    async with fragile.transaction() as work:  # by another process
        await remove(work.session, ada.own_id)

    with pytest.raises(Unauthenticated):
        await tickets.issue(ada)


async def test_of_many_processes_one_gets_the_ticket(
    tickets: Tickets, ada: Principal, fragile: FragileDatabase, clock: Clock
) -> None:
    ticket = await tickets.issue(ada)
    others = [
        Tickets(fragile, in_another_process(fragile, clock), seconds=30.0, now=clock.now)
        for _ in range(5)
    ]

    found = await asyncio.gather(*(one.redeem(ticket.token) for one in others))

    assert [record.id for record in found if record is not None] == [ada.session_id]


async def test_a_ticket_is_good_for_a_short_while(
    tickets: Tickets, ada: Principal, clock: Clock
) -> None:
    good, late = await tickets.issue(ada), await tickets.issue(ada)
    clock.turn(seconds=29.9)
    assert await tickets.redeem(good.token) is not None

    clock.turn(seconds=0.1)

    assert await tickets.redeem(late.token) is None


async def test_a_ticket_ends_with_its_session(
    tickets: Tickets, ada: Principal, sessions: Sessions, fragile: FragileDatabase
) -> None:
    ticket = await tickets.issue(ada)
    assert await rows(fragile) == 1

    await sessions.endings.end(ada)

    assert await rows(fragile) == 0
    assert await tickets.redeem(ticket.token) is None


async def test_a_session_that_ended_elsewhere_gives_a_ticket_nothing(
    tickets: Tickets, ada: Principal, clock: Clock
) -> None:
    ticket = await tickets.issue(ada)
    clock.turn(days=31)

    assert (
        await Tickets(
            tickets._database,
            tickets._sessions,
            seconds=30.0,
            now=lambda: clock.now().replace(year=2025),
        ).redeem(ticket.token)
        is None
    )


@pytest.mark.parametrize("ticket", ["", "x", "é" * 43, "x" * 43, "unused"])
async def test_what_is_no_ticket_stands_for_nobody(tickets: Tickets, ticket: str) -> None:
    # Workers that share the tests must name them alike, so the random one is made here.
    assert await tickets.redeem(new_token() if ticket == "unused" else ticket) is None


async def test_the_row_holds_no_ticket(
    tickets: Tickets, ada: Principal, fragile: FragileDatabase
) -> None:
    ticket = await tickets.issue(ada)

    async with fragile.reading() as session:
        row = (await session.scalars(select(TicketRow))).one()
    assert ticket.token.encode() not in row.token_hash


async def test_who_has_no_session_gets_no_ticket(tickets: Tickets) -> None:
    with pytest.raises(Unauthenticated):
        await tickets.issue(ANONYMOUS)


async def test_unused_tickets_are_removed(
    tickets: Tickets, ada: Principal, fragile: FragileDatabase, clock: Clock
) -> None:
    await tickets.issue(ada)
    clock.turn(seconds=31)
    await tickets.issue(ada)

    await tickets.delete_expired()

    assert await rows(fragile) == 1


async def test_with_postgresql_away_nobody_is_told_that_their_ticket_is_bad(
    tickets: Tickets, ada: Principal, fragile: FragileDatabase
) -> None:
    ticket = await tickets.issue(ada)
    fragile.is_away = True

    with pytest.raises(Unavailable):
        await tickets.redeem(ticket.token)
    fragile.is_away = False
    assert await tickets.redeem(ticket.token) is not None


async def test_a_session_is_found_by_its_id_here_and_in_another_process(
    sessions: Sessions, ada: Principal, fragile: FragileDatabase, clock: Clock
) -> None:
    assert ada.session_id is not None
    here = await sessions.find_by_id(ada.session_id)
    other = in_another_process(fragile, clock)
    there = await other.find_by_id(ada.session_id)

    assert here == there
    assert here is not None
    assert here.principal == ada
    fragile.is_away = True
    clock.turn(seconds=10)
    assert await other.find_by_id(ada.session_id) == there
    fragile.is_away = False
    await sessions.endings.end(ada)
    assert await sessions.find_by_id(ada.session_id) is None
    clock.turn(seconds=10)
    assert await other.find_by_id(ada.session_id) is None
