"""The keys that come most often, in little memory: Metwally, Agrawal and El Abbadi, "Efficient computation of frequent
and top-k elements in data streams" (Space-Saving), 2005."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class HeavyHitters(Generic[Key]):
    """Counts of at most `capacity` keys; each is too high by at most the sum of all counts / `capacity`."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._counts: dict[Key, int] = {}

    def add(self, key: Key, count: int = 1) -> None:
        """Counts a key; for a new one the rarest has to go, and leaves it its count."""
        if key in self._counts or len(self._counts) < self._capacity:
            self._counts[key] = self._counts.get(key, 0) + count
            return
        rarest = min(self._counts, key=self._counts.__getitem__)
        self._counts[key] = self._counts.pop(rarest) + count

    def top(self, number: int) -> list[tuple[Key, int]]:
        """The most frequent keys with their counts."""
        return sorted(self._counts.items(), key=lambda item: -item[1])[:number]
