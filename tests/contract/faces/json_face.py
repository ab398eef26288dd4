"""JSON over HTTP, by the contract's `google.api.http` rules."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import httpx
from google.protobuf.message import Message
from google.rpc import status_pb2

from clients.contract import HttpRule, Method
from tests.contract.json_form import NoJson, from_json, to_json
from tests.contract.outcome import Json, Metadata, Outcome
from tests.contract.subject import copy, described, fields, is_map, new

_RAW = "google.api.HttpBody"
_VARIABLE = re.compile(r"\{([\w.]+)(?:=[^}]*)?\}")


class NotExpressible(Exception):
    """The request has no form in JSON under the rule: a map or an empty message in a query, or an `Any` of what
    nobody knows.
    """


class JsonFace:
    """Calls through the edge, by one of the RPC's HTTP rules."""

    def __init__(self, http: httpx.Client, binding: int = 0) -> None:
        self._http = http
        self._binding = binding

    def call(
        self, rpc: Method, *requests: Message, metadata: Metadata = (), timeout: float = 10, take: int = 0
    ) -> Outcome:
        """See `Face`. Raises `NotExpressible`."""
        sent = http_request(rpc, rpc.http[self._binding], requests)
        sent["headers"] = [*sent.get("headers", ()), *metadata, ("grpc-timeout", f"{int(timeout * 1000)}m")]
        with self._http.stream(**sent, timeout=timeout + 5) as response:
            if response.is_error:
                response.read()
                assert response.headers["content-type"].startswith("application/json"), response.text
                return Outcome.refused(from_json(response.json(), status_pb2.Status()))
            answers: list[Message] = []
            for document in _documents(response, rpc):
                answers.append(from_json(document, new(rpc.descriptor.output_type)))
                if take and len(answers) == take:
                    break
        return Outcome(tuple(answers))


def http_request(rpc: Method, rule: HttpRule, requests: Sequence[Message]) -> dict[str, Any]:
    """The verb, URL, query and body under a rule, as httpx takes them; a body of any type comes with its header.

    Raises `NotExpressible`.
    """
    left = copy(requests[0])
    path = _VARIABLE.sub(lambda found: _take(left, found[1]), rule.path)
    body: Any = None
    raw: Json = {}
    if rpc.descriptor.client_streaming:
        body, left = [_json(request) for request in requests], new(rpc.descriptor.input_type)
    elif rule.body == "*":
        body, left = _json(left), new(rpc.descriptor.input_type)
    elif rule.body:
        held = getattr(left, rule.body)
        if described(held).full_name == _RAW:
            raw = {"content": held.data, "headers": [("content-type", held.content_type)]}
        else:
            body = _json(held)
        left.ClearField(rule.body)
    if path.rpartition("/")[2] == "" or "//" in path:
        raise NotExpressible("an empty path variable")
    query = list(_query(_json(left), left))
    sent: dict[str, Any] = {"method": rule.verb, "url": path, "params": query, **raw}
    return sent if body is None else {**sent, "json": body}


def _json(message: Message) -> Json:
    try:
        return to_json(message, camel=True)
    except NoJson as strange:
        raise NotExpressible(str(strange)) from None


def _take(message: Message, path: str) -> str:
    *outer, last = path.split(".")
    for step in outer:
        message = getattr(message, step)
    value = str(getattr(message, last))
    message.ClearField(last)
    return quote(value, safe="/:")


def _query(values: Json, message: Message, prefix: str = "") -> Iterator[tuple[str, str]]:
    for field in fields(message):
        if field.json_name not in values:
            continue
        name, value = f"{prefix}{field.name}", values[field.json_name]
        if is_map(field):
            raise NotExpressible(f"{name}: a map in a query")
        if value == {}:
            raise NotExpressible(f"{name}: an empty message in a query")
        if isinstance(value, dict):
            yield from _query(value, getattr(message, field.name), f"{name}.")
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                raise NotExpressible(f"{name}: a list of messages in a query")
            yield name, str(one).lower() if isinstance(one, bool) else str(one)


def _documents(response: httpx.Response, rpc: Method) -> Iterator[Json]:
    """The answer, or of a stream one a line."""
    if not rpc.descriptor.server_streaming:
        yield json.loads(response.read())
        return
    for line in response.iter_lines():
        if line:
            yield json.loads(line)
