"""What the audit log tells of devices; also on the page of the feature."""

AUDIT_EVENTS: dict[str, str] = {
    "device.registered": "a device was registered, and its first token made",
    "device.token_replaced": "a device got another token, and the one before is void",
    "device.revoked": "the token of a device was ended; it stays out until it gets another one",
    "device.deleted": "a device was removed, with everything that it measured",
}
