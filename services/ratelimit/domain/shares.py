"""Shares: what a replica may let through by itself while the shared counters are away."""

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Share:
    """A replica's place among those that are live. All replicas that agree on this share out exactly the whole."""

    place: int = 0
    replicas: int = 1

    def of(self, units: int, subject: str) -> int:
        """This replica's part of a number. What does not divide goes to other replicas for other subjects."""
        part, rest = divmod(units, self.replicas)
        return part + ((self.place + crc32(subject.encode())) % self.replicas < rest)
