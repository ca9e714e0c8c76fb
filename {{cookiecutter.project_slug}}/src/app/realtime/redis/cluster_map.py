"""Who serves what in a Cluster, as far as this process knows, and what follows from changes."""

import asyncio
from collections.abc import Iterable
from collections.abc import Mapping
from functools import partial

from redis.exceptions import AskError
from redis.exceptions import ClusterDownError
from redis.exceptions import MovedError
from redis.exceptions import ResponseError
from redis.exceptions import TryAgainError

from app.realtime.redis.cluster_node import ClusterNode
from app.realtime.redis.commands import Command
from app.realtime.redis.interests import Interests
from app.realtime.redis.wiring import Wiring
from app.realtime.supervise import Supervisor
from app.redis_url import Address

REDIRECTS_AT_ONCE = 3
REDIRECT_PAUSE_SECONDS = 0.02


class ClusterMap:
    """The owner of every slot in use, and the wires to each of them.

    ``stale`` is set when the Cluster has to be asked anew.
    """

    def __init__(self, wiring: Wiring, interests: Interests, supervisor: Supervisor) -> None:
        self._wiring = wiring
        self._keys = wiring.keys
        self._interests = interests
        self._supervisor = supervisor
        self._owners: dict[int, Address] = {}
        self._nodes: dict[Address, ClusterNode] = {}
        self.stale = asyncio.Event()

    @property
    def is_any_away(self) -> bool:
        """Whether a node that is needed cannot be reached."""
        return any(node.is_away for node in self._nodes.values())

    @property
    def working(self) -> list[Address]:
        """The nodes that can be reached."""
        return [address for address, node in self._nodes.items() if not node.is_away]

    def node_of(self, slot: int) -> ClusterNode | None:
        """Returns the wires to the owner of ``slot``; None while nobody knows it."""
        owner = self._owners.get(slot)
        return self._nodes[owner] if owner is not None else None

    def take(self, owners: Mapping[int, Address]) -> None:
        """Takes over what a node told of the slots in use; wires without a slot are ended."""
        self._assign(owners)
        for address in set(self._nodes) - set(self._owners.values()):
            self._nodes.pop(address).stop()

    def close(self) -> None:
        """Ends all wires."""
        for node in self._nodes.values():
            node.stop()

    def _assign(self, owners: Mapping[int, Address]) -> None:
        """Changes owners; what is listened to moves with its slot."""
        moved = {slot for slot, owner in owners.items() if self._owners.get(slot) != owner}
        if not moved:
            return
        channels = [one for one in self._interests.topics if self._keys.slot_of(one) in moved]
        self._tell(channels, wanted=False)
        self._interests.lose(channels)
        for slot in moved:
            self._node_at(owners[slot])
            self._owners[slot] = owners[slot]
        self._tell(channels, wanted=True)

    def _tell(self, channels: Iterable[bytes], *, wanted: bool) -> None:
        for channel in channels:
            node = self.node_of(self._keys.slot_of(channel))
            if node is not None:
                node.subscriber.change(channel, wanted=wanted)

    def _node_at(self, address: Address) -> ClusterNode:
        """Returns the wires to a node, made if there were none."""
        if address not in self._nodes:
            self._nodes[address] = ClusterNode(
                self._wiring,
                address,
                self._interests,
                wanted=partial(self._wanted_of, address),
                redirect=partial(self._redirect, address),
                moved=partial(self._moved, address),
                ended=self.stale.set,
            )
            self._nodes[address].start(self._supervisor)
        return self._nodes[address]

    def _wanted_of(self, address: Address) -> list[bytes]:
        return [
            one
            for one in self._interests.topics
            if self._owners.get(self._keys.slot_of(one)) == address
        ]

    def _moved(self, asked: Address, moved: MovedError) -> None:
        """Takes the word of the node ``asked`` that it does not serve a slot (any more)."""
        self._assign({moved.slot_id: _address_in(moved, asked)})
        self.stale.set()

    def _redirect(self, asked: Address, command: Command, refusal: ResponseError) -> bool:
        """Sends a command on that ``asked`` has refused because of its slot.

        Returns False when that was not the reason, or when nobody serves the slot.
        """
        match refusal:
            case MovedError():
                self._moved(asked, refusal)
                command.redirects += 1
                self._send_again(command, at_once=command.redirects <= REDIRECTS_AT_ONCE)
            case AskError():  # half of the slot has been moved, this key too
                command.is_asking = True
                self._node_at(_address_in(refusal, asked)).pipeline.take(command)
            case TryAgainError():  # one of the keys has been moved, another one has not
                self._send_again(command, at_once=False)
            case ClusterDownError():
                self.stale.set()
                return False
            case _:
                return False
        return True

    def _send_again(self, command: Command, *, at_once: bool) -> None:
        """Gives a command to the owner of its slot; its caller keeps the deadline."""
        if command.reply.done():
            return
        if not at_once:
            asyncio.get_running_loop().call_later(
                REDIRECT_PAUSE_SECONDS, partial(self._send_again, command, at_once=True)
            )
            return
        node = self.node_of(self._keys.slot(command.key))
        if node is not None:  # pragma: no branch - it had an owner to be refused by
            node.pipeline.take(command)


def _address_in(redirection: AskError, asked: Address) -> Address:
    """Returns where a node sends us; without a host it means another port of its own."""
    return str(redirection.host) or asked[0], int(redirection.port)
