"""The OpenAPI 3.1 document of a surface."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from google.api import resource_pb2
from google.protobuf.descriptor import FileDescriptor

from clients import contract
from gateway.api_keys import HEADER
from gateway.openapi import comments, refusals
from gateway.openapi.operations import Operations
from gateway.openapi.schemas import Schemas
from gateway.proto_json import Json
from gateway.surface import Surface

_ABOUT = """One contract, as JSON. The same calls can be made as gRPC and gRPC-Web on the same address.

Every error is a `google.rpc.Status`: `code` and `message`, and in `details` an `ErrorInfo` whose `reason` programs can
rely on. A write takes a `requestId`: a replay returns the first answer. Unknown fields are refused. Every answer has an
`x-request-id`, by which we find the call."""

_STATUS: Json = {
    "type": "object",
    "description": "A `google.rpc.Status`: the shape of every error.",
    "required": ["code", "message", "details"],
    "properties": {
        "code": {"type": "integer", "format": "int32", "description": "A `google.rpc.Code`."},
        "message": {"type": "string", "description": "For people."},
        "details": {
            "type": "array",
            "description": "First an `ErrorInfo`, then what helps to do better.",
            "items": {
                "type": "object",
                "required": ["@type"],
                "properties": {"@type": {"type": "string"}, "reason": {"type": "string"}, "domain": {"type": "string"}},
            },
        },
    },
}


def document(image: Path, surface: Surface) -> Json:
    """The document; the image is the one that the surface was read from."""
    files = contract.files(image)
    said = comments.read(image)
    reasons = refusals.read(files, said)
    schemas = Schemas(said)
    operations = Operations(schemas, said, _singular(files), reasons)
    paths: dict[str, Json] = defaultdict(dict)
    for rpc in surface.rpcs:
        for path, verb, operation in operations.of(rpc):
            paths[path][verb] = operation
    services = sorted({rpc.service for rpc in surface.rpcs})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Meshwork", "version": "v1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name.removeprefix("mesh."), "description": said.get(name, "")} for name in services],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {"type": "apiKey", "in": "header", "name": HEADER},
            },
            "schemas": {**schemas.components(), "Status": _STATUS},
            "responses": refusals.shared_responses(surface.rpcs, reasons),
            "examples": refusals.examples(reasons),
        },
    }


def _singular(files: Iterable[FileDescriptor]) -> Mapping[str, str]:
    """What one of a collection is called, by the patterns of the contract's resources: `products` has a `product`."""
    found: dict[str, str] = {}
    for message in (message for file in files for message in file.message_types_by_name.values()):
        for pattern in message.GetOptions().Extensions[resource_pb2.resource].pattern:
            segments = pattern.split("/")
            for collection, variable in pairwise(segments):
                if variable.startswith("{"):
                    found[collection] = variable.strip("{}")
    return found
