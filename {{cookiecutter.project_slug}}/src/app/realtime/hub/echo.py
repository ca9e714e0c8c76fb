"""How long a message of ours takes to come back through the backplane: a sample of its lag."""

from collections import Counter
from collections.abc import Callable

KEPT_MAX = 1_000


class Echo:
    """Pairs what this process published with what it heard, whichever comes to be known first.

    The announcement may overtake the reply that carries its offset. It is a sample: where more than
    ``KEPT_MAX`` would have to be remembered, all are forgotten and none of them is measured.
    """

    __slots__ = ("_awaited", "_clock", "_heard", "_observe", "_under_way")

    def __init__(self, observe: Callable[[float], None], *, clock: Callable[[], float]) -> None:
        self._observe = observe
        self._clock = clock
        self._under_way: Counter[str] = Counter()
        self._heard: dict[tuple[str, str, int], float] = {}
        self._awaited: dict[tuple[str, str, int], float] = {}

    def begin(self, topic: str) -> float:
        """Learns that a publish begins; returns the moment."""
        self._under_way[topic] += 1
        return self._clock()

    def landed(self, topic: str, epoch: str, offset: int, *, began: float) -> None:
        """Learns which message the publish made, when it will be heard here."""
        place = (topic, epoch, offset)
        heard = self._heard.pop(place, None)
        if heard is not None:
            self._observe(heard - began)
        else:
            _keep(self._awaited, place, began)

    def end(self, topic: str) -> None:
        """Learns that the publish is over, whatever came of it."""
        self._under_way[topic] -= 1
        if not self._under_way[topic]:
            del self._under_way[topic]
        if not self._under_way:
            self._heard.clear()

    def heard(self, topic: str, epoch: str, offset: int) -> None:
        """Learns of an announcement; costs two look-ups where nobody publishes."""
        if self._awaited:
            began = self._awaited.pop((topic, epoch, offset), None)
            if began is not None:
                self._observe(self._clock() - began)
                return
        if topic in self._under_way:
            _keep(self._heard, (topic, epoch, offset), self._clock())


def _keep(
    moments: dict[tuple[str, str, int], float], place: tuple[str, str, int], moment: float
) -> None:
    if len(moments) >= KEPT_MAX:
        moments.clear()
    moments[place] = moment
