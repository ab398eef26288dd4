"""Places and moves orders, each in one commit with its history and its event."""

from collections.abc import Callable

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.unit_of_work import Unit, UnitOfWork
from services.orders.convert import events
from services.orders.domain.moves import Action
from services.orders.domain.orders import Act, Order, abandoned, move
from services.orders.domain.refusals import OrderAbandoned, OrderExists, OrderNotFound
from services.orders.store.reads import with_lines

Q = sql.load(__package__, "orders")


class Orders:
    """Orders in Postgres, to be changed."""

    def __init__(self, units: UnitOfWork) -> None:
        self._units = units

    async def place(self, order: Order, actor: str, once: Once[Order, Reply]) -> Reply:
        """Adds an order. Refuses an id that is taken, or that was cancelled in advance."""

        async def work(unit: Unit) -> Order:
            if not await _insert(unit, order):
                taken = await _locked(unit, order.id)
                raise OrderAbandoned(order.id) if taken and taken.is_abandoned else OrderExists(order.id)
            await _tell(unit, None, order, Act(Action.PLACE, actor))
            return order

        return await self._units.run(once, work)

    async def move(self, id: str, owner: str, act: Callable[[Order], Act], once: Once[Order, Reply]) -> Reply:
        """Does something to an order, decided under its lock. Refuses one that is not the owner's."""

        async def work(unit: Unit) -> Order:
            before = await _locked(unit, id)
            if before is None or (owner and before.customer != owner):
                raise OrderNotFound(id)
            return await _move(unit, before, act(before))

        return await self._units.run(once, work)

    async def cancel(self, id: str, act: Act, once: Once[Order, Reply]) -> Reply:
        """Cancels an order that may never have come: then its id is taken for ever."""

        async def work(unit: Unit) -> Order:
            never = abandoned(id, unit.now)
            if await _insert(unit, never):
                await _tell(unit, None, never, act, announce=False)
                return never
            before = await _locked(unit, id)
            if before is None:
                raise OrderNotFound(id)
            return await _move(unit, before, act)

        return await self._units.run(once, work)


async def _move(unit: Unit, before: Order, act: Act) -> Order:
    after = before.after(act, unit.now)
    if after is not before:
        await unit.connection.execute(
            Q["update_order"],
            after.id,
            after.progress.value,
            after.payment or None,
            after.tracking_code,
            after.refunded,
            after.version,
            after.update_time,
        )
        await _tell(unit, before, after, act)
    return after


async def _tell(unit: Unit, before: Order | None, order: Order, act: Act, *, announce: bool = True) -> None:
    """Writes the history, and the event unless it is of what never came."""
    step = move(before, order, act)
    await unit.connection.execute(
        Q["insert_move"],
        step.order,
        step.number,
        step.action.value,
        step.state.value,
        step.refund,
        step.reason,
        step.actor,
        step.create_time,
    )
    if announce:
        unit.events.append(events.of_move(order, step))


async def _insert(unit: Unit, order: Order) -> bool:
    row = await unit.connection.fetchrow(
        Q["insert_order"],
        order.id,
        order.customer,
        order.currency,
        order.shipping,
        order.total,
        order.payment or None,
        order.reservation or None,
        order.origin,
        order.progress.value,
        order.version,
        order.create_time,
        *_line_columns(order),
    )
    return row is not None


async def _locked(unit: Unit, id: str) -> Order | None:
    found = await with_lines(unit.connection, await unit.connection.fetch(Q["lock_order"], id))
    return found[0] if found else None


def _line_columns(order: Order) -> list[list[object]]:
    rows = [(line.product, line.display_name, line.quantity, line.unit_price, line.discount) for line in order.lines]
    return sql.columns(rows, 5)
