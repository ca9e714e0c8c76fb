"""Logs: one line per event whatever is in it, and nothing in it that should not be."""

import json
import logging
from collections.abc import Callable
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies

from app.settings import Settings
from app.telemetry import configure_logging
from app.telemetry.fields import FIELD_CHARACTERS
from app.telemetry.logs import LineHandler
from app.telemetry.logs import formatter

Format = Literal["console", "json"]


def settings(log_format: Format = "json") -> Settings:
    return Settings.model_construct(log_format=log_format, log_level="info")


class Lines(logging.Handler):
    """Keeps the lines that it would write."""

    def __init__(self, log_format: Format) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter(settings(log_format)))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    """Gives the run its logging back."""
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture(scope="module", params=["json", "console"])
def log_format(request: pytest.FixtureRequest) -> Format:
    chosen: Format = request.param
    return chosen


HANDLERS: dict[Format, Lines] = {"json": Lines("json"), "console": Lines("console")}


def formatted(log_format: Format, event: str, **fields: object) -> str:
    """Returns the line that an event becomes."""
    logger = logging.getLogger("test.formatted")
    logger.handlers, logger.propagate = [HANDLERS[log_format]], False
    logger.setLevel("INFO")
    structlog.wrap_logger(
        logger,
        processors=[structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    ).info(event, **fields)
    return HANDLERS[log_format].lines.pop()


@given(text=strategies.text(max_size=200))
@hypothesis_settings(max_examples=100, deadline=None)
def test_no_text_breaks_its_line(log_format: Format, text: str) -> None:
    line = formatted(log_format, text, field=text, nested=[text])

    assert len(line.splitlines()) <= 1
    assert line.isprintable() or "\x1b" not in line


def test_json_gives_the_text_back_as_it_was() -> None:
    line = formatted("json", "said", words='"quotes"\nand\x1b[31mcolours\u2028')

    assert json.loads(line)["words"] == '"quotes"\nand\x1b[31mcolours\u2028'


def test_a_long_field_is_cut(log_format: Format) -> None:
    line = formatted(log_format, "big", body="x" * 1_000_000)

    assert FIELD_CHARACTERS < len(line) < FIELD_CHARACTERS + 500


@pytest.mark.parametrize("name", ["password", "session_token", "Authorization", "set_cookie"])
def test_a_field_that_is_named_like_a_secret_is_hidden(log_format: Format, name: str) -> None:
    line = formatted(log_format, "signed_in", **{name: "hunter2", "user": "ada"})

    assert "hunter2" not in line
    assert "ada" in line


@pytest.fixture
def written(
    log_format: Format, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], list[str]]]:
    """Configures logging into a file; what it returns closes the log and reads it."""
    path = tmp_path_factory.mktemp("log") / "log"
    with path.open("w") as stream:
        configure_logging(settings(log_format), stream=stream)

        def close_and_read() -> list[str]:
            for handler in logging.getLogger().handlers:
                if isinstance(handler, LineHandler):
                    handler.close()
            return path.read_text().splitlines()

        yield close_and_read


def test_the_password_of_an_address_is_hidden_wherever_it_stands(
    written: Callable[[], list[str]],
) -> None:
    try:
        raise OSError("no route to postgresql://ada:hunter2@db/app")
    except OSError:
        structlog.get_logger("test").exception("failed", url="redis://:hunter3@cache/0")

    text = "\n".join(written())
    assert "OSError: no route to postgresql://ada:[hidden]@db/app" in text
    assert "redis://:[hidden]@cache/0" in text


def test_the_lines_of_libraries_come_out_in_the_same_shape(
    written: Callable[[], list[str]], log_format: Format
) -> None:
    logging.getLogger("some.library").warning("took %d s", 3)
    logging.getLogger("alembic.runtime").info("is too talkative")

    (line,) = written()
    assert "took 3 s" in line
    assert log_format == "console" or json.loads(line)["level"] == "warning"


def test_an_exception_stays_inside_its_line_of_json() -> None:
    try:
        raise ValueError("one\ntwo")
    except ValueError as error:
        line = formatted("json", "failed", exc_info=error)

    assert len(line.splitlines()) == 1
    assert "ValueError: one" in json.loads(line)["exception"]


def test_the_context_of_a_task_is_in_its_lines(written: Callable[[], list[str]]) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-12345678"):
        structlog.get_logger("test").info("inside")
    structlog.get_logger("test").info("outside")

    assert ["r-12345678" in line for line in written()] == [True, False]


def test_a_second_configuration_replaces_the_first(
    written: Callable[[], list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (tmp_path_factory.mktemp("other") / "log").open("w") as stream:
        configure_logging(settings(), stream=stream)
        structlog.get_logger("test").info("elsewhere")

    assert written() == []


def test_a_field_that_cannot_be_shown_is_told_on_the_error_output(
    written: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (handler,) = [one for one in logging.getLogger().handlers if isinstance(one, LineHandler)]
    record = logging.makeLogRecord({"msg": "takes %d s", "args": ("for ever",)})

    handler.handle(record)

    assert written() == []
    assert "Logging error" in capsys.readouterr().err


def test_people_get_a_readable_line() -> None:
    line = formatted("console", "room_opened", room="harbour")

    assert "room_opened" in line
    assert "room=harbour" in line
