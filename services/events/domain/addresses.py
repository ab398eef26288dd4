"""Which addresses a webhook may post to: public ones, and networks that the deployment allows."""

from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from services.events.domain.refusals import UrlRefused

Network = IPv4Network | IPv6Network

_TRANSLATED = (
    ip_network("64:ff9b::/96"),
    ip_network("64:ff9b:1::/48"),
    ip_network("2002::/16"),
    ip_network("2001::/32"),
)
"""Prefixes that carry an IPv4 address inside, which might be a private one (NAT64, 6to4, Teredo)."""


def permitted(address: str, allowed: Collection[Network]) -> bool:
    """Whether an IP address may be connected to."""
    found = _plain(address.partition("%")[0])
    if _within(found, allowed):
        return True
    return found.is_global and not found.is_multicast and not _within(found, _TRANSLATED)


def check_url(url: str, allowed: Collection[Network]) -> None:
    """Refuses a URL that could never be posted to. What a host name leads to is checked when it is connected to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        (host or "").encode("idna")  # as whoever looks it up does: no empty label, none of more than 63
    except ValueError:
        raise UrlRefused(url, "is no URL") from None
    if not host or parts.fragment or not url.isascii() or any(c <= " " for c in url):
        raise UrlRefused(url, "must name a host, and be without spaces and fragment")
    if parts.username is not None:
        raise UrlRefused(url, "must be without a login")
    try:
        literal = ip_address(host)
    except ValueError:
        literal = None
    if literal is not None and not permitted(host, allowed):
        raise UrlRefused(url, "its address is not public")
    if parts.scheme != "https" and not (parts.scheme == "http" and literal is not None and _within(literal, allowed)):
        raise UrlRefused(url, "must be https")


def _plain(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address)
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _within(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
