"""RPCs as OpenAPI operations, one for each JSON path and verb that leads to them."""

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.descriptor import FieldDescriptor

from clients import contract
from clients.contract import Access, HttpRule, Method
from gateway.deprecation import headers
from gateway.openapi import limits, refusals
from gateway.openapi.refusals import Refusal
from gateway.openapi.schemas import Schemas, message_of
from gateway.openapi.templates import Template, template
from gateway.proto_json import Json

_DEEPEST = 2
"""How far the fields of messages are spelled out as query parameters."""


class Operations:
    """Makes operations, and refers to the schemas that they need."""

    def __init__(
        self,
        schemas: Schemas,
        comments: Mapping[str, str],
        singular: Mapping[str, str],
        reasons: Sequence[Refusal],
    ) -> None:
        self._schemas, self._comments, self._singular, self._reasons = schemas, comments, singular, reasons

    def of(self, rpc: Method) -> Iterator[tuple[str, str, Json]]:
        """The path, the verb, and the operation, of each HTTP rule of an RPC."""
        for number, rule in enumerate(rpc.http):
            shape = template(rule.path, self._singular)
            yield shape.path, rule.verb.lower(), self._operation(rpc, rule, shape, f"_{number}" if number else "")

    def _operation(self, rpc: Method, rule: HttpRule, shape: Template, suffix: str) -> Json:
        said = self._comments.get(rpc.descriptor.full_name, "")
        operation: Json = {
            "operationId": f"{rpc.service.removeprefix('mesh.')}.{rpc.name}{suffix}",
            "tags": [rpc.service.removeprefix("mesh.")],
            "summary": said.partition("\n")[0].partition(". ")[0].rstrip("."),
            "description": said,
            "security": [] if rpc.access is Access.PUBLIC else [{"accessToken": []}, {"apiKey": []}],
            "parameters": [*self._in_path(shape), *self._in_query(rpc, rule, shape)],
            "responses": {"200": self._answer(rpc), **refusals.responses(rpc, self._reasons)},
            "x-mesh": _policy(rpc),
        }
        if rule.body:
            content = {"application/json": {"schema": self._body(rpc, rule, shape)}}
            operation["requestBody"] = {"required": True, "content": content}
        if rpc.deprecation is not None:
            operation["deprecated"] = True
        return operation

    def _body(self, rpc: Method, rule: HttpRule, shape: Template) -> Json:
        request = rpc.descriptor.input_type
        if rule.body != "*":
            return self._schemas.field(request.fields_by_name[rule.body])
        if rpc.descriptor.client_streaming:
            return {"type": "array", "items": self._schemas.refer(request)}
        return self._schemas.message(request, shape.fields) if shape.fields else self._schemas.refer(request)

    def _in_path(self, shape: Template) -> Iterator[Json]:
        for name in shape.parameters:
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}

    def _in_query(self, rpc: Method, rule: HttpRule, shape: Template) -> Iterator[Json]:
        if rule.body != "*":
            taken = {*shape.fields, rule.body}
            for field in rpc.descriptor.input_type.fields:
                if field.name not in taken:
                    yield from self._parameters(field, "", _DEEPEST)

    def _parameters(self, field: FieldDescriptor, within: str, depth: int) -> Iterator[Json]:
        name = f"{within}{field.json_name}"
        message = message_of(field)
        if message is None:
            schema = self._schemas.field(field)
            said = schema.pop("description")
            yield {
                "name": name,
                "in": "query",
                "required": limits.required(field),
                "schema": schema,
                "description": said,
            }
        elif depth and not field.is_repeated:
            for inner in message.fields:
                yield from self._parameters(inner, f"{name}.", depth - 1)

    def _answer(self, rpc: Method) -> Json:
        schema = self._schemas.refer(rpc.descriptor.output_type)
        found: Json = {"description": "OK", "content": {"application/json": {"schema": schema}}}
        if rpc.descriptor.server_streaming:
            found["description"] = "A stream: one document a line, or one an event."
            found["content"]["text/event-stream"] = {"schema": schema}
        told = {header["header"]["key"]: header["header"]["value"] for header in headers(rpc)}
        if told:
            found["headers"] = {name: {"schema": {"type": "string", "const": value}} for name, value in told.items()}
        return found


def _policy(rpc: Method) -> Json:
    policy: Json = {
        "rpc": rpc.path.removeprefix("/"),
        "area": contract.area(rpc.service),
        "access": rpc.access.name,
        "permission": rpc.permission,
        "deadlineSeconds": rpc.deadline,
        "maxDeadlineSeconds": rpc.max_deadline,
        "maxRequestBytes": rpc.max_request_bytes,
        "rateLimit": {"class": rpc.rate_class, "cost": rpc.cost},
        "idempotent": rpc.idempotent,
    }
    if rpc.cache_lifetime:
        policy["cacheSeconds"] = rpc.cache_lifetime
    if rpc.deprecation:
        policy["deprecatedSince"] = rpc.deprecation.since.isoformat()
        policy["sunset"] = rpc.deprecation.sunset.isoformat() if rpc.deprecation.sunset else ""
    return policy
