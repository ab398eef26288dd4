"""Rules of an RPC's policy: who may call it, how it is reached, how long it takes."""

import re
from collections.abc import Iterator

from google.api import annotations_pb2

from clients.contract import MAX_REQUEST, Access, ContractError, HttpRule, Method, area, method
from clients.lint.subject import Finding, Subject


def access(subject: Subject) -> Iterator[Finding]:
    """Every RPC says who may call it, and USER says with which permission: nothing is open by omission."""
    for rpc in subject.rpcs:
        try:
            method(rpc)
        except ContractError as error:
            yield Finding(error.rpc, error.rule)


def permission(subject: Subject) -> Iterator[Finding]:
    """A permission is `area.verb`, of the RPC's own area."""
    for rpc in subject.methods:
        own = area(rpc.service)
        if rpc.permission and not re.fullmatch(rf"{own}\.[a-z_]+", rpc.permission):
            yield _finding(rpc, f"permission {rpc.permission!r} is not {own}.<verb>")


def held_permissions(subject: Subject) -> Iterator[Finding]:
    """Somebody may call each RPC: its permission is held by a role."""
    held = frozenset().union(*subject.roles.values())
    for rpc in subject.methods:
        if rpc.permission and rpc.permission not in held:
            yield _finding(rpc, f"no role holds the permission {rpc.permission!r}")


def used_permissions(subject: Subject) -> Iterator[Finding]:
    """A role holds nothing that no RPC asks for: what is left over would be given out unseen, later."""
    used = {rpc.permission for rpc in subject.methods}
    for role, permissions in subject.roles.items():
        for unused in sorted(permissions - used):
            yield Finding(role, f"holds {unused!r}, which no RPC asks for")


def idempotency(subject: Subject) -> Iterator[Finding]:
    """Every RPC says whether it may be repeated: retries rest on it."""
    for rpc in subject.methods:
        if not rpc.idempotent:
            yield _finding(rpc, "no idempotency_level")


def verbs(subject: Subject) -> Iterator[Finding]:
    """GET, and only GET, has no side effects: what caches and browsers believe of it is then true."""
    for rpc in subject.methods:
        for rule in rpc.http:
            if rpc.safe != (rule.verb == "GET"):
                level = "NO_SIDE_EFFECTS" if rpc.safe else "an RPC with side effects"
                yield _finding(rpc, f"{level} is bound to {rule.verb} {rule.path}")


def routes(subject: Subject) -> Iterator[Finding]:
    """What is for people is reached as JSON; what is for services is not reached from outside at all."""
    for rpc in subject.methods:
        if rpc.access is Access.SERVICE and rpc.http:
            yield _finding(rpc, "access SERVICE, yet an HTTP rule routes it at the edge")
        if rpc.access is not Access.SERVICE and not rpc.http:
            yield _finding(rpc, "no HTTP rule")


def unique_routes(subject: Subject) -> Iterator[Finding]:
    """One verb and path leads to one RPC, whatever its variables are called."""
    taken: dict[tuple[str, str], str] = {}
    for rpc in subject.methods:
        for rule in rpc.http:
            first = taken.setdefault((rule.verb, _shape(rule)), rpc.descriptor.full_name)
            if first != rpc.descriptor.full_name:
                yield _finding(rpc, f"{rule.verb} {rule.path} leads to {first} already")


def whole_answers(subject: Subject) -> Iterator[Finding]:
    """JSON is the whole answer: Envoy refuses to load a `response_body`."""
    for rpc in subject.rpcs:
        rule = rpc.GetOptions().Extensions[annotations_pb2.http]
        if any(binding.response_body for binding in (rule, *rule.additional_bindings)):
            yield Finding(rpc.full_name, "response_body, which the edge cannot serve")


def deadlines(subject: Subject) -> Iterator[Finding]:
    """The default deadline is one that is honoured."""
    for rpc in subject.methods:
        if rpc.deadline > rpc.max_deadline:
            yield _finding(rpc, f"deadline {rpc.deadline:g} s is above max_deadline {rpc.max_deadline:g} s")


def caching(subject: Subject) -> Iterator[Finding]:
    """Only an answer without side effects is reused."""
    for rpc in subject.methods:
        if rpc.cache_lifetime and not rpc.safe:
            yield _finding(rpc, "cached, yet not NO_SIDE_EFFECTS")


def hedging(subject: Subject) -> Iterator[Finding]:
    """Only what has no side effects and is one answer is asked of two replicas, and before its deadline."""
    for rpc in subject.methods:
        if rpc.hedge_after and (not rpc.safe or rpc.streams):
            yield _finding(rpc, "hedged, yet not a single answer without side effects")
        if rpc.hedge_after >= rpc.deadline:
            yield _finding(rpc, f"hedge_after {rpc.hedge_after:g} s is not below the deadline {rpc.deadline:g} s")


def request_sizes(subject: Subject) -> Iterator[Finding]:
    """No request is larger than a server takes."""
    for rpc in subject.methods:
        if rpc.max_request_bytes > MAX_REQUEST:
            yield _finding(rpc, f"max_request_bytes {rpc.max_request_bytes} is above {MAX_REQUEST}")


def deprecations(subject: Subject) -> Iterator[Finding]:
    """What is deprecated says since when, and leaves later than that."""
    for rpc in subject.methods:
        if rpc.descriptor.GetOptions().deprecated != (rpc.deprecation is not None):
            yield _finding(rpc, "option deprecated and the policy's deprecation go together")
        if rpc.deprecation and rpc.deprecation.sunset and rpc.deprecation.sunset <= rpc.deprecation.since:
            yield _finding(rpc, "sunset is not after the deprecation")


def _shape(rule: HttpRule) -> str:
    """The path without its variables' names: `/v1/{name=products/*}` and `/v1/products/{id}` are one."""
    return re.sub(r"\{[^}=]*(?:=([^}]*))?\}", lambda variable: variable[1] or "*", rule.path)


def _finding(rpc: Method, message: str) -> Finding:
    return Finding(rpc.descriptor.full_name, message)
