"""What the buttons on the page of a dashboard do: forms in, the dashboard that is wanted out."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from app.errors import Invalid
from app.features.dashboards.boards.document import BoardDraft
from app.features.dashboards.boards.schemas import Board

# How a panel is drawn; what it shows stays what it is, where the form chooses no figures.
LOOKS = ("title", "kind", "span", "minutes")
OURS = "Value error, "


def changed(board: Board, form: MultiDict[str, str]) -> BoardDraft:
    """Returns a dashboard as the button says that was pressed: ``do`` and the place of a panel.

    Raises:
        Invalid: what was written makes no dashboard.
    """
    panels: list[dict[str, object]] = [panel.model_dump() for panel in board.panels]
    doing, _, place = form.get("do", "").partition(" ")
    index = int(place) if place.isascii() and place.isdecimal() and len(place) < 4 else -1
    is_there = 0 <= index < len(panels)
    if doing == "add":
        panels.append(_panel(form))
    elif doing == "remove" and is_there:
        del panels[index]
    elif doing == "up" and is_there and index > 0:
        panels[index - 1], panels[index] = panels[index], panels[index - 1]
    elif doing == "down" and is_there and index + 1 < len(panels):
        panels[index + 1], panels[index] = panels[index], panels[index + 1]
    elif doing == "look" and is_there:
        panels[index] |= _look(form) | _figures(form)
    name = form.get("name", board.name) if doing == "rename" else board.name
    return checked({"name": name, "panels": panels})


def checked(sent: dict[str, object]) -> BoardDraft:
    """Returns what was sent as a dashboard.

    Raises:
        Invalid: it makes none; the reasons are in one line.
    """
    try:
        return BoardDraft.model_validate(sent)
    except ValidationError as error:
        raise Invalid("; ".join(_words(one) for one in error.errors())) from None


def _words(error: ErrorDetails) -> str:
    place = error["loc"][-1] if error["loc"] else "dashboard"
    if isinstance(place, int):
        place = f"panel {place + 1}"
    if error["type"] == "too_long":
        return f"{place}: {error['ctx']['max_length']} are the most"
    return f"{place}: {error['msg'].removeprefix(OURS)}"


def _look(form: MultiDict[str, str]) -> dict[str, object]:
    return {name: form[name] for name in LOOKS if form.get(name)}


def _figures(form: MultiDict[str, str]) -> dict[str, object]:
    return {"figures": figures} if (figures := form.getlist("figures")) else {}


def _panel(form: MultiDict[str, str]) -> dict[str, object]:
    panel = {"title": form.get("title", "")} | _look(form) | _figures(form)
    topic, _, name = form.get("pick", "").partition(" ")
    if written := form.get("topic", "").strip():
        topic, name = written, ""
    if topic:
        panel["topic"] = topic
    if name:
        panel["series"] = [name]
    elif series := [name.strip() for name in form.get("series", "").split(",") if name.strip()]:
        panel["series"] = series
    return panel
