"""Every bar at its full size, one file of tests after the other, each within a bound.

Usage: ``python -m tests.soaking.bars [--seconds N] [WORD ...]``; words choose files by their path.
One after the other, because a bar in milliseconds is none beside another bar; and one that fails or
does not end keeps nobody from the rest. What was measured is printed with each, without the log of
the service where all is well, and in the end a line for each file; the exit code is 1 when one of
them failed.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

ROOT = Path(__file__).parents[2]
MARK = "mark.soak"
SECONDS = 3_600
ENDS = {0: "held", 5: "nothing to run"}
HEADING = re.compile(r"=+ (?P<title>.+) =+$")
PASSED = "PASSES"
LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[")


def parts(words: Sequence[str] = ()) -> list[Path]:
    """Returns the files of tests with a bar in full, of those whose path has one of ``words``."""
    found = sorted(
        path.relative_to(ROOT)
        for path in (ROOT / "tests").rglob("test_*.py")
        if MARK in path.read_text()
    )
    return [path for path in found if not words or any(word in str(path) for word in words)]


def telling(lines: Iterable[str]) -> Iterator[str]:
    """Leaves out what the service logged in tests that passed: scanners alone send 90,000 calls."""
    title = ""
    for line in lines:
        if found := HEADING.match(line):
            title = found["title"]
        if title != PASSED or not LOGGED.match(line):
            yield line


def run(part: Path, *, seconds: float) -> str:
    """Runs the bars of one file and prints what it told; returns what became of it."""
    # -rP prints what a test that passed has measured.
    command = [sys.executable, "-m", "pytest", "-m", "soak", "-q", "-rP", str(part)]
    # A file, as a pipe ends only with the last of all processes that have it.
    with TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        outcome = _outcome(command, output, seconds=seconds)
        output.seek(0)
        sys.stdout.writelines(telling(output))
    return outcome


def _outcome(command: Sequence[str], output: TextIO, *, seconds: float) -> str:
    with subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=output, stderr=subprocess.STDOUT
    ) as running:
        try:
            return ENDS.get(running.wait(seconds), "MISSED")
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)  # with all the processes that it has started
            return f"not done after {seconds:.0f} s"


def main() -> int:
    """Runs them all."""
    parser = argparse.ArgumentParser(description="Holds the service to its bars at full size.")
    parser.add_argument("words", nargs="*", help="files whose path has one of these")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each file at most")
    given = parser.parse_args()
    outcomes = []
    for part in parts(given.words):
        began = time.monotonic()
        print(f"\n=== {part}", flush=True)
        outcome = run(part, seconds=given.seconds)
        outcomes.append((outcome, f"{time.monotonic() - began:6.0f} s  {outcome:12}  {part}"))
    print("\n" + "\n".join(line for _, line in outcomes))
    return 0 if outcomes and all(outcome in ENDS.values() for outcome, _ in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
