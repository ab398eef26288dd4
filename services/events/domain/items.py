"""What a group of consumers has to do with one event, and what a turn of it decided."""

from dataclasses import dataclass, field
from enum import Enum
from zlib import crc32

from services.events.domain.events import Event
from services.events.domain.retries import Retries

SLOTS = 1024


class Cause(Enum):
    """Why an event was given up; the numbers are the contract's."""

    ATTEMPTS_EXHAUSTED = 1
    REJECTED = 2
    FILTER_FAILED = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """How a group delivers. `ack_deadline` is in seconds."""

    ordered: bool
    ack_deadline: float
    retries: Retries
    paused: bool = False


@dataclass(slots=True)
class Item:
    """An event that is not settled. `ordinal` counts what was read, so that gaps of what is settled show.

    `letter` is the number of the dead letter that it was, when it is one that is driven again.
    """

    event: Event
    ordinal: int
    letter: int = 0
    failures: int = 0
    ready: float = 0.0
    error: str = ""
    consumer: str = ""
    slot: int | None = field(init=False)
    """Where its key is: a slot is in one consumer's hands at a time."""

    def __post_init__(self) -> None:
        key = self.event.key
        self.slot = crc32(key.encode()) % SLOTS if key else None

    def failed(self, delivery: "Delivery", error: str) -> None:
        """A delivery of it came to nothing."""
        self.failures = delivery.attempt
        self.error, self.consumer = error, delivery.consumer


@dataclass(slots=True)
class Delivery:
    """An item in a consumer's hands until `expires`."""

    ticket: int
    item: Item
    consumer: str
    expires: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A consumer could not handle an event. `delay` is in seconds; None leaves it to the group's retries."""

    ticket: int
    delay: float | None = None
    error: str = ""
    permanent: bool = False


@dataclass(slots=True)
class Told:
    """What one consumer is to be told."""

    deliveries: list[Delivery] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """What was decided since the last commit."""

    moved: bool = False
    """Whether where the group stands has changed."""
    dead: list[tuple[Item, Cause]] = field(default_factory=list)
    told: dict[str, Told] = field(default_factory=dict)
    done_letters: list[int] = field(default_factory=list)

    @property
    def decides(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.moved or self.dead or self.done_letters)

    def to(self, consumer: str) -> Told:
        """What a consumer is to be told."""
        told = self.told.get(consumer)
        if told is None:
            told = self.told[consumer] = Told()
        return told


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a group stands: what is in the runs (first and last position of each), and what comes after the tail, is
    not settled. `failed` are events that failed before: position, failures, and when they are ready again.
    """

    tail: int
    runs: tuple[tuple[int, int], ...] = ()
    failed: tuple[tuple[int, int, float], ...] = ()
