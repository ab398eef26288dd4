"""Begins operations: what is to be asked of the provider is committed before it is asked."""

from dataclasses import replace
from datetime import timedelta

import uuid_utils

from services._platform import sql
from services._platform.unit_of_work import Unit, UnitOfWork
from services.payments.domain.operations import Ask, Operation
from services.payments.domain.payments import Payment, abandoned
from services.payments.domain.refusals import PaymentAbandoned, PaymentExists, PaymentNotFound
from services.payments.store.reads import with_operations

Q = sql.load(__package__, "payments")

FIRST_RETRY = timedelta(seconds=15)
"""When the service asks by itself what became of an operation: after whoever began it has had their time."""

Begun = tuple[Payment, Operation | None]
"""A payment, and the operation that is to be carried out; none when nothing is to be done."""


class Payments:
    """Payments in Postgres, to be changed by what callers ask."""

    def __init__(self, units: UnitOfWork) -> None:
        self._units = units

    async def open(self, payment: Payment, ask: Ask) -> Begun:
        """Adds a payment with its authorisation, or finds the one that the same call added before."""

        async def body(unit: Unit) -> Begun:
            if await _insert(unit, payment):
                operation = Operation(_new_id(), ask.kind, payment.amount, unit.now, ask.actor, ask.key)
                await _begin(unit, payment, operation)
                return replace(payment, operations=(operation,), create_time=unit.now, update_time=unit.now), operation
            taken = await _locked(unit, payment.id)
            if taken.is_abandoned:
                raise PaymentAbandoned(payment.id)
            same = [one for one in taken.operations if one.answers(ask)]
            if not same or not _alike(taken, payment):
                raise PaymentExists(payment.id)
            return taken, same[0]

        return await self._units.commit(body)

    async def begin(self, id: str, ask: Ask) -> Begun:
        """Begins what a call asks of a payment, decided under its lock, or finds what the call began before."""

        async def body(unit: Unit) -> Begun:
            return await _asked(unit, await _locked(unit, id), ask)

        return await self._units.commit(body)

    async def begin_or_abandon(self, id: str, ask: Ask) -> Begun:
        """The same of a payment that may never have come: then its id is taken for ever."""

        async def body(unit: Unit) -> Begun:
            if await _insert(unit, never := abandoned(id, unit.now)):
                return never, None
            return await _asked(unit, await _locked(unit, id), ask)

        return await self._units.commit(body)

    async def postpone(self, id: str) -> None:
        """Notes that the provider was asked in vain."""

        async def body(unit: Unit) -> None:
            await unit.connection.execute(Q["postpone_operations"], id, unit.now)

        await self._units.commit(body)


async def _asked(unit: Unit, before: Payment, ask: Ask) -> Begun:
    after, operation = before.begun(ask, _new_id(), unit.now)
    if after is not before and operation is not None:
        await _begin(unit, after, operation)
    return after, operation


async def _begin(unit: Unit, payment: Payment, operation: Operation) -> None:
    await unit.connection.execute(
        Q["insert_operation"],
        operation.id,
        payment.id,
        operation.kind.value,
        operation.amount,
        operation.actor,
        operation.key,
        operation.reason,
        operation.create_time,
        operation.create_time + FIRST_RETRY,
    )


async def _insert(unit: Unit, payment: Payment) -> bool:
    row = await unit.connection.fetchrow(
        Q["insert_payment"],
        payment.id,
        payment.customer,
        payment.reference,
        payment.currency,
        payment.amount,
        payment.method,
        payment.state.value,
        unit.now,
    )
    return row is not None


async def _locked(unit: Unit, id: str) -> Payment:
    found = await with_operations(unit.connection, await unit.connection.fetch(Q["lock_payment"], id))
    if not found:
        raise PaymentNotFound(id)
    return found[0]


def _alike(one: Payment, other: Payment) -> bool:
    """Whether two ask for the same money of the same customer in the same way."""
    return (one.customer, one.amount, one.currency, one.method) == (
        other.customer,
        other.amount,
        other.currency,
        other.method,
    )


def _new_id() -> str:
    return str(uuid_utils.uuid7())
