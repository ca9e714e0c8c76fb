import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from app.realtime.client import Credentials
from app.realtime.client.connecting import address_of
from app.realtime.client.connecting import pause_ms

NOBODY = Credentials()
ADA = Credentials(cookie="session=ada")


@pytest.mark.parametrize(
    ("url", "port", "path"),
    [
        ("http://here.test", 80, "/realtime/socket"),
        ("http://here.test:8000/", 8000, "/realtime/socket"),
        ("ws://here.test/elsewhere", 80, "/elsewhere"),
        ("https://here.test", 443, "/realtime/socket"),
    ],
)
def test_an_address_is_the_services_or_its_sockets(url: str, port: int, path: str) -> None:
    address = address_of(url, NOBODY, origin=None, tls=None)

    assert (address.uri.port, address.uri.path) == (port, path)
    assert (address.tls is not None) == url.startswith("https")


def test_whoever_brings_a_cookie_names_an_origin() -> None:
    url = "https://here.test:8443/realtime/socket"

    assert address_of(url, ADA, origin=None, tls=None).origin == "https://here.test:8443"
    assert (
        address_of(url, ADA, origin="https://pages.test", tls=None).origin == "https://pages.test"
    )
    assert address_of(url, NOBODY, origin=None, tls=None).origin is None


@pytest.mark.parametrize(("said", "pause"), [("2", 2_000), ("soon", 0), ("-1", 0)])
def test_a_refusal_may_ask_to_stay_away(said: str, pause: int) -> None:
    response = Response(503, "Service Unavailable", Headers({"Retry-After": said}))

    assert pause_ms(InvalidStatus(response)) == pause


def test_other_failures_ask_for_nothing() -> None:
    assert pause_ms(ConnectionRefusedError()) == 0
