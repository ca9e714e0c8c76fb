"""The audit log: who did what to whom, when and from where."""

from app.identity.audit.log import AuditRow
from app.identity.audit.log import delete_old
from app.identity.audit.log import record

__all__ = ["AuditRow", "delete_old", "record"]
