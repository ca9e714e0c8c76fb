from urllib.parse import urlencode

import pytest

from app.features.chat.schemas import BODY_MAX_CHARACTERS
from app.features.chat.schemas import Room
from app.web.paging import encode_cursor
from tests.features.chat.conftest import room_url
from tests.people import Person


async def test_a_room_is_opened_by_name(ada: Person) -> None:
    response = await ada.client.post("/api/v1/chat/rooms", json={"name": "  Harbour "})

    room = await response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == room_url(room["id"])
    assert (room["name"], room["is_private"], room["role"]) == ("Harbour", False, "owner")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\nb", "\u202eruobraH", "\u2066a"])
async def test_a_name_that_makes_no_sense_is_refused_by_its_field(ada: Person, name: str) -> None:
    response = await ada.client.post("/api/v1/chat/rooms", json={"name": name})

    problem = await response.get_json()
    assert response.status_code in {400, 422}
    assert problem["errors"][0]["field"] == "name"


async def test_a_repeated_post_answers_200_with_the_same_message(
    ada: Person, harbour: Room
) -> None:
    url, key = f"{room_url(harbour.id)}/messages", {"Idempotency-Key": "k1"}

    first = await ada.client.post(url, json={"body": "Ahoy"}, headers=key)
    second = await ada.client.post(url, json={"body": "Ahoy"}, headers=key)

    assert (first.status_code, second.status_code) == (201, 200)
    assert await first.get_json() == await second.get_json()


async def test_a_key_that_was_used_for_another_message_is_refused_as_everywhere(
    ada: Person, harbour: Room
) -> None:
    url, key = f"{room_url(harbour.id)}/messages", {"Idempotency-Key": "k1"}
    await ada.client.post(url, json={"body": "Ahoy"}, headers=key)

    other = await ada.client.post(url, json={"body": "Ahead"}, headers=key)
    no_key = await ada.client.post(url, json={"body": "Ahead"}, headers={"Idempotency-Key": ""})

    assert (other.status_code, no_key.status_code) == (422, 422)
    assert (await other.get_json())["type"] == "/problems/idempotency-key-reused"
    assert (await no_key.get_json())["errors"][0]["field"] == "Idempotency-Key"


async def test_without_a_key_every_post_is_a_message(ada: Person, harbour: Room) -> None:
    url = f"{room_url(harbour.id)}/messages"

    await ada.client.post(url, json={"body": "Ahoy"})
    await ada.client.post(url, json={"body": "Ahoy"})

    listed = await (await ada.client.get(url)).get_json()
    assert [one["body"] for one in listed["items"]] == ["Ahoy", "Ahoy"]


async def test_a_message_of_4000_characters_fits_and_no_longer_one(
    ada: Person, harbour: Room
) -> None:
    url = f"{room_url(harbour.id)}/messages"

    fits = await ada.client.post(url, json={"body": "𝄞" * BODY_MAX_CHARACTERS})
    long = await ada.client.post(url, json={"body": "x" * (BODY_MAX_CHARACTERS + 1)})

    assert fits.status_code == 201
    assert long.status_code in {400, 422}


async def test_pages_are_linked_and_end(ada: Person, harbour: Room) -> None:
    url = f"{room_url(harbour.id)}/messages"
    for number in range(3):
        await ada.client.post(url, json={"body": f"{number}"})

    first = await ada.client.get(f"{url}?limit=2")
    page = await first.get_json()
    second = await ada.client.get(f"{url}?{urlencode({'limit': 2, 'before': page['next']})}")
    last = await second.get_json()

    assert [one["body"] for one in page["items"]] == ["2", "1"]
    assert [one["body"] for one in last["items"]] == ["0"]
    assert last["next"] is None
    assert 'rel="next"' in first.headers["Link"]
    assert "Link" not in second.headers


async def test_after_a_cursor_come_the_messages_that_follow(ada: Person, harbour: Room) -> None:
    url = f"{room_url(harbour.id)}/messages"
    for number in range(4):
        await ada.client.post(url, json={"body": f"{number}"})
    oldest = await (await ada.client.get(f"{url}?limit=3")).get_json()

    followers = await ada.client.get(f"{url}?{urlencode({'after': oldest['next'], 'limit': 2})}")

    page = await followers.get_json()
    assert [one["body"] for one in page["items"]] == ["3", "2"]
    assert page["next"] is None


async def test_a_cursor_of_something_else_is_refused(ada: Person, harbour: Room) -> None:
    response = await ada.client.get(f"{room_url(harbour.id)}/messages?before=nonsense")

    assert response.status_code in {400, 422}


async def test_the_page_of_a_room_shows_messages_as_text_only(ada: Person, harbour: Room) -> None:
    hostile = "<script>alert(1)</script>"
    await ada.client.post(f"{room_url(harbour.id)}/messages", json={"body": hostile})

    page = await (await ada.client.get(f"/chat/{harbour.id}")).get_data(as_text=True)

    assert hostile not in page
    assert "&lt;script&gt;" in page


async def test_the_page_of_a_room_names_a_position_to_resume_from(
    ada: Person, harbour: Room
) -> None:
    page = await (await ada.client.get(f"/chat/{harbour.id}")).get_data(as_text=True)

    assert f'data-topic="chat:{harbour.id}"' in page
    assert "data-epoch=" in page


async def test_the_page_of_a_public_room_offers_to_join(mallory: Person, harbour: Room) -> None:
    page = await (await mallory.client.get(f"/chat/{harbour.id}")).get_data(as_text=True)

    assert "Join the room" in page


async def test_the_people_of_a_room_come_in_pages_that_link_to_each_other(
    harbour: Room, ada: Person, grace: Person
) -> None:
    first = await ada.client.get(f"{room_url(harbour.id)}/members?count=1")
    link = first.headers["Link"]
    second = await ada.client.get(link[1 : link.index(">")])

    listed = [(await page.get_json())["items"] for page in (first, second)]
    assert link.endswith('rel="next"')
    assert [member["user"]["name"] for page in listed for member in page] == ["Ada", "Grace"]
    assert (await second.get_json())["next"] is None
    assert "Link" not in second.headers


@pytest.mark.parametrize("cursor", ["nonsense", encode_cursor("x", "y"), encode_cursor(1, 2)])
async def test_a_made_up_place_in_the_list_of_people_is_refused(
    harbour: Room, ada: Person, cursor: str
) -> None:
    answer = await ada.client.get(f"{room_url(harbour.id)}/members?cursor={cursor}")

    assert answer.status_code == 422
