"""Multipart forms that are made to break a parser, or to lead out of a folder."""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from quart import Quart
from quart import Response
from quart import request

from app.transport.file_names import NAME_MAX_BYTES
from app.transport.file_names import shown_name

KIB = 1_024
FORM = "multipart/form-data; boundary=b"
URLENCODED = "application/x-www-form-urlencoded"


def field(number: int = 0, value: bytes = b"v", more: bytes = b"") -> bytes:
    """Returns one field of a form."""
    head = b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n' % number
    return head + more + b"\r\n" + value + b"\r\n"


def file(parameters: str) -> bytes:
    """Returns one file of a form."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; {parameters}\r\n\r\n'
    return head.encode() + b"content\r\n"


END = b"--b--\r\n"


def add_form(app: Quart) -> None:
    """Adds a view that tells what it understood."""

    @app.post("/form")
    async def form() -> dict[str, object]:
        files = (await request.files).values()
        return {"fields": dict(await request.form), "names": [one.filename for one in files]}


async def sent(app: Quart, body: bytes, kind: str = FORM) -> Response:
    """Sends a form."""
    client = app.test_client()
    return await client.post("/form", data=body, headers={"Content-Type": kind})


async def test_a_form_is_read(hardened: Quart) -> None:
    add_form(hardened)

    told = await sent(hardened, field(1) + field(2, b"\xc3\xa9") + file('filename="a.txt"') + END)

    assert await told.get_json() == {"fields": {"f1": "v", "f2": "é"}, "names": ["a.txt"]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"".join(field(number) for number in range(101)) + END, 413),
        (b"".join(field(number, b"") for number in range(500)) + END, 413),
        (field(more=b"X: " + b"a" * 40 * KIB + b"\r\n") + END, 413),
        (field(more=b"X: " + b"a" * 40 * KIB), 413),
        (field() + b"--b\r\nContent-Disposition: form-data; na", 400),
        (b"nothing of a form", 400),
        (field(value=b"\xff") + END, 400),
        (field(value=b"a\0b") + END, 400),
        (b"--b\r\nContent-Disposition: nonsense\r\n\r\nx\r\n" + END, 400),
    ],
)
async def test_what_is_made_to_break_a_parser_is_refused(
    hardened: Quart, body: bytes, status: int
) -> None:
    add_form(hardened)

    assert (await sent(hardened, body)).status_code == status


@pytest.mark.parametrize("body", [b"name=a%00b", b"a%00b=name"])
async def test_no_field_holds_nul(hardened: Quart, body: bytes) -> None:
    add_form(hardened)

    assert (await sent(hardened, body, URLENCODED)).status_code == 400


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
async def test_a_form_without_a_boundary_is_refused(hardened: Quart, kind: str) -> None:
    add_form(hardened)

    assert (await sent(hardened, field() + END, kind)).status_code == 400


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\temp\\\\report.pdf"', "report.pdf"),
        ("filename*=utf-8''..%2f..%2fna%C3%AFve.txt", "naïve.txt"),
        ('filename="photo\u202egpj.exe"', "photogpj.exe"),
        ('filename=".."', "file"),
        (f'filename="{"a" * 300}.txt"', "a" * (NAME_MAX_BYTES - 4) + ".txt"),
    ],
)
async def test_a_name_leads_nowhere(hardened: Quart, parameters: str, shown: str) -> None:
    add_form(hardened)

    told = await sent(hardened, file(parameters) + END)

    assert (await told.get_json())["names"] == [shown]


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_name_is_one_short_printable_part(given_name: str) -> None:
    shown = shown_name(given_name)

    assert shown
    assert not set("/\\\0\r\n") & set(shown)
    assert shown not in {".", ".."}
    assert len(shown.encode()) <= NAME_MAX_BYTES


async def test_stock_quart_hands_on_the_name_and_keeps_a_head_of_any_size(stock: Quart) -> None:
    add_form(stock)
    long_head = field(more=b"X: " + b"a" * 40 * KIB + b"\r\n")

    told = await sent(stock, long_head + file('filename="../../etc/passwd"') + END)

    assert (await told.get_json())["names"] == ["../../etc/passwd"]


async def test_stock_quart_makes_an_empty_form_of_what_is_none(stock: Quart) -> None:
    add_form(stock)

    told = await sent(stock, field() + END, "multipart/form-data")

    assert await told.get_json() == {"fields": {}, "names": []}


async def test_stock_quart_takes_nul_for_text(stock: Quart) -> None:
    add_form(stock)

    told = await sent(stock, b"name=a%00b", URLENCODED)

    assert await told.get_json() == {"fields": {"name": "a\0b"}, "names": []}
