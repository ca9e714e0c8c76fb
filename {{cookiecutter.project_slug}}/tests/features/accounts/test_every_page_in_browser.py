"""Every page of accounts and administration, with nothing, with a thousand of it, and with errors.

Which pages there are, the running application tells, so that a new one is looked at by itself.
"""

from collections.abc import AsyncIterator

import pyotp
import pytest
from playwright.async_api import Page
from pydantic import SecretStr
from quart import Quart
from redis.asyncio import Redis
from sqlalchemy import text

from app.database import Database
from app.factory import create_app
from app.openid_settings import OpenIdProvider
from app.openid_settings import OpenIdSettings
from app.resources import resources_of
from app.settings import Settings
from app.web.shapes import is_page
from tests.looking import SIZES
from tests.looking import look
from tests.people import PASSWORD
from tests.people import Person
from tests.people import join
from tests.people import let_proof_grow_old
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("live_server")]

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 2
OURS = ("/account", "/administration")
# What is no page to look at: pictures, addresses that lead on, and what takes a second factor
# before (`test_required_factor_in_browser.py` looks at that).
ELSEWHERE = {
    "/account/second-factor/qr.png",
    "/account/second-factor/phone",
    "/account/second-factor/phone/qr.png",
    "/account/confirm",
    "/accounts/sessions",
    "/administration",
}
MANY = 1_000
FILL = (
    """INSERT INTO users (id, email, name, password_hash, roles, disabled_at)
       SELECT gen_random_uuid(), 'person' || n || '@' || repeat('harbour', 9) || '.example.com',
              CASE WHEN n % 5 = 0 THEN :long ELSE 'Person ' || n END, '',
              CASE WHEN n % 7 = 0 THEN ARRAY['auditor', 'administrator'] ELSE '{}'::text[] END,
              CASE WHEN n % 3 = 0 THEN now() END
       FROM generate_series(1, :many) AS n""",
    """INSERT INTO sessions (id, user_id, token_hash, device, created_at, last_seen_at, expires_at)
       SELECT gen_random_uuid(), CAST(:user AS uuid), sha256(n::text::bytea),
              CASE WHEN n % 9 = 0 THEN :long ELSE 'Firefox on Linux' END,
              now() - make_interval(hours => n), now() - make_interval(mins => n),
              now() + make_interval(days => 7)
       FROM generate_series(1, :many) AS n""",
    """INSERT INTO api_tokens (id, user_id, token_hash, hint, name, scopes, created_at, expires_at)
       SELECT gen_random_uuid(), CAST(:user AS uuid), sha256(('t' || n)::bytea), 'app_AbCdEf',
              CASE WHEN n % 5 = 0 THEN repeat('Wolfeschlegel', 6) ELSE 'Bot ' || n END,
              ARRAY['account:read'], now(), now() + make_interval(days => n - 20)
       FROM generate_series(1, 50) AS n""",
    """INSERT INTO audit_events (event, actor_kind, actor_id, subject_id, address, details)
       SELECT 'profile.changed', 'user', CAST(:user AS uuid), CAST(:user AS uuid),
              '2001:db8:85a3:8d3:1319:8a2e:370:7348',
              jsonb_build_object('name', repeat('Wolfeschlegel', 6), 'n', n)
       FROM generate_series(1, :many) AS n""",
    """INSERT INTO pgqueuer (priority, status, entrypoint, payload)
       SELECT 0, 'failed', 'accounts.' || repeat('send_letters_', 6) || n, 'x'
       FROM generate_series(1, :many) AS n""",
)


