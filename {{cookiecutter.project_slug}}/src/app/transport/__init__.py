"""What we fix or bound in Quart and the servers; the only home of version differences."""

from app.transport.body_limit import body_limit
from app.transport.hardening import harden
from app.transport.proxies import BehindProxies
from app.transport.quick_json import QuickJSON

__all__ = ["BehindProxies", "QuickJSON", "body_limit", "harden"]
