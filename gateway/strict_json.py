"""Refuses what the transcoder would drop in silence: fields of a JSON body that the contract does not have.

Compiled to a Lua script: a tree of the contract's paths that leads to the shape of the body, and a walk over the keys
of the JSON. Values are for the transcoder to judge. A body is walked only where its caller is known, or the RPC is
open to anyone (and then small). The messages of a streamed request are not held, so not walked.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from clients.contract import Access, HttpRule, Method
from gateway import authentication, lua
from gateway.lua import Code, Table
from gateway.proto_json import Json, extension
from gateway.surface import Surface

METADATA = "mesh.strict_json"
FIELD, OFFSET = "field", "offset"
"""What is said of a refused body: the path of a field that is not in the contract, or where it stops being JSON."""

_SCRIPT = Path(__file__).with_name("strict_json.lua")
_VARIABLE = re.compile(r"\{([^{}=]+)(?:=([^{}]+))?\}")
_SCALAR = Code("ANY")
_OPAQUE = ("google.protobuf.", "google.api.HttpBody")
"""Their JSON is not an object of their fields."""


def http_filter(script: str) -> Json:
    """Runs the script of that path."""
    return extension(
        "mesh.strict_json", "envoy.extensions.filters.http.lua.v3.Lua", default_source_code={"filename": script}
    )


def script(surface: Surface, *, trust_local: bool) -> tuple[str, bytes]:
    """The name of the script, by its content, and the script."""
    settings: dict[str, object] = {
        "METADATA": METADATA,
        "FIELD": FIELD,
        "OFFSET": OFFSET,
        "VERIFIED": authentication.METADATA,
        "CLAIMS": authentication.CLAIMS,
        "EVERYONE": trust_local,
    }
    rules = [(rpc, rule) for rpc in surface.rpcs for rule in rpc.http if rule.body and not _unread(rpc, rule)]
    lines = ["local ANY = true", "local M = {}", *_messages(rules), f"local ROUTES = {lua.table(_tree(rules))}", ""]
    text = (lua.settings(settings) + "\n".join(lines) + _SCRIPT.read_text()).encode()
    return f"strict-json-{hashlib.sha256(text).hexdigest()[:12]}.lua", text


def _unread(rpc: Method, rule: HttpRule) -> bool:
    return rpc.descriptor.client_streaming or _shape_of_body(rpc, rule) is _SCALAR


def _shape_of_body(rpc: Method, rule: HttpRule) -> Code:
    request = rpc.descriptor.input_type
    return _reference(request) if rule.body == "*" else _shape(request.fields_by_name[rule.body])


def _tree(rules: list[tuple[Method, HttpRule]]) -> Table:
    """Segment by segment; under `:`, the custom verb, then the HTTP verb."""
    root: Table = {}
    for rpc, rule in rules:
        path, _, custom = _VARIABLE.sub(lambda variable: variable[2] or "*", rule.path).partition(":")
        node = root
        for segment in path.strip("/").split("/"):
            node = node.setdefault(segment, {})
        node.setdefault(":", {}).setdefault(custom, {})[rule.verb] = {
            "shape": _shape_of_body(rpc, rule),
            "within": "" if rule.body == "*" else rule.body,
            "limit": rpc.max_request_bytes,
            "public": rpc.access is Access.PUBLIC,
        }
    return root


def _messages(rules: list[tuple[Method, HttpRule]]) -> Iterator[str]:
    """First every message that a body can hold, then their fields: messages may hold one another."""
    found: dict[str, Descriptor] = {}
    left = [rpc.descriptor.input_type for rpc, _ in rules]
    while left:
        message = left.pop()
        if message.full_name not in found:
            found[message.full_name] = message
            left += [inner for field in message.fields if (inner := _held(field))]
    messages = [found[name] for name in sorted(found)]
    yield from (f"{_reference(message)} = {{}}" for message in messages)
    for message in messages:
        for field in message.fields:
            for spelling in sorted({field.json_name, field.name}):
                yield f'{_reference(message)}["{spelling}"] = {_shape(field)}'


def _held(field: FieldDescriptor) -> Descriptor | None:
    """The message whose fields the field's JSON has, in a list or a map perhaps."""
    message = field.message_type
    if message is not None and message.GetOptions().map_entry:
        message = message.fields_by_name["value"].message_type
    return None if message is None or message.full_name.startswith(_OPAQUE) else message


def _shape(field: FieldDescriptor) -> Code:
    held = _held(field)
    if held is None:
        return _SCALAR
    # The entries of a map are messages of their own, with the value beside the key.
    return _reference(held) if field.message_type is held else Code(f"{{ values = {_reference(held)} }}")


def _reference(message: Descriptor) -> Code:
    return Code(f'M["{message.full_name}"]')
