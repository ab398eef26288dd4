"""Releases: replicas of one area that run different code side by side, and who meets which.

A caller that names a release in the header `x-mesh-release` meets it. All others are shared out by weight, and stick:
a signed-in caller by who it is, others by a cookie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from gateway.address import Address, TopologyError
from gateway.proto_json import Json, duration

PIN = "x-mesh-release"
PRINCIPAL = "x-mesh-principal"
"""Who the edge found to be calling. It drops the header when it comes from outside."""

_COOKIE = "mesh-release"
_STICKS_FOR = 86400.0


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """Some replicas of an area. The name is empty where the area has one release only."""

    name: str
    replicas: tuple[Address, ...]
    weight: int = 100

    @classmethod
    def parse(cls, area: str, said: object) -> tuple[Self, ...]:
        """Reads `[ADDRESS]` or `{NAME: {"weight": WEIGHT, "replicas": [ADDRESS]}}`. Raises `TopologyError`."""
        if isinstance(said, list):
            return (cls("", _addresses(said)),)
        if not isinstance(said, dict) or not said:
            raise TopologyError(f"{area}: the replicas of an area are a list of addresses, or such by release")
        releases = tuple(sorted(cls._named(area, name, release) for name, release in said.items()))
        if not any(release.weight for release in releases):
            raise TopologyError(f"{area}: no release has a weight")
        return releases

    @classmethod
    def _named(cls, area: str, name: str, said: object) -> Self:
        match said:
            case {"weight": int(weight), "replicas": list(replicas), **more} if not more and 0 <= weight <= 10_000:
                if name.isidentifier():
                    return cls(name, _addresses(replicas), weight)
        raise TopologyError(f"{area}: release {name!r} has a name of letters, a weight of 0 to 10000, and replicas")

    def cluster(self, area: str) -> str:
        """The name of its cluster."""
        return f"{area}.{self.name}" if self.name else area


ONE: tuple[Release, ...] = (Release("", ()),)
"""An area of which nothing runs at present."""


def pins(releases: Sequence[Release]) -> list[Release]:
    """The releases that a caller can ask for."""
    return [release for release in releases if release.name]


def pinned(release: Release) -> Json:
    """The header match of a route to one release."""
    return {"name": PIN, "string_match": {"exact": release.name}}


def shared_out(area: str, releases: Sequence[Release]) -> Json:
    """The part of a `RouteAction` that chooses the cluster."""
    if len(releases) == 1:
        return {"cluster": releases[0].cluster(area)}
    clusters = [{"name": release.cluster(area), "weight": release.weight} for release in releases]
    return {
        "weighted_clusters": {"clusters": clusters, "use_hash_policy": True},
        "hash_policy": [
            {"header": {"header_name": PRINCIPAL}, "terminal": True},
            {"cookie": {"name": _COOKIE, "ttl": duration(_STICKS_FOR), "path": "/", "attributes": _ATTRIBUTES}},
        ],
    }


_ATTRIBUTES = [{"name": "HttpOnly", "value": ""}, {"name": "SameSite", "value": "Lax"}]


def _addresses(texts: list[object]) -> tuple[Address, ...]:
    return tuple(sorted({Address.parse(str(text)) for text in texts}))
