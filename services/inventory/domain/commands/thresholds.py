"""What can be done to the thresholds of alerts."""

from dataclasses import dataclass, replace

from services._platform.errors import InvalidArgument
from services.inventory.domain.book import Book
from services.inventory.domain.commands.command import Needs
from services.inventory.domain.levels import Level


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
        """The level with its thresholds. Refuses a maximum below the minimum, whichever of them was there before."""
        level = book.level(self.product, self.warehouse)
        if "min_stock_level" in self.write:
            level = replace(level, min_override=self.minimum)
        if "max_stock_level" in self.write:
            level = replace(level, max_override=self.maximum)
        if level.max_override and level.max_override < (level.min_override or 0):
            raise InvalidArgument.of("stock_level.max_stock_level", "must be 0 or at least min_stock_level")
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
