"""Descriptors: what is known of a call, and the subjects that follow from it."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

IDENTITY = "identity"
ADDRESS = "ip"
ANY = "*"
SEPARATOR = "|"
"""Between the values of a subject of several keys."""

_PRECEDENCE = ("api_key", "user", ADDRESS)
_V6_PREFIX = 64
"""What one subscriber is given: single addresses in it cost nothing."""

_PRINCIPALS = {"users": "user", "apiKeys": "api_key", "services": "service"}
"""What a principal is called as an entry, by the collection of its resource name."""

Entries = tuple[tuple[str, str], ...]


class Descriptor(NamedTuple):
    """A call from one point of view: sorted names and values, and how many units it weighs.

    A tuple, because every call is looked up by it.
    """

    entries: Entries
    units: int = 1

    @classmethod
    def of(cls, entries: Mapping[str, str], units: int = 1) -> "Descriptor":
        """A descriptor of entries in any order."""
        return cls(tuple(sorted(entries.items())), units)


def known(entries: Entries) -> dict[str, str]:
    """The entries by name with what follows from them: empty values left out, the address in its group, the kind of
    principal, the identity.

    The identity is the API key, else the user, else the address: whoever signs in leaves the count of the address, and
    cannot get back to it.
    """
    found = {key: value for key, value in entries if value}
    if ADDRESS in found:
        found[ADDRESS] = grouped(found[ADDRESS])
    principal = found.get("principal", "")
    if (kind := _PRINCIPALS.get(principal.partition("/")[0])) is not None:
        found.setdefault(kind, principal)
    if IDENTITY not in found:
        for key in _PRECEDENCE:
            if key in found:
                found[IDENTITY] = found[key]
                break
    return found


def grouped(address: str) -> str:
    """An address as a subject: an IPv6 address stands for its /64, one that maps IPv4 for that."""
    parsed = address_of(address)
    if parsed is None or isinstance(parsed, IPv4Address):
        return str(parsed or address)
    return str(ip_network((parsed, _V6_PREFIX), strict=False))


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text says, with or without a port; None when it says none."""
    host, _, port = text.rpartition(":")
    bare = host if port.isdecimal() and ("." in host or host.startswith("[")) else text
    try:
        parsed = ip_address(bare.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
