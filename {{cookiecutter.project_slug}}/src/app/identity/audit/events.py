"""The catalogue of what the audit log tells: one line each, also in ``docs/audit.md``.

Features add their own events in their ``register`` and have them on their own page.
"""

from collections.abc import Mapping

AUDIT_EVENTS: dict[str, str] = {
    # Coming in and going out
    "account.created": "somebody joined, or was added from the command line",
    "sign_in.succeeded": "a session began; the device is in the details",
    "sign_in.failed": "a password that was not right; the subject is missing for unknown addresses",
    "sign_out": "a person ended the session that they were in",
    "session.revoked": "a session was ended from another one, or by an administrator",
    # What opens an account
    "password.changed": "the owner, or somebody at the command line, chose a new password",
    "password.reset": "a new password was chosen with such a link",
    "email.confirmed": "the owner opened the link that confirms an address",
    "email.change_requested": "a new address was entered and waits to be confirmed",
    "email.changed": "the account has another address now",
    "factor.enrolled": "a second factor was added",
    "factor.replaced": "another phone took the place of the one before",
    "factor.removed": "a second factor was taken away",
    "recovery_codes.made": "recovery codes were made, and older ones are void",
    "recovery_code.used": "one of them was used in place of the second factor",
    "sign_in.confirmed": "a person who was signed in proved it once more, for something sensitive",
    "api_token.created": "a token for programs was made",
    "api_token.revoked": "a token for programs was ended",
    "provider.linked": "an account of an OpenID provider signs in from now on",
    "provider.unlinked": "it does not any more",
    "provider.refused": "what came back from a provider signed nobody in; the details say why",
    # What administrators do
    "user.disabled": "a person was shut out, and all that was open ended",
    "user.enabled": "a person was let in again",
    "user.role_given": "a person was given a role",
    "user.role_taken": "a role was taken from a person",
    "connection.disconnected": "a realtime connection was cut by an administrator",
    "job.retried": "a job that had failed was put back into the queue",
    "audit.exported": "the audit log was downloaded",
    # What people may do with what is kept of them
    "profile.changed": "the name that others see was changed",
    "export.requested": "a person asked for a copy of their data",
    "export.downloaded": "it was downloaded",
    "account.deleted": "an account was deleted, with what belonged to it alone",
}

_of_features: dict[str, str] = {}


def describe_events(events: Mapping[str, str]) -> None:
    """Adds the events of a feature; again with the same words it changes nothing.

    Raises:
        ValueError: one of the names is taken.
    """
    for name, words in events.items():
        if name in AUDIT_EVENTS or _of_features.get(name, words) != words:
            raise ValueError(f"there is an event {name!r} already")
        _of_features[name] = words


def described_events() -> dict[str, str]:
    """Returns all events there are: those of the platform, then those of features."""
    return AUDIT_EVENTS | _of_features
