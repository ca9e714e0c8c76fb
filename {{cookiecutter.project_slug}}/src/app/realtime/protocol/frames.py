"""The frames we send, built by splicing bytes: what a publisher sent is never parsed again."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member
from app.realtime.presence_store import Snapshot
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import Refusal

PING = b'{"type":"ping"}'
FINAL_TEXT = 0x81

# Raw line breaks inside JSON can only be white space between its tokens, and would end a line.
_LINE_BREAKS = bytes.maketrans(b"\r\n\0", b"   ")

_encode = msgspec.json.Encoder().encode


def one_line(data: bytes) -> bytes:
    """Returns the JSON text ``data`` without anything that would break a line or a stream field."""
    return data.translate(_LINE_BREAKS)


def message_prefix(topic: str) -> bytes:
    """Returns what every message of ``topic`` begins with."""
    return b'{"type":"message","topic":' + _encode(topic)


def message(prefix: bytes, entry: Entry) -> bytes:
    """Returns the frame of a message that has an offset."""
    return b'%b,"offset":%d,"data":%b}' % (prefix, entry.offset, one_line(entry.data))


def signal(prefix: bytes, data: bytes) -> bytes:
    """Returns the frame of a message that is kept nowhere and has no offset."""
    return b'%b,"data":%b}' % (prefix, one_line(data))


def gap(topic: str, reason: str, position: Position) -> bytes:
    """Returns the frame that tells a subscriber that it lost messages before ``position``."""
    return _encode(
        {
            "type": "gap",
            "topic": topic,
            "reason": reason,
            "epoch": position.epoch,
            "offset": position.offset,
        }
    )


def presence(topic: str, diff: Diff, *, members_max: int) -> bytes:
    """Returns the frame of a presence diff; above ``members_max`` it is only a count."""
    frame: dict[str, Any] = {"type": "presence", "topic": topic, "version": diff.version}
    if diff.count > members_max:
        frame |= {"joined": [], "left": [], "count": diff.count}
    else:
        frame |= {"joined": _members(diff.joined), "left": _members(diff.left)}
    return _encode(frame)


def snapshot(who: Snapshot) -> bytes:
    """Returns the value that tells who is on a topic, or how many."""
    if who.members is None:
        return _encode({"version": who.version, "count": who.count})
    return _encode({"version": who.version, "members": _members(who.members)})


def unsubscribed(topic: str, refusal: Refusal) -> bytes:
    """Returns the frame that ends a subscription from our side."""
    return _encode(
        {"type": "unsubscribed", "topic": topic, "code": refusal.code, "retry": refusal.retry}
    )


def status(*, degraded: bool) -> bytes:
    """Returns the frame that tells whether live messages arrive."""
    return _encode({"type": "status", "state": "degraded" if degraded else "ok"})


def expiring(in_ms: int) -> bytes:
    """Returns the frame that warns of the end of the credentials."""
    return _encode({"type": "expiring", "in_ms": in_ms})


def drain(*, after_ms: int, window_ms: int) -> bytes:
    """Returns the frame that announces the closes of a stopping process."""
    return _encode({"type": "drain", "after_ms": after_ms, "window_ms": window_ms})


def bye(code: CloseCode, reason: str, *, after_ms: int | None = None) -> bytes:
    """Returns the last frame before a close that we begin."""
    frame = {"type": "bye", "code": int(code), "reason": reason, "retry": code.retry}
    return _encode(frame if after_ms is None else frame | {"after_ms": after_ms})


def result(command_id: int, value: bytes) -> bytes:
    """Returns the reply to a command that worked."""
    return b'{"type":"reply","id":%d,"result":%b}' % (command_id, value)


def error(command_id: int | None, refusal: Refusal) -> bytes:
    """Returns the reply to a command that was refused; a signal over HTTP may have no id."""
    return b'{"type":"reply","id":%b,"error":%b}' % (_encode(command_id), refusal_value(refusal))


def refusal_value(refusal: Refusal) -> bytes:
    """Returns the value that tells why something was refused."""
    fields = {"code": refusal.code, "message": refusal.message, "retry": refusal.retry}
    if refusal.after_ms is not None:
        fields["after_ms"] = refusal.after_ms
    return _encode(fields)


def published(where: Published) -> bytes:
    """Returns the value of a ``publish`` that worked."""
    return _encode({"epoch": where.epoch, "offset": where.offset, "duplicate": where.duplicate})


def called(value: bytes) -> bytes:
    """Returns the value of a ``call`` that worked; ``value`` is JSON."""
    return b'{"data":%b}' % value


def refreshed(expires_in_ms: int | None) -> bytes:
    """Returns the value of a ``refresh`` that worked; None stands for no end that is known."""
    return _encode({"expires_in_ms": expires_in_ms})


def history(top: Position, entries: Sequence[Entry], *, more: bool) -> bytes:
    """Returns the value of ``history``."""
    return b'{"epoch":%b,"offset":%d,"messages":[%b],"more":%b}' % (
        _encode(top.epoch),
        top.offset,
        _messages(entries),
        b"true" if more else b"false",
    )


def refused_subscription(topic: str, refusal: Refusal) -> bytes:
    """Returns the value of a topic of ``hello`` or of a stream that was refused."""
    return b'{"topic":%b,"error":%b}' % (_encode(topic), refusal_value(refusal))


def subscription(
    topic: str,
    position: Position,
    *,
    messages: Sequence[Entry] = (),
    recovered: bool | None = None,
    reason: str | None = None,
    who: Snapshot | None = None,
) -> bytes:
    """Returns the value of a subscription that began; ``recovered`` is None when none was asked."""
    parts = [
        b'{"topic":%b,"epoch":%b,"offset":%d'
        % (_encode(topic), _encode(position.epoch), position.offset)
    ]
    if recovered is not None:
        parts.append(b',"recovered":%b' % (b"true" if recovered else b"false"))
    if reason is not None:
        parts.append(b',"reason":%b' % _encode(reason))
    parts.append(b',"messages":[%b]' % _messages(messages))
    if who is not None:
        parts.append(b',"presence":%b' % snapshot(who))
    return b"".join((*parts, b"}"))


def greeting(facts: dict[str, Any], subscriptions: Sequence[bytes]) -> bytes:
    """Returns the value of a ``hello`` that worked: what holds here, and each subscription."""
    return _encode(facts)[:-1] + b',"subscriptions":[%b]}' % b",".join(subscriptions)


def welcome(greeting_value: bytes) -> bytes:
    """Returns the first event of a stream."""
    return b'{"type":"welcome",' + greeting_value[1:]


def text_frame(data: bytes) -> bytes:
    """Returns a whole text message as one unmasked, uncompressed frame (RFC 6455, section 5.2)."""
    size = len(data)
    if size < 126:
        return bytes((FINAL_TEXT, size)) + data
    if size < 1 << 16:
        return b"%c\x7e%b%b" % (FINAL_TEXT, size.to_bytes(2), data)
    return b"%c\x7f%b%b" % (FINAL_TEXT, size.to_bytes(8), data)


def event(name: str, line: bytes, cursor: bytes) -> bytes:
    """Returns a frame as a server-sent event with the cursor after it."""
    return b"event: %b\ndata: %b\nid: %b\n\n" % (name.encode(), line, cursor)


def _messages(entries: Sequence[Entry]) -> bytes:
    return b",".join(b'{"offset":%d,"data":%b}' % (e.offset, one_line(e.data)) for e in entries)


def _members(members: Sequence[Member]) -> list[dict[str, Any]]:
    return [{"user": member.user, "meta": member.meta} for member in members]
