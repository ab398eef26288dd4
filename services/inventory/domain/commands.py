"""What can be done to stock. A command says what it needs loaded, and decides on a book."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from services._platform.errors import Refusal
from services.inventory.domain.allocation import allocate
from services.inventory.domain.book import Book, News
from services.inventory.domain.ledger import OTHER_SIDE, Account, Entry, Place, Reason
from services.inventory.domain.levels import Key, Level
from services.inventory.domain.refusals import AdjustmentStale, BelowReserved, QuantityMismatch
from services.inventory.domain.reservations import Reservation, ReservationState, Want
from services.inventory.domain.transfers import Receipt, Transfer, TransferLine, TransferState, summed_lines

Outcome_co = TypeVar("Outcome_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a command decides on: products are locked whole, levels are opened when they do not exist yet."""

    products: tuple[str, ...] = ()
    levels: tuple[Key, ...] = ()
    warehouses: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()
    counts: tuple[tuple[Key, datetime], ...] = ()


class Command(Protocol[Outcome_co]):
    """A change of stock. `apply` decides and books, or refuses and leaves the book as it was."""

    @property
    def needs(self) -> Needs:
        """What must be loaded."""
        ...

    def apply(self, book: Book) -> Outcome_co:
        """Carries the command out on a book."""
        ...


@dataclass(frozen=True, slots=True)
class Reserve:
    """Holds stock for an order, all of it or none."""

    id: str
    wants: tuple[Want, ...]
    order: str
    ttl: timedelta
    actor: str

    @property
    def needs(self) -> Needs:
        """The products in every warehouse."""
        return Needs(
            products=tuple(want.product for want in self.wants),
            warehouses=tuple(want.warehouse for want in self.wants if want.warehouse),
        )

    def apply(self, book: Book) -> Reservation:
        """The reservation, held."""
        for want in self.wants:
            book.require(want.product, want.warehouse)
        lines = allocate(self.wants, book.levels_of(want.product for want in self.wants))
        entry = Entry("reserve", self.actor, f"reservations/{self.id}")
        for line in lines:
            shelf, hold = Place(line.warehouse, Account.AVAILABLE), Place(line.warehouse, Account.RESERVED)
            book.move(line.product, shelf, hold, line.quantity, entry)
        held = ReservationState.HELD
        reservation = Reservation(self.id, self.order, lines, held, book.now + self.ttl, book.now, book.now)
        book.save_reservation(reservation, "created")
        return reservation


