"""What somebody may pick from a list: topics that carry numbers, as their features know them.

A page that shows topics of any feature asks here, and knows none of those features. An offer is no
permission: whoever picks one is asked by ``authorise`` like everybody else.
"""

from collections.abc import Iterable

from app.principal import Principal
from app.realtime.topics import Offer
from app.realtime.topics import TopicNamespace


async def offered(
    namespaces: Iterable[TopicNamespace], who: Principal, *, search: str = "", most: int
) -> list[Offer]:
    """Returns up to ``most`` topics that ``who`` may listen to, those that ``search`` finds.

    Raises:
        Unavailable: a feature cannot tell, because something is away.
    """
    found: list[Offer] = []
    for namespace in namespaces:
        if namespace.offers and who.in_scope(namespace.scope) and len(found) < most:
            found += await namespace.offers(who, search, most - len(found))
    return found[:most]
