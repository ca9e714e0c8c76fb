import pytest

from app.features.accounts.next_page import safe_next


@pytest.mark.parametrize(
    "wanted",
    [
        "/harbour",
        "/harbour/7?before=3&x=%2F",
        "/accounts/sessions#this",
        "/%5cevil.example",
        "/a//b",
        "/a:b@c",
    ],
)
def test_a_path_of_this_site_is_where_people_go(wanted: str) -> None:
    assert safe_next(wanted) == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "chat",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/harbour\\..",
        "https://evil.example",
        "https:evil.example",
        "HTTPS://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\n/evil.example",
        "/\x00/evil.example",
        "\t//evil.example",
        " //evil.example",
        " /harbour",
        "/harbour\r\nSet-Cookie: session=x",
        "@evil.example",
        "127.0.0.1@evil.example",
        ".evil.example",
        "/\u2028/evil.example",
        "/\u00ad/evil.example",
        "?next=//evil.example",
        "#//evil.example",
        "/\ud800",
    ],
)
def test_whatever_could_lead_elsewhere_leads_home(wanted: str | None) -> None:
    assert safe_next(wanted) == "/"
