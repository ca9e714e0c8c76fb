"""What a dashboard may say, and what is refused before anything is stored."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.errors import Invalid
from app.features.dashboards.boards.document import BOARD_MAX_PANELS
from app.features.dashboards.boards.document import BOARD_MAX_TOPICS
from app.features.dashboards.boards.document import NAME_MAX_CHARACTERS
from app.features.dashboards.boards.document import PANEL_MAX_SERIES
from app.features.dashboards.boards.document import BoardDraft
from app.features.dashboards.boards.document import Panel
from app.features.dashboards.boards.document import require_known
from app.features.dashboards.figures.topics import TOPIC_OF
from app.realtime.endpoints.stream_endpoint import TOPICS_MAX

CPU: dict[str, Any] = {"title": "Processor", "figures": ["cpu"]}
SENSOR: dict[str, Any] = {"title": "Boiler", "topic": "readings:7", "series": ["celsius"]}


def test_a_panel_shows_figures_or_the_values_of_a_topic() -> None:
    figures, topic = Panel.model_validate(CPU), Panel.model_validate(SENSOR)

    assert (figures.kind, figures.span, figures.minutes) == ("line", 1, 15)
    assert topic.topic == "readings:7"
    assert Panel.model_validate(topic.model_dump()) == topic


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "Nothing"},
        {**CPU, **SENSOR},
        {**CPU, "series": ["celsius"]},
        {**CPU, "figures": ["cpu", "cpu"]},
        {**CPU, "figures": [f"figure_{n}" for n in range(PANEL_MAX_SERIES + 1)]},
        {**CPU, "figures": ["x" * 1_000]},
        {**CPU, "figures": ["<script>"]},
        {**CPU, "figures": "cpu"},
        {**CPU, "figures": [7]},
        {**CPU, "title": " "},
        {**CPU, "title": "x" * (NAME_MAX_CHARACTERS + 1)},
        {**CPU, "title": "a\x00b"},
        {**CPU, "title": "a\nb"},
        {**CPU, "title": "\ud800"},
        {**CPU, "title": "\u202eUPC"},
        {**CPU, "kind": "pie"},
        {**CPU, "span": 0},
        {**CPU, "span": 4},
        {**CPU, "span": True},
        {**CPU, "span": float("nan")},
        {**CPU, "minutes": 16},
        {**CPU, "minutes": 10**400},
        {**CPU, "minutes": float("inf")},
        {**CPU, "colour": "red"},
        {**SENSOR, "topic": "no topic"},
        {**SENSOR, "topic": ":7"},
        {**SENSOR, "topic": "readings:" + "7" * 1_000},
        {**SENSOR, "topic": "readings:7\n"},
    ],
)
def test_what_makes_no_panel_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Panel.model_validate(wrong)


@pytest.mark.parametrize(
    "title",
    ["\U0001f469\u200d\U0001f680", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "50\u00a0%"],
    ids=["an emoji of two", "Persian", "a space that does not break"],
)
def test_a_title_is_written_in_any_script(title: str) -> None:
    assert Panel.model_validate({**CPU, "title": title}).title == title


def test_a_dashboard_of_a_thousand_panels_is_refused_with_the_number_that_it_may_have() -> None:
    most = BoardDraft.model_validate({"name": "Most", "panels": [CPU] * BOARD_MAX_PANELS})

    assert len(most.panels) == BOARD_MAX_PANELS
    with pytest.raises(ValidationError, match=f"at most {BOARD_MAX_PANELS} items"):
        BoardDraft.model_validate({"name": "Too many", "panels": [CPU] * 1_000})


def test_no_more_topics_are_taken_than_one_stream_carries() -> None:
    panels = [{"title": "Boiler", "topic": f"readings:{n}"} for n in range(BOARD_MAX_TOPICS + 1)]
    most = BoardDraft.model_validate({"name": "Most", "panels": [*panels[:-1], panels[0]]})

    assert len(most.panels) == len(panels) <= BOARD_MAX_PANELS
    assert BOARD_MAX_TOPICS + len(TOPIC_OF) <= TOPICS_MAX
    with pytest.raises(ValidationError, match=f"{BOARD_MAX_TOPICS} topics at most"):
        BoardDraft.model_validate({"name": "Too many", "panels": panels})


def test_figures_that_there_are_not_are_named_with_their_places() -> None:
    ghost = {"title": "Ghosts", "figures": ["cpu", "ghosts"]}
    draft = BoardDraft.model_validate({"name": "Night", "panels": [CPU, ghost, SENSOR]})

    with pytest.raises(Invalid) as refused:
        require_known(draft, {"cpu": "percent"})

    assert dict(refused.value.fields) == {"panels.1.figures": "There is no figure 'ghosts'."}
    require_known(draft, {"cpu": "percent", "ghosts": "count"})


def test_a_chart_with_more_units_than_axes_is_refused_and_numbers_are_not() -> None:
    units = {"cpu": "percent", "lag": "seconds", "late": "seconds", "heap": "bytes"}
    panels = [
        {"title": "Two", "kind": "area", "figures": ["cpu", "lag", "late"]},
        {"title": "Three", "kind": "line", "figures": [*units]},
        {"title": "Numbers", "kind": "number", "figures": [*units]},
    ]
    draft = BoardDraft.model_validate({"name": "Night", "panels": panels})

    with pytest.raises(Invalid, match="an axis at each side") as refused:
        require_known(draft, units)

    told = {"panels.1.figures": "'Three' has 3 units: percent, seconds, bytes."}
    assert dict(refused.value.fields) == told


def test_what_a_dashboard_has_already_does_not_keep_it_from_being_changed() -> None:
    gone = Panel.model_validate({"title": "Gone", "figures": ["ghosts"]})
    draft = BoardDraft.model_validate({"name": "Night", "panels": [gone.model_dump(), CPU]})

    with pytest.raises(Invalid):
        require_known(draft, {"cpu": "percent"}, kept=[Panel.model_validate(CPU)])
    require_known(draft, {"cpu": "percent"}, kept=[gone])


PANELS = st.dictionaries(
    st.sampled_from(["title", "kind", "span", "minutes", "figures", "topic", "series", "other"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
)


@given(PANELS)
@settings(max_examples=60, deadline=None)
def test_whatever_is_sent_is_refused_or_comes_back_as_it_was_stored(sent: dict[str, Any]) -> None:
    try:
        panel = Panel.model_validate(sent)
    except ValidationError:
        return

    assert Panel.model_validate_json(panel.model_dump_json()) == panel