@pytest.fixture
async def app(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields the application with a provider that nobody goes to."""
    provider = OpenIdProvider(
        name="example",
        label="Example",
        issuer="http://127.0.0.1:1",
        client_id="client",
        client_secret=SecretStr("secret"),
    )
    openid = OpenIdSettings.model_construct(providers=(provider,), timeout_seconds=60.0)
    created = create_app(settings.model_copy(update={"openid": openid}))
    async with created.test_app():
        yield created


@pytest.fixture
async def root(app: Quart) -> Person:
    """Returns an administrator whose name is long."""
    return await join(app, LONG_NAME, is_admin=True)


@pytest.fixture
async def page(windows: Windows, root: Person) -> Page:
    """Returns a window in which the administrator is signed in."""
    return await windows.open(root, "/", viewport=SIZES["phone"], reduced_motion="reduce")


def pages_of(app: Quart) -> list[str]:
    """Returns the addresses of all pages without an id in them."""
    return sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(OURS)
        and not rule.arguments
        and "GET" in (rule.methods or ())
        and is_page(app.view_functions[rule.endpoint])
        and rule.rule not in ELSEWHERE
    )


async def walk(page: Page, paths: list[str], state: str) -> list[str]:
    """Returns what is wrong with the pages, as they are now."""
    wrong = []
    for path in paths:
        answer = await page.goto(path)
        assert answer is not None
        assert (answer.status, page.url.partition("?")[0].endswith(path.partition("?")[0])) == (
            200,
            True,
        ), page.url
        wrong += await look(page, f"{state}{path.replace('/', '-').replace('?', '-')[:60]}")
    return wrong


async def fill(app: Quart, root: Person) -> None:
    """Stores as much as anybody will ever have."""
    facts = {"long": LONG_NAME, "many": MANY, "user": str(root.user.id)}
    async with resources_of(app).database.transaction() as work:
        for statement in FILL:
            needed = {name: fact for name, fact in facts.items() if f":{name}" in statement}
            await work.session.execute(text(statement), needed)


async def send(page: Page, path: str, values: dict[str, str], button: str) -> None:
    """Opens a page, fills its form in, past what the browser would refuse, and sends it."""
    if path:
        await page.goto(path)
    await page.locator("form").evaluate_all("all => all.forEach((one) => (one.noValidate = true))")
    for name, value in values.items():
        await page.locator(f"main input[name={name}]").fill(value)
    async with page.expect_navigation():  # what comes, and not what is still there
        await page.get_by_role("button", name=button).first.click()


async def test_every_page_is_open_to_all_with_little_and_with_very_much(
    app: Quart, page: Page, root: Person
) -> None:
    paths = pages_of(app)
    assert len(paths) >= 15

    wrong = await walk(page, [*paths, "/administration/people?q=nobody"], "few")
    await fill(app, root)
    long = ["/account/sessions", "/account/tokens", f"/administration/people/{root.user.id}"]
    failed = "/administration/jobs?status=failed"
    sections = ["/administration/people", "/administration/audit", failed]
    wrong += await walk(page, [*long, *sections], "long")

    assert not wrong, "\n".join(wrong)


async def test_every_mistake_and_every_secret_is_told_to_all(
    app: Quart, page: Page, root: Person
) -> None:
    wrong = []
    new = {"name": "Bot"}
    await send(page, "/account/tokens/new", {"name": " "}, "Make token")
    wrong += await look(page, "token-wrong")
    await page.get_by_role("checkbox").first.check()
    await send(page, "", new, "Make token")
    wrong += await look(page, "token-made")
    await send(page, "/account/profile", {"name": " "}, "Save")
    wrong += await look(page, "profile-wrong")
    await send(page, "/account/data/delete", {}, "Delete")
    wrong += await look(page, "delete-wrong")
    await send(page, "/account/data", {}, "Prepare a copy")
    wrong += await look(page, "data-asked")
    await page.goto("/administration/audit?person=nobody")
    wrong += await look(page, "audit-wrong")
    await page.goto(f"/administration/people/{root.user.id}")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Take the role administrator").click()
    wrong += await look(page, "person-wrong")

    await send(page, "/account/second-factor", {"code": "000000"}, "Switch on")
    wrong += await look(page, "factor-wrong")
    key = await page.locator(".account__key").inner_text()
    totp = pyotp.TOTP(key.replace(" ", ""))
    await send(page, "", {"code": totp.now()}, "Switch on")
    wrong += await look(page, "factor-codes")
    for path in ("/account/second-factor", "/account/address"):
        await page.goto(path)
        wrong += await look(page, f"factor-on{path.replace('/', '-')}")
    await let_proof_grow_old(app, root)
    await page.goto("/account/second-factor")
    wrong += await look(page, "confirm")
    await send(page, "", {"password": PASSWORD, "code": "000000"}, "Continue")
    wrong += await look(page, "confirm-wrong")
    await page.context.clear_cookies()
    await send(page, "/sign-in", {"email": root.user.email, "password": PASSWORD}, "Sign in")
    wrong += await look(page, "code")

    assert not wrong, "\n".join(wrong)
