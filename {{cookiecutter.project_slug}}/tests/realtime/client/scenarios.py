"""What every client of ``realtime.v1.json`` must do: one list, played against each of them.

A scenario is what the server does and expects, step by step, and then what the app was told. The
first step is the client's connection; at the end a ping makes sure that everything was read.
"""

from dataclasses import dataclass
from typing import Any

Frame = dict[str, Any]
Step = tuple[Any, ...]
Told = list[Any]

TOPIC = "room:7"
FACTS = {"connection": "c-1", "ping_ms": 20_000, "pong_ms": 10_000, "retry_window_ms": 40}
LIVE = ["state", "live"]
AWAY = ["state", "reconnecting"]


@dataclass(frozen=True)
class Scenario:
    """One promise. ``draws`` is how often chance was asked; ``only`` names the client it is for."""

    name: str
    steps: list[Step]
    told: list[Told]
    since: Frame | None = None
    presence: bool = False
    draws: int | None = None
    only: str = ""


def since(offset: int, epoch: str = "e1") -> Frame:
    return {"epoch": epoch, "offset": offset}


def answer(offset: int, *messages: int, epoch: str = "e1", **more: Any) -> Frame:
    """Returns the answer for the topic, with a message for each offset."""
    told = [{"offset": number, "data": number} for number in messages]
    return {"topic": TOPIC, "epoch": epoch, "offset": offset, "messages": told, **more}


def message(offset: int, data: Any = None, **more: Any) -> Frame:
    content = offset if data is None else data
    return {"type": "message", "topic": TOPIC, "offset": offset, "data": content, **more}


def gap(offset: int, epoch: str = "e1", reason: str = "lost") -> Frame:
    return {"type": "gap", "topic": TOPIC, "reason": reason, "epoch": epoch, "offset": offset}


def diff(version: int, joined: list[Frame], left: list[Frame]) -> Frame:
    frame = {"type": "presence", "topic": TOPIC, "version": version}
    return {**frame, "joined": joined, "left": left}


def hello(
    reply: Frame, resumes: Frame | None = None, presence: bool = False, **facts: Any
) -> list[Step]:
    """Returns the steps of a hello for one topic, and its answer."""
    wish = {
        "topic": TOPIC,
        **({"since": resumes} if resumes else {}),
        **({"presence": True} if presence else {}),
    }
    asked = {"type": "hello", "subscriptions": [wish]}
    return [("expect", asked), ("reply", {**FACTS, **facts, "subscriptions": [reply]})]


def heard(*offsets: int) -> list[Told]:
    return [["message", offset, offset] for offset in offsets]


ADA: Frame = {"user": "ada", "meta": {}}
BO: Frame = {"user": "bo", "meta": {}}
BEGIN: list[Told] = [["state", "connecting"], LIVE]
BACK: list[Told] = [AWAY, LIVE]


def comes_back(name: str, *ending: Step) -> Scenario:
    """Returns the promise to come back after an ending, spread by chance, and to resume."""
    return Scenario(
        f"{name} is tried again, with jitter from the first time on, and resumed",
        [
            *hello(answer(0)),
            ("push", message(1)),
            *ending,
            ("connect",),
            *hello(answer(2, 2, recovered=True), since(1)),
        ],
        [*BEGIN, *heard(1), *BACK, *heard(2)],
        draws=1,
    )


def stops(code: int) -> Scenario:
    """Returns the promise to stay away after a final code."""
    return Scenario(
        f"{code} stops it, and nothing is tried again",
        [*hello(answer(0)), ("close", code), ("stays_away",)],
        [*BEGIN, ["state", "stopped", code]],
        draws=0,
    )


def begins_anew(reason: str, offset: int, epoch: str) -> Scenario:
    """Returns the promise to tell why a resume failed before anything newer."""
    return Scenario(
        f"a resume that failed ({reason}) is told first, then what is newer",
        [
            *hello(answer(offset, epoch=epoch, recovered=False, reason=reason), since(41)),
            ("push", message(offset + 1)),
        ],
        [*BEGIN, ["gap", reason, epoch, offset], *heard(offset + 1)],
        since=since(41),
    )


