"""The rule set: which limits count a call, and on whom. Compiled once for each change of limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from services.ratelimit.domain.descriptors import ANY, SEPARATOR, Descriptor, known
from services.ratelimit.domain.limits import Limit, Tier

_INDEXED = "class"
"""The entry that most limits are told apart by: those of other classes are not even looked at."""

_TIERS = {tier.value: tier for tier in Tier}


class Claim(NamedTuple):
    """A limit that counts a call, and on whom."""

    limit: Limit
    subject: str
    units: int
    priority: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit and those that replace it for a tier or a subject."""

    limit: Limit
    tiers: Mapping[Tier, Limit]
    subjects: Mapping[str, Limit]

    def matches(self, entries: Mapping[str, str]) -> bool:
        """Whether the entries are those of calls that the limit counts."""
        return all(key in entries and value in (entries[key], ANY) for key, value in (self.limit.match or {}).items())

    def subject(self, entries: Mapping[str, str]) -> str | None:
        """Of whom the call is, if the limit counts it."""
        if not self.matches(entries):
            return None
        parts = [entries.get(key) for key in self.limit.keys]
        return None if None in parts else SEPARATOR.join(part for part in parts if part is not None)

    def for_(self, subject: str, tier: str) -> Limit:
        """The limit that holds for a subject of a tier."""
        own = self.subjects.get(subject)
        if own is not None:
            return own
        known_tier = _TIERS.get(tier)
        return self.tiers.get(known_tier, self.limit) if known_tier else self.limit


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All limits of a version, indexed."""

    version: int = 0
    limits: Mapping[str, Limit] = field(default_factory=dict)
    by_class: Mapping[str, Sequence[Rule]] = field(default_factory=dict)
    general: Sequence[Rule] = ()

    @classmethod
    def of(cls, limits: Iterable[Limit], version: int = 0) -> "RuleSet":
        """Compiles limits. Replacements whose base is missing hold for nobody."""
        by_id = {limit.id: limit for limit in limits}
        by_class: dict[str, list[Rule]] = {}
        general: list[Rule] = []
        for limit in sorted(by_id.values(), key=lambda one: one.id):
            if limit.base:
                continue
            replacements = [one for one in by_id.values() if one.base == limit.id]
            rule = Rule(
                limit,
                {one.tier: one for one in replacements if one.tier},
                {one.subject: one for one in replacements if one.subject},
            )
            class_ = (limit.match or {}).get(_INDEXED, ANY)
            (general if class_ == ANY else by_class.setdefault(class_, [])).append(rule)
        return cls(version, by_id, by_class, tuple(general))

    def claims(self, descriptor: Descriptor) -> tuple[Claim, ...]:
        """The limits that count a descriptor, by id."""
        entries = known(descriptor.entries)
        tier, priority = entries.get("tier", ""), entries.get("priority", "")
        found = []
        for rule in self._candidates(entries):
            subject = rule.subject(entries)
            if subject is not None:
                found.append(Claim(rule.for_(subject, tier), subject, descriptor.units, priority))
        return tuple(sorted(found, key=lambda claim: claim.limit.root))

    def protecting(self, descriptor: Descriptor) -> Sequence[Limit]:
        """The limits that count calls with these entries, whoever they are of."""
        entries = known(descriptor.entries)
        return [rule.limit for rule in self._candidates(entries) if rule.matches(entries)]

    def _candidates(self, entries: Mapping[str, str]) -> Sequence[Rule]:
        return (*self.by_class.get(entries.get(_INDEXED, ""), ()), *self.general)
