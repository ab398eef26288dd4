"""The settlement report: what the provider says of the money, beside what the ledger says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from services.payments.domain.moves import Kind
from services.payments.domain.operations import SettlementLine


class DifferenceKind(Enum):
    """How they differ. The values are those of `mesh.payments.v1.SettlementDifferenceKind`."""

    MISSING_IN_LEDGER = 1
    MISSING_AT_PROVIDER = 2
    AMOUNT_DIFFERS = 3
    PENDING_HERE = 4
    OUTCOME_CONTRADICTED = 5


@dataclass(frozen=True, slots=True)
class Booked:
    """A capture or a refund as this side knows it."""

    key: str
    payment: str
    kind: Kind
    amount: int
    currency: str
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """What one side says that an operation moved, in minor units."""

    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Difference:
    """An operation that the two sides tell differently, each with what it says, if anything."""

    kind: DifferenceKind
    key: str
    payment: str
    ours: Sum | None
    theirs: Sum | None


@dataclass(frozen=True, slots=True)
class Report:
    """Two sides of the same money. Totals are captures less refunds, by currency."""

    matched: int
    ours: Mapping[str, int]
    theirs: Mapping[str, int]
    differences: Sequence[Difference]


def compare(ours: Mapping[str, Booked], theirs: Sequence[SettlementLine], contradicted: Sequence[Difference]) -> Report:
    """Every operation of both sides, once; and the outcomes that were contradicted, of those that do not differ yet."""
    left = dict(ours)
    found: list[Difference] = []
    matched = 0
    for line in theirs:
        booked = left.pop(line.key, None)
        if (kind := _difference(booked, line)) is None:
            matched += 1
        else:
            found.append(Difference(kind, line.key, booked.payment if booked else "", _sum(booked), _sum(line)))
    settled = [one for one in ours.values() if not one.is_pending]
    missing = (one for one in settled if one.key in left)
    found += [Difference(DifferenceKind.MISSING_AT_PROVIDER, one.key, one.payment, _sum(one), None) for one in missing]
    known = {one.key for one in found}
    found += [one for one in contradicted if one.key not in known]
    return Report(matched, _totals(settled), _totals(theirs), found)


def _sum(one: Booked | SettlementLine | None) -> Sum | None:
    return Sum(one.currency, one.amount) if one else None


def _totals(side: Iterable[Booked | SettlementLine]) -> Mapping[str, int]:
    totals: dict[str, int] = {}
    for one in side:
        totals[one.currency] = totals.get(one.currency, 0) + _signed(one)
    return totals


def _difference(booked: Booked | None, line: SettlementLine) -> DifferenceKind | None:
    if booked is None:
        return DifferenceKind.MISSING_IN_LEDGER
    if booked.is_pending:
        return DifferenceKind.PENDING_HERE
    same = (booked.kind, booked.amount, booked.currency) == (line.kind, line.amount, line.currency)
    return None if same else DifferenceKind.AMOUNT_DIFFERS


def _signed(one: Booked | SettlementLine) -> int:
    return one.amount if one.kind is Kind.CAPTURE else -one.amount
