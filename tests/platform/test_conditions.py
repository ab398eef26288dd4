"""Conditions in CEL: checked with their types, evaluated on messages."""

import pytest

from mesh.cart.v1.promotion_pb2 import PromotionCart, PromotionLine
from services._platform.conditions import ConditionError, Conditions

LINES = [PromotionLine(product="products/mug", quantity=2, tags=["mugs"])]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("cart.quantity > 1", True),
        ('cart.lines.exists(l, "mugs" in l.tags)', True),
        ("cart.lines.all(l, l.quantity > 2)", False),
        ("cart.customer != ''", False),
    ],
)
def test_a_condition_holds_or_does_not(condition: str, holds: bool) -> None:
    cart = PromotionCart(quantity=2, lines=LINES)
    assert Conditions(cart=PromotionCart).holds(condition, cart=cart) is holds


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("cart.quantty > 1", "quantty"),
        ("cart.quantity > '1'", "overload"),
        ("cart.quantity", "not a bool"),
        ("line.quantity > 1", "undeclared"),
        ("1 +", "Syntax error"),
        ("", "Syntax error"),
    ],
)
def test_what_is_no_condition_is_told(condition: str, why: str) -> None:
    with pytest.raises(ConditionError, match=why):
        Conditions(cart=PromotionCart).check(condition)


def test_what_cannot_be_evaluated_is_told_and_is_not_false() -> None:
    with pytest.raises(ConditionError, match="index"):
        Conditions(cart=PromotionCart).holds("cart.lines[3].quantity > 1", cart=PromotionCart())


def test_what_loops_too_long_is_stopped() -> None:
    """Somebody who may write promotions cannot hold a server up by one."""
    loops = "cart.lines.all(a, cart.lines.all(b, cart.lines.all(c, cart.lines.all(d, a.quantity + b.quantity > 0))))"
    cart = PromotionCart(lines=[PromotionLine(quantity=1)] * 100)
    with pytest.raises(ConditionError):
        Conditions(cart=PromotionCart).holds(loops, cart=cart)
