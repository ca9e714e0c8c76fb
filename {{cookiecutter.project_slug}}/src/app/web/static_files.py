"""Static files that browsers keep for a year, under addresses that change with their content."""

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from quart import Response
from quart import current_app
from quart import request
from werkzeug.security import safe_join

VERSION = "v"
VERSION_BYTES = 6
YEAR_SECONDS = 365 * 24 * 3600


def is_static(endpoint: str | None) -> bool:
    """Tells whether an endpoint serves the static folder of the application or a blueprint."""
    return endpoint is not None and (endpoint == "static" or endpoint.endswith(".static"))


def add_version(endpoint: str, values: dict[str, Any]) -> None:
    """Adds the version of a file to its address: a receiver for `quart.Quart.url_defaults`."""
    if is_static(endpoint) and "filename" in values:
        path = _path(endpoint, values["filename"])
        if path is not None and path.is_file():
            values[VERSION] = _version(path, path.stat().st_mtime_ns)


def cache_for_long(response: Response) -> None:
    """Lets everybody keep a file that was asked for by version; others are asked for again.

    Modules that import each other do so without a version, and their ETag makes that cheap.
    """
    filename = (request.view_args or {}).get("filename")
    path = _path(request.endpoint or "", filename) if filename else None
    asked = request.args.get(VERSION)
    if asked and path and path.is_file() and asked == _version(path, path.stat().st_mtime_ns):
        response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"


def _path(endpoint: str, filename: str) -> Path | None:
    blueprint = endpoint.rpartition(".")[0]
    owner = current_app.blueprints[blueprint] if blueprint else None
    folder = owner.static_folder if owner else current_app.static_folder
    joined = safe_join(str(folder), filename) if folder else None
    return Path(joined) if joined else None


@cache
def _version(path: Path, changed_ns: int) -> str:
    return blake2b(path.read_bytes(), digest_size=VERSION_BYTES).hexdigest()
