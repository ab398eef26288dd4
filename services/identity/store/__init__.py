"""Identity in Postgres."""

from services.identity.store.api_keys import ApiKeys
from services.identity.store.audit import AuditLog
from services.identity.store.mail_requests import MailRequests
from services.identity.store.sessions import Sessions
from services.identity.store.signing_keys import SigningKeys
from services.identity.store.users import Users

__all__ = ["ApiKeys", "AuditLog", "MailRequests", "Sessions", "SigningKeys", "Users"]
