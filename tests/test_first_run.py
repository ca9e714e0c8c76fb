"""The commands that the README of a generated project promises, run as a person would run them."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.conftest import forget_servers

UV = Path(sys.prefix, "bin", "uv")
FIRST_PAGE_SECONDS_HANG_GUARD = 900
STOP_SECONDS_HANG_GUARD = 120

pytestmark = pytest.mark.generated


def test_uv_run_app_dev_serves_the_first_page_and_stops_on_ctrl_c(bake: Bake) -> None:
    project = bake(project_name="First 'Run' \"ever\"", project_slug="first-run").project
    started = time.monotonic()
    variables = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    python = os.environ.get("PROJECT_PYTHON", sys.executable)
    command = [UV, "run", "--quiet", "--python", python, "app", "dev"]

    dev = subprocess.Popen(
        command, cwd=project, env=variables, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        address = next(found for line in dev.stdout or [] if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))[0]
        login = next(line for line in dev.stdout or [] if "demo login" in line)
        page = first_page(address, before=started + FIRST_PAGE_SECONDS_HANG_GUARD)
        seconds = time.monotonic() - started
        os.killpg(dev.pid, signal.SIGINT)
        code = dev.wait(STOP_SECONDS_HANG_GUARD)
    finally:
        if dev.poll() is None:
            os.killpg(dev.pid, signal.SIGKILL)
        forget_servers(project / ".run")

    print(f"first page of a fresh project after {seconds:.1f} s")
    assert "demo login: ada@example.com " in login
    assert "First &#39;Run&#39; &#34;ever&#34;" in page
    assert code == 0


def first_page(address: str, *, before: float) -> str:
    """Returns the first page once the service answers."""
    while True:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > before:
                raise
            time.sleep(0.1)
