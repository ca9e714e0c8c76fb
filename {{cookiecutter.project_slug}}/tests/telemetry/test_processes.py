import os
import socket
import sys
import time

import pytest

from app.telemetry.processes import pids_listening_on
from app.telemetry.processes import usage_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


def test_the_process_that_listens_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert os.getpid() in pids_listening_on(server.getsockname()[1])


def test_nobody_is_found_where_nobody_listens() -> None:
    with socket.socket() as holder:  # so that it is nobody else's meanwhile
        holder.bind(("127.0.0.1", 0))
        assert pids_listening_on(holder.getsockname()[1]) == []


def test_work_and_memory_show() -> None:
    before = usage_of([os.getpid()])
    held = bytearray(b"x") * (64 * 1_024 * 1_024)
    began = time.process_time()
    while time.process_time() - began < 0.05:
        held.count(b"y")
    after = usage_of([os.getpid()])

    assert before is not None
    assert after is not None
    assert after.memory_kib - before.memory_kib > 60 * 1_024
    assert after.cpu_seconds > before.cpu_seconds


def test_a_process_that_is_gone_has_no_figures() -> None:
    assert usage_of([2**22 + 1]) is None
    assert usage_of([]) is None
