"""A running mesh: its servers, its edge, and what is known of them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import httpx
import psutil

from clients import contract
from clients.contract import Method
from tests.contract.callers import Callers
from tests.contract.generate.messages import Messages
from tests.contract.outcome import Face, Json
from tests.contract.seeds import Seeds
from tests.contract.store import Store
from tests.contract.subject import Subject

ANY = ""
"""The area of a server that serves every other."""


@dataclass(frozen=True, slots=True)
class Servers:
    """A server of each area: host:port, and its process where it is known."""

    targets: Mapping[str, str]
    pids: Mapping[str, int] = field(default_factory=dict)

    def target(self, rpc: Method) -> str:
        """Where an RPC is served."""
        area = contract.area(rpc.service)
        target = self.targets.get(area) or self.targets.get(ANY)
        assert target, f"no server of {area} is given"
        return target

    def process(self, rpc: Method) -> psutil.Process | None:
        """The process that serves an RPC."""
        pid = self.pids.get(contract.area(rpc.service)) or self.pids.get(ANY)
        return psutil.Process(pid) if pid else None


@dataclass(frozen=True)
class Edge:
    """The faces of an edge."""

    url: str
    http: httpx.Client
    grpc: Face
    web: Face
    json: Callable[[int], Face]
    """JSON by one of the RPC's HTTP rules."""

    @cached_property
    def documented(self) -> Counter[tuple[str, str]] | None:
        """The RPCs that its OpenAPI document has, with the verb, as often as there are; None without a document."""
        answer = self.http.get("/openapi.json")
        if answer.is_error:
            return None
        operations = [(verb, said) for path in answer.json()["paths"].values() for verb, said in path.items()]
        return Counter((said["x-mesh"]["rpc"], verb.upper()) for verb, said in operations)


@dataclass(frozen=True)
class Mesh:
    """A running mesh. What is absent cannot be judged, and the laws say so in their evidence."""

    subject: Subject
    servers: Servers
    direct: Face
    """gRPC to the servers themselves."""
    edge: Edge | None
    seeds: Seeds
    callers: Callers
    store: Store | None
    golden: Mapping[str, Json]
    """The golden messages, by full name."""
    max_in_flight: int | None
    """How many calls a server works on at a time."""
    deep: bool = False

    @cached_property
    def messages(self) -> Messages:
        """Messages that refer to what exists."""
        return Messages(self.seeds.names, anew=self.deep)
