"""Server-sent events against a real server."""

import httpx
import pytest

from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until


async def test_a_stream_begins_with_welcome_and_hears_what_is_published() -> None:
    async with running() as rig, rig.stream("room:7") as stream:
        welcome = await stream.receive()

        await rig.publish("room:7", {"body": "hi"})

        event = await stream.receive()
        assert welcome.name == "welcome"
        assert welcome.frame["type"] == "welcome"
        assert welcome.frame["subscriptions"] == [
            {"topic": "room:7", "epoch": "e1", "offset": 0, "messages": []}
        ]
        assert event.name == "message"
        assert event.frame == {
            "type": "message",
            "topic": "room:7",
            "offset": 1,
            "data": {"body": "hi"},
        }


async def test_the_answer_tells_proxies_to_pass_everything_on_at_once() -> None:
    async with running() as rig, rig.stream("room:7") as stream:
        headers = stream.response.headers

        assert headers["content-type"].startswith("text/event-stream")
        assert headers["cache-control"] == "no-store, no-transform"
        assert headers["x-accel-buffering"] == "no"


async def test_every_response_asks_for_another_pause_before_the_next_try() -> None:
    async with running() as rig:
        pauses = set()
        for _ in range(6):
            async with rig.stream("room:7") as stream:
                await stream.receive()
                pauses.add(stream.retry_ms)

    assert len(pauses) > 1


async def test_last_event_id_resumes_all_topics_of_the_stream() -> None:
    async with running() as rig:
        async with rig.stream("room:7", "room:8") as stream:
            await stream.receive()
            await rig.publish("room:7", 1)
            cursor = (await stream.receive()).cursor
        await rig.publish("room:7", 2)
        await rig.publish("room:8", 3)

        async with rig.stream("room:7", "room:8", last_event_id=cursor) as stream:
            welcome = await stream.receive()
            events = [await stream.receive() for _ in range(2)]

    assert [
        (one["topic"], one["offset"], one["recovered"], one["messages"])
        for one in welcome.frame["subscriptions"]
    ] == [("room:7", 1, True, []), ("room:8", 0, True, [])]
    assert [(one.frame["topic"], one.frame["data"]) for one in events] == [
        ("room:7", 2),
        ("room:8", 3),
    ]


async def test_the_cursor_of_welcome_is_the_place_before_the_history() -> None:
    async with running() as rig:
        async with rig.stream("room:7") as stream:
            cursor = (await stream.receive()).cursor
        await rig.publish("room:7", 1, 2)
        async with rig.stream("room:7", cursor=cursor) as stream:
            cursor = (await stream.receive()).cursor

        async with rig.stream("room:7", last_event_id=cursor) as stream:
            await stream.receive()
            event = await stream.receive()

    assert event.frame["offset"] == 1


async def test_last_event_id_wins_over_the_cursor_of_the_address() -> None:
    async with running() as rig:
        async with rig.stream("room:7") as stream:
            first = (await stream.receive()).cursor
            await rig.publish("room:7", 1)
            second = (await stream.receive()).cursor

        async with rig.stream("room:7", cursor=first, last_event_id=second) as stream:
            welcome = await stream.receive()

    assert welcome.frame["subscriptions"][0]["offset"] == 1


@pytest.mark.parametrize("topics", [("room:8", "room:7"), ("room:7",)])
async def test_the_cursor_of_another_list_recovers_nothing(topics: tuple[str, ...]) -> None:
    async with running() as rig:
        async with rig.stream("room:7", "room:8") as stream:
            cursor = (await stream.receive()).cursor

        async with rig.stream(*topics, last_event_id=cursor) as stream:
            welcome = await stream.receive()

    results = welcome.frame["subscriptions"]
    assert {(one["recovered"], one["reason"]) for one in results} == {(False, "cursor")}


async def test_an_unreadable_cursor_recovers_nothing_and_is_no_error() -> None:
    async with running() as rig, rig.stream("room:7", last_event_id="nonsense") as stream:
        welcome = await stream.receive()

    assert welcome.frame["subscriptions"][0]["reason"] == "cursor"


async def test_a_forbidden_topic_is_an_error_in_welcome_and_the_others_live() -> None:
    async with running() as rig, rig.stream("room:secret", "room:7") as stream:
        welcome = await stream.receive()
        await rig.publish("room:7", 1)
        event = await stream.receive()

    assert welcome.frame["subscriptions"][0]["error"]["code"] == "forbidden"
    assert event.frame["topic"] == "room:7"


async def test_a_stream_without_a_session_is_refused() -> None:
    async with running() as rig, rig.stream("room:7", name="") as stream:
        problem = await stream.response.aread()

        assert stream.response.status_code == 401
        assert b"/problems/unauthenticated" in problem


@pytest.mark.parametrize("count", [0, 17])
async def test_a_stream_has_one_to_sixteen_topics(count: int) -> None:
    topics = [f"room:{number}" for number in range(count)]
    async with running() as rig, rig.stream(*topics) as stream:
        assert stream.response.status_code == 400


