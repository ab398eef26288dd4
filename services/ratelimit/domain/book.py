"""The book: the limits and access rules that hold at present, as this replica knows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from services.ratelimit.domain.access import AccessList, AccessRule
from services.ratelimit.domain.limits import Limit
from services.ratelimit.domain.rules import RuleSet


@dataclass(slots=True)
class Book:
    """Replaced as a whole when something was committed. Blocks hold here from the moment that they are imposed."""

    rules: RuleSet = field(default_factory=RuleSet)
    access: AccessList = field(default_factory=AccessList)
    version: int = -1
    _written: tuple[AccessRule, ...] = ()
    _imposed: dict[str, AccessRule] = field(default_factory=dict)

    def take_over(self, version: int, limits: Iterable[Limit], access: Iterable[AccessRule], now: datetime) -> None:
        """What is written as of a version holds from now on."""
        self.version = version
        self.rules = RuleSet.of(limits, version)
        self._written = tuple(access)
        self._compile(now)

    def impose(self, block: AccessRule, now: datetime) -> bool:
        """Blocks a subject before the block is written; False when it is imposed already."""
        known = self._imposed.get(block.id)
        if known is not None and known.holds(now):
            return False
        self._imposed[block.id] = block
        self._compile(now)
        return True

    def pending(self) -> list[AccessRule]:
        """Blocks that are not written yet."""
        return list(self._imposed.values())

    def written(self, blocks: Iterable[AccessRule], now: datetime) -> None:
        """These blocks are the store's to know: who deletes one there ends it."""
        for block in blocks:
            self._imposed.pop(block.id, None)
            self._written = (*(rule for rule in self._written if rule.id != block.id), block)
        self._compile(now)

    def _compile(self, now: datetime) -> None:
        self.access = AccessList.of((*self._written, *self._imposed.values()), now)
