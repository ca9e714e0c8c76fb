"""The page of live figures."""

from dataclasses import dataclass

from quart import Blueprint
from quart import render_template
from quart import request

from app.errors import NotFound
from app.features.dashboards.assets import is_brought
from app.features.dashboards.figures import service
from app.features.dashboards.figures.catalogue import Figure
from app.features.dashboards.figures.catalogue import Unit
from app.features.dashboards.figures.catalogue import find_figure
from app.features.dashboards.figures.policy import may_operate
from app.features.dashboards.figures.policy import may_see
from app.features.dashboards.figures.topics import process_topic
from app.features.dashboards.figures.topics import topics_for
from app.features.dashboards.figures.written import written
from app.principal import Principal
from app.resources import current_resources
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import signed_in

VIEWS = "120/minute"

blueprint = Blueprint(
    "dashboards_pages",
    __name__,
    template_folder="../templates",
    static_folder="../static",
    static_url_path="/static/dashboards",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure in a chart; ``tone`` is one of the colours of the page."""

    figure: Figure
    tone: str


@dataclass(frozen=True, slots=True)
class Card:
    """A chart and its table: figures of one unit that belong together."""

    title: str
    unit: Unit
    lines: list[Line]


# What stands together, and in which colours; a chart without a figure for the caller is left out.
CARDS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Requests", (("requests.rate", "accent"), ("requests.failed", "danger"))),
    ("Latency", (("latency.p50", "accent"), ("latency.p95", "muted"), ("latency.p99", "danger"))),
    ("Connections", (("connections.sockets", "accent"), ("connections.streams", "muted"))),
    ("Messages", (("messages.out", "accent"),)),
    ("Requests at once", (("requests.running", "accent"),)),
    ("Processors", (("cpu.process", "accent"), ("cpu.host", "muted"))),
    ("Memory of the service", (("memory.process", "accent"),)),
    ("Memory of the host", (("memory.host", "accent"),)),
    ("Event loop", (("loop.lag", "accent"),)),
    ("Database", (("database.connections", "accent"),)),
    ("Waiting for slow clients", (("queue.bytes", "accent"),)),
    ("Jobs", (("jobs.waiting", "accent"),)),
    ("Processes", (("processes", "accent"),)),
)


def cards_for(who: Principal) -> list[Card]:
    """Returns the charts that have something to show to the caller."""
    cards = []
    for title, named in CARDS:
        found = [Line(find_figure(name), tone) for name, tone in named]
        lines = [line for line in found if may_see(who, line.figure)]
        if lines:
            cards.append(Card(title, lines[0].figure.unit, lines))
    return cards


@blueprint.get("/dashboards")
@guard(signed_in)
@limit(VIEWS)
@html
async def figures_page() -> str:
    """Shows the figures that the caller may see, live: of the service, or of one process."""
    who, database = current_principal(), current_resources().database
    processes = await service.list_processes(who, database) if may_operate(who) else []
    process = request.args.get("process", "")
    if process and process not in processes:
        raise NotFound("no process of that name has been heard of lately")
    newest = {one.name: one.value for one in await service.list_figures(who, database)}
    return await render_template(
        "dashboards/figures.html",
        cards=cards_for(who),
        newest={} if process else newest,
        topics=[process_topic(process)] if process else topics_for(who),
        process=process,
        processes=processes,
        written=written,
        has_charts=is_brought(),
    )
