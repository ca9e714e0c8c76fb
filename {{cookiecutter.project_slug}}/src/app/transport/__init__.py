"""What we fix or bound in Quart and the servers; the only home of version differences."""

from app.transport.hardening import harden

__all__ = ["harden"]
