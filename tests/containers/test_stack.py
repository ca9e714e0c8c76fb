"""compose.yaml of a generated project, run for real: healthy, locked down, reachable through the proxy only."""

import json
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.containers.stack import Stack
from tests.visitor import Visitor

LASTING = ("postgres", "valkey", "web", "worker", "proxy")
BACK_SECONDS_HANG_GUARD = 300.0


def status(stack: Stack, service: str) -> dict[str, str]:
    """Returns what the kernel says about the main process of a container."""
    main = stack.inspect(service)["State"]["Pid"]
    lines = Path(f"/proc/{main}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


def test_everything_is_up_and_the_migration_ended_well(stack: Stack) -> None:
    states = {name: stack.inspect(name)["State"] for name in (*LASTING, "migrate")}

    assert {name: states[name]["Status"] for name in LASTING} == dict.fromkeys(LASTING, "running")
    healths = {name: state["Health"]["Status"] for name, state in states.items() if "Health" in state}
    assert healths == dict.fromkeys(("postgres", "valkey", "web", "proxy"), "healthy")
    assert (states["migrate"]["Status"], states["migrate"]["ExitCode"]) == ("exited", 0)


@pytest.mark.parametrize("service", LASTING)
def test_a_container_has_no_rights_and_a_root_it_cannot_write(stack: Stack, service: str) -> None:
    known = stack.inspect(service)

    main = status(stack, service)

    assert known["HostConfig"]["ReadonlyRootfs"]
    assert known["HostConfig"]["Memory"] > 0
    assert known["HostConfig"]["PidsLimit"] > 0
    assert main["CapEff"] == "0" * 16
    assert (main["NoNewPrivs"], main["Seccomp"]) == ("1", "2")
    assert "0" not in main["Uid"].split()


@pytest.mark.parametrize("service", ["postgres", "valkey", "web", "worker"])
def test_only_the_proxy_has_ports(stack: Stack, service: str) -> None:
    published = {name: any(ports.values()) for name, ports in everyones_ports(stack).items()}

    assert published["proxy"]
    assert not published[service]


def everyones_ports(stack: Stack) -> dict[str, dict[str, object]]:
    """Returns the published ports of each container."""
    return {name: stack.inspect(name)["NetworkSettings"]["Ports"] for name in LASTING}


@pytest.mark.parametrize("service", ["web", "worker", "migrate"])
def test_the_password_is_in_no_environment(stack: Stack, service: str) -> None:
    password = (stack.project / "secrets/database_password").read_text()

    assert len(password) == 64
    assert password not in str(stack.inspect(service)["Config"])


def test_the_service_finds_nothing_in_the_way_of_production(stack: Stack) -> None:
    assert "nothing is in the way" in stack.inside("web", "app", "check")


def test_people_chat_through_the_proxy(visitor: Visitor) -> None:
    room = visitor.open_room("harbour")

    with visitor.listening(room) as ear:
        visitor.post(room, "ahoy")
        ear.wait_for("ahoy")

    assert ear.texts == visitor.texts(room) == ["ahoy"]


def test_a_killed_web_process_comes_back_and_its_clients_lose_nothing(stack: Stack, visitor: Visitor) -> None:
    room = visitor.open_room("storm")
    with visitor.listening(room) as ear:
        visitor.post(room, "before")
        ear.wait_for("before")
        since = ear.since
        killed = stack.inspect("web")
        os.kill(killed["State"]["Pid"], signal.SIGKILL)
        began = time.monotonic()

        visitor.post(room, "meanwhile")

    print(f"posting again {time.monotonic() - began:.1f} s after the kill")
    with visitor.listening(room, since) as ear:
        recovered = ear.recovered
        visitor.post(room, "after")
        ear.wait_for("after")

    assert recovered
    assert ear.texts == ["meanwhile", "after"]
    assert visitor.texts(room) == ["before", "meanwhile", "after"]
    wait_until_healthy(stack, "web")
    assert stack.inspect("web")["RestartCount"] == killed["RestartCount"] + 1


def test_a_reload_of_the_caddyfile_leaves_open_sockets_alone(stack: Stack, visitor: Visitor) -> None:
    room = visitor.open_room("calm")

    with visitor.listening(room) as ear:
        stack.inside("proxy", "caddy", "reload", "--force", "--config", "/etc/caddy/Caddyfile")
        visitor.post(room, "still here")
        ear.wait_for("still here")

    assert ear.texts == ["still here"]


def test_a_message_reaches_the_sockets_of_every_container(stack: Stack, visitor: Visitor) -> None:
    room = visitor.open_room("fleet")
    with stack.scaled("web", 2), ExitStack() as sockets:
        ears = [sockets.enter_context(visitor.listening(room)) for _ in range(4)]
        visitor.post(room, "all hands")
        for ear in ears:
            ear.wait_for("all hands")
        shares = stack.compose("exec", "-T", "proxy", "wget", "-qO-", "http://127.0.0.1:2019/reverse_proxy/upstreams")

    busy = {upstream["address"] for upstream in json.loads(shares) if upstream["num_requests"]}
    assert len(busy) == 2


def test_a_stopped_web_container_ends_in_order(stack: Stack, visitor: Visitor) -> None:
    room = visitor.open_room("calm")
    with visitor.listening(room) as ear:
        began = time.monotonic()

        stack.compose("stop", "web")

    print(f"stopped in {time.monotonic() - began:.1f} s")
    assert stack.inspect("web")["State"]["ExitCode"] == 0
    stack.up()
    with visitor.listening(room, ear.since) as ear:
        assert ear.recovered


def wait_until_healthy(stack: Stack, service: str) -> None:
    """Waits until the engine calls a container healthy."""
    before = time.monotonic() + BACK_SECONDS_HANG_GUARD
    while stack.inspect(service)["State"]["Health"]["Status"] != "healthy":
        assert time.monotonic() < before
        time.sleep(0.2)
