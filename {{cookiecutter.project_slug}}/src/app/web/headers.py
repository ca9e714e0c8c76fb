"""Headers that every response carries; a view that sets one of them itself is left alone."""

from quart import Response
from quart import request

from app.web.guards import current_principal
from app.web.static_files import cache_for_long
from app.web.static_files import is_static

# Nothing inline and nothing from elsewhere: what is injected into a page does not run.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OVER_TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def add_security_headers(response: Response, *, secure: bool) -> None:
    """Adds what tells browsers to be careful."""
    for name, value in (ALWAYS | OVER_TLS if secure else ALWAYS).items():
        response.headers.setdefault(name, value)


def add_cache_headers(response: Response) -> None:
    """Says who may keep the response: everybody what has a version, nobody what is personal.

    Pages are asked for again rather than not kept at all, so that going back stays instant.
    """
    if is_static(request.endpoint):
        cache_for_long(response)
        return
    if "Cache-Control" in response.headers:
        return
    if response.mimetype == "text/html":
        response.vary.add("Cookie")
        response.headers["Cache-Control"] = "private, no-cache"
    elif current_principal().is_signed_in:
        response.headers["Cache-Control"] = "no-store"
