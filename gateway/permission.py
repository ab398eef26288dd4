"""Whether the caller may: the permission of the RPC, by the roles and scopes of its token.

Without a rule nobody may. Every route of the contract brings its rule along: none for an RPC that is open to anyone,
else the roles that hold its permission, by the contract's own table. The service checks the same again.
"""

from collections.abc import Mapping

from clients.contract import Access, Method
from gateway import authentication
from gateway.proto_json import Json, extension, typed

Roles = Mapping[str, frozenset[str]]
"""What each role may do."""

_NAME = "envoy.filters.http.rbac"
_PACKAGE = "envoy.extensions.filters.http.rbac.v3"


def http_filter() -> Json:
    """Refuses everything that has no rule of its own."""
    return extension(_NAME, f"{_PACKAGE}.RBAC", rules={"action": "ALLOW", "policies": {}})


def rule(rpc: Method, roles: Roles) -> Json:
    """The per-route configuration of an RPC."""
    if rpc.access is Access.PUBLIC:
        return anyone()
    holders = sorted(role for role, held in roles.items() if rpc.permission in held)
    policies = {rpc.permission: _policy(holders, rpc.permission)} if holders else {}
    rules = {"action": "ALLOW", "policies": policies}
    return {_NAME: typed(f"{_PACKAGE}.RBACPerRoute", rbac={"rules": rules})}


def anyone() -> Json:
    """The per-route configuration of what needs no permission."""
    return {_NAME: typed(f"{_PACKAGE}.RBACPerRoute")}


def _policy(roles: list[str], permission: str) -> Json:
    """A caller with one of the roles may. A token with scopes allows no more than they say."""
    unlimited = {"not_id": _claim("scopes", {"present_match": True})}
    scoped = _claim("scopes", _one_of([permission]))
    holder = {"and_ids": {"ids": [_claim("roles", _one_of(roles)), {"or_ids": {"ids": [unlimited, scoped]}}]}}
    return {"permissions": [{"any": True}], "principals": [holder]}


def _claim(name: str, value: Json) -> Json:
    path = [{"key": authentication.CLAIMS}, {"key": name}]
    matcher = {"filter": authentication.METADATA, "path": path, "value": value}
    return {"sourced_metadata": {"metadata_matcher": matcher}}


def _one_of(texts: list[str]) -> Json:
    matchers = [{"string_match": {"exact": text}} for text in texts]
    return {"list_match": {"one_of": {"or_match": {"value_matchers": matchers}} if len(matchers) > 1 else matchers[0]}}
