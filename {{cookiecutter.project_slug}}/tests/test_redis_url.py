"""Which addresses of Redis are understood, and what is shown of them."""

import pytest

from app.redis_url import redis_servers


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "redis://localhost:6379/0"),
        ("redis://ada:secret@cache.example:7000/2?ssl=1", "redis://cache.example:7000/2"),
        ("rediss://:secret@cache.example", "rediss://cache.example:6379"),
        ("redis://", "redis://localhost:6379"),
        ("unix://ada:secret@/run/r.sock?db=1", "unix:///run/r.sock"),
        ("redis+cluster://:secret@one,two:7001", "redis+cluster://one:6379,two:7001"),
        (
            "rediss+sentinel://:secret@[::1]:1,two/main/3?ssl_cert_reqs=none",
            "rediss+sentinel://[::1]:1,two:26379/main/3",
        ),
    ],
)
def test_a_log_line_shows_where_and_no_password(url: str, shown: str) -> None:
    assert redis_servers(url).shown == shown


def test_a_single_server_is_left_to_the_driver() -> None:
    servers = redis_servers("unix:///run/r.sock?db=1")

    assert (servers.kind, servers.url, servers.hosts) == ("server", "unix:///run/r.sock?db=1", ())


def test_nodes_of_a_cluster_share_login_and_options() -> None:
    servers = redis_servers("rediss+cluster://ada:p%40ss@one,two:7001?ssl_cert_reqs=none")

    assert servers.kind == "cluster"
    assert servers.has_tls
    assert servers.login == {"username": "ada", "password": "p@ss"}
    assert servers.hosts == (("one", 6379), ("two", 7001))
    assert servers.url_of(("10.0.0.3", 6380)) == (
        "rediss://ada:p%40ss@10.0.0.3:6380/0?ssl_cert_reqs=none"
    )
    assert servers.url_of(("::1", 6380)) == "rediss://ada:p%40ss@[::1]:6380/0?ssl_cert_reqs=none"


def test_sentinels_have_a_login_of_their_own() -> None:
    servers = redis_servers("redis+sentinel://:secret@one,two:7001/main/3")

    assert (servers.kind, servers.service, servers.database) == ("sentinel", "main", 3)
    assert servers.url_of(("ten", 1)) == "redis://:secret@ten:1/3"
    assert servers.sentinel_url(("one", 26379), "", "") == "redis://one:26379"
    assert servers.sentinel_url(("one", 1), "ada", "a:b") == "redis://ada:a%3Ab@one:1"


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://",
        "redis+cluster://one/1",
        "redis+cluster://:7000",
        "redis+sentinel://one",
        "redis+sentinel://one/main/first",
        "redis+sentinel://one/main/0/more",
        "redis+sentinel:///main",
    ],
)
def test_half_an_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="REDIS_URL"):
        redis_servers(url)
