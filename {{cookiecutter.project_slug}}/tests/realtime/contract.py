"""Holds real frames to the AsyncAPI document, more strictly than a client would."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from app.realtime.protocol.asyncapi import asyncapi

Json = dict[str, Any]


def strict(part: Any) -> Any:
    """Returns a schema that forbids the fields it does not name, which clients are to ignore."""
    if isinstance(part, list):
        return [strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    closed = {name: strict(value) for name, value in part.items()}
    if closed.get("type") == "object" and "properties" in closed:
        closed["additionalProperties"] = False
    return closed


DOCUMENT = strict(json.loads(json.dumps(asyncapi(title="test"))))


def faults(message: str, frame: Json) -> list[str]:
    """Returns what is wrong with ``frame`` as the ``message`` of the document."""
    reference = DOCUMENT["components"]["messages"][message]["payload"]["$ref"]
    validator = Draft202012Validator({"$ref": reference, "components": DOCUMENT["components"]})
    return [fault.message for fault in validator.iter_errors(frame)]


def faults_of_push(line: bytes | str, *, channel: str = "socket") -> list[str]:
    """Returns what is wrong with a frame that the server sent without being asked."""
    frame = json.loads(line)
    message = f"push_{frame['type']}"
    if message not in DOCUMENT["channels"][channel]["messages"]:
        return [f"{message} is not of this channel"]
    return faults(message, frame)
