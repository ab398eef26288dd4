"""A pure model of inventory: what any correct implementation must answer. Plain dictionaries, no cleverness."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

Key = tuple[str, str]
"""Product and warehouse."""


@dataclass
class Held:
    """A reservation's lines and its end."""

    lines: dict[Key, int]
    expire_time: datetime
    state: str = "HELD"


@dataclass
class Sent:
    """A transfer's lines: what is still under way."""

    source: str
    destination: str
    under_way: dict[str, int]
    state: str = "IN_TRANSIT"


@dataclass
class Model:
    """Stock by level, and what holds or moves it."""

    available: dict[Key, int] = field(default_factory=dict)
    in_transit: dict[Key, int] = field(default_factory=dict)
    damaged: dict[Key, int] = field(default_factory=dict)
    reservations: dict[str, Held] = field(default_factory=dict)
    transfers: dict[str, Sent] = field(default_factory=dict)

    def reserved(self, key: Key) -> int:
        """Units of a level that are held."""
        return sum(one.lines.get(key, 0) for one in self.reservations.values() if one.state == "HELD")

    def on_hand(self, key: Key) -> int:
        """Units on the shelf of a level."""
        return self.available.get(key, 0) + self.reserved(key)

    def free(self, product: str) -> int:
        """Units of a product that are free, anywhere."""
        return sum(quantity for key, quantity in self.available.items() if key[0] == product)

    def expire(self, now: datetime) -> None:
        """Ends the holds that ran out."""
        for one in self.reservations.values():
            if one.state == "HELD" and one.expire_time <= now:
                self._give_back(one, "EXPIRED")

    def can_adjust(self, key: Key, change: str, quantity: int) -> bool:
        """Whether an adjustment is to be made."""
        if change == "SUBTRACT":
            return self.available.get(key, 0) >= quantity
        return change == "ADD" or quantity >= self.reserved(key)

    def adjust(self, key: Key, change: str, quantity: int) -> None:
        """Makes an adjustment."""
        by = {"ADD": quantity, "SUBTRACT": -quantity, "SET": quantity - self.on_hand(key)}[change]
        self._add(self.available, key, by)

    def can_reserve(self, wants: Iterable[tuple[str, int]]) -> bool:
        """Whether all of these can be held."""
        totals: dict[str, int] = {}
        for product, quantity in wants:
            totals[product] = totals.get(product, 0) + quantity
        return all(self.free(product) >= quantity for product, quantity in totals.items())

    def reserve(self, name: str, lines: dict[Key, int], expire_time: datetime) -> None:
        """Holds what the implementation chose, which must have been there."""
        for key, quantity in lines.items():
            assert self.available.get(key, 0) >= quantity, f"{key} was oversold"
            self._add(self.available, key, -quantity)
        self.reservations[name] = Held(dict(lines), expire_time)

    def confirm(self, name: str, part: dict[str, int] | None) -> None:
        """Delivers a hold, or a part by product; the rest goes back, from whichever lines."""
        held = self.reservations[name]
        left = dict(part or {})
        for (product, warehouse), quantity in sorted(held.lines.items()):
            taken = quantity if part is None else min(quantity, left.get(product, 0))
            left[product] = left.get(product, 0) - taken
            self._add(self.available, (product, warehouse), quantity - taken)
        held.state = "CONFIRMED"

    def cancel(self, name: str) -> None:
        """Gives a hold back."""
        self._give_back(self.reservations[name], "CANCELLED")

    def send(self, name: str, source: str, destination: str, lines: dict[str, int]) -> None:
        """Puts stock under way."""
        for product, quantity in lines.items():
            self._add(self.available, (product, source), -quantity)
            self._add(self.in_transit, (product, destination), quantity)
        self.transfers[name] = Sent(source, destination, dict(lines))

    def receive(self, name: str, arrived: dict[str, tuple[int, int]], final: bool) -> None:
        """Books what arrived, fit and damaged."""
        sent = self.transfers[name]
        for product, under_way in sent.under_way.items():
            fit, broken = arrived.get(product, (0, 0))
            left = under_way - fit - broken
            self._add(self.available, (product, sent.destination), fit)
            self._add(self.damaged, (product, sent.destination), broken)
            self._add(self.in_transit, (product, sent.destination), -(under_way if final else fit + broken))
            sent.under_way[product] = 0 if final else left
        if not any(sent.under_way.values()):
            sent.state = "RECEIVED"
        elif any(fit + broken for fit, broken in arrived.values()):
            sent.state = "PARTIALLY_RECEIVED"

    def recall(self, name: str) -> None:
        """Sends everything back."""
        sent = self.transfers[name]
        for product, quantity in sent.under_way.items():
            self._add(self.in_transit, (product, sent.destination), -quantity)
            self._add(self.available, (product, sent.source), quantity)
        sent.state = "CANCELLED"

    def _give_back(self, held: Held, state: str) -> None:
        for key, quantity in held.lines.items():
            self._add(self.available, key, quantity)
        held.state = state

    @staticmethod
    def _add(amounts: dict[Key, int], key: Key, by: int) -> None:
        amounts[key] = amounts.get(key, 0) + by
