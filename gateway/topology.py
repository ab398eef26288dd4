"""The topology: where the edge listens, where the replicas of every area are, and what this edge switches on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gateway.address import Address, TopologyError
from gateway.releases import ONE, Release

_MOST_HOPS = 8


@dataclass(frozen=True, slots=True)
class Topology:
    """One edge and what is behind it."""

    edge: Address
    admin: Address
    """Envoy's own pages: unauthenticated, so loopback only."""
    services: Mapping[str, tuple[Release, ...]]
    """What runs of every area. One that is absent has no replica at present."""
    origins: tuple[str, ...] = ()
    """Whose pages may call from a browser (CORS)."""
    traces: Address | None = None
    """Where spans are sent (OTLP over gRPC)."""
    trusted_hops: int = 0
    """How many proxies of ours a call has passed when it comes here: what they say of its address is believed."""
    faults: bool = False
    """Whether callers may ask for delays and errors by header. For rehearsals, never for the public."""
    trust_local: bool = False
    """Whether everyone on this machine may do everything."""

    def __post_init__(self) -> None:
        if not self.admin.loopback:
            raise TopologyError(f"admin {self.admin.host} is not a loopback address: anyone there could stop the edge")
        if self.trust_local and not self.edge.loopback:
            raise TopologyError(f"trust_local, yet the edge listens on {self.edge.host}, where others can reach it")

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `gateway/README.md` describes. Raises `TopologyError`."""
        match document:
            case {"edge": str(edge), "admin": str(admin), "services": dict(services), **options}:
                releases = {str(area): Release.parse(area, services[area]) for area in sorted(services)}
                return cls(Address.parse(edge), Address.parse(admin), releases, **_options(options))
        raise TopologyError("the topology has edge, admin and services")

    @classmethod
    def read(cls, file: Path) -> Self:
        """Reads a JSON file. Raises `TopologyError`, and `OSError` when there is no such file."""
        try:
            return cls.parse(json.loads(file.read_text()))
        except ValueError as error:
            raise TopologyError(f"{file}: {error}") from None

    def releases(self, area: str) -> tuple[Release, ...]:
        """What runs of an area: at least one release, of no replicas perhaps."""
        return self.services.get(area, ONE)


def _options(said: Mapping[str, object]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, value in said.items():
        match name, value:
            case "origins", list(origins):
                options[name] = tuple(sorted(map(_origin, origins)))
            case "traces", str(address):
                options[name] = Address.parse(address)
            case "trusted_hops", int(hops) if not isinstance(hops, bool) and 0 <= hops <= _MOST_HOPS:
                options[name] = hops
            case "faults" | "trust_local", bool(switch):
                options[name] = switch
            case _:
                raise TopologyError(f"{name!r}: {value!r} is nothing that a topology says")
    return options


def _origin(text: object) -> str:
    if not isinstance(text, str) or not text.startswith(("https://", "http://")) or text.count("/") != 2:
        raise TopologyError(f"{text!r} is not an origin, as https://shop.example")
    return text
