"""The import rules that the folders promise, and the sizes that keep the code readable."""

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import app

ROOT = Path(app.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "versions" not in path.parts)

# The highest first: a package imports from lower lines only, and never from its own line.
LAYERS = (
    {"__main__"},
    {"commands"},
    {"serving", "embedded", "load"},
    {"factory"},
    {"features"},
    {"resources"},
    {"background"},
    {"web"},
    {"identity", "realtime", "jobs", "mail"},
    {"database", "transport"},
    {"telemetry", "deployment"},
    {"principal", "settings", "errors"},
    {"realtime_settings", "listed_names", "openid_settings", "misspelt"},
    {"roles", "setting_sources", "redis_url"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

FILE_LINES = 250
MEDIAN_FILE_LINES = 80
FUNCTION_LINES = 40
LONG_FUNCTION_LINES = 30
LONG_FUNCTIONS_PERCENT = 2.0


def package_of(path: Path) -> str:
    """Returns the first name below ``app`` that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Returns the absolute names that a file imports, wherever in the file."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return tuple(names)


def own_imports(path: Path) -> Iterator[str]:
    """Yields the names below ``app`` that a file imports, without the leading ``app.``."""
    yield from (name.removeprefix("app.") for name in imports(path) if name.startswith("app."))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yields the name and the lines of each function, its docstring left out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node):
                docstring = node.body[0]
                lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            yield f"{path.relative_to(ROOT)}:{node.name}", lines


@pytest.fixture(scope="module")
def all_functions() -> list[tuple[str, int]]:
    """Returns those of the whole project; read when a test asks, not by whoever collects tests."""
    return [item for path in FILES for item in functions(path)]


def test_there_is_something_to_check(all_functions: list[tuple[str, int]]) -> None:
    assert len(FILES) > 50
    assert len(all_functions) > 200


def test_every_package_has_its_place_in_the_layers() -> None:
    assert {package_of(path) for path in FILES} - {"__init__"} == set(LEVEL)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda names: "-".join(sorted(names)))
def test_a_layer_imports_from_lower_layers_only(layer: set[str]) -> None:
    offences = [
        (str(path.relative_to(ROOT)), name)
        for path in FILES
        if (package := package_of(path)) in layer
        for name in own_imports(path)
        if (other := name.split(".")[0]) != package and LEVEL[other] <= LEVEL[package]
    ]

    assert offences == []


def test_features_are_unaware_of_each_other() -> None:
    features = ROOT / "features"
    offences = []
    for path in features.glob("*/**/*.py"):
        own = path.relative_to(features).parts[0]
        others = (name.split(".")[1] for name in own_imports(path) if name.startswith("features."))
        offences += [(str(path), other) for other in others if other not in {own, "registration"}]

    assert offences == []


def test_no_module_takes_the_name_of_one_of_the_standard_library() -> None:
    taken = {"queue", "logging", "platform", "socket", "signal", "select", "uuid", "types"}

    assert [path for path in FILES if path.stem in taken] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES


def test_most_files_are_short() -> None:
    sizes = [len(path.read_text().splitlines()) for path in FILES]

    assert statistics.median(sizes) <= MEDIAN_FILE_LINES


def test_no_function_is_long_and_few_are_longish(all_functions: list[tuple[str, int]]) -> None:
    too_long = [(name, lines) for name, lines in all_functions if lines > FUNCTION_LINES]
    longish = [(name, lines) for name, lines in all_functions if lines > LONG_FUNCTION_LINES]

    assert too_long == []
    assert 100 * len(longish) / len(all_functions) <= LONG_FUNCTIONS_PERCENT


# Within the realtime core, the highest first; the hub never sees an endpoint or a server.
REALTIME_LAYERS = (
    {"facade"},
    {"wiring", "adapters", "control", "drain", "inspection", "measuring"},
    {"endpoints"},
    {"subscribing"},
    {"core"},
    {"hub"},
    {"connections", "memory", "redis"},
    {"load_topics"},
    {"access", "methods", "offers"},
    {"client"},
    {"protocol"},
    {"backplane", "presence_store", "topics", "asgi", "credentials", "supervise", "metrics"},
)


def test_the_realtime_core_is_built_in_one_direction() -> None:
    folder = ROOT / "realtime"
    level = {name: number for number, names in enumerate(REALTIME_LAYERS) for name in names}
    files = [path for path in folder.rglob("*.py") if path != folder / "__init__.py"]
    own = {path: path.relative_to(folder).parts[0].removesuffix(".py") for path in files}
    offences = [
        (str(path.relative_to(ROOT)), name)
        for path in files
        for name in own_imports(path)
        if name.startswith("realtime.")
        and (other := name.split(".")[1]) != own[path]
        and level[other] < level[own[path]]
    ]

    assert set(own.values()) == set(level)
    assert offences == []


def test_the_python_client_knows_the_protocol_and_nothing_else_of_the_server() -> None:
    files = list((ROOT / "realtime" / "client").glob("*.py"))
    own = ("realtime.client.", "realtime.protocol.")
    names = [name for path in files for name in own_imports(path)]

    assert names
    assert [name for name in names if not name.startswith(own)] == []
