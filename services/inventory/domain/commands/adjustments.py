"""What can be done to stock on hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services._platform.errors import Refusal
from services.inventory.domain.book import Book, News
from services.inventory.domain.commands.command import Needs
from services.inventory.domain.ledger import OTHER_SIDE, Account, Entry, Place, Reason
from services.inventory.domain.levels import Level
from services.inventory.domain.refusals import AdjustmentStale, BelowReserved, QuantityMismatch


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


def _tried(adjustment: Adjust, book: Book) -> Level | Refusal:
    try:
        return adjustment.apply(book)
    except Refusal as refusal:
        return refusal
