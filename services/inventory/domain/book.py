"""The stock book: what a transaction has locked and loaded, and everything that is decided on it before it is written.

The store opens a book, commands are applied to it one after another, and the store writes what changed. So every
decision is plain Python on a consistent view, and many commands share one transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from services._platform.errors import Refusal
from services.inventory.domain.alerts import AlertChange, severity
from services.inventory.domain.ledger import INSIDE, Account, Entry, Movement, Place
from services.inventory.domain.levels import MOST_UNITS, Key, Level
from services.inventory.domain.refusals import (
    InsufficientStock,
    ProductNotFound,
    ReservationNotFound,
    StockLimitExceeded,
    TransferNotFound,
    WarehouseNotFound,
)
from services.inventory.domain.reservations import Line, Reservation
from services.inventory.domain.transfers import Transfer


@dataclass(frozen=True, slots=True)
class Lapsed:
    """An open line of a reservation whose hold ran out."""

    reservation: str
    line: Line
    expire_time: datetime


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened and is announced: what (`created`, `adjusted`, …) to which reservation, transfer, ….

    The subject is as it was right after.
    """

    event: str
    subject: object


@dataclass(slots=True)
class Book:
    """Loaded state, and what has been decided since. All of it holds at one instant, `now`."""

    now: datetime
    levels: dict[Key, Level] = field(default_factory=dict)
    products: frozenset[str] = frozenset()
    warehouses: frozenset[str] = frozenset()
    reservations: dict[str, Reservation] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    net_since: Mapping[tuple[Key, datetime], int] = field(default_factory=dict)
    """For each level and instant that a count asks about: what came on hand since, less what left."""

    movements: list[Movement] = field(default_factory=list)
    touched: set[Key] = field(default_factory=set)
    lapsed: list[Lapsed] = field(default_factory=list)
    saved_reservations: dict[str, Reservation] = field(default_factory=dict)
    saved_transfers: dict[str, Transfer] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)

    stocked: dict[str, list[Key]] = field(init=False, default_factory=dict)
    """The levels of each product. A book has many, and most commands look at one product's."""

    def __post_init__(self) -> None:
        for key in self.levels:
            self.stocked.setdefault(key[0], []).append(key)

    def level(self, product: str, warehouse: str) -> Level:
        """The level of a product in a warehouse. Refuses what does not exist."""
        level = self.levels.get((product, warehouse))
        if level is None:
            self.require(product)
            raise WarehouseNotFound(warehouse)
        return level

    def levels_of(self, products: Iterable[str]) -> list[Level]:
        """The levels of these products in every warehouse. Refuses a product that does not exist."""
        wanted = dict.fromkeys(products)
        for product in wanted:
            self.require(product)
        return [self.levels[key] for product in wanted for key in self.stocked.get(product, ())]

    def require(self, product: str, warehouse: str = "") -> None:
        """Refuses a product, or a warehouse, that does not exist."""
        if product not in self.products:
            raise ProductNotFound(product)
        if warehouse and warehouse not in self.warehouses:
            raise WarehouseNotFound(warehouse)

    def reservation(self, id: str) -> Reservation:
        """A loaded reservation."""
        if id not in self.reservations:
            raise ReservationNotFound(id)
        return self.reservations[id]

    def transfer(self, id: str) -> Transfer:
        """A loaded transfer."""
        if id not in self.transfers:
            raise TransferNotFound(id)
        return self.transfers[id]

    def move(
        self,
        product: str,
        source: Place,
        destination: Place,
        quantity: int,
        entry: Entry,
        time: datetime | None = None,
    ) -> None:
        """Books a movement, of now unless another time is given; of nothing when there are no units.

        Refuses what would leave an inside account below zero or a product above its limit.
        """
        if not quantity:
            return
        changes: dict[str, dict[Account, int]] = {}
        if source.account in INSIDE:
            there = self.level(product, source.warehouse).quantity(source.account)
            if there < quantity:
                raise InsufficientStock(product, source.warehouse, quantity, there)
            changes[source.warehouse] = {source.account: -quantity}
        if destination.account in INSIDE:
            if source.account not in INSIDE:
                self._check_limit(product, quantity)
            changes.setdefault(destination.warehouse, {})[destination.account] = quantity
        for level, by in [(self.level(product, warehouse), by) for warehouse, by in changes.items()]:
            self.put(level.changed(by, self.now))
        self.movements.append(Movement(product, source, destination, quantity, entry, time or self.now))

    def net(self, key: Key, since: datetime) -> int:
        """What came on hand in a level since an instant, less what left, decisions of this book included."""
        shelf = {Place(key[1], Account.AVAILABLE), Place(key[1], Account.RESERVED)}
        here = [movement for movement in self.movements if movement.product == key[0] and movement.time > since]
        came = sum(movement.quantity for movement in here if movement.destination in shelf)
        left = sum(movement.quantity for movement in here if movement.source in shelf)
        return self.net_since[key, since] + came - left

    def put(self, level: Level) -> None:
        """Replaces a level; it was updated now."""
        self.levels[level.key] = level if level.update_time is self.now else replace(level, update_time=self.now)
        self.touched.add(level.key)

    def save_reservation(self, reservation: Reservation, event: str) -> None:
        """Adds or replaces a reservation, and announces it."""
        self.reservations[reservation.id] = self.saved_reservations[reservation.id] = reservation
        self.news.append(News(event, reservation))

    def save_transfer(self, transfer: Transfer) -> None:
        """Adds or replaces a transfer, and announces it."""
        self.transfers[transfer.id] = self.saved_transfers[transfer.id] = transfer
        self.news.append(News("changed", transfer))

    def release(self, line: Line, entry: Entry, time: datetime | None = None) -> None:
        """Gives a line's units back to the shelf."""
        held, free = Place(line.warehouse, Account.RESERVED), Place(line.warehouse, Account.AVAILABLE)
        self.move(line.product, held, free, line.quantity, entry, time)

    def lapse(self, lapsed: Iterable[Lapsed]) -> None:
        """Gives back what expired holds still hold of the loaded levels, so that they never block anyone."""
        for one in lapsed:
            # Booked at the instant of the expiry, so that a look at the past is exact too.
            self.release(one.line, Entry("expire", "", f"reservations/{one.reservation}"), one.expire_time)
            self.lapsed.append(one)
            held = self.reservations.get(one.reservation)
            if held is not None:
                lines = tuple(replace(x, open=False) if x.key == one.line.key else x for x in held.lines)
                self.reservations[held.id] = replace(held, lines=lines)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undoes everything that was decided inside the block when it refuses."""
        levels, touched = dict(self.levels), set(self.touched)
        reservations, saved = dict(self.reservations), dict(self.saved_reservations)
        movements, news = len(self.movements), len(self.news)
        try:
            yield
        except Refusal:
            self.levels, self.touched = levels, touched
            self.reservations, self.saved_reservations = reservations, saved
            del self.movements[movements:]
            del self.news[news:]
            raise

    def review_alerts(self) -> list[AlertChange]:
        """What the touched levels mean for their alerts."""
        changes = []
        for key in sorted(self.touched):
            level = self.levels[key]
            found = severity(level.available, level.min_stock_level, level.severity)
            if found is not level.severity:
                worse = (found or 0) > (level.severity or 0)
                self.levels[key] = replace(level, severity=found)
                changes.append(AlertChange(*key, found, worse, level.available, level.min_stock_level))
        return changes

    def _check_limit(self, product: str, quantity: int) -> None:
        units = sum(level.units for level in self.levels_of([product]))
        if units + quantity > MOST_UNITS:
            raise StockLimitExceeded(product, MOST_UNITS)
