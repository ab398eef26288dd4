"""Review of limits against one another: what cannot hold, and what can never be reached."""

from collections.abc import Container, Iterable, Iterator, Mapping

from services._platform.errors import Refusal
from services.ratelimit.domain.descriptors import ANY
from services.ratelimit.domain.limits import Limit, Mode
from services.ratelimit.domain.refusals import RateLimitNotFound, RuleContradictory, RuleUnreachable


def review(limit: Limit, others: Iterable[Limit]) -> None:
    """Raises when a limit cannot be added to these."""
    by_id = {other.id: other for other in others if other.id != limit.id}
    for refusal in _findings(limit, by_id):
        raise refusal


def findings(limits: Iterable[Limit]) -> Iterator[Refusal]:
    """Everything that is wrong with a set of limits."""
    by_id = {limit.id: limit for limit in limits}
    for limit in by_id.values():
        yield from _findings(limit, {id_: other for id_, other in by_id.items() if id_ != limit.id})


def unreached(limits: Iterable[Limit], values: Mapping[str, Container[str]]) -> Iterator[Refusal]:
    """Limits for calls that there are not: `values` are those that some entries of a descriptor can have."""
    for limit in limits:
        for key, value in (limit.match or {}).items():
            if value != ANY and value not in values.get(key, (value,)):
                yield RuleUnreachable(limit.id, "", f"no call has the {key} {value!r}")


def _findings(limit: Limit, others: Mapping[str, Limit]) -> Iterator[Refusal]:
    yield from _of_replacement(limit, others) if limit.base else _shadowed(limit, others)


def _of_replacement(limit: Limit, others: Mapping[str, Limit]) -> Iterator[Refusal]:
    base = others.get(limit.base)
    if base is None:
        yield RateLimitNotFound(limit.base)
        return
    if base.base:
        yield RuleContradictory(limit.id, base.id, f"{base.id} replaces {base.base} itself: replace that one")
        return
    whom = f"tier {limit.tier.value}" if limit.tier else limit.subject
    for other in others.values():
        if other.base == base.id and (other.tier, other.subject) == (limit.tier, limit.subject):
            yield RuleContradictory(limit.id, other.id, f"{other.id} replaces {base.id} for {whom} already")
    if limit.subject and not base.keys:
        yield RuleUnreachable(limit.id, base.id, f"{base.id} counts all calls as one: it has no subject {whom}")
    elif limit.subject and limit.subject.count("|") + 1 != len(base.keys):
        keys = "|".join(base.keys)
        yield RuleUnreachable(limit.id, base.id, f"a subject of {base.id} is {keys}, so {whom} is none")
    if limit.tier and (base.match or {}).get("tier", limit.tier.value) not in (ANY, limit.tier.value):
        yield RuleUnreachable(limit.id, base.id, f"{base.id} counts no calls of {whom}")
    if limit.tier and not base.keys:
        yield RuleContradictory(limit.id, base.id, f"{base.id} counts all tiers as one: it has no limit for {whom}")


def _shadowed(limit: Limit, others: Mapping[str, Limit]) -> Iterator[Refusal]:
    """A limit is never reached when another counts at least its calls by the same keys and is at least as strict."""
    for other in others.values():
        if other.base or other.mode is Mode.SHADOW or limit.mode is Mode.SHADOW:
            continue
        if any(one.base and one.base in (limit.id, other.id) for one in others.values()):
            continue  # For some tier or subject it may be the other way round.
        if set(other.keys) == set(limit.keys) and _covers(other, limit) and _at_least_as_strict(other, limit):
            yield RuleUnreachable(
                limit.id, other.id, f"{other.id} counts the same calls and is at least as strict: it is always first"
            )


def _covers(wide: Limit, narrow: Limit) -> bool:
    """Whether every call that `narrow` counts is counted by `wide`."""
    inside = narrow.match or {}
    return all(key in inside and value in (ANY, inside[key]) for key, value in (wide.match or {}).items())


def _at_least_as_strict(one: Limit, than: Limit) -> bool:
    """Only where it can be said for sure: the same way of counting over the same window."""
    same = (one.algorithm, one.window, one.calendar, one.time_zone) == (
        than.algorithm,
        than.window,
        than.calendar,
        than.time_zone,
    )
    plain = one.adaptive == than.adaptive and one.reserved == than.reserved
    return same and plain and one.limit <= than.limit and one.capacity <= than.capacity