@dataclass(frozen=True, slots=True)
class Confirm:
    """Delivers what is held, or a part; the rest goes back on the shelf."""

    id: str
    wants: tuple[Want, ...]
    actor: str

    @property
    def needs(self) -> Needs:
        """The reservation with its levels."""
        return Needs(reservations=(self.id,))

    def apply(self, book: Book) -> Reservation:
        """The reservation, confirmed."""
        before = book.reservation(self.id)
        after = before.moved("confirm", book.now)
        shares = before.shares(self.wants)
        entry = Entry("confirm", self.actor, f"reservations/{self.id}")
        for line in before.lines:
            held, gone = Place(line.warehouse, Account.RESERVED), Place(line.warehouse, Account.CUSTOMER)
            book.move(line.product, held, gone, shares[line.key], entry)
            book.release(replace(line, quantity=line.quantity - shares[line.key]), entry)
        lines = tuple(replace(line, confirmed=shares[line.key], open=False) for line in before.lines)
        book.save_reservation(replace(after, lines=lines), "confirmed")
        return book.reservations[self.id]


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Ends a hold without a delivery: on request (`cancel`) or because it ran out (`expire`)."""

    id: str
    event: str
    actor: str

    @property
    def needs(self) -> Needs:
        """The reservation with its levels."""
        return Needs(reservations=(self.id,))

    def apply(self, book: Book) -> Reservation:
        """The reservation, ended; unchanged when it was ended before."""
        before = book.reservation(self.id)
        after = before.moved(self.event, book.now)
        if after is before:
            return before
        entry = Entry(self.event, self.actor, f"reservations/{self.id}")
        time = before.expire_time if self.event == "expire" else book.now
        for line in before.lines:
            if line.open:
                book.release(line, entry, time)
        lines = tuple(replace(line, open=False) for line in before.lines)
        book.save_reservation(replace(after, lines=lines), after.state.name.lower())
        return book.reservations[self.id]


@dataclass(frozen=True, slots=True)
class Extend:
    """Moves the expire time of a hold."""

    id: str
    ttl: timedelta

    @property
    def needs(self) -> Needs:
        """The reservation with its levels, so that nobody finds it expired meanwhile."""
        return Needs(reservations=(self.id,))

    def apply(self, book: Book) -> Reservation:
        """The reservation with its new expire time."""
        after = replace(book.reservation(self.id).moved("extend", book.now), expire_time=book.now + self.ttl)
        book.save_reservation(replace(after, update_time=book.now), "extended")
        return book.reservations[self.id]


@dataclass(frozen=True, slots=True)
class Adjust:
    """Adds to, takes from, or sets the stock on hand of one level. `change` is ADD, SUBTRACT or SET."""

    product: str
    warehouse: str
    change: str
    quantity: int
    actor: str
    reason: Reason = Reason.UNSPECIFIED
    document: str = ""
    note: str = ""
    expected: int | None = None
    as_of: datetime | None = None

    @property
    def needs(self) -> Needs:
        """The level."""
        key = (self.product, self.warehouse)
        counts = ((key, self.as_of),) if self.as_of else ()
        return Needs(products=(self.product,), levels=(key,), counts=counts)

    def apply(self, book: Book) -> Level:
        """The level after the change."""
        level = book.level(self.product, self.warehouse)
        if self.expected is not None and level.on_hand != self.expected:
            raise QuantityMismatch(self.product, self.warehouse, self.expected, level.on_hand)
        match self.change:
            case "ADD":
                self._add(book, self.quantity, Reason.RECEIPT)
            case "SUBTRACT":
                self._take(book, self.quantity, Reason.CORRECTION)
            case "SET":
                self._set(book, level)
            case _:
                raise ValueError(f"unknown change {self.change}")
        book.news.append(News("adjusted", self))
        return book.level(self.product, self.warehouse)

    def _set(self, book: Book, level: Level) -> None:
        counted = self.as_of or book.now
        if level.count_time is not None and counted < level.count_time:
            raise AdjustmentStale(self.product, self.warehouse, level.count_time)
        target = self.quantity + (book.net(level.key, self.as_of) if self.as_of else 0)
        if target < level.reserved:
            raise BelowReserved(self.product, self.warehouse, target, level.reserved)
        difference = target - level.on_hand
        if difference > 0:
            self._add(book, difference, Reason.COUNT)
        else:
            self._take(book, -difference, Reason.COUNT)
        book.put(replace(book.level(self.product, self.warehouse), count_time=counted))

    def _add(self, book: Book, quantity: int, default: Reason) -> None:
        source, entry = self._other_side(default)
        book.move(self.product, source, Place(self.warehouse, Account.AVAILABLE), quantity, entry, self.as_of)

    def _take(self, book: Book, quantity: int, default: Reason) -> None:
        destination, entry = self._other_side(default)
        book.move(self.product, Place(self.warehouse, Account.AVAILABLE), destination, quantity, entry, self.as_of)

    def _other_side(self, default: Reason) -> tuple[Place, Entry]:
        reason = default if self.reason is Reason.UNSPECIFIED else self.reason
        entry = Entry("adjust", self.actor, self.document, reason, self.note)
        return Place(self.warehouse, OTHER_SIDE[reason]), entry


@dataclass(frozen=True, slots=True)
class AdjustMany:
    """Many adjustments in their order: atomic, or each for itself."""

    adjustments: tuple[Adjust, ...]
    atomic: bool

    @property
    def needs(self) -> Needs:
        """All of their levels."""
        needs = [one.needs for one in self.adjustments]
        return Needs(
            products=tuple(product for one in needs for product in one.products),
            levels=tuple(key for one in needs for key in one.levels),
            counts=tuple(count for one in needs for count in one.counts),
        )

    def apply(self, book: Book) -> Sequence[Level | Refusal]:
        """What became of each. When atomic, raises the first refusal and undoes all."""
        if self.atomic:
            with book.attempt():
                return [one.apply(book) for one in self.adjustments]
        return [_tried(one, book) for one in self.adjustments]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Takes stock off one warehouse's shelf and puts it in transit to another."""

    id: str
    source: str
    destination: str
    lines: tuple[TransferLine, ...]
    note: str
    actor: str

    @property
    def needs(self) -> Needs:
        """The levels on both sides."""
        products = tuple(line.product for line in self.lines)
        both = tuple((product, place) for product in products for place in (self.source, self.destination))
        return Needs(products=products, levels=both)

    def apply(self, book: Book) -> Transfer:
        """The transfer, under way."""
        lines = summed_lines(self.lines)
        entry = Entry("dispatch", self.actor, f"transfers/{self.id}", note=self.note)
        shelf, road = Place(self.source, Account.AVAILABLE), Place(self.destination, Account.IN_TRANSIT)
        with book.attempt():
            for line in lines:
                book.level(line.product, self.destination)
                book.move(line.product, shelf, road, line.sent, entry)
        under_way = TransferState.IN_TRANSIT
        transfer = Transfer(self.id, self.source, self.destination, lines, under_way, self.note, book.now, book.now)
        book.save_transfer(transfer)
        return transfer


