"""Random digits by the page: each handed out once, and no two processes have the same."""

import os
import re

from app.telemetry.random_hex import PAGE_BYTES
from app.telemetry.random_hex import RandomHex


def test_digits_are_handed_out_once() -> None:
    digits = RandomHex()
    names = [digits.take(16) for _ in range(PAGE_BYTES)]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in names)


def test_a_forked_process_has_digits_of_its_own() -> None:
    digits = RandomHex()
    digits.take(16)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, digits.take(16).encode())
        os._exit(0)

    os.waitpid(child, 0)
    theirs = os.read(reading, 64).decode()
    os.close(reading)
    os.close(writing)

    assert len(theirs) == 16
    assert theirs != digits.take(16)
