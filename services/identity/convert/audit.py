"""The audit log, as messages."""

from mesh.identity.v1 import audit_entry_pb2
from services._platform.times import timestamp
from services.identity.convert import names
from services.identity.domain.audit import Entry


def entry(entry: Entry) -> audit_entry_pb2.AuditEntry:
    """An entry as a message."""
    return audit_entry_pb2.AuditEntry(
        name=names.AUDIT_ENTRY.name(entry.id),
        action=entry.action,
        actor=entry.origin.actor,
        subject=entry.subject,
        address=entry.origin.address,
        request_id=entry.origin.request_id,
        details=entry.details,
        create_time=timestamp(entry.create_time),
    )