@dataclass(frozen=True, slots=True)
class Receive:
    """Books what arrived of a transfer; `final` closes it, and what is missing is variance."""

    id: str
    receipts: tuple[Receipt, ...]
    final: bool
    actor: str

    @property
    def needs(self) -> Needs:
        """The transfer with its levels."""
        return Needs(transfers=(self.id,))

    def apply(self, book: Book) -> Transfer:
        """The transfer after the arrival."""
        before = book.transfer(self.id)
        after = before.received(self.receipts, self.final, book.now)
        entry = Entry("receive", self.actor, f"transfers/{self.id}")
        road = Place(before.destination, Account.IN_TRANSIT)
        for old, new in zip(before.lines, after.lines, strict=True):
            for account, quantity in (
                (Account.AVAILABLE, new.received - old.received),
                (Account.DAMAGED, new.damaged - old.damaged),
                (Account.VARIANCE, new.missing - old.missing),
            ):
                book.move(new.product, road, Place(before.destination, account), quantity, entry)
        book.save_transfer(after)
        return after


@dataclass(frozen=True, slots=True)
class Recall:
    """Sends a whole transfer back to where it came from."""

    id: str
    actor: str

    @property
    def needs(self) -> Needs:
        """The transfer with its levels."""
        return Needs(transfers=(self.id,))

    def apply(self, book: Book) -> Transfer:
        """The transfer, cancelled."""
        before = book.transfer(self.id)
        before.require("cancel")
        entry = Entry("recall", self.actor, f"transfers/{self.id}")
        road, shelf = Place(before.destination, Account.IN_TRANSIT), Place(before.source, Account.AVAILABLE)
        for line in before.lines:
            book.move(line.product, road, shelf, line.sent, entry)
        book.save_transfer(replace(before, state=TransferState.CANCELLED, update_time=book.now))
        return book.transfers[self.id]


@dataclass(frozen=True, slots=True)
class SetThresholds:
    """Overrides a product's thresholds in one warehouse. `write` names which of the two are written."""

    product: str
    warehouse: str
    write: frozenset[str]
    minimum: int | None
    maximum: int | None

    @property
    def needs(self) -> Needs:
        """The level."""
        return Needs(products=(self.product,), levels=((self.product, self.warehouse),))

    def apply(self, book: Book) -> Level:
        """The level with its thresholds."""
        level = book.level(self.product, self.warehouse)
        if "min_stock_level" in self.write:
            level = replace(level, min_override=self.minimum)
        if "max_stock_level" in self.write:
            level = replace(level, max_override=self.maximum)
        book.put(level)
        return level


@dataclass(frozen=True, slots=True)
class SetProductMinimum:
    """Changes the threshold that a product has where nothing overrides it."""

    product: str
    minimum: int

    @property
    def needs(self) -> Needs:
        """The product in every warehouse."""
        return Needs(products=(self.product,))

    def apply(self, book: Book) -> None:
        """The levels follow."""
        for level in book.levels_of([self.product]):
            book.put(replace(level, product_min=self.minimum))


def _tried(adjustment: Adjust, book: Book) -> Level | Refusal:
    try:
        return adjustment.apply(book)
    except Refusal as refusal:
        return refusal
