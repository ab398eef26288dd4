"""What becomes of a guest's lines."""

from datetime import UTC, datetime, timedelta

import pytest

from services.cart.domain.carts import MOVES, Cart, CartState, StockHold
from services.cart.domain.merging import Fate, MergePolicy, merged
from services.cart.domain.refusals import CartClosed, CurrencyMismatch
from services.cart.domain.rounding import Rounding

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def cart(id: str, owner: str = "", currency: str = "EUR", **lines: int) -> Cart:
    made = Cart(id, owner, currency, Rounding.HALF_EVEN, StockHold.NONE, NOW, NOW, expire_time=NOW + timedelta(days=1))
    for product, quantity in lines.items():
        made = made.with_line(product, quantity, NOW)
    return made


@pytest.mark.parametrize(
    ("policy", "quantity", "fate"),
    [
        (MergePolicy.SUM, 5, Fate.SUMMED),
        (MergePolicy.MAX, 3, Fate.KEPT),
        (MergePolicy.NEWEST, 2, Fate.REPLACED),
        (MergePolicy.GUEST_WINS, 2, Fate.REPLACED),
    ],
)
def test_each_policy_says_which_quantity(policy: MergePolicy, quantity: int, fate: Fate) -> None:
    own = cart("own", "users/ada", mug=3)
    later = cart("guest", cup=1).with_line("mug", 2, NOW + timedelta(seconds=1))
    after, fates = merged(own, later, policy, NOW)
    assert {line.product: (line.fate, line.quantity) for line in fates} == {
        "cup": (Fate.ADDED, 1),
        "mug": (fate, quantity),
    }
    assert {line.product: line.quantity for line in after.lines} == {"mug": quantity, "cup": 1}


def test_coupons_come_along_once() -> None:
    own = cart("own", "users/ada").with_coupons(("A", "B"), NOW)
    guest = cart("guest").with_coupons(("B", "C"), NOW)
    assert merged(own, guest, MergePolicy.SUM, NOW)[0].coupons == ("A", "B", "C")


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(CurrencyMismatch):
        merged(cart("own", "users/ada"), cart("guest", currency="USD"), MergePolicy.SUM, NOW)


@pytest.mark.parametrize("before", CartState)
@pytest.mark.parametrize("after", CartState)
def test_only_the_moves_of_the_table_are_made(before: CartState, after: CartState) -> None:
    from dataclasses import replace

    standing = replace(cart("cart"), state=before)
    if after in MOVES[before]:
        assert standing.moved(after, NOW).state is after
    else:
        with pytest.raises(CartClosed) as refused:
            standing.moved(after, NOW)
        assert refused.value.metadata["state"] == before.name
