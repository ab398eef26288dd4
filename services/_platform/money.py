"""Money between the contract and the domain: a currency and a whole number of its minor units (ISO 4217)."""

import re
from dataclasses import dataclass

from google.type.money_pb2 import Money

from services._platform.errors import InvalidArgument

MOST = 10**15
"""The largest amount that is taken, in minor units."""

_CURRENCY = re.compile("[A-Z]{3}")
_NANO_DIGITS = 9
_USUAL_DIGITS = 2
_DIGITS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"], 0),
    **dict.fromkeys(["RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
"""Digits after the point, where they are not two."""


class AmountInvalid(InvalidArgument):
    """A message is no amount that can be paid."""

    reason = "AMOUNT_INVALID"


@dataclass(frozen=True, slots=True)
class Minor:
    """An amount in minor units: cents of a euro, yen of a yen."""

    currency: str
    amount: int


def minor(money: Money, field: str, *, least: int = 0) -> Minor:
    """What a message says, exactly. Refuses what is no amount of a currency, below `least` or above `MOST`."""
    if not _CURRENCY.fullmatch(money.currency_code):
        raise AmountInvalid.of(f"{field}.currency_code", "must be a code of ISO 4217")
    digits = _digits(money.currency_code)
    step = 10 ** (_NANO_DIGITS - digits)
    if money.units < 0 or not 0 <= money.nanos < 10**_NANO_DIGITS:
        raise AmountInvalid.of(field, "must not be below zero, and nanos are less than a unit")
    if money.nanos % step:
        raise AmountInvalid.of(field, f"{money.currency_code} has {digits} digits after the point")
    amount = money.units * 10**digits + money.nanos // step
    if not least <= amount <= MOST:
        raise AmountInvalid.of(field, f"must be from {least} to {MOST} minor units")
    return Minor(money.currency_code, amount)


def money(currency: str, amount: int) -> Money:
    """Minor units as a message. Units and nanos have the same sign."""
    digits = _digits(currency)
    units, rest = divmod(abs(amount), 10**digits)
    sign = -1 if amount < 0 else 1
    return Money(currency_code=currency, units=sign * units, nanos=sign * rest * 10 ** (_NANO_DIGITS - digits))


def _digits(currency: str) -> int:
    return _DIGITS.get(currency, _USUAL_DIGITS)
