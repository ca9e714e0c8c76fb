"""The frame of the pages under /administration: its sections, and words for times."""

from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from typing import Any

from quart import render_template

from app.roles import CHANGE_ADMINISTRATION
from app.web import current_principal

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Section:
    """A page in the navigation."""

    label: str
    url: str


SECTIONS = (
    Section("People", "/administration/people"),
    Section("Audit log", "/administration/audit"),
    Section("Jobs", "/administration/jobs"),
    Section("Connections", "/administration/realtime"),
)


async def section_page(url: str, template: str, **values: Any) -> str:
    """Returns a page with its section marked in the navigation."""
    section = next(section for section in SECTIONS if section.url == url)
    return await render_template(
        f"administration/{template}",
        sections=SECTIONS,
        section=section,
        may_change=current_principal().may(CHANGE_ADMINISTRATION),
        when=when,
        for_how_long=for_how_long,
        **values,
    )


def when(moment: datetime) -> str:
    """Returns a time that reads the same everywhere, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def for_how_long(seconds: float) -> str:
    """Returns a length of time in its two largest units.

    >>> for_how_long(3_700)
    '1 h 1 min'
    """
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"
