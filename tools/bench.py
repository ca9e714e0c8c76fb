"""Prepares the environment of the generated project and becomes ``python -m benchmarks`` in it."""

import os
import sys

from tools.generate import BUILD
from tools.generate import ROOT
from tools.generate import TEMPLATE
from tools.generate import environment
from tools.generate import generate
from tools.pythons import main_and_other


def main() -> None:
    """Uses the environment that the suite uses, and the template's service as it lies."""
    python, _ = main_and_other()
    python = environment(python, generate(BUILD, overwrite=True, project_slug="benchmarked", features="all"))
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(TEMPLATE / "src")])
    os.environ.pop("VIRTUAL_ENV", None)
    os.execv(python, [str(python), "-m", "benchmarks", *sys.argv[1:]])


main()
