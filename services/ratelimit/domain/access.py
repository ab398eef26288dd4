"""Access rules: whom no limit holds, and who does not pass at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network

from services.ratelimit.domain.descriptors import ADDRESS, SEPARATOR, Descriptor, address_of, known


class Effect(Enum):
    """What becomes of a call."""

    ALLOW = 1
    DENY = 2


@dataclass(frozen=True, slots=True)
class AccessRule:
    """A rule for addresses (`cidr`) or for the value `subject` of a descriptor's entry `key`."""

    id: str
    effect: Effect
    reason: str
    cidr: str = ""
    key: str = ""
    subject: str = ""
    expire_time: datetime | None = None
    penalty_limit: str = ""
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    @property
    def name(self) -> str:
        """The resource name."""
        return f"accessRules/{self.id}"

    @property
    def network(self) -> IPv4Network | IPv6Network:
        """The addresses, for a rule of addresses."""
        return ip_network(self.cidr)

    def holds(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expire_time is None or now < self.expire_time


_Prefixes = Mapping[int, Mapping[int, AccessRule]]


@dataclass(frozen=True, slots=True)
class AccessList:
    """All access rules, indexed: a call costs a look-up for each key and each length of prefix in use."""

    subjects: Mapping[tuple[str, str], AccessRule] = field(default_factory=dict)
    prefixes: Mapping[int, _Prefixes] = field(default_factory=dict)
    """By IP version, then length, longest first, then network."""
    keys: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return bool(self.keys or self.prefixes)

    @classmethod
    def of(cls, rules: Iterable[AccessRule], now: datetime) -> "AccessList":
        """Compiles the rules that hold; of two for the same, the denial stands."""
        subjects: dict[tuple[str, str], AccessRule] = {}
        prefixes: dict[int, dict[int, dict[int, AccessRule]]] = {4: {}, 6: {}}
        for rule in sorted((one for one in rules if one.holds(now)), key=lambda one: one.effect.value):
            if rule.cidr:
                net = rule.network
                prefixes[net.version].setdefault(net.prefixlen, {})[int(net.network_address)] = rule
            else:
                subjects[rule.key, rule.subject] = rule
        ordered = {
            version: {length: nets[length] for length in sorted(nets, reverse=True)}
            for version, nets in prefixes.items()
            if nets
        }
        return cls(subjects, ordered, frozenset(key for key, _ in subjects))

    def verdict(self, descriptors: Sequence[Descriptor], now: datetime) -> AccessRule | None:
        """The rule that decides a call, if one does: a denial of any descriptor before what lets another pass."""
        found = [rule for one in descriptors if (rule := self._verdict(one, now)) is not None]
        return max(found, key=lambda rule: rule.effect.value, default=None)

    def _verdict(self, descriptor: Descriptor, now: datetime) -> AccessRule | None:
        entries = known(descriptor.entries)
        held = [
            rule
            for key in self.keys
            if (rule := self.subjects.get((key, _value(key, entries)))) is not None and rule.holds(now)
        ]
        if held:
            return max(held, key=lambda rule: rule.effect.value)
        # The whole address, before it is grouped.
        return self._of_address(dict(descriptor.entries).get(ADDRESS, ""), now)

    def _of_address(self, text: str, now: datetime) -> AccessRule | None:
        address = address_of(text) if text else None
        if address is None:
            return None
        bits, number = address.max_prefixlen, int(address)
        for length, nets in self.prefixes.get(address.version, {}).items():
            rule = nets.get(number >> (bits - length) << (bits - length))
            if rule is not None and rule.holds(now):
                return rule
        return None


def _value(key: str, entries: Mapping[str, str]) -> str:
    return SEPARATOR.join(entries.get(part, "") for part in key.split(SEPARATOR))
