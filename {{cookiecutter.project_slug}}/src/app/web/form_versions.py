"""Which version of something a form is about, so that nobody undoes what another window did."""

from collections.abc import Mapping

from app.errors import Stale

DIGITS_MOST = 9


def version_in(form: Mapping[str, str]) -> int:
    """Returns the version that whoever filled in a form has seen, as its field ``version`` says.

    Raises:
        Stale: it does not say; such a form cannot have seen the newest one.
    """
    told = form.get("version", "")
    if told.isascii() and told.isdecimal() and len(told) <= DIGITS_MOST:
        return int(told)
    raise Stale("the form does not say which version it is about; load the page again")
