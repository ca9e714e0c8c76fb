"""Generates a project with every feature into an ignored folder and serves it."""

import os
import sys
import time

from tools.generate import ROOT
from tools.generate import UV
from tools.generate import generate
from tools.pythons import main_and_other


def main() -> None:
    """Generates or refreshes ``.demo``, keeping its data and environment, and becomes ``app dev``."""
    print(f"Generating the demo ({time.strftime('%H:%M:%S')}) ...", flush=True)
    project = generate(ROOT / ".demo", overwrite=True)
    python, _ = main_and_other()
    os.chdir(project)
    os.environ.pop("VIRTUAL_ENV", None)
    os.execv(UV, ["uv", "run", "--quiet", "--python", str(python), "app", "dev", *sys.argv[1:]])


main()
