"""Resource names: `products/mug` and the ids in it (AIP-122)."""

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Pattern:
    """A resource's name pattern, as in its `google.api.resource` option: `products/{product}/levels/{warehouse}`."""

    pattern: str

    def name(self, *ids: str) -> str:
        """The name with these ids in the places of the variables."""
        return self._format.format(*ids)

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids in a name. Raises `ValueError` when the name is of another pattern."""
        match = self._regex.fullmatch(name)
        if match is None:
            raise ValueError(f"{name!r} is not of the pattern {self.pattern}")
        return match.groups()

    def id(self, name: str) -> str:
        """The id in a name of a pattern with one variable."""
        [one] = self.ids(name)
        return one

    @cached_property
    def _format(self) -> str:
        return re.sub(r"\{\w+\}", "{}", self.pattern)

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", r"([^/]+)", self.pattern))
