"""A law, and what it is given to judge one RPC by."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from google.protobuf.message import Message
from hypothesis import Phase, settings

from clients.contract import Method
from tests.contract.generate.drawing import searching
from tests.contract.generate.messages import Messages
from tests.contract.mesh import Mesh
from tests.contract.outcome import Face, Metadata, Outcome
from tests.contract.store import Content
from tests.contract.subject import copy

_TRIES = 8

T = TypeVar("T")


@dataclass
class Evidence:
    """What a law saw of an RPC: the report is made of it."""

    seen: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)

    def saw(self, what: str, times: int = 1) -> None:
        """Something was exercised."""
        self.seen[what] += times

    def cannot_know(self, what: str) -> None:
        """Something that neither the contract nor this mesh lets us find out."""
        if what not in self.unknown:
            self.unknown.append(what)


@dataclass(frozen=True)
class Trial:
    """One RPC before one law."""

    rpc: Method
    mesh: Mesh
    threads: ThreadPoolExecutor
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def caller(self) -> Metadata:
        """Who may call, as what the calls carry: the operator, unless the contract or a seed says otherwise."""
        return self.mesh.seeds.caller(self.rpc)

    @property
    def messages(self) -> Messages:
        """Messages that refer to what exists."""
        return self.mesh.messages

    def seed(self, request_id: str = "") -> tuple[Message, ...]:
        """A request that succeeds, made anew, with a request id if one is given."""
        requests = self.mesh.seeds.requests(self.rpc)
        return tuple(with_id(request, request_id, place) for place, request in enumerate(requests))

    def call(self, *requests: Message, face: Face | None = None, metadata: Metadata | None = None) -> Outcome:
        """Calls the RPC as who may. Of a stream without end one answer is read, and made to come."""
        face = face or self.mesh.direct
        metadata = self.caller if metadata is None else metadata
        if not self.rpc.descriptor.server_streaming:
            return face.call(self.rpc, *requests, metadata=metadata)
        return self.prompted(self.start(*requests, face=face, metadata=metadata, take=1), requests[0])

    def start(
        self, *requests: Message, face: Face | None = None, metadata: Metadata | None = None, take: int = 0
    ) -> "Future[Outcome]":
        """Calls the RPC in the background."""
        metadata = self.caller if metadata is None else metadata
        return self.threads.submit((face or self.mesh.direct).call, self.rpc, *requests, metadata=metadata, take=take)

    def together(self, acts: Iterable[Callable[[], T]]) -> list[T]:
        """What several acts return that are done at once, in their order. Raises what the first failure raised."""
        running = [self.threads.submit(act) for act in acts]
        wait(running)
        return [one.result() for one in running]

    def prompted(self, running: "Future[Outcome]", request: Message) -> Outcome:
        """The outcome of a stream that answers when something happens: makes it happen until it does."""
        more = self.mesh.seeds.more(self.rpc)
        for _ in range(100):
            if running.done():
                break
            if more is not None:
                more(request)
            _wait(running, 0.05)
        return running.result(timeout=10)

    def writes(self, act: Callable[[], object]) -> list[str]:
        """The tables that an act changes, for sure: loops of the server write too, so a change must come each time."""
        if self.mesh.store is None:
            self.evidence.cannot_know("whether anything was written: no access to the store")
            return []
        changed: set[str] = set()
        for attempt in range(_TRIES):
            before = self.mesh.store.content()
            act()
            now = set(self.mesh.store.content().differs_from(before))
            changed = now if attempt == 0 else changed & now
            if not changed:
                break
        return sorted(changed)

    def content(self) -> Content | None:
        """What is kept, if that can be seen."""
        return self.mesh.store.content() if self.mesh.store else None

    def examples(self, default: int, deep: int) -> settings:
        """How far hypothesis looks for a request that breaks the law."""
        phases = Phase.generate, Phase.shrink
        return searching(deep if self.mesh.deep else default, anew=self.mesh.deep, phases=phases)


@dataclass(frozen=True)
class Law:
    """What holds for every RPC that it applies to."""

    name: str
    promise: str
    spared: Callable[[Method], str]
    """Why the law does not apply to an RPC, by the contract; nothing when it does."""
    judge: Callable[[Trial], None]
    """Fails when the RPC breaks the law."""


def all_rpcs(rpc: Method) -> str:
    """For laws that spare no RPC."""
    return ""


def fresh_id() -> str:
    """A request id."""
    return str(uuid.uuid4())


def with_id(request: Message, request_id: str, place: int = 0) -> Message:
    """A copy with the request id; those of a stream each get one of their own, the same each time."""
    made = copy(request)
    if request_id and "request_id" in made.DESCRIPTOR.fields_by_name:
        own = request_id if place == 0 else str(uuid.uuid5(uuid.UUID(request_id), str(place)))
        made.request_id = own  # type: ignore[attr-defined]
    return made


def _wait(running: "Future[Outcome]", seconds: float) -> None:
    try:
        running.exception(timeout=seconds)
    except TimeoutError:
        return
