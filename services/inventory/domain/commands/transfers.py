"""What can be done to transfers."""

from dataclasses import dataclass, replace

from services.inventory.domain.book import Book
from services.inventory.domain.commands.command import Needs
from services.inventory.domain.ledger import Account, Entry, Place
from services.inventory.domain.transfers import Receipt, Transfer, TransferLine, TransferState, summed_lines


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
