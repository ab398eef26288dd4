"""A JSON caller that finds verb, path, query and body of an RPC in the contract, as a gRPC caller finds its path.

So one request, written once, can be sent over both.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from clients import contract
from tests.gateway.callers import Json

_VARIABLE = re.compile(r"\{([^{}=]+)(?:=[^{}]+)?\}")


class JsonCaller:
    """Calls any RPC of the contract: `caller("mesh.inventory.v1.StockService/AdjustStock", {"product": ...})`."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        methods = (method for service in contract.services() for method in contract.methods(service))
        self._rules = {method.path.removeprefix("/"): method.http[0] for method in methods if method.http}

    def __call__(self, rpc: str, request: Json, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Sends a request; its keys are lowerCamelCase."""
        rule = self._rules[rpc]
        rest = dict(request)
        path = _VARIABLE.sub(lambda variable: quote(str(_take(rest, variable[1]))), rule.path)
        body = rest if rule.body == "*" else rest.pop(_camel(rule.body), None) if rule.body else None
        query = () if rule.body == "*" else tuple(_flat(rest))
        return self._http.request(rule.verb, path, params=query, json=body, headers=headers)


def _take(request: Json, path: str) -> Any:
    """Removes the field at a proto path and returns it; what is around it is copied, not changed."""
    first, _, rest = path.partition(".")
    if not rest:
        return request.pop(_camel(first), "")
    request[_camel(first)] = inner = dict(request.get(_camel(first), {}))
    return _take(inner, rest)


def _flat(request: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The fields as query parameters."""
    for name, value in request.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            for one in value if isinstance(value, list) else [value]:
                yield f"{prefix}{name}", str(one)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))
