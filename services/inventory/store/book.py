"""Opens a stock book under lock, and writes what was decided on it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from services._platform import sql
from services._platform.errors import Refusal
from services._platform.postgres import Connection
from services._platform.unit_of_work import Unit
from services.inventory.convert import events
from services.inventory.domain.book import Book, Lapsed
from services.inventory.domain.commands import Command, Needs
from services.inventory.domain.levels import Key, Level
from services.inventory.domain.reservations import Reservation
from services.inventory.domain.transfers import Transfer
from services.inventory.store.rows import read_alert, read_level, read_line, read_reservations, read_transfers

Q = sql.load(__package__, "book")
Outcome = TypeVar("Outcome")


async def carry_out(unit: Unit, commands: Sequence[Command[Outcome]]) -> list[Outcome | Refusal]:
    """Loads what the commands need, applies them in order, and writes what came of it; a verdict for each."""
    book, opened = await _open(unit, [command.needs for command in commands])
    verdicts: list[Outcome | Refusal] = []
    for command in commands:
        try:
            verdicts.append(command.apply(book))
        except Refusal as refusal:
            verdicts.append(refusal)
    await _write(unit, book, opened - book.touched)
    return verdicts


async def _open(unit: Unit, needs: Sequence[Needs]) -> tuple[Book, set[Key]]:
    connection = unit.connection
    reservations = sorted({one for need in needs for one in need.reservations})
    transfers = sorted({one for need in needs for one in need.transfers})
    products = {one for need in needs for one in need.products}
    wanted = {key for need in needs for key in need.levels}
    if reservations:
        rows = await connection.fetch(Q["products_of_reservations"], reservations)
        products.update(row["product_id"] for row in rows)
    if transfers:
        rows = await connection.fetch(Q["levels_of_transfers"], transfers)
        wanted.update((row["product_id"], row["warehouse_id"]) for row in rows)
        products.update(row["product_id"] for row in rows)

    locked = sorted(products)
    levels = await _lock_levels(connection, locked)
    opened: set[Key] = set()
    if missing := sorted(wanted - levels.keys()):
        rows = await connection.fetch(Q["open_levels"], *sql.columns(missing, 2), unit.now)
        opened = {(row["product_id"], row["warehouse_id"]) for row in rows}
        levels = await _lock_levels(connection, locked)

    book = Book(unit.now, levels)
    await _check_names(connection, book, products, {one for need in needs for one in need.warehouses})
    if reservations:
        book.reservations = await _reservations(connection, reservations)
    if transfers:
        book.transfers = await _transfers(connection, transfers)
    counts = [count for need in needs for count in need.counts]
    if counts:
        book.net_since = await _net_since(connection, counts)
    rows = await connection.fetch(Q["lapsed_lines"], locked, unit.now)
    book.lapse(Lapsed(str(row["reservation_id"]), read_line(row), row["expire_time"]) for row in rows)
    return book, opened


async def _check_names(connection: Connection, book: Book, products: set[str], warehouses: set[str]) -> None:
    """Whatever has a level exists; only what has none is looked up."""
    known = {level.product for level in book.levels.values()}
    if unknown := sorted(products - known):
        rows = await connection.fetch(Q["known_products"], unknown)
        known.update(row["product_id"] for row in rows)
    stocked = {level.warehouse for level in book.levels.values()}
    if unknown := sorted(warehouses - stocked):
        rows = await connection.fetch(Q["known_warehouses"], unknown)
        stocked.update(row["warehouse_id"] for row in rows)
    book.products, book.warehouses = frozenset(known), frozenset(stocked)


async def _write(unit: Unit, book: Book, unused: set[Key]) -> None:
    connection = unit.connection
    alerts = book.review_alerts()
    if book.touched or book.saved_reservations:
        await _save(connection, book)
    if book.saved_transfers:
        await _save_transfers(connection, book.saved_transfers.values())
    if book.lapsed:
        lines = [(one.reservation, *one.line.key) for one in book.lapsed]
        await connection.execute(Q["close_lines"], *sql.columns(lines, 3))
    if unused:
        await connection.execute(Q["close_levels"], *sql.columns(sorted(unused), 2))
    unit.events.extend(events.of_book(book))
    for change in alerts:
        key = (change.product, change.warehouse)
        if change.worse:
            figures = (change.severity, change.available, change.min_stock_level)
            row = await connection.fetchrow(Q["raise_alert"], *key, *figures, unit.now)
        else:
            row = await connection.fetchrow(Q["better_alert"], *key, change.severity, unit.now)
        if row is not None:  # an alert that was resolved by hand has nothing left to better
            unit.events.append(events.alert_changed(read_alert(row)))


async def _save(connection: Connection, book: Book) -> None:
    movements = [
        (
            one.product,
            one.source.warehouse,
            one.source.account.value,
            one.destination.warehouse,
            one.destination.account.value,
            one.quantity,
            one.entry.operation,
            one.entry.reason.value,
            one.entry.document,
            one.entry.note,
            one.entry.actor,
            one.time,
        )
        for one in book.movements
    ]
    levels = [
        (
            one.product,
            one.warehouse,
            one.available,
            one.reserved,
            one.in_transit,
            one.damaged,
            one.min_override,
            one.max_override,
            one.count_time,
            one.severity,
        )
        for one in (book.levels[key] for key in sorted(book.touched))
    ]
    reservations = sorted(book.saved_reservations.values(), key=lambda one: one.id)
    heads = [
        (one.id, one.order, one.state.value, one.expire_time, one.create_time, one.update_time) for one in reservations
    ]
    lines = [
        (one.id, line.product, line.warehouse, line.quantity, line.confirmed, line.open, one.expire_time)
        for one in reservations
        for line in one.lines
    ]
    await connection.execute(
        Q["save_book"],
        *sql.columns(movements, 12),
        *sql.columns(levels, 10),
        book.now,
        *sql.columns(heads, 6),
        *sql.columns(lines, 7),
    )


async def _save_transfers(connection: Connection, transfers: Iterable[Transfer]) -> None:
    saved = sorted(transfers, key=lambda one: one.id)
    heads = [
        (one.id, one.source, one.destination, one.state.value, one.note, one.create_time, one.update_time)
        for one in saved
    ]
    lines = [
        (one.id, line.product, line.sent, line.received, line.damaged, line.missing)
        for one in saved
        for line in one.lines
    ]
    await connection.execute(Q["save_transfers"], *sql.columns(heads, 7), *sql.columns(lines, 6))


async def _lock_levels(connection: Connection, products: Sequence[str]) -> dict[Key, Level]:
    rows = await connection.fetch(Q["lock_levels"], products)
    return {(row["product_id"], row["warehouse_id"]): read_level(row) for row in rows}


async def _reservations(connection: Connection, ids: Sequence[str]) -> dict[str, Reservation]:
    heads = await connection.fetch(Q["lock_reservations"], ids)
    lines = await connection.fetch(Q["lines_of_reservations"], ids)
    return {one.id: one for one in read_reservations(heads, lines)}


async def _transfers(connection: Connection, ids: Sequence[str]) -> dict[str, Transfer]:
    heads = await connection.fetch(Q["lock_transfers"], ids)
    lines = await connection.fetch(Q["lines_of_transfers"], ids)
    return {one.id: one for one in read_transfers(heads, lines)}


async def _net_since(connection: Connection, counts: Sequence[tuple[Key, datetime]]) -> dict[tuple[Key, datetime], int]:
    asked = [(product, warehouse, instant) for (product, warehouse), instant in counts]
    rows = await connection.fetch(Q["net_since"], *sql.columns(asked, 3))
    return {counts[row["place"] - 1]: row["net"] for row in rows}
