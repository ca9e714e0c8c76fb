"""Who may look at a figure: pure functions of the caller.

How busy the service is may be seen by everybody who is signed in; what it says about the machines,
the database and single processes by those who may read administration.
"""

from app.errors import Forbidden
from app.features.dashboards.figures.catalogue import FIGURES
from app.features.dashboards.figures.catalogue import Figure
from app.features.dashboards.figures.catalogue import find_figure
from app.principal import Principal
from app.roles import READ_ADMINISTRATION


def may_see(who: Principal, figure: Figure) -> bool:
    """Tells whether ``who`` may look at a figure, live or as it was."""
    return who.is_signed_in and (figure.audience == "everyone" or may_operate(who))


def may_operate(who: Principal) -> bool:
    """Tells whether ``who`` may look at machines and at single processes."""
    return who.is_signed_in and who.may(READ_ADMINISTRATION)


def visible(who: Principal) -> list[Figure]:
    """Returns the figures that ``who`` may look at, in the order of the catalogue."""
    return [figure for figure in FIGURES if may_see(who, figure)]


def seen_figure(who: Principal, name: str) -> Figure:
    """Returns a figure that ``who`` may look at.

    Raises:
        NotFound: there is none of that name.
        Forbidden: there is, for others.
    """
    figure = find_figure(name)
    if not may_see(who, figure):
        raise Forbidden("this figure is for those who may read administration")
    return figure
