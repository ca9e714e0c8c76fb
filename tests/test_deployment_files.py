"""The files of the deployment are sound before anything is built from them: linted, valid, explained."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.conftest import Baked

TOOLS = Path(sys.prefix, "bin")
VARIABLE = re.compile(r"\$\{(\w+):-")
DOCUMENTED = re.compile(r"`([A-Z]+_?[A-Z]+)`")


@pytest.fixture
def baked(bake: Bake) -> Baked:
    return bake(project_slug="sea-lion", domain_name="sea.example.org")


def resolved(project: Path, **variables: str) -> dict[str, dict[str, dict[str, object]]]:
    """Returns what Compose makes of the files of a project; it asks no engine."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(project), **variables}
    command = [TOOLS / "docker-compose", "config", "--format", "json"]
    told = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert told.stderr == ""
    return dict(json.loads(told.stdout))


def compose_text(project: Path) -> str:
    """Returns the text of all compose files."""
    return "\n".join(path.read_text() for path in [project / "compose.yaml", *(project / "compose").glob("*.yaml")])


def test_the_dockerfile_has_no_finding(baked: Baked) -> None:
    told = subprocess.run([TOOLS / "hadolint", baked.project / "Dockerfile"], capture_output=True, text=True)

    assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_the_dockerfile_fetches_no_frontend_and_takes_its_base_by_argument(baked: Baked) -> None:
    text = (baked.project / "Dockerfile").read_text()

    assert not re.search(r"^# *syntax=", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${PYTHON_IMAGE}"}
    assert "COPY pyproject.toml uv.lock* ./" in text


def test_only_what_the_image_needs_is_sent_to_the_engine(baked: Baked) -> None:
    lines = (baked.project / ".dockerignore").read_text().splitlines()

    assert lines[1] == "*"
    assert {line for line in lines if line.startswith("!")} == {"!pyproject.toml", "!uv.lock", "!README.md", "!src"}


def test_a_local_try_needs_no_answer(baked: Baked) -> None:
    services = resolved(baked.project)["services"]

    assert set(services) == {"postgres", "valkey", "migrate", "web", "worker", "proxy"}
    assert services["web"]["image"] == "sea-lion:latest"
    assert services["web"]["environment"]["PUBLIC_URL"] == "https://localhost"
    assert services["proxy"]["environment"]["DOMAIN_NAME"] == "localhost"


def test_one_line_makes_it_the_real_thing(baked: Baked) -> None:
    (baked.project / ".env").write_text("DOMAIN_NAME=sea.example.org\n")

    services = resolved(baked.project)["services"]

    assert services["web"]["environment"]["PUBLIC_URL"] == "https://sea.example.org"
    assert services["proxy"]["environment"]["DOMAIN_NAME"] == "sea.example.org"
    assert "DOMAIN_NAME=sea.example.org" in (baked.project / "compose.yaml").read_text()


def test_every_service_is_hardened_and_limited(baked: Baked) -> None:
    services = resolved(baked.project, COMPOSE_PROFILES="observability")["services"]

    assert {"prometheus", "grafana"} < set(services)
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["mem_limit"]) > 0
        assert service["pids_limit"] > 0
        assert "privileged" not in service


def test_only_the_proxy_has_ports_and_the_data_network_has_no_way_out(baked: Baked) -> None:
    document = resolved(baked.project)

    assert [name for name, service in document["services"].items() if "ports" in service] == ["proxy"]
    assert document["networks"]["data"]["internal"] is True
    assert "data" not in document["services"]["proxy"]["networks"]


def test_what_watches_is_off_by_default_and_then_for_the_machine_alone(baked: Baked) -> None:
    off = resolved(baked.project)["services"]
    on = resolved(baked.project, COMPOSE_PROFILES="observability", METRICS_PORT="9464")["services"]

    assert off["web"]["environment"]["METRICS_PORT"] == "0"
    assert on["web"]["environment"]["METRICS_PORT"] == "9464"
    assert set(on) - set(off) == {"prometheus", "grafana"}
    assert [port["host_ip"] for port in on["grafana"]["ports"]] == ["127.0.0.1"]
    assert "ports" not in on["prometheus"]


def test_every_variable_of_the_compose_files_is_documented_and_the_other_way_round(baked: Baked) -> None:
    used = set(VARIABLE.findall(compose_text(baked.project)))
    page = (baked.project / "docs/deploy.md").read_text()
    table = page[page.index("| Name | Default |") : page.index("Before people come")]

    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert used
    assert {name for row in rows for name in DOCUMENTED.findall(row)} == used | {"PUBLIC_URL"}


def test_the_password_is_made_once_and_stays(baked: Baked) -> None:
    command = ["sh", "compose/secrets.sh"]
    secrets = baked.project / "secrets"

    subprocess.run(command, cwd=baked.project, check=True, capture_output=True)
    first = {path.name: path.read_text() for path in secrets.iterdir()}
    subprocess.run(command, cwd=baked.project, check=True, capture_output=True)
    second = {path.name: path.read_text() for path in secrets.iterdir()}

    assert set(first) == {"database_password", "database_url", "secret_keys"}
    assert re.fullmatch(r"[0-9a-f]{64}", first["database_password"])
    assert re.fullmatch(r"[0-9a-f]{64}", first["secret_keys"])
    assert first["database_password"] in first["database_url"]
    assert second == first
    assert secrets.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in secrets.iterdir())
    assert "secrets/" in (baked.project / ".gitignore").read_text().splitlines()