async def test_a_stream_is_opened_with_get() -> None:
    async with running() as rig, httpx.AsyncClient(timeout=60) as client:
        response = await client.post(rig.events_url)

    assert response.status_code == 405
    assert response.headers["allow"] == "GET"


async def test_a_page_of_another_site_gets_no_stream() -> None:
    async with running() as rig, rig.stream("room:7", sec_fetch_site="cross-site") as stream:
        assert stream.response.status_code == 403


async def test_a_full_process_asks_streams_to_come_back() -> None:
    async with running(connections_per_process=1) as rig, rig.stream("room:7") as first:
        await first.receive()
        async with rig.stream("room:7") as second:
            await second.ended()

            assert second.response.status_code == 200
            assert second.retry_ms is not None


async def test_one_connection_too_many_of_a_user_is_asked_to_come_back() -> None:
    async with running(connections_per_user=1) as rig, rig.stream("room:7") as first:
        await first.receive()
        async with rig.stream("room:7") as second:
            await second.ended()

            assert second.response.status_code == 200


async def test_with_the_backplane_away_a_new_stream_is_asked_to_come_back() -> None:
    async with running() as rig:
        rig.backplane.set_away(True)
        async with rig.stream("room:7") as stream:
            await stream.ended()

            assert stream.response.status_code == 200
            assert stream.retry_ms is not None
        await until(lambda: rig.realtime.connections == 0)


async def test_a_draining_process_tells_its_streams_and_ends_them() -> None:
    async with running() as rig, rig.stream("room:7") as stream:
        await stream.receive()

        await rig.realtime.drain(window_seconds=0.05, deadline_seconds=60)

        event = await stream.receive()
        assert (event.name, event.frame["window_ms"]) == ("drain", 50)
        await stream.ended()
        async with rig.stream("room:7") as newcomer:
            await newcomer.ended()
            assert newcomer.response.status_code == 200


async def test_a_quiet_stream_gets_comments() -> None:
    async with running(stream_comment_seconds=0.05) as rig, rig.stream("room:7") as stream:
        await stream.receive()
        connection = next(iter(rig.realtime._core.hub.connections.values()))
        began_at = connection.commented_at  # type: ignore[attr-defined]
        await until(lambda: connection.commented_at > began_at)  # type: ignore[attr-defined]
        await rig.publish("room:7", 1)
        await stream.receive()

    assert stream.comments > 0


async def test_an_old_stream_ends_so_that_it_is_balanced_anew() -> None:
    async with running(stream_age_seconds=0.5) as rig, rig.stream("room:7") as stream:
        await stream.receive()

        await stream.ended()

        await until(lambda: rig.realtime.connections == 0)


async def test_an_ephemeral_topic_streams_messages_without_offsets() -> None:
    async with running() as rig, rig.stream("figures:cpu") as stream:
        welcome = await stream.receive()
        await rig.publish("figures:cpu", 0.5)
        event = await stream.receive()

        async with rig.stream("figures:cpu", last_event_id=event.cursor) as again:
            assert "recovered" not in (await again.receive()).frame["subscriptions"][0]

    assert welcome.frame["subscriptions"][0]["messages"] == []
    assert event.frame == {"type": "message", "topic": "figures:cpu", "data": 0.5}


async def test_a_stream_hears_nothing_of_presence(rig: Rig) -> None:
    async with rig.stream("room:7") as stream, rig.socket("grace") as grace:
        await stream.receive()
        await grace.hello({"topic": "room:7", "presence": True})

        await rig.publish("room:7", 1)

        assert (await stream.receive()).frame["data"] == 1


async def test_other_paths_reach_the_application_inside(rig: Rig) -> None:
    async with httpx.AsyncClient(timeout=60) as client:
        response = await client.get(f"http://127.0.0.1:{rig.port}/realtime/else")

    assert response.status_code == 418


async def test_a_long_history_of_many_topics_fits_what_may_wait_for_a_stream() -> None:
    topics = ["room:1", "room:2", "room:3"]
    async with running(outbound_max_messages=500) as rig:
        async with rig.stream(*topics) as stream:
            cursor = (await stream.receive()).cursor
        for topic in topics:
            await rig.publish(topic, *range(400))

        async with rig.stream(*topics, cursor=cursor) as stream:
            welcome = (await stream.receive()).frame
            offsets = [(await stream.receive()).frame["offset"] for _ in range(1_200)]

    assert [one["recovered"] for one in welcome["subscriptions"]] == [True] * 3
    assert offsets == list(range(1, 401)) * 3


async def test_what_the_events_add_counts_for_the_limit_of_a_recovery() -> None:
    topics = [f"room:{number}" for number in range(16)]
    async with running(recovery_topic_max_bytes=100_000) as rig:
        async with rig.stream(*topics) as stream:
            cursor = (await stream.receive()).cursor
        await rig.publish("room:0", *range(300))

        async with rig.stream(*topics, cursor=cursor) as stream:
            first = (await stream.receive()).frame["subscriptions"][0]

    assert (first["recovered"], first["reason"]) == (False, "too_many")
