"""Who may do what on a topic: the namespaces' own answers, remembered for a moment."""

from collections.abc import Callable

import structlog

from app.errors import AppError
from app.principal import Principal
from app.principal import UserId
from app.realtime.protocol.messages import Refusal
from app.realtime.protocol.messages import refusal_of
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.realtime.topics import split_topic

log = structlog.get_logger()

REMEMBER_SECONDS = 5.0
REMEMBER_MAX = 10_000

Remembered = tuple[Principal, str, Action]

FORBIDDEN = Refusal("forbidden", "not allowed")
UNKNOWN_TOPIC = Refusal("unknown_topic", "no such kind of topic")


class Access:
    """The declared namespaces, and a short memory of what they allowed."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._namespaces: dict[str, TopicNamespace] = {}
        self._allowed: dict[Remembered, float] = {}
        self._forgets = 0

    def declare(self, namespace: TopicNamespace) -> None:
        """Adds a namespace.

        Raises:
            ValueError: the name is empty, taken, or holds a colon; or a recoverable namespace would
                lose messages of slow subscribers and not tell them.
        """
        name = namespace.name
        if isinstance(namespace.kind, Window) and namespace.slow_policy == "latest":
            raise ValueError(f"{name!r} is recoverable: it cannot skip messages and not tell")
        if not name or ":" in name or name in self._namespaces or name == "control":
            raise ValueError(f"a topic namespace cannot be named {name!r}, or not twice")
        self._namespaces[name] = namespace

    def namespace(self, topic: str) -> TopicNamespace | None:
        """Returns what was declared about ``topic``, or None."""
        name, key = split_topic(topic)
        return self._namespaces.get(name) if key else None

    def all(self) -> list[TopicNamespace]:
        """Returns every namespace."""
        return list(self._namespaces.values())

    def rate_of(self, namespace: str) -> tuple[float, int] | None:
        """Returns the commands a second and at once that ``namespace`` has for itself, if any."""
        declared = self._namespaces.get(namespace)
        if declared is None or declared.commands_per_second is None:
            return None
        per_second = declared.commands_per_second
        return per_second, declared.commands_burst or max(1, round(3 * per_second))

    async def refuse(
        self, who: Principal, topic: str, action: Action, *, anew: bool = False
    ) -> Refusal | None:
        """Returns why ``who`` may not do ``action``, or None when it is allowed.

        Only a yes is remembered, for the very same caller: a token that may less is another one.
        ``anew`` asks the namespace whatever is remembered.
        """
        namespace = self.namespace(topic)
        if namespace is None:
            return UNKNOWN_TOPIC
        if not who.in_scope(namespace.scope):
            return FORBIDDEN
        remembered = (who, topic, action)
        if anew:
            self._allowed.pop(remembered, None)
        elif self._allowed.get(remembered, 0.0) > self._clock():
            return None
        forgets = self._forgets
        try:
            allowed = await namespace.authorise(who, split_topic(topic)[1], action)
        except AppError as failure:
            return refusal_of(failure)
        except Exception:
            log.exception("realtime.authorise_failed", topic=topic, action=action)
            return Refusal("internal", "something went wrong", retry=True)
        if not allowed:
            return FORBIDDEN
        if forgets == self._forgets:
            self._remember(remembered)
        return None

    def forget(self, user: UserId, topic: str) -> None:
        """Forgets what was allowed to ``user`` on ``topic``: a membership has ended.

        An answer that is on its way may be from before, so it is not remembered.
        """
        self._forgets += 1
        for remembered in [
            one for one in self._allowed if one[1] == topic and one[0].user_id == user
        ]:
            del self._allowed[remembered]

    def _remember(self, remembered: Remembered) -> None:
        if len(self._allowed) >= REMEMBER_MAX:
            self._allowed.clear()
        self._allowed[remembered] = self._clock() + REMEMBER_SECONDS
