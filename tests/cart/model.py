"""What a cart must cost and how often a coupon may be used: a pure model with exact decimals, written another way."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

getcontext().prec = 60
CENT = Decimal("0.01")

PRICES = {"mug": Decimal("9.99"), "cup": Decimal("3.33"), "pen": Decimal("0.05")}
TAGGED = {"mug", "cup"}
SHIPPING = Decimal("4.95")


@dataclass
class Hold:
    """Redemptions of the one coupon."""

    state: str
    expires: datetime


@dataclass
class Model:
    """The promotions of the machine, in the order in which they are considered:

    tenth   10 % off everything
    tagged  1.00 off what is tagged
    three   every third unit of what is tagged free
    tiers   5 % from 20.00 on, 15 % from 50.00 on
    post    shipping free from 30.00 on
    code    50 % off everything, alone, by a coupon that may be redeemed `limit` times
    """

    limit: int = 3
    lines: dict[str, int] = field(default_factory=dict)
    shipped: bool = False
    applied: bool = False
    paused: set[str] = field(default_factory=set)
    holds: dict[str, Hold] = field(default_factory=dict)

    def counted(self, now: datetime) -> int:
        """How often the coupon is held or redeemed."""
        self.expire(now)
        return sum(hold.state in ("HELD", "REDEEMED") for hold in self.holds.values())

    def expire(self, now: datetime) -> None:
        """Ends the holds whose time is up."""
        for hold in self.holds.values():
            if hold.state == "HELD" and hold.expires <= now:
                hold.state = "EXPIRED"

    def cost(self, now: datetime) -> tuple[dict[str, Decimal], Decimal]:
        """What is to be paid for each line, and for shipping."""
        together = self._together()
        alone = self._full()
        if self.applied and "code" not in self.paused and self.counted(now) < self.limit:
            self._percent(alone[0], list(alone[0]), Decimal("0.5"))
        return min(together, alone, key=lambda cost: sum(cost[0].values(), cost[1]))

    def _full(self) -> tuple[dict[str, Decimal], Decimal]:
        return {name: PRICES[name] * units for name, units in self.lines.items()}, SHIPPING * self.shipped

    def _together(self) -> tuple[dict[str, Decimal], Decimal]:
        left, shipping = self._full()
        subtotal = sum(left.values(), Decimal(0))
        tagged = [name for name in left if name in TAGGED]
        if "tenth" not in self.paused:
            self._percent(left, list(left), Decimal("0.1"))
        if "tagged" not in self.paused:
            self._spread(left, tagged, min(Decimal(1), sum((left[name] for name in tagged), Decimal(0))))
        if "three" not in self.paused:
            free = sum(self.lines[name] for name in tagged) // 3
            for name in sorted(tagged, key=lambda name: PRICES[name]):
                units = min(free, self.lines[name])
                free -= units
                left[name] -= (left[name] * units / self.lines[name]).quantize(CENT, ROUND_HALF_EVEN)
        if "tiers" not in self.paused and subtotal >= 20:
            self._percent(left, list(left), Decimal("0.15") if subtotal >= 50 else Decimal("0.05"))
        if "post" not in self.paused and subtotal >= 30:
            shipping = Decimal(0)
        return left, shipping

    def _percent(self, left: dict[str, Decimal], names: list[str], part: Decimal) -> None:
        whole = sum((left[name] for name in names), Decimal(0))
        self._spread(left, names, (whole * part).quantize(CENT, ROUND_HALF_EVEN))

    def _spread(self, left: dict[str, Decimal], names: list[str], off: Decimal) -> None:
        """By largest remainder: each gets the whole cents of its share, then the greatest rests one cent more each."""
        whole = sum((left[name] for name in names), Decimal(0))
        if not whole:
            return
        shares = {name: (int(left[name] * 100), int(off * 100), int(whole * 100)) for name in names}
        parts = {name: own * total // of for name, (own, total, of) in shares.items()}
        rests = {name: own * total % of for name, (own, total, of) in shares.items()}
        missing = int(off * 100) - sum(parts.values())
        for name in sorted(names, key=lambda name: -rests[name])[:missing]:
            parts[name] += 1
        for name, cents in parts.items():
            left[name] -= Decimal(cents) / 100
