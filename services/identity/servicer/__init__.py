"""The RPCs of identity: each turns a message into a decision, and what came of it into a message."""

from services.identity.servicer.api_keys import ApiKeys
from services.identity.servicer.audit import AuditEntries
from services.identity.servicer.keys import Keys
from services.identity.servicer.sessions import Sessions
from services.identity.servicer.users import Users

__all__ = ["ApiKeys", "AuditEntries", "Keys", "Sessions", "Users"]
