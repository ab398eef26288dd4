"""The seeds of every area of a contract, as the laws use them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from google.protobuf.message import Message

from clients import contract
from clients.contract import Access, Method
from tests.contract.callers import ANONYMOUS, OPERATOR, SERVICE, Callers
from tests.contract.json_form import to_json
from tests.contract.outcome import Face, Metadata
from tests.contract.seeds.api import Api
from tests.contract.store import Store
from tests.contract.subject import Subject, held, items_field, name, resource_type

_KEPT = 2


@dataclass(frozen=True)
class Seeds:
    """The seeds of a contract that runs behind a face."""

    subject: Subject
    modules: Mapping[str, ModuleType]
    """By proto package."""
    face: Face
    callers: Callers
    store: Store | None = None
    _existing: dict[str, list[str]] = field(default_factory=dict)
    _calling: dict[str, Metadata] = field(default_factory=dict)
    _memory: dict[str, dict[str, Any]] = field(default_factory=dict)

    def caller(self, rpc: Method) -> Metadata:
        """Who may call an RPC: whom its seed made last, or else the operator, or a service."""
        if name(rpc) in self._table("CALLERS"):
            return self._calling.get(name(rpc)) or self._new_caller(rpc)
        return self._usual_caller(rpc)

    def _usual_caller(self, rpc: Method) -> Metadata:
        return self.callers(SERVICE if rpc.access is Access.SERVICE else OPERATOR) or ANONYMOUS

    def missing(self) -> set[str]:
        """The RPCs that have no request."""
        return set(self.subject.rpcs) - set(self._table("REQUESTS"))

    def unknown(self) -> set[str]:
        """What seeds are there for, although the contract has no such RPC or resource."""
        tables = (self._table(table) for table in ("REQUESTS", "MORE", "CALLERS", "AFTER"))
        rpcs = {rpc for table in tables for rpc in table} - set(self.subject.rpcs)
        return rpcs | (set(self._resources()) - set(self.subject.resources))

    def requests(self, rpc: Method) -> tuple[Message, ...]:
        """A request that succeeds, made anew; several for a stream of requests."""
        if name(rpc) in self._table("CALLERS"):
            self._new_caller(rpc)
        api = self._api(rpc)
        seed = api.resolve(self._table("REQUESTS")[name(rpc)])
        return tuple(api.message(rpc, one) for one in (seed if isinstance(seed, list) else [seed]))

    def names(self, kind: str) -> Sequence[str]:
        """The names of some resources of a type, the same whenever asked; none of a type that has no seed."""
        if kind not in self._existing and kind in self._resources():
            self._existing[kind] = [self.make(kind) for _ in range(_KEPT)]
        return self._existing.get(kind, ())

    def make(self, kind: str) -> str:
        """Makes a resource; returns its name."""
        module, maker = self._resources()[kind]
        return maker(self._of(module.PACKAGE))

    def more(self, rpc: Method) -> Callable[[Message], object] | None:
        """What makes one more item come into the answer to a request. None when the seeds do not say."""
        if name(rpc) in self._table("MORE"):
            more = self._table("MORE")[name(rpc)]
            api = self._as_caller(rpc)
            return lambda request: more(api, to_json(request))
        listed = rpc.descriptor.output_type.fields
        kind = resource_type(held(items_field(rpc))) if any(one.is_repeated for one in listed) else ""
        if kind not in self._resources():
            return None
        module, maker = self._resources()[kind]
        api = self._as_caller(rpc) if rpc.service.rpartition(".")[0] == module.PACKAGE else self._of(module.PACKAGE)
        return lambda _: maker(api)

    def end(self, rpc: Method) -> None:
        """Ends what calls of an RPC have set going, and what would go on beside what is judged next."""
        if after := self._table("AFTER").get(name(rpc)):
            after(self._api(rpc))

    def _new_caller(self, rpc: Method) -> Metadata:
        self._calling[name(rpc)] = self._table("CALLERS")[name(rpc)](self._api(rpc))
        return self._calling[name(rpc)]

    def _as_caller(self, rpc: Method) -> Api:
        """Where an RPC has a caller of its own, items come by that caller."""
        api = self._api(rpc)
        return api.by(self.caller(rpc)) if name(rpc) in self._table("CALLERS") else api

    def _resources(self) -> dict[str, tuple[ModuleType, Callable[[Api], str]]]:
        return {kind: (module, make) for module in self.modules.values() for kind, make in module.RESOURCES.items()}

    def _table(self, table: str) -> dict[str, Any]:
        return {
            f"{module.PACKAGE}.{rpc}": value
            for module in self.modules.values()
            for rpc, value in getattr(module, table, {}).items()
        }

    def _api(self, rpc: Method) -> Api:
        return self._of(rpc.service.rpartition(".")[0])

    def _of(self, package: str) -> Api:
        memory = self._memory.setdefault(package, {})
        return Api(package, self.subject, self.face, self._usual_caller, self.store, memory, self.callers.token)


def load(subject: Subject, package: str = __package__) -> dict[str, ModuleType]:
    """The seed modules of the areas of a contract, from a package that has one per area. Absent ones are left out."""
    areas = {contract.area(rpc.service) for rpc in subject.rpcs.values()}
    found = [import_module(f"{package}.{area}") for area in sorted(areas) if find_spec(f"{package}.{area}")]
    return {module.PACKAGE: module for module in found}
