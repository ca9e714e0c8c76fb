"""The names that a setting may list: hosts and origins, each in full and without a wildcard."""

import re
from typing import Final

# A name, an IPv4 or a bracketed IPv6 address, and perhaps a port.
HOST: Final = re.compile(r"([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def listed(value: str) -> list[str]:
    """Returns the entries of a setting that lists several, separated by commas."""
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def only_hosts(value: str) -> str:
    """Returns a list of hosts as it is.

    Raises:
        ValueError: one of them is none.
    """
    for host in listed(value):
        if not HOST.fullmatch(host):
            raise ValueError(f"{host!r} is no host such as example.com:8443")
    return value


def only_origins(value: str) -> str:
    """Returns a list of origins as it is.

    Raises:
        ValueError: one of them is none.
    """
    for origin in listed(value):
        scheme, _, host = origin.partition("://")
        if scheme not in {"http", "https"} or not HOST.fullmatch(host):
            raise ValueError(f"{origin!r} is no origin such as https://example.com")
    return value
