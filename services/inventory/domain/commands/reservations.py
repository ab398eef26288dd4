"""What can be done to reservations."""

from dataclasses import dataclass, replace
from datetime import timedelta

from services.inventory.domain.allocation import allocate
from services.inventory.domain.book import Book
from services.inventory.domain.commands.command import Needs
from services.inventory.domain.ledger import Account, Entry, Place
from services.inventory.domain.reservations import Reservation, ReservationState, Want


@dataclass(frozen=True, slots=True)
class Reserve:
    """Holds stock for an order, all of it or none; in place of another reservation if one is named."""

    id: str
    wants: tuple[Want, ...]
    order: str
    ttl: timedelta
    actor: str
    replaces: str = ""

    @property
    def needs(self) -> Needs:
        """The products in every warehouse, and what is replaced."""
        return Needs(
            products=tuple(want.product for want in self.wants),
            warehouses=tuple(want.warehouse for want in self.wants if want.warehouse),
            reservations=(self.replaces,) if self.replaces else (),
        )

    def apply(self, book: Book) -> Reservation:
        """The reservation, held."""
        if not self.replaces:
            return self._hold(book)
        with book.attempt():
            GiveBack(self.replaces, "cancel", self.actor).apply(book)
            return self._hold(book)

    def _hold(self, book: Book) -> Reservation:
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
