"""Errors: what an RPC may refuse with, by HTTP status, each with the example that its comment shows."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor
from google.rpc import code_pb2, error_details_pb2

from clients import contract
from clients.contract import Access, Method
from gateway.proto_json import Json, typed

SHARED = "options"
"""The area of the reasons that any RPC may refuse with."""

_PREFIX = "ERROR_REASON_"
_HTTP = (200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401)
"""As Envoy translates a `google.rpc.Code`."""
_OF_NO_RPC = ("ROUTE_UNKNOWN", "VERB_NOT_ALLOWED")
_OF_CALLERS = ("CREDENTIALS_INVALID", "PERMISSION_MISSING")
_OF_FIELDS = {
    "PAGE_TOKEN_INVALID": ("page_token",),
    "FILTER_INVALID": ("filter",),
    "REQUEST_ID_REUSED": ("request_id",),
    "ETAG_MISMATCH": ("etag", "update_mask"),
}
"""Of requests with one of these fields."""
_OF_MESSAGES = {"AMOUNT_INVALID": "google.type.Money"}
"""Of requests that such a message is somewhere in."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason. `statuses` are of HTTP."""

    area: str
    reason: str
    statuses: tuple[int, ...]
    said: str
    example: Json

    @property
    def name(self) -> str:
        """Unique among all."""
        return f"{self.area}.{self.reason}"


def read(files: Iterable[FileDescriptor], comments: Mapping[str, str]) -> list[Refusal]:
    """Every reason of the contract."""
    enums = [enum for file in files for enum in file.enum_types_by_name.values() if enum.name == "ErrorReason"]
    return [refusal for enum in enums for refusal in _of_enum(enum, comments)]


def responses(rpc: Method, refusals: Iterable[Refusal]) -> Json:
    """The error responses of an RPC. Those that any RPC may have are referred to."""
    return {
        str(status): _response(found) if any(one.area != SHARED for one in found) else _reference(found)
        for status, found in _by_status(rpc, refusals)
    }


def shared_responses(rpcs: Iterable[Method], refusals: Sequence[Refusal]) -> Json:
    """`components/responses`: those that are referred to."""
    every = (found for rpc in rpcs for _, found in _by_status(rpc, refusals))
    shared = {_name(found): _response(found) for found in every if all(one.area == SHARED for one in found)}
    return dict(sorted(shared.items()))


def examples(refusals: Iterable[Refusal]) -> Json:
    """`components/examples`."""
    return {refusal.name: {"summary": refusal.said, "value": refusal.example} for refusal in refusals}


def _by_status(rpc: Method, refusals: Iterable[Refusal]) -> list[tuple[int, list[Refusal]]]:
    by_status: dict[int, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        if _possible(rpc, refusal):
            for status in refusal.statuses:
                by_status[status].append(refusal)
    return sorted(by_status.items())


def _possible(rpc: Method, refusal: Refusal) -> bool:
    if refusal.area != SHARED:
        return refusal.area == contract.area(rpc.service) and refusal.reason in rpc.errors
    if refusal.reason in _OF_CALLERS:
        return rpc.access is Access.USER
    if refusal.reason in _OF_MESSAGES:
        return _holds(rpc.descriptor.input_type, _OF_MESSAGES[refusal.reason])
    needed = _OF_FIELDS.get(refusal.reason)
    fields = rpc.descriptor.input_type.fields_by_name
    return refusal.reason not in _OF_NO_RPC and (needed is None or any(name in fields for name in needed))


def _holds(message: Descriptor, wanted: str, seen: frozenset[str] = frozenset()) -> bool:
    inside = (field.message_type for field in message.fields if field.message_type is not None)
    within = seen | {message.full_name}
    return message.full_name == wanted or any(
        _holds(one, wanted, within) for one in inside if one.full_name not in within
    )


def _name(refusals: Iterable[Refusal]) -> str:
    return ".".join(refusal.reason for refusal in refusals)


def _reference(refusals: Iterable[Refusal]) -> Json:
    return {"$ref": f"#/components/responses/{_name(refusals)}"}


def _response(refusals: list[Refusal]) -> Json:
    found = {refusal.reason: {"$ref": f"#/components/examples/{refusal.name}"} for refusal in refusals}
    content = {"schema": {"$ref": "#/components/schemas/Status"}, "examples": found}
    return {"description": ", ".join(f"`{reason}`" for reason in found), "content": {"application/json": content}}


def _of_enum(enum: EnumDescriptor, comments: Mapping[str, str]) -> Iterable[Refusal]:
    for value in enum.values:
        if value.number:
            comment = comments[f"{enum.full_name}.{value.name}"]
            said, _, shown = comment.partition("Example:")
            code, _, text = said.strip().partition(".")
            number = code_pb2.Code.Value(re.match("[A-Z_]+", code)[0])  # type: ignore[index]  # lint: documented_reasons
            statuses = tuple(map(int, re.findall(r"\b[45]\d\d\b", code))) or (_HTTP[number],)
            reason = value.name.removeprefix(_PREFIX)
            example = {"code": number, "message": text.strip().partition(".")[0] + ".", "details": _details(shown)}
            yield Refusal(contract.area(enum.full_name), reason, statuses, text.strip(), example)


def _details(shown: str) -> list[Json]:
    """The `ErrorInfo` that is shown, and the detail that may be shown after it."""
    info, end = json.JSONDecoder().raw_decode(shown.strip())
    details = [typed(error_details_pb2.ErrorInfo.DESCRIPTOR.full_name, **info)]
    rest = shown.strip()[end:]
    if (start := rest.find("{")) >= 0:
        other, _ = json.JSONDecoder().raw_decode(rest[start:])
        kind = error_details_pb2.BadRequest if "fieldViolations" in other else None
        if kind:
            details.append(typed(kind.DESCRIPTOR.full_name, **other))
    return details
