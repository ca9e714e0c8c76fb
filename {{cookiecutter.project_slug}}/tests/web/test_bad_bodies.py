"""Bodies that are no JSON, or not what they say they are, sent over HTTP (B6, B7)."""

import gzip
import zlib

import httpx
import pytest
import structlog
from quart import Quart
from quart import request

PATH = "/api/v1/accounts/sign-in"
GOOD = b'{"email": "ada@example.com", "password": "no such password"}'


def with_email(email: bytes) -> bytes:
    return GOOD.replace(b'"ada@example.com"', email)


BROKEN = {
    "nothing": b"",
    "truncated": GOOD[:-5],
    "bad UTF-8": with_email(b'"\xff\xfe"'),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "100,000 levels": b"[" * 30_000 + b"]" * 30_000,
    "100,000 levels of objects": b'{"a":' * 12_000,
    "a number of 50,000 digits": with_email(b"9" * 50_000),
    "NaN": with_email(b"NaN"),
    "an infinity": with_email(b"-Infinity"),
    "a float out of range": with_email(b"1e999"),
    "half a character": with_email(b'"\\udead"'),
    "NUL": with_email(b'"a\\u0000@example.com"'),
    "NUL in a name": GOOD.replace(b'"email"', b'"e\\u0000mail"'),
    "a key twice": with_email(b'"ada@example.com", "email": "grace@example.com"'),
    "a comment": GOOD + b"// and more",
    "two documents": GOOD + GOOD,
    "single quotes": GOOD.replace(b'"', b"'"),
}
MISTAKEN = {
    "text as": b'"text"',
    "a list": b"[1, 2]",
    "a number": b"7",
    "nothing at all": b"null",
    "a field of another type": with_email(b"[1]"),
    "a field that is missing": b'{"email": "ada@example.com"}',
}
TYPES = ["text/plain", "", "application/xml", "application/x-www-form-urlencoded", "text/json;x"]
PACKED = {
    "gzip": gzip.compress(GOOD),
    "deflate": zlib.compress(GOOD),
    "br": b"\x0b\x02\x80hello\x03",
    "gzip, gzip": gzip.compress(gzip.compress(GOOD)),
    "x-gzip": gzip.compress(b"0" * 10_000_000),
}


@pytest.fixture
async def sent(live_server: str) -> httpx.AsyncClient:
    """Returns a client that posts JSON from a page of ours."""
    headers = {"Origin": live_server, "Content-Type": "application/json"}
    return httpx.AsyncClient(base_url=live_server, headers=headers, timeout=60)


@pytest.mark.parametrize("name", [*BROKEN, *MISTAKEN])
async def test_what_is_no_json_of_ours_is_a_problem_and_never_a_failure(
    sent: httpx.AsyncClient, name: str
) -> None:
    body = (BROKEN | MISTAKEN)[name]
    with structlog.testing.capture_logs() as logs:
        async with sent:
            answer = await sent.post(PATH, content=body)
            after = await sent.get("/livez")

    assert answer.status_code == (400 if name in BROKEN else 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert after.status_code == 200
    assert [line for line in logs if line["log_level"] in {"error", "critical"}] == []


@pytest.mark.parametrize("kind", TYPES)
async def test_another_type_of_body_is_refused(sent: httpx.AsyncClient, kind: str) -> None:
    async with sent:
        answer = await sent.post(PATH, content=GOOD, headers={"Content-Type": kind})

    assert answer.status_code == 415
    assert answer.json()["type"] == "/problems/unsupported-media-type"


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_packed_body_is_not_unpacked(sent: httpx.AsyncClient, encoding: str) -> None:
    async with sent:
        answer = await sent.post(
            PATH, content=PACKED[encoding], headers={"Content-Encoding": encoding}
        )

    assert answer.status_code == 415


async def test_stock_quart_fails_at_some_and_takes_others() -> None:
    stock = Quart("stock")
    stock.logger.disabled = True

    @stock.post("/")
    async def echo() -> str:
        return str(await request.get_json())

    client = stock.test_client()
    kind = {"Content-Type": "application/json"}
    answers = {
        name: (await client.post("/", data=body, headers=kind)).status_code
        for name, body in BROKEN.items()
    }
    plain = await client.post("/", data=GOOD, headers={"Content-Type": "text/plain"})

    assert answers["bad UTF-8"] == 500
    assert {answers[name] for name in ("NaN", "half a character", "NUL", "a key twice")} == {200}
    assert (plain.status_code, await plain.get_data(as_text=True)) != (415, "")
