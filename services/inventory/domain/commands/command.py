"""What a change of stock looks like: it says what it needs loaded, and decides on a book."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from services.inventory.domain.book import Book
from services.inventory.domain.levels import Key

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
