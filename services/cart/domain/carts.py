"""Carts: what is in them, and where they stand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from services._platform.errors import EtagMismatch
from services.cart.domain.quotes import Quote
from services.cart.domain.refusals import CartClosed, CartFull
from services.cart.domain.rounding import Rounding

MOST_LINES, MOST_UNITS, MOST_COUPONS = 100, 1_000_000, 10
LIVES = timedelta(days=30)
ABANDONED_AFTER = timedelta(hours=24)


class CartState(IntEnum):
    """Where a cart stands."""

    OPEN = 1
    CHECKING_OUT = 2
    ORDERED = 3
    MERGED = 4
    EXPIRED = 5


MOVES: Mapping[CartState, frozenset[CartState]] = {
    CartState.OPEN: frozenset({CartState.CHECKING_OUT, CartState.MERGED, CartState.EXPIRED}),
    CartState.CHECKING_OUT: frozenset({CartState.OPEN, CartState.ORDERED}),
    CartState.ORDERED: frozenset(),
    CartState.MERGED: frozenset(),
    CartState.EXPIRED: frozenset(),
}
"""Which states may follow which."""


class StockHold(IntEnum):
    """When the stock of the lines is held."""

    NONE = 1
    AT_CHECKOUT = 2
    ON_ADD = 3


@dataclass(frozen=True, slots=True)
class Line:
    """Units of a product."""

    product: str
    quantity: int
    update_time: datetime


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart. `quote` is the last one; `quoted` says whether it is of what is in the cart now.

    `abandon_time` is when its being left alone is announced; None when it was, or never is. `reservation` was made last
    for its lines, by a cart that holds stock on adding.
    """

    id: str
    owner: str
    currency: str
    rounding: Rounding
    stock_hold: StockHold
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    abandon_time: datetime | None = None
    lines: tuple[Line, ...] = ()
    coupons: tuple[str, ...] = ()
    shipping: str = ""
    state: CartState = CartState.OPEN
    merged_into: str = ""
    checkout: str = ""
    reservation: str = ""
    quote: Quote | None = None
    quoted: bool = False
    version: int = 1

    def state_at(self, now: datetime) -> CartState:
        """Where it stands at an instant: an open cart is expired from its expire time on."""
        expired = self.state is CartState.OPEN and self.expire_time <= now
        return CartState.EXPIRED if expired else self.state

    def quantity(self, product: str) -> int:
        """The units of a product."""
        return next((line.quantity for line in self.lines if line.product == product), 0)

    def require_etag(self, etag: str) -> None:
        """Refuses when the cart is not as the caller saw it. Empty: however it is."""
        if etag and etag != str(self.version):
            raise EtagMismatch(f"carts/{self.id}")

    def require_open(self, now: datetime) -> None:
        """Refuses what only an open cart allows."""
        if (state := self.state_at(now)) is not CartState.OPEN:
            raise CartClosed(self.id, state.name, CartState.OPEN.name)

    def next_version(self) -> "Cart":
        """The cart as it is written."""
        return replace(self, version=self.version + 1)

    def moved(self, state: CartState, now: datetime, *, into: str = "") -> "Cart":
        """The cart in another state, for MERGED `into` which cart. Refuses a move that is not in the table."""
        if state not in MOVES[self.state_at(now)]:
            allowed = " or ".join(before.name for before, after in MOVES.items() if state in after)
            raise CartClosed(self.id, self.state_at(now).name, allowed)
        return replace(self, state=state, merged_into=into, abandon_time=None)

    def with_line(self, product: str, quantity: int, now: datetime) -> "Cart":
        """The cart with this many units of a product; 0 removes its line."""
        self.require_open(now)
        if quantity > MOST_UNITS:
            raise CartFull(self.id, "units", MOST_UNITS)
        if quantity == self.quantity(product):
            return self
        line = Line(product, quantity, now)
        if quantity == 0:
            lines = tuple(other for other in self.lines if other.product != product)
        elif self.quantity(product):
            lines = tuple(line if other.product == product else other for other in self.lines)
        else:
            lines = (*self.lines, line)
        if len(lines) > MOST_LINES:
            raise CartFull(self.id, "lines", MOST_LINES)
        return self._changed(now, lines=lines)

    def with_coupons(self, coupons: tuple[str, ...], now: datetime) -> "Cart":
        """The cart with these coupons."""
        self.require_open(now)
        if len(coupons) > MOST_COUPONS:
            raise CartFull(self.id, "coupons", MOST_COUPONS)
        return self if coupons == self.coupons else self._changed(now, coupons=coupons)

    def with_shipping(self, product: str, now: datetime) -> "Cart":
        """The cart shipped this way."""
        self.require_open(now)
        # Also one that says what is so already is a write: of two updates from one etag, one is refused.
        return replace(self) if product == self.shipping else self._changed(now, shipping=product)

    def with_quote(self, quote: Quote, now: datetime) -> "Cart":
        """The cart with a quote of what is in it."""
        self.require_open(now)
        return replace(self, quote=quote, quoted=True)

    def _changed(
        self,
        now: datetime,
        *,
        lines: tuple[Line, ...] | None = None,
        coupons: tuple[str, ...] | None = None,
        shipping: str | None = None,
    ) -> "Cart":
        """Whoever changes a cart is there: it lives longer, and its quote is of what was in it before."""
        lines = self.lines if lines is None else lines
        return replace(
            self,
            lines=lines,
            coupons=self.coupons if coupons is None else coupons,
            shipping=self.shipping if shipping is None else shipping,
            quoted=False,
            update_time=now,
            expire_time=now + LIVES,
            abandon_time=now + ABANDONED_AFTER if lines else None,
        )
