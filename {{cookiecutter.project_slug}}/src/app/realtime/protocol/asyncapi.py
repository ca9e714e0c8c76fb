"""The contract of ``realtime.v1.json`` as an AsyncAPI 3.0 document.

Made from the very types that validate commands and from those of ``pushes``, so that it cannot say
anything else than the server does. ``docs/asyncapi.json`` is a copy; a test fails when they differ.
"""

import inspect
from typing import Any
from typing import Final
from typing import get_args

import msgspec

from app.realtime.protocol.close_codes import CATALOGUE
from app.realtime.protocol.messages import COMMANDS
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.protocol.messages import CommandId
from app.realtime.protocol.messages import ErrorCode
from app.realtime.protocol.messages import Pong
from app.realtime.protocol.over_http import ASKED
from app.realtime.protocol.over_http import Naming
from app.realtime.protocol.pushes import PUSHES
from app.realtime.protocol.pushes import RESULTS
from app.realtime.protocol.pushes import Refused
from app.realtime.protocol.pushes import RefusedSubscription
from app.realtime.protocol.pushes import Subscription

Json = dict[str, Any]

SCHEMAS: Final = "#/components/schemas/"
MESSAGES: Final = "#/components/messages/"
SOCKET: Final = "socket"
STREAM: Final = "stream"
REQUEST: Final = "request"
# A socket has replies where a stream has the one event that begins it; nobody can ping a stream.
ONLY_STREAM: Final = {"welcome"}
ONLY_SOCKET: Final = {"ping"}

OVER_HTTP: Final = sorted(ASKED)

CLIENT_TYPES: Final[dict[str, type[msgspec.Struct]]] = {**COMMANDS, "pong": Pong}


def asyncapi(*, title: str, public_url: str | None = None) -> Json:
    """Returns the document; ``public_url`` names the server where there is one."""
    document: Json = {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/json",
    }
    if public_url is not None:
        scheme, _, host = public_url.partition("://")
        protocol = "wss" if scheme == "https" else "ws"
        document["servers"] = {"service": {"host": host, "protocol": protocol}}
    return document | {
        "channels": {SOCKET: _socket(), STREAM: _stream(), REQUEST: _request()},
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": _schemas()},
        "x-error-codes": list(get_args(ErrorCode)),
        "x-close-codes": {
            str(int(code)): {"meaning": told.meaning, "duty": told.duty, "retry": code.retry}
            for code, told in CATALOGUE.items()
        },
    }


DESCRIPTION = (
    "Text frames, one JSON object a line, several lines a frame allowed both ways. A command has"
    " an `id` of its own and gets exactly one reply with it; a push has none. Both sides ignore"
    " fields they do not know. `hello` comes first, and nothing is sent before its reply. Of a"
    " topic that keeps its messages every message arrives, in the order of its offsets, or a gap"
    " is told before anything newer."
)


def _socket() -> Json:
    sent = [name for name in PUSHES if name not in ONLY_STREAM]
    names = [*CLIENT_TYPES, *(_reply(name) for name in _answered()), "refusal", *map(_push, sent)]
    return {
        "address": "/realtime/socket",
        "description": f"A WebSocket with the subprotocol {SUBPROTOCOL}.",
        "messages": {name: {"$ref": MESSAGES + name} for name in names},
        "bindings": {"ws": {"method": "GET"}},
    }


def _stream() -> Json:
    names = [_push(name) for name in PUSHES if name not in ONLY_SOCKET]
    return {
        "address": "/realtime/events",
        "description": (
            "Server-sent events of up to 16 topics, `?topic=a&topic=b`. The name of an event is"
            " the type of its frame; its id is a cursor over all topics, and `Last-Event-ID` or"
            " `?cursor=` resumes them all."
        ),
        "messages": {name: {"$ref": MESSAGES + name} for name in names},
    }


def _request() -> Json:
    names = [*map(_post, OVER_HTTP), *map(_reply, OVER_HTTP), "refusal"]
    return {
        "address": "/realtime/commands",
        "description": "One command as the body of a POST, with the reply as the answer.",
        "messages": {name: {"$ref": MESSAGES + name} for name in names if name != "reply_signal"},
    }


