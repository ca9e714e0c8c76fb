"""One engine, one image and one running stack for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.lab import BASE
from tests.containers.lab import Lab
from tests.containers.lab import obstacle
from tests.containers.lab import started
from tests.containers.stack import Stack
from tests.containers.stack import running
from tests.visitor import Visitor
from tools.generate import BUILD
from tools.generate import generate

EMAIL = "captain@example.com"
PASSWORD = "a lantern in the fog"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Says so loudly when nothing of this can run here."""
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    reason = obstacle()
    for item in here:
        item.add_marker(pytest.mark.containers)
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"CONTAINERS NOT TESTED: {reason}"))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with started(BUILD / "containers") as lab:
        lab.make_stand_ins()
        yield lab


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("project"), features="all")


@pytest.fixture(scope="session")
def image(lab: Lab, project: Path) -> str:
    tag = f"{project.name}:latest"
    lab.build(project, tag, PYTHON_IMAGE=BASE)
    return tag


@pytest.fixture(scope="session")
def stack(lab: Lab, project: Path, image: str) -> Iterator[Stack]:
    assert image
    with running(lab, project) as stack:
        yield stack


@pytest.fixture(scope="session")
def visitor(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A person made with the command line, signed in through the proxy."""
    person = ("--email", EMAIL, "--name", "Captain")
    stack.compose("exec", "-T", "--env", f"USER_PASSWORD={PASSWORD}", "web", "app", "user", "create", *person)
    visitor = stack.visitor(tmp_path_factory.mktemp("visitor"))
    visitor.sign_in(EMAIL, PASSWORD)
    return visitor
