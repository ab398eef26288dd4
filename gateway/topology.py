"""The topology: where the edge listens, and where the replicas of every area are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

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

    def as_json(self) -> Json:
        """As `envoy.config.core.v3.Address`."""
        return {"socket_address": {"address": self.host, "port_value": self.port}}


@dataclass(frozen=True, slots=True)
class Topology:
    """One edge and what is behind it."""

    edge: Address
    admin: Address
    """Envoy's own pages: unauthenticated, so loopback only."""
    services: Mapping[str, tuple[Address, ...]]
    """The replicas by area, sorted. An area that is absent has none at present."""

    def __post_init__(self) -> None:
        if not self.admin.loopback:
            raise TopologyError(f"admin {self.admin.host} is not a loopback address: anyone there could stop the edge")

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Reads `{"edge": ADDRESS, "admin": ADDRESS, "services": {AREA: [ADDRESS]}}`. Raises `TopologyError`."""
        match document:
            case {"edge": str(edge), "admin": str(admin), "services": dict(services)} if len(document) == 3:
                replicas = {str(area): _replicas(services[area]) for area in sorted(services)}
                return cls(Address.parse(edge), Address.parse(admin), replicas)
        raise TopologyError("the topology has edge, admin and services, and nothing else")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Reads a JSON file. Raises `TopologyError`, and `OSError` when there is no such file."""
        try:
            return cls.parse(json.loads(file.read_text()))
        except ValueError as error:
            raise TopologyError(f"{file}: {error}") from None


def _replicas(texts: object) -> tuple[Address, ...]:
    if not isinstance(texts, list):
        raise TopologyError("the replicas of an area are a list of addresses")
    return tuple(sorted({Address.parse(str(text)) for text in texts}))