def _operations() -> Json:
    """Returns what the service receives and sends; AsyncAPI takes the service's point of view."""
    operations: Json = {}
    for name in CLIENT_TYPES:
        operation = _operation("receive", SOCKET, name)
        if RESULTS[name] is not None:
            operation["reply"] = _replies(SOCKET, name)
        operations[name] = operation
    for name in OVER_HTTP:
        operation = _operation("receive", REQUEST, _post(name))
        operation["bindings"] = {"http": {"method": "POST"}}
        operations[_post(name)] = operation | {"reply": _replies(REQUEST, name)}
    for name in PUSHES:
        if name not in ONLY_STREAM:
            operations[f"push_{name}"] = _operation("send", SOCKET, _push(name))
        if name not in ONLY_SOCKET:
            operations[f"event_{name}"] = _operation("send", STREAM, _push(name))
    return operations


def _operation(action: str, channel: str, message: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [_in_channel(channel, message)],
    }


def _replies(channel: str, name: str) -> Json:
    answers = ["refusal"] if RESULTS[name] is None else [_reply(name), "refusal"]
    return {
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [_in_channel(channel, one) for one in answers],
    }


def _in_channel(channel: str, message: str) -> Json:
    return {"$ref": f"#/channels/{channel}/messages/{message}"}


def _messages() -> Json:
    messages = {
        name: _message(name, kind, SCHEMAS + kind.__name__) for name, kind in CLIENT_TYPES.items()
    }
    for name, kind in _answered().items():
        messages[_reply(name)] = _message("reply", kind, SCHEMAS + f"{kind.__name__}Reply")
    for name in OVER_HTTP:
        kinds = (CLIENT_TYPES[name].__name__, Naming.__name__)
        payload = {"allOf": [{"$ref": SCHEMAS + kind} for kind in kinds]}
        messages[_post(name)] = {**messages[name], "payload": payload}
    messages["refusal"] = _message("reply", Refused, SCHEMAS + "RefusalReply")
    for name, kind in PUSHES.items():
        messages[_push(name)] = _message(name, kind, SCHEMAS + kind.__name__)
    return messages


def _message(name: str, kind: type[msgspec.Struct], reference: str) -> Json:
    summary = _plain(kind.__doc__ or "").partition("\n")[0]
    return {"name": name, "summary": summary, "payload": {"$ref": reference}}


def _schemas() -> Json:
    answers = set(_answered().values())
    kinds = [*CLIENT_TYPES.values(), *answers, *PUSHES.values()]
    kinds += [Refused, Subscription, RefusedSubscription, Naming]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=SCHEMAS + "{name}")
    for schema in schemas.values():
        if "description" in schema:  # Python takes the indentation away from 3.13 on only
            schema["description"] = inspect.cleandoc(schema["description"])
    for name, kind in CLIENT_TYPES.items():
        _name_type(schemas[kind.__name__], name)
    for kind in answers:
        schemas[f"{kind.__name__}Reply"] = _reply_schema("result", kind, CommandId)
    schemas["RefusalReply"] = _reply_schema(
        "error", Refused, CommandId | None
    )  # a signal may have none
    for name, kind in PUSHES.items():
        _name_type(schemas[kind.__name__], name)
    return dict(sorted(schemas.items()))


def _name_type(schema: Json, name: str) -> None:
    """Adds the type, which is read before the rest of a command."""
    schema["properties"] = {"type": {"const": name}, **schema["properties"]}
    rest = (field for field in schema["required"] if field != "type")
    schema["required"] = ["type", *rest]
    schema["description"] = _plain(schema["description"])


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _reply_schema(field: str, kind: type[msgspec.Struct], command_id: Any) -> Json:
    return {
        "type": "object",
        "properties": {
            "type": {"const": "reply"},
            "id": msgspec.json.schema(command_id),
            field: {"$ref": SCHEMAS + kind.__name__},
        },
        "required": ["type", "id", field],
    }


def _answered() -> dict[str, type[msgspec.Struct]]:
    return {name: kind for name, kind in RESULTS.items() if kind is not None}


def _reply(name: str) -> str:
    return f"reply_{name}"


def _post(name: str) -> str:
    return f"post_{name}"


def _push(name: str) -> str:
    return f"push_{name}"
