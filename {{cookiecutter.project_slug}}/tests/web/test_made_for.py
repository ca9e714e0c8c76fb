"""A form is sent as whom its page was made for, or not at all."""

import re
from pathlib import Path

import pytest
from quart import Quart
from quart import g
from quart import render_template_string

import app
from app.principal import ANONYMOUS
from app.principal import Principal
from tests.web.conftest import ADA
from tests.web.conftest import ROOT
from tests.web.test_guards import as_person

TEMPLATES = Path(app.__file__).parent
POSTING = re.compile(
    r"<form\b(?:\{\{.*?\}\}|[^>])*\bmethod=[\"']?post\b(?:\{\{.*?\}\}|[^>])*>", re.I
)
HELD = "{{ made_for() }}"
OWN_SITE = {"Sec-Fetch-Site": "same-origin"}


def loose(text: str) -> list[str]:
    """Returns the forms of a template that do not say whom they were made for."""
    return [form[0] for form in POSTING.finditer(text) if not text.startswith(HELD, form.end())]


def test_every_form_that_is_posted_says_whom_it_was_made_for() -> None:
    texts = {path: path.read_text() for path in TEMPLATES.rglob("templates/**/*.html")}

    assert sum(len(POSTING.findall(text)) for text in texts.values()) > 20
    assert {str(path): found for path, text in texts.items() if (found := loose(text))} == {}


@pytest.mark.parametrize(
    "form", ['<form method="post">', '<form action="{{ a if b > c }}" class="card" method=POST>']
)
def test_a_form_that_does_not_would_be_found(form: str) -> None:
    assert loose(f"<div>{form} <button>Go</button></form>") == [form]
    assert loose(f"<div>{form}{HELD}<button>Go</button></form>") == []


def told(who: Principal) -> dict[str, str]:
    """Returns the field that a form of a page for somebody sends."""
    return {"title": "Buoys", "signed_in_as": str(who.own_id)}


@pytest.mark.parametrize("cookie", ["ada", "root"])
async def test_a_form_of_adas_page_does_something_for_ada_alone(
    small_app: Quart, cookie: str
) -> None:
    client = as_person(small_app, cookie)

    response = await client.post("/notes", form=told(ADA), headers=OWN_SITE)

    assert (response.status_code == 200) == (cookie == "ada")
    assert ("Buoys" in await response.get_data(as_text=True)) == (cookie == "ada")


async def test_somebody_elses_form_is_answered_with_what_happened_and_the_way_back(
    small_app: Quart,
) -> None:
    client = as_person(small_app, "root")
    headers = {
        **OWN_SITE,
        "Referer": "http://localhost/notes?page=2",
        "Host": "localhost",
    }

    response = await client.post("/notes", form=told(ADA), headers=headers)
    page = await response.get_data(as_text=True)

    assert response.status_code == 409
    assert "Somebody else is signed in now" in page
    assert '<a class="button" href="/notes">Load the page again</a>' in page


async def test_a_form_sent_after_the_session_has_ended_leads_to_signing_in(
    small_app: Quart,
) -> None:
    client = small_app.test_client()

    response = await client.post("/notes", form=told(ADA), headers=OWN_SITE)

    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")


@pytest.mark.parametrize(("who", "held"), [(ROOT, True), (ANONYMOUS, False), (None, False)])
async def test_the_field_names_whoever_the_page_is_for(
    small_app: Quart, who: Principal | None, held: bool
) -> None:
    async with small_app.test_request_context("/"):
        g.principal = who

        field = await render_template_string(HELD)

    own = f'<input type="hidden" name="signed_in_as" value="{ROOT.own_id}">'
    assert field == (own if held else "")
