from tests.people import Person


async def test_a_person_changes_their_name_and_the_header_shows_it_at_once(ada: Person) -> None:
    response = await ada.client.post("/account/profile", form={"name": "  Ada   King "})

    page = await (await ada.client.get("/account/profile")).get_data(as_text=True)
    assert (response.status_code, response.location) == (303, "/account/profile")
    assert 'aria-label="Account of Ada King"' in page


async def test_a_name_that_will_not_do_stays_in_the_form_with_what_is_wrong(ada: Person) -> None:
    response = await ada.client.post("/account/profile", form={"name": ""})

    page = await response.get_data(as_text=True)
    assert response.status_code == 422
    assert 'id="name-error"' in page
    assert 'aria-label="Account of Ada"' in page
