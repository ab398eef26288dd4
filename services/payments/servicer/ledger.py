"""The RPCs of the money ledger."""

from datetime import UTC, datetime, timedelta

from mesh.payments.v1 import ledger_service_pb2
from mesh.payments.v1.ledger_service_servicer import LedgerServiceServicer
from services._platform import filters
from services._platform.call import Call
from services._platform.paging import Pager
from services._platform.times import instant
from services.payments.convert import reports
from services.payments.domain.reports import compare
from services.payments.provider import Provider
from services.payments.store import Ledger

_MARGIN = timedelta(hours=1)
"""How far apart the two sides may date the same movement: one that is an hour late is still looked for."""
_FIRST = datetime.min.replace(tzinfo=UTC) + _MARGIN
_LAST = datetime.max.replace(tzinfo=UTC) - _MARGIN


class LedgerEntries(LedgerServiceServicer[Call]):
    """`mesh.payments.v1.LedgerService`."""

    def __init__(self, ledger: Ledger, provider: Provider, pager: Pager) -> None:
        self._ledger = ledger
        self._provider = provider
        self._pager = pager

    async def ListLedgerEntries(
        self, request: ledger_service_pb2.ListLedgerEntriesRequest, call: Call, /
    ) -> ledger_service_pb2.ListLedgerEntriesResponse:
        page = self._pager.page(request, default=100, most=1_000)
        filter_ = filters.parse(request.filter, {"payment": frozenset({"="})})
        found = await self._ledger.page(filter_, page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda row: (str(row["entry_id"]),))
        return ledger_service_pb2.ListLedgerEntriesResponse(
            ledger_entries=map(reports.entry, shown), next_page_token=token
        )

    async def GetTrialBalance(
        self, request: ledger_service_pb2.GetTrialBalanceRequest, call: Call, /
    ) -> ledger_service_pb2.GetTrialBalanceResponse:
        balances = await self._ledger.trial_balance()
        return ledger_service_pb2.GetTrialBalanceResponse(balances=map(reports.balance, balances))

    async def ReportSettlement(
        self, request: ledger_service_pb2.ReportSettlementRequest, call: Call, /
    ) -> ledger_service_pb2.ReportSettlementResponse:
        start, end = instant(request.start_time), instant(request.end_time)
        exported = await self._provider.settlements(max(start, _FIRST) - _MARGIN, min(end, _LAST) + _MARGIN)
        inside = [line.key for line in exported if start <= line.time < end]
        ours = await self._ledger.booked(start, end, inside)
        theirs = [line for line in exported if line.key in ours or start <= line.time < end]
        return reports.report(compare(ours, theirs, await self._ledger.contradicted(start, end)))
