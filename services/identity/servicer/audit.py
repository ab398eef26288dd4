"""The RPC of the audit log."""

from mesh.identity.v1 import audit_entry_service_pb2
from mesh.identity.v1.audit_entry_service_servicer import AuditEntryServiceServicer
from services._platform import filters
from services._platform.call import Call
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.identity.convert import audit
from services.identity.store import AuditLog

_FIELDS = dict.fromkeys(("action", "actor", "subject"), EQUALITY - {"!="})


class AuditEntries(AuditEntryServiceServicer[Call]):
    """`mesh.identity.v1.AuditEntryService`."""

    def __init__(self, log: AuditLog, pager: Pager) -> None:
        self._log = log
        self._pager = pager

    async def ListAuditEntries(
        self, request: audit_entry_service_pb2.ListAuditEntriesRequest, call: Call, /
    ) -> audit_entry_service_pb2.ListAuditEntriesResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._log.page(filters.parse(request.filter, _FIELDS), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda entry: (entry.id,))
        return audit_entry_service_pb2.ListAuditEntriesResponse(
            audit_entries=map(audit.entry, shown), next_page_token=token
        )
