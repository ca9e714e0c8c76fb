"""A request under one key is done once, however often and however fast it is sent."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pydantic import BaseModel
from quart import Quart
from quart_schema import validate_request
from quart_schema import validate_response
from redis.asyncio import Redis
from sqlalchemy import text

from app.database import Database
from app.errors import Conflict
from app.factory import create_app
from app.resources import current_resources
from app.resources import resources_of
from app.settings import Settings
from app.web import guard
from app.web import limit
from app.web import signed_in
from app.web.idempotency import delete_old_keys
from app.web.idempotency import idempotent
from app.web.idempotency.keys import answer_under
from tests.people import Person

PATH = "/api/v1/orders"
NAIVE = "/api/v1/naive-orders"
AT_ONCE = 50


class Order(BaseModel):
    """What is bought; the number of a made one is the only thing that tells it from others."""

    item: str
    number: str = ""


@pytest.fixture
async def app(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields the application with a route that writes twice, and the same without keys."""
    created = create_app(settings)

    async def order(data: Order) -> tuple[Order, int, dict[str, str]]:
        number = str(uuid4())
        for topic in ("order", "receipt"):
            async with current_resources().database.transaction() as work:
                await work.session.execute(INSERT, {"topic": topic, "data": data.item.encode()})
        if data.item == "nothing":
            raise Conflict("we have none")
        return Order(item=data.item, number=number), 201, {"Location": f"{PATH}/{number}"}

    naive = validate_response(Order, 201)(validate_request(Order)(order))
    for path, view in {PATH: idempotent(naive), NAIVE: naive}.items():
        created.add_url_rule(
            path, path, guard(signed_in)(limit("10000/minute")(view)), methods=["POST"]
        )
    async with created.test_app():
        yield created


INSERT = text("INSERT INTO outbox (topic, data) VALUES (:topic, :data)")
COUNT = text("SELECT count(*) FROM outbox WHERE topic = :topic")


async def orders(app: Quart, topic: str = "order") -> int:
    """Returns how often something was written."""
    async with resources_of(app).database.reading() as session:
        return await session.scalar(COUNT, {"topic": topic}) or 0


async def send(person: Person, key: str, item: str = "tea", path: str = PATH) -> tuple[int, Order]:
    """Sends one order; returns the status and what came back."""
    answer = await person.client.post(
        path, json={"item": item}, headers={"Idempotency-Key": key} if key else {}
    )
    told = await answer.get_json(force=True)
    return answer.status_code, Order(item=told.get("item", ""), number=told.get("number", ""))


async def test_a_repeat_gets_the_same_answer_and_does_nothing(app: Quart, ada: Person) -> None:
    first = await ada.client.post(PATH, json={"item": "tea"}, headers={"Idempotency-Key": '"k"'})
    again = await ada.client.post(PATH, json={"item": "tea"}, headers={"Idempotency-Key": "k"})

    assert (first.status_code, again.status_code) == (201, 201)
    assert await first.get_data() == await again.get_data()
    assert first.headers["Location"] == again.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await orders(app), await orders(app, "receipt")) == (1, 1)


async def test_without_keys_a_repeat_is_another_order(app: Quart, ada: Person) -> None:
    for _ in range(2):
        await send(ada, "k", path=NAIVE)
        await send(ada, "")

    assert await orders(app) == 4


async def test_another_request_under_the_same_key_is_refused(app: Quart, ada: Person) -> None:
    await send(ada, "k")

    answer = await ada.client.post(PATH, json={"item": "tar"}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 422
    assert (await answer.get_json(force=True))["type"] == "/problems/idempotency-key-reused"
    assert await orders(app) == 1


async def test_the_keys_of_one_person_are_nothing_to_another(
    app: Quart, ada: Person, grace: Person
) -> None:
    _, hers = await send(ada, "k")
    _, other = await send(grace, "k")

    assert hers.number != other.number
    assert await orders(app) == 2


async def test_a_request_that_failed_has_done_nothing_and_may_be_sent_again(
    app: Quart, ada: Person
) -> None:
    first, _ = await send(ada, "k", item="nothing")
    assert await orders(app) == 0

    again, _ = await send(ada, "k", item="nothing")
    changed, _ = await send(ada, "k", item="tea")

    assert (first, again, changed) == (409, 409, 201)
    assert await orders(app) == 1


async def test_fifty_at_once_are_done_once_and_answered_alike(app: Quart, ada: Person) -> None:
    answers = await asyncio.gather(*(send(ada, "k") for _ in range(AT_ONCE)))

    statuses = Counter(status for status, _ in answers)
    done = {order.number for status, order in answers if status == 201}
    late, order = await send(ada, "k")
    assert set(statuses) <= {201, 409, 503}  # 503: no connection of the pool was free in time
    assert statuses[201] >= 1
    assert done == {order.number}
    assert late == 201
    assert (await orders(app), await orders(app, "receipt")) == (1, 1)


async def test_fifty_keys_at_once_are_fifty_orders(app: Quart, ada: Person) -> None:
    answers = await asyncio.gather(*(send(ada, f"k{number}") for number in range(AT_ONCE)))

    done = [order.number for status, order in answers if status == 201]
    assert len(set(done)) == len(done) == await orders(app)
    assert {status for status, _ in answers} <= {201, 503}


async def test_a_key_that_is_in_use_elsewhere_is_told_at_once(
    app: Quart, ada: Person, database: Database
) -> None:
    async with database.transaction() as work:
        await answer_under(ada.principal, work, key="k", fingerprint=b"")

        answer = await ada.client.post(PATH, json={"item": "tea"}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 409
    assert (await answer.get_json(force=True))["type"] == "/problems/idempotency-key-in-use"
    assert (await send(ada, "k"))[0] == 201


@pytest.mark.parametrize("key", [" ", '""', "k" * 201, "schlüssel"])
async def test_a_key_that_is_none_is_refused(app: Quart, ada: Person, key: str) -> None:
    assert (await send(ada, key))[0] == 422

    assert await orders(app) == 0


async def test_answers_are_kept_for_as_long_as_promised(app: Quart, ada: Person) -> None:
    database = resources_of(app).database
    await send(ada, "k")

    await delete_old_keys(database, hours=1)
    kept = await send(ada, "k")
    await delete_old_keys(database, hours=0)
    anew = await send(ada, "k")

    assert kept[1].number != anew[1].number
    assert await orders(app) == 2
