"""Releases: replicas of one area that run different code side by side, and who meets which.

A caller that names a release in the header `x-mesh-release` meets it. All others are shared out by weight, and stick:
a signed-in caller by who it is, others by a cookie. A release that is new is given a weight of 0 until it is healthy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from gateway.address import Address, TopologyError
from gateway.proto_json import Json, set_header

PIN = "x-mesh-release"
PRINCIPAL = "x-mesh-principal"
"""Who the edge found to be calling. It drops the header when it comes from outside."""

_COOKIE = "mesh-release"
_STICKS_FOR = 86400


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


@dataclass(frozen=True, slots=True)
class Way:
    """How a call finds a release."""

    cluster: Json
    """The part of a `RouteAction` that chooses the cluster."""
    when: Json | None = None
    """A `HeaderMatcher`."""
    answers: tuple[Json, ...] = ()
    """Headers that answers get."""


def ways(area: str, running: Sequence[Release]) -> Iterator[Way]:
    """The ways to the releases of an area; the first that fits is taken."""
    for release in running:
        if release.name:
            pinned = {"name": PIN, "string_match": {"exact": release.name}}
            yield Way({"cluster": release.cluster(area)}, pinned)
    if len(running) == 1:
        yield Way({"cluster": running[0].cluster(area)})
        return
    stranger = {"name": "cookie", "string_match": {"contains": f"{_COOKIE}="}, "invert_match": True}
    yield Way(_shared_out(area, running), {**stranger, "treat_missing_header_as_empty": True}, (_STICK,))
    yield Way(_shared_out(area, running))


def _shared_out(area: str, running: Sequence[Release]) -> Json:
    clusters = [{"name": release.cluster(area), "weight": release.weight} for release in running]
    return {
        "weighted_clusters": {"clusters": clusters, "use_hash_policy": True},
        "hash_policy": [
            {"header": {"header_name": PRINCIPAL}, "terminal": True},
            {"cookie": {"name": _COOKIE}, "terminal": True},
            # What the cookie is going to be.
            {"header": {"header_name": "x-request-id"}},
        ],
    }


_STICK = set_header(
    "set-cookie", f"{_COOKIE}=%REQ(X-REQUEST-ID)%; Path=/; Max-Age={_STICKS_FOR}; HttpOnly; SameSite=Lax"
)


def _addresses(texts: list[object]) -> tuple[Address, ...]:
    return tuple(sorted({Address.parse(str(text)) for text in texts}))
