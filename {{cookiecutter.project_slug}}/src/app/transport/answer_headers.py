"""The headers of an answer, looked at once.

Werkzeug compares a name with all of them, and makes an error of each that is not there; the edge
asks for several, of every answer.
"""

from werkzeug.datastructures import Headers


def names_of(headers: Headers) -> set[str]:
    """Returns the names of the headers that there are, in lower case."""
    return {name.lower() for name, _ in headers}


def append_header(headers: Headers, name: str, value: str) -> None:
    """Adds a header whose value is all our own: nothing of a client, and no end of a line."""
    headers._list.append((name, value))
