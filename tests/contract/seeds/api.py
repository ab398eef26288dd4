"""How seeds call the mesh: in JSON's shape, as a caller who may do everything."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message

from clients.contract import Method
from tests.contract.outcome import Face, Json, Metadata
from tests.contract.subject import new


@dataclass(frozen=True, slots=True)
class Api:
    """Calls RPCs of one package. Fails when a call is refused: seeds succeed."""

    package: str
    rpcs: Mapping[str, Method]
    face: Face
    metadata: Metadata

    def __call__(self, rpc: str, /, **fields: Any) -> Json:
        """Calls `ProductService/CreateProduct` and returns the answer."""
        method = self.rpcs[f"{self.package}.{rpc}"]
        outcome = self.face.call(method, self.message(method, fields), metadata=self.metadata)
        assert outcome.ok, f"the seed {rpc} is refused: {outcome}"
        return MessageToDict(outcome.answer, preserving_proto_field_name=True)

    def message(self, method: Method, fields: Json) -> Message:
        """A request in JSON's shape as a message."""
        return ParseDict(self.resolve(fields), new(method.descriptor.input_type))

    def resolve(self, value: Any) -> Any:
        """A value with the functions in it replaced by what they return."""
        if callable(value):
            return self.resolve(value(self))
        if isinstance(value, Mapping):
            return {key: self.resolve(one) for key, one in value.items()}
        return [self.resolve(one) for one in value] if isinstance(value, list) else value

    def unique(self, prefix: str) -> str:
        """A word that was never said."""
        return f"{prefix}-{uuid.uuid4().hex[:16]}"
