"""How attempts to sign in are held up: not at all at first, then twice as long each time."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Attempts that are free, the first delay in seconds, and the longest."""

    free: int
    first: float
    most: float


BY_ORIGIN = Limit(free=5, first=1, most=900)
"""Of one account from one address or one known device: what others do elsewhere does not count."""
BY_ADDRESS = Limit(free=100, first=1, most=300)
"""Of all accounts from one address."""
FORGET = 3600
"""Seconds without an attempt after which all is forgotten."""


def network(address: str) -> str:
    """Whom attempts from an address are put down to: for IPv6 the /64, as one host has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False))