SCENARIOS = [
    Scenario(
        "history comes first, then what is live",
        [*hello(answer(3, 2, 3, recovered=True), since(1)), ("push", message(4))],
        [*BEGIN, *heard(2, 3, 4)],
        since=since(1),
    ),
    Scenario(
        "an offset is handed on once, however often it comes",
        [
            *hello(answer(3, 2, 3, recovered=True), since(1)),
            ("push", message(3), message(4), message(4), message(2)),
            ("push", message(5), message(4)),
        ],
        [*BEGIN, *heard(2, 3, 4, 5)],
        since=since(1),
    ),
    Scenario(
        "a topic without a position begins with what comes next",
        [*hello(answer(7)), ("push", message(7), message(8))],
        [*BEGIN, *heard(8)],
    ),
    Scenario(
        "the newest value of a latest topic is handed on, holes and all",
        [*hello(answer(7, 7)), ("push", message(12))],
        [*BEGIN, *heard(7, 12)],
    ),
    Scenario(
        "a gap is told before anything newer, and counting goes on from there",
        [*hello(answer(1)), ("push", message(2), gap(9), message(9), message(10))],
        [*BEGIN, *heard(2), ["gap", "lost", "e1", 9], *heard(10)],
    ),
    Scenario(
        "an epoch that changes makes lower offsets new",
        [*hello(answer(900)), ("push", gap(0, "e2", "epoch"), message(1), message(2))],
        [*BEGIN, ["gap", "epoch", "e2", 0], *heard(1, 2)],
    ),
    Scenario(
        "after a change of epoch it resumes in the new one",
        [
            *hello(answer(900)),
            ("push", gap(0, "e2", "epoch"), message(1)),
            ("cut",),
            ("connect",),
            *hello(answer(2, 2, epoch="e2", recovered=True), since(1, "e2")),
        ],
        [*BEGIN, ["gap", "epoch", "e2", 0], *heard(1), *BACK, *heard(2)],
    ),
    *(
        begins_anew(reason, offset, epoch)
        for reason, offset, epoch in (
            ("epoch", 4, "e2"),
            ("trimmed", 90, "e1"),
            ("too_many", 999, "e1"),
        )
    ),
    Scenario(
        "several lines of a frame are read in order",
        [*hello(answer(0)), ("push", *[message(offset) for offset in range(1, 9)])],
        [*BEGIN, *heard(*range(1, 9))],
    ),
    Scenario(
        "unknown fields and unknown pushes are ignored",
        [
            *hello(answer(0, colour="red"), weather="fine"),
            ("push", message(1, colour="red"), {"type": "confetti", "topic": TOPIC}, message(2)),
        ],
        [*BEGIN, *heard(1, 2)],
    ),
    Scenario(
        "a push for a topic that nobody asked for is ignored",
        [*hello(answer(0)), ("push", {**message(1), "topic": "room:8"}, message(1))],
        [*BEGIN, *heard(1)],
    ),
    Scenario(
        "a ping is answered",
        [*hello(answer(0)), ("push", {"type": "ping"}), ("expect", {"type": "pong"})],
        BEGIN,
    ),
    Scenario(
        "a server that falls silent is left",
        [
            *hello(answer(0), ping_ms=30, pong_ms=20),
            ("connect",),
            *hello(answer(0, recovered=True), since(0)),
        ],
        [*BEGIN, *BACK],
    ),
    *(comes_back(f"a close with {code}", ("close", code)) for code in (1000, 1011, 1012)),
    *(comes_back(f"a close with {code}", ("close", code)) for code in (4503, 4508, 4510, 4529)),
    comes_back("a cut (1006)", ("cut",)),
    comes_back(
        "a drain",
        ("push", {"type": "drain", "after_ms": 0, "window_ms": 30}),
        ("push", {"type": "bye", "code": 1012, "reason": "restart", "retry": True}),
        ("close", 1012),
    ),
    *(stops(code) for code in (4400, 4401, 4403, 4409)),
    Scenario(
        "a bye that forbids another try stops it before the close does",
        [
            *hello(answer(0)),
            ("push", {"type": "bye", "code": 4401, "reason": "expired", "retry": False}),
            ("stays_away",),
        ],
        [*BEGIN, ["state", "stopped", 4401]],
        draws=0,
    ),
    Scenario(
        "who has stopped begins anew when the app says so, and resumes",
        [
            *hello(answer(0)),
            ("push", message(1)),
            ("close", 4401),
            ("told", ["state", "stopped", 4401]),
            ("act", "open"),
            ("connect",),
            *hello(answer(2, 2, recovered=True), since(1)),
        ],
        [*BEGIN, *heard(1), ["state", "stopped", 4401], ["state", "connecting"], LIVE, *heard(2)],
    ),
    Scenario(
        "the loss of the backplane is told, and its return",
        [
            *hello(answer(0)),
            ("push", {"type": "status", "state": "degraded"}, {"type": "status", "state": "ok"}),
        ],
        [*BEGIN, ["state", "degraded"], LIVE],
    ),
    Scenario(
        "presence follows its versions, and one that was seen changes nothing",
        [
            *hello(answer(0, presence={"version": 5, "members": [ADA]}), presence=True),
            ("push", diff(5, [BO], []), diff(6, [BO], []), diff(7, [], [BO])),
        ],
        [*BEGIN, ["here", ["ada"]], ["here", ["ada", "bo"]], ["here", ["ada"]]],
        presence=True,
    ),
    Scenario(
        "a hole in the versions of presence is asked about, and nothing is told before",
        [
            *hello(answer(0, presence={"version": 5, "members": [ADA]}), presence=True),
            ("push", diff(7, [BO], [])),
            ("expect", {"type": "presence", "topic": TOPIC}),
            ("reply", {"version": 7, "count": 300}),
        ],
        [*BEGIN, ["here", ["ada"]], ["here", 300]],
        presence=True,
    ),
    Scenario(
        "signals come without a position and leave with their key",
        [
            *hello(answer(0)),
            ("push", {"type": "message", "topic": TOPIC, "data": {"on": True}}),
            ("told", ["signal", {"on": True}]),
            ("act", "signal", {"on": False}, "typing"),
            ("expect", {"type": "signal", "topic": TOPIC, "data": {"on": False}, "key": "typing"}),
        ],
        [*BEGIN, ["signal", {"on": True}]],
    ),
    Scenario(
        "a topic that may be tried again is, and one that was refused ends",
        [
            *hello({"topic": TOPIC, "error": {"code": "unavailable", "retry": True}}),
            ("expect", {"type": "subscribe", "topic": TOPIC}),
            ("error", {"code": "forbidden", "message": "not allowed", "retry": False}),
        ],
        [*BEGIN, ["ended", "forbidden"]],
        draws=1,
    ),
    Scenario(
        "a subscription that the server ends is told, and not asked for again",
        [
            *hello(answer(0)),
            ("push", {"type": "unsubscribed", "topic": TOPIC, "code": "forbidden", "retry": False}),
            ("push", message(1)),
            ("cut",),
            ("connect",),
            ("expect", {"type": "hello", "subscriptions": []}),
            ("reply", {**FACTS, "subscriptions": []}),
        ],
        [*BEGIN, ["ended", "forbidden"], *BACK],
    ),
    Scenario(
        "a topic that is left on a living connection is left at once",
        [
            *hello(answer(0)),
            ("told", LIVE),
            ("act", "unsubscribe"),
            ("expect", {"type": "unsubscribe", "topic": TOPIC}),
            ("reply", {}),
            ("push", message(1)),
        ],
        BEGIN,
    ),
    Scenario(
        "a publish brings its position, and the key that makes it safe to repeat",
        [
            *hello(answer(0)),
            ("told", LIVE),
            ("act", "publish", {"body": "hi"}, "k-1"),
            ("expect", {"type": "publish", "topic": TOPIC, "data": {"body": "hi"}, "key": "k-1"}),
            ("reply", {"epoch": "e1", "offset": 1, "duplicate": False}),
        ],
        [*BEGIN, ["result", {"epoch": "e1", "offset": 1, "duplicate": False}]],
    ),
    Scenario(
        "a call that is refused says why",
        [
            *hello(answer(0)),
            ("told", LIVE),
            ("act", "call", "add", [1, 2]),
            ("expect", {"type": "call", "method": "add", "data": [1, 2], "deadline_ms": 5_000}),
            ("error", {"code": "internal", "message": "", "retry": True}),
        ],
        [*BEGIN, ["failed", "internal"]],
    ),
    Scenario(
        "history can be read",
        [
            *hello(answer(0)),
            ("told", LIVE),
            ("act", "history", since(3), 2),
            ("expect", {"type": "history", "topic": TOPIC, "since": since(3), "limit": 2}),
            ("reply", {"epoch": "e1", "offset": 9, "messages": [message(4)], "more": True}),
        ],
        [*BEGIN, ["history", [4], True]],
    ),
    Scenario(
        "a command that nobody answers fails in its time",
        [
            *hello(answer(0)),
            ("told", LIVE),
            ("act", "call", "sleep", None, 50),
            ("expect", {"type": "call", "method": "sleep"}),
            ("told", ["failed", "deadline"]),
        ],
        [*BEGIN, ["failed", "deadline"]],
    ),
    Scenario(
        "credentials that expire are renewed with a ticket",
        [
            ("expect", {"type": "hello", "ticket": "ticket-1"}),
            ("reply", {**FACTS, "subscriptions": [answer(0)]}),
            ("push", {"type": "expiring", "in_ms": 5_000}),
            ("expect", {"type": "refresh", "ticket": "ticket-2"}),
            ("reply", {"expires_in_ms": 60_000}),
        ],
        BEGIN,
    ),
    *(
        Scenario(
            f"{what} has the server asked at once whether it is there",
            [
                *hello(answer(0)),
                ("told", LIVE),
                ("act", event),
                ("expect", {"type": "probe"}),
                ("error", {"code": "unknown_type", "message": "", "retry": False}),
                ("push", message(1)),
            ],
            [*BEGIN, *heard(1)],
            only="javascript",
        )
        for what, event in (
            ("a network that comes back", "online"),
            ("a page that becomes visible", "visible"),
        )
    ),
    Scenario(
        "a network that comes back ends the pause before the next try",
        [
            *hello(answer(0)),
            (
                "push",
                {"type": "bye", "code": 1012, "retry": True, "after_ms": 60_000},
            ),
            ("close", 1012),
            ("told", AWAY),
            ("act", "online"),
            ("connect",),
            *hello(answer(0, recovered=True), since(0)),
        ],
        [*BEGIN, *BACK],
        only="javascript",
    ),
]
