"""How seeds call the mesh: in JSON's shape, as a caller who may."""

import secrets
import string
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.message import Message

from clients import contract
from clients.contract import Method
from tests.contract.json_form import from_json, to_json
from tests.contract.outcome import Face, Json, Metadata
from tests.contract.store import Store
from tests.contract.subject import Subject, new


class CannotSeed(Exception):
    """What a seed needs is not known of this mesh."""


@dataclass(frozen=True, slots=True)
class Api:
    """Calls RPCs of one package. Fails when a call is refused: seeds succeed."""

    package: str
    subject: Subject
    face: Face
    caller: Callable[[Method], Metadata]
    store: Store | None
    memory: MutableMapping[str, Any]
    token: Callable[[str], str | None] = lambda _: None
    """The access token of somebody, see `Callers`."""

    def __call__(self, rpc: str, /, **fields: Any) -> Json:
        """Calls `ProductService/CreateProduct` and returns the answer."""
        method = self.subject.rpcs[f"{self.package}.{rpc}"]
        outcome = self.face.call(method, self.message(method, fields), metadata=self.caller(method))
        assert outcome.ok, f"the seed {rpc} is refused: {outcome}"
        return to_json(outcome.answer)

    def pages(self, rpc: str, items: str) -> Iterator[Json]:
        """All items of an RPC that answers in pages of 250."""
        token = None
        while token != "":
            page = self(rpc, page_size=250, page_token=token or "")
            yield from page.get(items, ())
            token = page.get("next_page_token", "")

    def by(self, metadata: Metadata) -> "Api":
        """The same, as somebody else."""
        return replace(self, caller=lambda _: metadata)

    def kept(self, key: str, make: "Callable[[Api], Any]") -> Any:
        """What is made once for all seeds of the area."""
        if key not in self.memory:
            self.memory[key] = make(self)
        return self.memory[key]

    def announced(self, event: str, key: str) -> Json:
        """The newest event of a message's name about a resource, waited for. Raises `CannotSeed` without a store."""
        if self.store is None:
            raise CannotSeed(f"what {event} says: no access to the store")
        topic = f"{self.package}.{event}"
        message = new(self.subject.messages[topic])
        message.ParseFromString(self.store.announced(contract.area(topic), topic, key))
        return to_json(message)

    def message(self, method: Method, fields: Json) -> Message:
        """A request in JSON's shape as a message."""
        return from_json(self.resolve(fields), new(method.descriptor.input_type))

    def resolve(self, value: Any) -> Any:
        """A value with the functions in it replaced by what they return."""
        if callable(value):
            return self.resolve(value(self))
        if isinstance(value, Mapping):
            return {key: self.resolve(one) for key, one in value.items()}
        return [self.resolve(one) for one in value] if isinstance(value, list) else value

    def unique(self, prefix: str) -> str:
        """A word that was never said."""
        # Without digits: many in a row may look like the number of a card.
        return f"{prefix}-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(12))}"
