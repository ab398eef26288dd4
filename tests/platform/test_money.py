"""Money is whole minor units of its currency, there and back."""

import pytest
from google.type.money_pb2 import Money
from hypothesis import given
from hypothesis import strategies as st

from services._platform.errors import InvalidArgument
from services._platform.money import MOST, Minor, minor, money

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF", "INR"])


@given(currency=CURRENCIES, amount=st.integers(0, MOST))
def test_minor_units_survive_a_message(currency: str, amount: int) -> None:
    assert minor(money(currency, amount), "amount") == Minor(currency, amount)


@pytest.mark.parametrize(
    ("currency", "amount", "units", "nanos"),
    [
        ("EUR", 1250, 12, 500_000_000),
        ("JPY", 1250, 1250, 0),
        ("KWD", 1250, 1, 250_000_000),
        ("EUR", -5, 0, -50_000_000),
    ],
)
def test_units_and_nanos_follow_the_currency(currency: str, amount: int, units: int, nanos: int) -> None:
    assert money(currency, amount) == Money(currency_code=currency, units=units, nanos=nanos)


@pytest.mark.parametrize(
    "wrong",
    [
        Money(units=1),
        Money(currency_code="euro", units=1),
        Money(currency_code="EUR", units=-1),
        Money(currency_code="EUR", units=1, nanos=-1),
        Money(currency_code="EUR", nanos=1),
        Money(currency_code="JPY", nanos=500_000_000),
        Money(currency_code="EUR", units=MOST),
    ],
)
def test_what_is_no_amount_is_refused(wrong: Money) -> None:
    with pytest.raises(InvalidArgument) as refused:
        minor(wrong, "amount")
    assert refused.value.reason == "AMOUNT_INVALID"
