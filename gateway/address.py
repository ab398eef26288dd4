"""Where something listens."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from gateway.proto_json import Json


class TopologyError(Exception):
    """The topology cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """An IP address and a TCP port. Names are refused: a file that is pushed to Envoy is not resolved again."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `127.0.0.1:8080` or `[::1]:8080`. Raises `TopologyError`."""
        host, _, port = text.rpartition(":")
        try:
            address = cls(str(ip_address(host.removeprefix("[").removesuffix("]"))), int(port))
        except ValueError:
            raise TopologyError(f"{text!r} is not an IP address with a port") from None
        if not 0 < address.port < 1 << 16:
            raise TopologyError(f"{text!r}: the port is out of range")
        return address

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.host).is_loopback

    def reachable(self) -> "Address":
        """The address by which this machine reaches what listens here, on all interfaces perhaps."""
        host = ip_address(self.host)
        if not host.is_unspecified:
            return self
        return Address("127.0.0.1" if host.version == 4 else "::1", self.port)

    def as_json(self) -> Json:
        """As `envoy.config.core.v3.Address`."""
        return {"socket_address": {"address": self.host, "port_value": self.port}}
