"""Plans: what a call asks of the ledger. The same callers come again and again, so plans are kept."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from services.ratelimit.domain.descriptors import ADDRESS, Descriptor
from services.ratelimit.domain.rules import Claim, RuleSet
from services.ratelimit.domain.terms import Terms
from services.ratelimit.store import wire

PREFIX = "rl:{mesh}:"
"""Before every key. One hash tag: limits that are decided together live on one node of a cluster."""

_KEPT = 20_000
_LONGEST_SUBJECT = 64


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The claims of a call and how the script is told of them. `places` are those of each descriptor.

    Equal only to itself, so that it can be counted by quickly.
    """

    descriptors: tuple[Descriptor, ...]
    claims: tuple[Claim, ...]
    places: tuple[tuple[int, ...], ...]
    keys: tuple[bytes, ...]
    terms: tuple[Terms, ...]
    lines: bytes
    stale: int | None
    """From then on, in microseconds since 1970, the windows of calendars are others."""
    address: bytes
    """Where the call comes from, if a penalty goes by it."""
    asks: dict[Hashable, wire.Ask] = field(default_factory=dict)
    """How it is asked for, by the wishes that come again and again."""


class Plans:
    """The plans of one rule set. `clock` says microseconds since 1970."""

    def __init__(self, rules: RuleSet, clock: Callable[[], int]) -> None:
        self.rules = rules
        self._clock = clock
        self._kept: dict[tuple[Descriptor, ...], Plan] = {}

    def of(self, descriptors: tuple[Descriptor, ...]) -> Plan:
        """The plan for a call that comes now."""
        plan = self._kept.get(descriptors)
        if plan is None or (plan.stale is not None and self._clock() >= plan.stale):
            if len(self._kept) >= _KEPT:
                self._kept.clear()  # Whoever sends ever new descriptors pays with the plans of all, once in a while.
            plan = self._kept[descriptors] = _plan(self.rules, descriptors, self._clock())
        return plan


def key(claim: Claim) -> bytes:
    """Where a limit counts a subject. Long subjects are named by their digest."""
    subject = claim.subject
    if len(subject) > _LONGEST_SUBJECT:
        subject = blake2b(subject.encode(), digest_size=16).hexdigest()
    return f"{PREFIX}c:{claim.limit.root}:={subject}".encode()


def _plan(rules: RuleSet, descriptors: tuple[Descriptor, ...], now: int) -> Plan:
    claims: dict[bytes, Claim] = {}
    places: list[list[int]] = []
    for descriptor in descriptors:
        own = []
        for claim in rules.claims(descriptor):
            name = key(claim)
            if name in claims:  # Two descriptors of one subject: their units add up.
                claim = Claim(claim.limit, claim.subject, claims[name].units + claim.units, claim.priority)
            claims[name] = claim
            own.append(list(claims).index(name))
        places.append(own)
    terms = [Terms.of(claim.limit, claim.units, claim.priority, now) for claim in claims.values()]
    lines = b"".join(wire.line(claim, term) for claim, term in zip(claims.values(), terms, strict=True))
    address = _address(descriptors) if any(_goes_by_address(claim) for claim in claims.values()) else b""
    return Plan(
        descriptors=descriptors,
        claims=tuple(claims.values()),
        places=tuple(map(tuple, places)),
        keys=tuple(claims),
        terms=tuple(terms),
        lines=lines,
        stale=min((term.span.end for term in terms if term.span), default=None),
        address=address,
    )


def _goes_by_address(claim: Claim) -> bool:
    return claim.limit.penalty is not None and claim.limit.penalty.addresses > 0


def _address(descriptors: Sequence[Descriptor]) -> bytes:
    return next((value.encode() for one in descriptors for name, value in one.entries if name == ADDRESS), b"")
